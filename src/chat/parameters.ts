/**
 * The policy for request parameters that a model cannot honour: an error where ignoring one would change the meaning of
 * the answer, a report in `x-router-dropped-params` where it is only a hint or nobody knows it.
 */
import { RouterError } from "../errors.ts";
import type { ChatRequest, JsonObject } from "./request.ts";

/** Parameters that every upstream gets in some form, or that concern only this router. */
const UNIVERSAL: ReadonlySet<string> = new Set([
  ...["max_completion_tokens", "max_tokens", "messages", "model", "n", "stream", "stream_options"],
]);

interface Policy {
  /** Whether this value asks for nothing, so that leaving it out changes nothing. */
  readonly silent: (value: unknown) => boolean;
  /** What to do instead; only for parameters that change the meaning of the answer. */
  readonly advice?: string;
}

const is =
  (...values: unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);
const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;
const isText = (value: unknown): boolean => isObject(value) && value.type === "text";
const never = (): boolean => false;

const OTHER_MODEL = "Leave it out or use another model.";

const POLICIES: ReadonlyMap<string, Policy> = new Map([
  // Meaning.
  ["audio", { silent: never, advice: "This model answers in text only: leave it out." }],
  ["function_call", { silent: is("none", "auto"), advice: OTHER_MODEL }],
  ["functions", { silent: isEmpty, advice: "This model has no tools. Use another model." }],
  ["logit_bias", { silent: isEmpty, advice: OTHER_MODEL }],
  ["logprobs", { silent: is(false), advice: OTHER_MODEL }],
  ["modalities", { silent: isTextOnly, advice: 'This model answers in text only: use ["text"].' }],
  ["moderation", { silent: never, advice: OTHER_MODEL }],
  ["response_format", { silent: isText, advice: OTHER_MODEL }],
  ["stop", { silent: (value) => isEmpty(value) || value === "", advice: OTHER_MODEL }],
  ["tool_choice", { silent: is("none", "auto"), advice: "This model has no tools. Use another model." }],
  ["tools", { silent: isEmpty, advice: "This model has no tools. Use another model." }],
  ["top_logprobs", { silent: is(0), advice: OTHER_MODEL }],
  ["web_search_options", { silent: never, advice: "This model cannot search the web: leave it out." }],
  // Hints.
  ["frequency_penalty", { silent: is(0) }],
  ["parallel_tool_calls", { silent: is(true) }],
  ["presence_penalty", { silent: is(0) }],
  ["reasoning_effort", { silent: is("none") }],
  ["service_tier", { silent: is("auto", "default") }],
  ["store", { silent: is(false) }],
] satisfies [string, Policy][]);

/** A header must stay short, and a client may send any number of fields. */
const MAX_NAMES = 32;
/** Printable ASCII but the comma that separates names. */
const HEADER_SAFE = /^[!-+\--~]{1,64}$/;

/**
 * Checks the top-level fields that a model family does not handle itself. Null means "not set".
 * @param handled Fields that the caller honours, or refuses or reports on its own.
 * @returns the names of the fields that are left out, sorted, fit for a header.
 * @throws RouterError `unsupported_parameter` for a field that changes the meaning of the answer.
 */
export function checkParameters(request: ChatRequest, handled: ReadonlySet<string>): string[] {
  if (request.n > 1 && !handled.has("n")) throw unsupported("n", "Send the request several times instead.");
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(request.raw).sort(byName)) {
    if (value === null || value === undefined || UNIVERSAL.has(name) || handled.has(name)) continue;
    const policy = POLICIES.get(name);
    if (policy?.silent(value) || (name === "tools" && request.raw.tool_choice === "none")) continue;
    if (policy?.advice !== undefined) throw unsupported(name, policy.advice);
    if (dropped.length < MAX_NAMES && HEADER_SAFE.test(name)) dropped.push(name);
  }
  return dropped;
}

function byName([first]: [string, unknown], [second]: [string, unknown]): number {
  return first < second ? -1 : 1;
}

function unsupported(name: string, advice: string): RouterError {
  const text = `The parameter '${name}' cannot be honoured by the chosen model. ${advice}`;
  return new RouterError("unsupported_parameter", text, { param: name });
}

function isTextOnly(value: unknown): boolean {
  return Array.isArray(value) && value.every(is("text"));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
