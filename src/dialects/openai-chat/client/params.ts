/** What the top-level fields of a chat completion request mean, and what leaving them out does. */
import { isObject, type JsonObject } from "../../../lib/json.ts";
import type { Concept, Param } from "../../../chat/request.ts";
import { is, isEmpty, NO_TOOLS, OTHER_MODEL } from "../../silent-fields.ts";

/** What concerns the router alone, or is the request itself. */
const ROUTERS_OWN: ReadonlySet<string> = new Set(["messages", "model", "stream", "stream_options"]);

interface Field {
  readonly concept?: Concept;
  /** Whether this value asks for nothing, so that leaving it out changes nothing; no value does unless given. */
  readonly silent?: (value: unknown) => boolean;
  /** What to do instead; only for fields that change the meaning of the answer. */
  readonly advice?: string;
}

const isText = (value: unknown): boolean => isObject(value) && value.type === "text";
const isTextOnly = (value: unknown): boolean => Array.isArray(value) && value.every(is("text"));

const FIELDS: ReadonlyMap<string, Field> = new Map([
  // Meaning.
  ["audio", { concept: "audio", advice: "This model answers in text only: leave it out." }],
  ["function_call", { concept: "tool_choice", silent: is("none", "auto"), advice: OTHER_MODEL }],
  ["functions", { concept: "tools", silent: isEmpty, advice: NO_TOOLS }],
  ["logit_bias", { concept: "logit_bias", silent: isEmpty, advice: OTHER_MODEL }],
  ["logprobs", { concept: "logprobs", silent: is(false), advice: OTHER_MODEL }],
  [
    "modalities",
    { concept: "audio", silent: isTextOnly, advice: 'This model answers in text only: use ["text"].' },
  ],
  ["moderation", { advice: OTHER_MODEL }],
  ["response_format", { concept: "response_format", silent: isText, advice: OTHER_MODEL }],
  ["stop", { concept: "stop", silent: (value) => isEmpty(value) || value === "", advice: OTHER_MODEL }],
  ["tool_choice", { concept: "tool_choice", silent: is("none", "auto"), advice: NO_TOOLS }],
  ["tools", { concept: "tools", silent: isEmpty, advice: NO_TOOLS }],
  ["top_logprobs", { concept: "logprobs", silent: is(0), advice: OTHER_MODEL }],
  [
    "web_search_options",
    { concept: "web_search", advice: "This model cannot search the web: leave it out." },
  ],
  // Hints.
  ["frequency_penalty", { concept: "frequency_penalty", silent: is(0) }],
  ["max_completion_tokens", { concept: "max_tokens" }],
  ["max_tokens", { concept: "max_tokens" }],
  ["metadata", { concept: "metadata" }],
  ["n", { concept: "n", silent: is(1) }],
  ["parallel_tool_calls", { concept: "parallel_tool_calls", silent: is(true) }],
  ["presence_penalty", { concept: "presence_penalty", silent: is(0) }],
  ["reasoning_effort", { concept: "reasoning", silent: is("none") }],
  ["seed", { concept: "seed" }],
  ["service_tier", { concept: "service_tier", silent: is("auto", "default") }],
  ["store", { silent: is(false) }],
  ["temperature", { concept: "temperature" }],
  ["top_k", { concept: "top_k" }],
  ["top_p", { concept: "top_p" }],
  ["user", { concept: "user" }],
] satisfies [string, Field][]);

/** The fields of a request that say something; JSON's null says nothing to OpenAI. */
export function paramsOf(body: JsonObject): Param[] {
  const params: Param[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined || ROUTERS_OWN.has(name)) continue;
    const { concept, silent, advice } = FIELDS.get(name) ?? {};
    const unused = name === "tools" && body.tool_choice === "none";
    params.push({
      name,
      concept,
      value,
      silent: unused || silent?.(value) === true,
      ...(advice !== undefined && { advice }),
    });
  }
  return params;
}
