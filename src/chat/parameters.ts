/**
 * The policy for request parameters that a model cannot honour: an error where ignoring one would change the meaning of
 * the answer, a report in `x-router-dropped-params` where it is only a hint or nobody knows it. What a field means, its
 * dialect has said; here it is judged, and told in the client's words.
 */
import { RouterError } from "../errors.ts";
import type { ChatRequest, Concept, Param } from "./request.ts";

/** What a model may lose of a request: a whole field, a detail of its tools and texts, or one of its tools by name. */
export type Loss = Concept | "strict" | "cache_control" | `tools.${string}`;

/** What every upstream gets in some form. */
const UNIVERSAL: ReadonlySet<Concept> = new Set<Concept>(["max_tokens", "n"]);

/** A header must stay short, and a client may send any number of fields. */
const MAX_NAMES = 32;
/** Printable ASCII but the comma that separates names. */
const HEADER_SAFE = /^[!-+\--~]{1,64}$/;

/**
 * Checks the top-level fields that a model family does not handle itself.
 * @param handled What the caller honours, or refuses or reports on its own.
 * @returns the client's names of the fields that are left out, sorted, fit for a header.
 * @throws RouterError `unsupported_parameter` for a field that changes the meaning of the answer.
 */
export function checkParameters(request: ChatRequest, handled: ReadonlySet<Concept>): string[] {
  if (request.n > 1 && !handled.has("n")) {
    throw unsupported(paramName(request, "n"), "Send the request several times instead.");
  }
  const dropped: string[] = [];
  for (const { name, concept, silent, advice } of [...request.params].sort(byName)) {
    if (silent || (concept !== undefined && (UNIVERSAL.has(concept) || handled.has(concept)))) continue;
    if (advice !== undefined) throw unsupported(name, advice);
    if (dropped.length < MAX_NAMES && HEADER_SAFE.test(name)) dropped.push(name);
  }
  return dropped;
}

/** The field with which the client asked for something; the concept's own name where it did not ask. */
export function paramName({ params }: ChatRequest, concept: Concept): string {
  const named = params.filter((param) => param.concept === concept);
  return (named.find(({ silent }) => !silent) ?? named[0])?.name ?? concept;
}

/**
 * All that is left out of a request or lowered, in the client's words, sorted.
 * @param unread What {@link checkParameters} gave.
 */
export function droppedNames(
  request: ChatRequest,
  unread: readonly string[],
  losses: readonly Loss[],
): string[] {
  const told = losses.map((loss) => {
    if (loss === "strict" || loss === "cache_control") return loss;
    if (!isTool(loss)) return paramName(request, loss);
    return HEADER_SAFE.test(loss) ? loss : paramName(request, "tools");
  });
  return [...new Set([...unread, ...told])].sort();
}

function isTool(loss: Loss): loss is `tools.${string}` {
  return loss.startsWith("tools.");
}

/** Whether the client itself asked for something: a number of tokens is filled in from other places, too. */
export function asksFor({ params }: ChatRequest, concept: Concept): boolean {
  return params.some((param) => param.concept === concept);
}

/**
 * Tools that are not functions mean something only to the upstream that invented them.
 * @throws RouterError `unsupported_parameter` naming the tool, or the choice.
 */
export function refuseForeignTools({ otherTools, toolChoice }: ChatRequest): void {
  const tool = otherTools.find(({ optional }) => !optional);
  if (tool && toolChoice?.type !== "none") {
    const text = `Invalid '${tool.param}': the chosen model takes tools of type "function", not "${tool.kind.slice(0, 40)}".`;
    throw new RouterError("unsupported_parameter", text, { param: tool.param });
  }
  if (toolChoice?.type === "other") {
    const { param } = toolChoice;
    const text = `Invalid '${param}': expected none, auto, required or a function.`;
    throw new RouterError("unsupported_parameter", text, { param });
  }
}

/**
 * A call that is asked for cannot be made where there is nothing to call: an answer in words would pass over it.
 * @param offered How many tools the model is offered.
 * @throws RouterError `invalid_value` naming the choice.
 */
export function refuseIdleChoice({ toolChoice }: ChatRequest, offered: number): void {
  if (toolChoice === undefined || offered > 0) return;
  const wanted = toolChoice.type === "allowed_tools" ? toolChoice.mode : toolChoice.type;
  if (wanted !== "required" && wanted !== "function") return;
  const { param } = toolChoice;
  const text = `Invalid '${param}': it asks for a tool call, but there are no tools.`;
  throw new RouterError("invalid_value", text, { param });
}

function byName(first: Param, second: Param): number {
  return first.name < second.name ? -1 : 1;
}

function unsupported(name: string, advice: string): RouterError {
  const text = `The parameter '${name}' cannot be honoured by the chosen model. ${advice}`;
  return new RouterError("unsupported_parameter", text, { param: name });
}
