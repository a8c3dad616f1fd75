/**
 * What models have refused, learnt from their own words: a model that is newer than the table, or an account that differs, costs one
 * attempt more and then none. Only fields whose names the router writes itself, in sentences that begin with them: no client's text can
 * stand there, so nobody's request changes what is sent for another's beside this list.
 */
import type { Refusable, Refused } from "../../chat/refusable.ts";
import type { BedrockFailure } from "./exceptions.ts";

const REMEMBERED_MS = 3_600_000;
const MAX_PLACES = 1000;

/** What Bedrock may put before a model's own words. */
const LEAD = "^(?:The model returned the following errors: )?";

const says = (text: string): RegExp => new RegExp(LEAD + text);

const openAis = (fields: string): RegExp =>
  says(`(?:Unsupported (?:parameter|value)|Unknown parameter): '(?:${fields})'`);

/** Sentences from live reports, by what they are about. */
const SENTENCES: readonly (readonly [pattern: RegExp, field: Refusable])[] = [
  [says("This model doesn't support the (?:temperature|topP|top_p|topK|top_k) field"), "sampling"],
  [
    says(
      "`?(?:temperature|top_p|top_k)`?(?: and `top_p` cannot both be specified| is deprecated| is not supported)",
    ),
    "sampling",
  ],
  [says("(?:temperature|top_p|top_k): Extra inputs are not permitted"), "sampling"],
  [says("Malformed input request: #: extraneous key \\[(?:temperature|top_p|top_k)\\]"), "sampling"],
  [says("This model doesn't support the (?:stopSequences|stop_sequences|stop) field"), "stop"],
  [says("stop_sequences: Extra inputs are not permitted"), "stop"],
  [says("This model doesn't support the cachePoint field"), "cache"],
  [says("This model doesn't support the toolConfig\\.toolChoice\\.\\w+ field"), "forced"],
  [says('tool_choice: type "tool" and "any" are not supported'), "forced"],
  [says("This model doesn't support the (?:outputConfig\\.textFormat|outputConfig) field"), "format"],
  [says("output_config\\.format: Extra inputs are not permitted"), "format"],
  [says("Malformed input request: #: extraneous key \\[(?:output_config|response_format)\\]"), "format"],
  [says("tools\\.\\d+\\.custom\\.strict: Extra inputs are not permitted"), "strict"],
  [says("This model doesn't support the toolConfig\\.tools\\.toolSpec\\.strict field"), "strict"],
  [says("output_config\\.effort: (?:Extra inputs are not permitted|Input should be)"), "effort"],
  [
    says("This model doesn't support the (?:reasoning_effort|reasoning|effort|outputConfig\\.effort) field"),
    "effort",
  ],
  [says("Malformed input request: #: extraneous key \\[(?:reasoning_effort|reasoning)\\]"), "effort"],
  [says('messages(?:\\.\\d+)?(?:\\.role)?: Unexpected role "system"'), "midway"],
  [says("(?:messages(?:\\.\\d+)?(?:\\.role)?: )?role 'system' is not supported on this model"), "midway"],
  [says("The provided service tier is not supported"), "tier"],
  // Of a tier that a model has not, some models say no more than this.
  [says("The provided model identifier is invalid"), "tier"],
  [
    says(
      "messages\\.\\d+\\.content\\.\\d+: Invalid `(?:signature|data)` in `(?:thinking|redacted_thinking)` block",
    ),
    "thinking",
  ],
  [says("The encrypted content (?:\\S{1,40} )?could not be verified"), "thinking"],
  // OpenAI's own words.
  [openAis("temperature|top_p"), "sampling"],
  [openAis("stop"), "stop"],
  [openAis("tool_choice"), "forced"],
  [openAis("response_format|text\\.format"), "format"],
  [openAis("reasoning_effort|reasoning\\.effort|reasoning"), "effort"],
  [openAis("service_tier"), "tier"],
];

/** How each stands in what was sent. A field that is not there cannot be what the refusal is about. */
const STANDS: Readonly<Record<Refusable, RegExp>> = {
  sampling: /"(?:temperature|top_?[pP]|top_?[kK])":/,
  stop: /"(?:stopSequences|stop_sequences|stop)":/,
  cache: /"cachePoint":|"cache_control":/,
  forced: /"tool_choice":|"toolChoice":/,
  format: /"format":|"textFormat":|"response_format":/,
  strict: /"strict":/,
  effort: /"(?:effort|reasoning|reasoning_effort)":/,
  tier: /"(?:serviceTier|service_tier)":/,
  midway: /"role":\s*"system"/,
  thinking: /"(?:thinking|redacted_thinking|reasoningContent|encrypted_content)"/,
};

/**
 * What a 400 is about and a second attempt may leave out; undefined where nothing is to be learnt.
 * @param sent The body, and the header of a tier as if it stood in it.
 */
export function refusedField(
  { status, message }: BedrockFailure,
  sent: string,
  refused: Refused,
): Refusable | undefined {
  if (status !== 400) return undefined;
  const field = SENTENCES.find(([pattern]) => pattern.test(message))?.[1];
  return field !== undefined && !refused.has(field) && STANDS[field].test(sent) ? field : undefined;
}

export interface Lessons {
  /** What this place has refused within the last hour. */
  of(place: string): Refused;
  /** Notes what a second attempt did without, once it has succeeded. */
  learn(place: string, field: Refusable): void;
}

/** @param now Milliseconds since the epoch. */
export function lessons(now: () => number): Lessons {
  const places = new Map<string, Map<Refusable, number>>();
  return {
    of(place) {
      const known = places.get(place);
      if (known === undefined) return new Set();
      const still = [...known].filter(([, until]) => until > now());
      if (still.length === 0) places.delete(place);
      return new Set(still.map(([field]) => field));
    },
    learn(place, field) {
      // A thought is bound to its own conversation: of the next nothing is known.
      if (field === "thinking") return;
      if (!places.has(place) && places.size >= MAX_PLACES) places.clear();
      const known = places.get(place) ?? new Map<Refusable, number>();
      known.set(field, now() + REMEMBERED_MS);
      places.set(place, known);
    },
  };
}
