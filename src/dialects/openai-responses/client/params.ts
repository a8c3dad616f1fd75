/** The fields of a Responses request for the policy of what a model cannot honour: what each is to families, and what it asks for. */
import type { Concept, JsonObject, Param } from "../../../chat/request.ts";
import { invalid, isUnset } from "../../fields.ts";
import { is, isEmpty, NO_TOOLS, OTHER_MODEL } from "../../silent-fields.ts";

interface Policy {
  readonly concept?: Concept;
  /** Whether this value asks for nothing, so that leaving it out changes nothing. */
  readonly silent: (value: unknown) => boolean;
  /** What to do instead; only for fields that change the meaning of the answer. */
  readonly advice?: string;
}

const always = (): boolean => true;
const never = (): boolean => false;

/** By name. Those that are `always` silent are the router's own affair, or are echoed and mean nothing to a model. */
const POLICIES: ReadonlyMap<string, Policy> = new Map<string, Policy>([
  ...[
    ...["background", "client_metadata", "include", "input", "instructions", "metadata", "model"],
    ...["previous_response_id", "prompt_cache_key", "store", "stream", "stream_options", "text", "reasoning"],
  ].map((name): [string, Policy] => [name, { silent: always }]),
  ["max_output_tokens", { concept: "max_tokens", silent: never }],
  ["max_tool_calls", { silent: never }],
  ["parallel_tool_calls", { concept: "parallel_tool_calls", silent: is(true) }],
  ["prompt_cache_retention", { silent: never }],
  ["safety_identifier", { silent: always }],
  ["service_tier", { concept: "service_tier", silent: is("auto", "default") }],
  ["temperature", { concept: "temperature", silent: never }],
  [
    "tool_choice",
    {
      concept: "tool_choice",
      silent: is("none", "auto"),
      advice: NO_TOOLS,
    },
  ],
  ["tools", { concept: "tools", silent: isEmpty, advice: NO_TOOLS }],
  ["top_logprobs", { concept: "logprobs", silent: is(0), advice: OTHER_MODEL }],
  ["top_p", { concept: "top_p", silent: never }],
  ["truncation", { silent: is("disabled") }],
  ["user", { concept: "user", silent: always }],
]);

/** What no model here can do, with what to do instead. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["conversation", "conversations are not kept here; send the items, or previous_response_id"],
  ["prompt", "prompt templates stay with OpenAI; send the text itself in instructions and input"],
]);

/**
 * @param dropped Further names that are left out: hosted tools, items of other services.
 * @throws RouterError `invalid_value` for `conversation` and `prompt`
 */
export function responseParams(body: JsonObject, dropped: readonly string[]): Param[] {
  const params: Param[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (isUnset(value)) continue;
    const refusal = REFUSED.get(name);
    if (refusal !== undefined) throw invalid(name, refusal);
    const { concept, silent, advice } = POLICIES.get(name) ?? { silent: never };
    params.push({ name, concept, value, silent: silent(value), ...(advice !== undefined && { advice }) });
  }
  for (const name of dropped) params.push({ name, concept: undefined, value: true, silent: false });
  return params;
}
