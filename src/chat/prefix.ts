/**
 * The model prefix: `[name] ` before an answer's first text, so that a reader of a chat sees which model spoke. Models
 * imitate what they see, so exactly that prefix is taken out where a model repeats it and from the assistant's history.
 */
import type { Delta, DeltaSource } from "./delta.ts";
import type { ChatMessage, ChatRequest } from "./request.ts";

/** `[name] `. */
export function prefixOf(name: string): string {
  return `[${name}] `;
}

/** Whether an answer to this request may carry a prefix: never where its text has to be JSON. */
export function takesPrefix(request: ChatRequest): boolean {
  return request.responseFormat.type === "text";
}

/**
 * A stateful text filter: feed the pieces of an answer's text, get the pieces to show. Text is held back only as long as
 * it could still be the model's own copy of the prefix.
 */
export interface PrefixFilter {
  push(text: string): string;
  /** What is still held back, once no more text comes (or something else than text does). */
  flush(): string;
}

/** @param name The configured name of the answering model. */
export function prefixFilter(name: string): PrefixFilter {
  const prefix = prefixOf(name);
  let held = "";
  let passing = false;
  return {
    push(text) {
      if (passing || text === "") return text;
      held += text;
      if (held.length < prefix.length && prefix.startsWith(held)) return "";
      passing = true;
      const rest = held.startsWith(prefix) ? held.slice(prefix.length) : held;
      held = "";
      return prefix + rest;
    },
    flush() {
      if (passing || held === "") return "";
      passing = true;
      const rest = held;
      held = "";
      return prefix + rest;
    },
  };
}

/**
 * The request as models may see it, and whether its answer shows the model's name.
 * @param names Of all models, where answers show names (`serve.show_model_prefix`); undefined where they do not.
 */
export function prefixed(
  request: ChatRequest,
  names: readonly string[] | undefined,
): { readonly request: ChatRequest; readonly prefix: boolean } {
  if (names === undefined) return { request, prefix: false };
  return { request: withoutPrefixes(request, names), prefix: takesPrefix(request) };
}

/** An answer that has begun, with the model's name before its first text. */
export function withPrefix(
  { head, rest }: { readonly head: readonly Delta[]; readonly rest: DeltaSource },
  name: string,
): { readonly head: readonly Delta[]; readonly rest: DeltaSource } {
  const show = prefixDeltas(name);
  const next = async () => {
    const deltas = await rest.next();
    return deltas && show(deltas);
  };
  return { head: show(head), rest: { next, cancel: rest.cancel } };
}

/** Applies a {@link prefixFilter} to deltas; tool calls and reasoning pass untouched. */
export function prefixDeltas(name: string): (deltas: readonly Delta[]) => Delta[] {
  const filter = prefixFilter(name);
  return (deltas) => {
    const out: Delta[] = [];
    for (const delta of deltas) {
      const ends = delta.type === "tool_start" || delta.type === "finish" || delta.type === "error";
      const text = delta.type === "text" ? filter.push(delta.text) : ends ? filter.flush() : "";
      if (text !== "") out.push({ type: "text", text });
      if (delta.type !== "text") out.push(delta);
    }
    return out;
  };
}

/** The request without the prefixes that earlier answers of this router carry. */
export function withoutPrefixes(request: ChatRequest, names: readonly string[]): ChatRequest {
  const prefixes = names.map(prefixOf);
  const strip = (text: string): string => {
    const found = prefixes.find((prefix) => text.startsWith(prefix));
    return found === undefined ? text : text.slice(found.length);
  };
  const messages = request.messages.map((message) => stripMessage(message, strip));
  if (messages.every((message, index) => message === request.messages[index])) return request;
  return { ...request, messages, source: { ...request.source, outdated: true } };
}

function stripMessage(message: ChatMessage, strip: (text: string) => string): ChatMessage {
  const [first, ...rest] = message.content;
  if (message.role !== "assistant" || first?.type !== "text") return message;
  const text = strip(first.text);
  return text === first.text ? message : { ...message, content: [{ ...first, text }, ...rest] };
}
