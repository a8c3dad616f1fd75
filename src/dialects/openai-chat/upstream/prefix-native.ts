/** The model prefix on an OpenAI-compatible upstream's own answer: the only case in which its bytes are rewritten. */
import { createParser } from "eventsource-parser";
import { type PrefixFilter, prefixFilter } from "../../../chat/prefix.ts";
import type { JsonObject } from "../../../chat/request.ts";

/** Rewrites an SSE stream of `chat.completion.chunk` objects; every field but the first texts stays as it was. */
export function prefixSse(name: string): TransformStream<Uint8Array, Uint8Array> {
  const filters = new Map<number, PrefixFilter>();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let output = "";
  const parser = createParser({
    onEvent({ data, event }) {
      const named = event === undefined ? "" : `event: ${event}\n`;
      for (const text of rewriteChunk(data, name, filters)) output += `${named}data: ${text}\n\n`;
    },
    onComment: (comment) => {
      output += `: ${comment}\n\n`;
    },
  });
  const flush = (controller: TransformStreamDefaultController<Uint8Array>) => {
    if (output !== "") controller.enqueue(encoder.encode(output));
    output = "";
  };
  return new TransformStream({
    transform(bytes, controller) {
      parser.feed(decoder.decode(bytes, { stream: true }));
      flush(controller);
    },
    flush(controller) {
      parser.feed(`${decoder.decode()}\n\n`);
      flush(controller);
    },
  });
}

/** Rewrites one `chat.completion` body; a body that is not one stays as it is. */
export function prefixBody(json: string, name: string): string {
  const body = parseObject(json);
  if (!body || !Array.isArray(body.choices)) return json;
  for (const choice of body.choices) {
    const message: unknown = isObject(choice) ? choice.message : undefined;
    if (isObject(message) && typeof message.content === "string" && message.content !== "") {
      const filter = prefixFilter(name);
      message.content = filter.push(message.content) + filter.flush();
    }
  }
  return JSON.stringify(body);
}

/** The data lines that replace one: itself rewritten, before it a chunk with held-back text where that was needed. */
function rewriteChunk(data: string, name: string, filters: Map<number, PrefixFilter>): string[] {
  const chunk = parseObject(data);
  if (!chunk || !Array.isArray(chunk.choices)) return [data];
  const held: unknown[] = [];
  for (const choice of chunk.choices) {
    if (!isObject(choice)) continue;
    const index = typeof choice.index === "number" ? choice.index : 0;
    const filter = filters.get(index) ?? prefixFilter(name);
    filters.set(index, filter);
    const delta = isObject(choice.delta) ? choice.delta : undefined;
    if (typeof delta?.content === "string") delta.content = filter.push(delta.content);
    const ends = delta?.tool_calls !== undefined || (choice.finish_reason ?? null) !== null;
    const rest = ends ? filter.flush() : "";
    if (rest !== "") held.push({ ...choice, delta: { content: rest }, finish_reason: null });
  }
  const rewritten = JSON.stringify(chunk);
  if (held.length === 0) return [rewritten];
  return [JSON.stringify({ ...chunk, choices: held, ...("usage" in chunk && { usage: null }) }), rewritten];
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
