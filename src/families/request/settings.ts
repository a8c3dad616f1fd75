/** Output length, stop sequences and sampling within what a model takes, and the frame of a request's encoding. */
import type { Encoded } from "../../contracts.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import { said } from "../../lib/json.ts";

/** Asked for where neither client nor configuration nor catalogue says: servers' own defaults go down to 16. */
const DEFAULT_MAX_TOKENS = 4096;

/** Request parameters by what they are about, for what a family counts as handled. */
export const TEXT_PARAMETERS: readonly Concept[] = ["response_format", "stop", "temperature", "top_p"];
export const TOOL_PARAMETERS: readonly Concept[] = ["tool_choice", "tools"];
/** What every family with tools and reasoning honours, refuses or reports itself. */
export const CHAT_PARAMETERS: readonly Concept[] = [
  ...TEXT_PARAMETERS,
  ...TOOL_PARAMETERS,
  "parallel_tool_calls",
  "reasoning",
];

/**
 * A request of InvokeModel, streamed where the client wants a stream and the model can.
 * @param body Members that say nothing are left out.
 */
export function invocation(
  { stream }: ChatRequest,
  body: JsonObject,
  dropped: ReadonlySet<string>,
  streams = true,
): Encoded {
  const operation = stream && streams ? "invoke-with-response-stream" : "invoke";
  return { body: said(body), operation, dropped: [...dropped].sort() };
}

/**
 * Output tokens to ask for.
 * @param cap The most that the model takes; undefined where not known.
 * @param dropped Gets `max_tokens` where the wanted number is lowered.
 */
export function outputTokens(
  { maxTokens }: ChatRequest,
  cap: number | undefined,
  dropped: Set<string>,
): number {
  const wanted = maxTokens ?? DEFAULT_MAX_TOKENS;
  if (cap === undefined || wanted <= cap) return wanted;
  if (maxTokens !== undefined) dropped.add("max_tokens");
  return cap;
}

/** The stop sequences that say something. */
export function stopSequences({ stop }: ChatRequest): string[] {
  return stop.filter((sequence) => sequence !== "");
}

/** Stop sequences that the answer's reader has to heed, as a member of the encoded request. */
export function heeded(stop: readonly string[]): Pick<Encoded, "decoding"> {
  return stop.length > 0 ? { decoding: { stop } } : {};
}

/** What a model takes of temperature and top_p. */
export interface SamplingRules {
  /** `one`: the temperature, where both are there. */
  readonly takes?: "both" | "one" | "none" | "top_p";
  /** OpenAI's goes to 2; 1 unless given. */
  readonly maxTemperature?: number;
  /** Nothing is lost where less is asked for: so small a share of the probability leaves only the likeliest token. */
  readonly leastTopP?: number;
}

/**
 * Temperature and top_p as far as a model takes them.
 * @param dropped Gets what is left out or lowered.
 */
export function sampling(
  { temperature, topP }: ChatRequest,
  dropped: Set<string>,
  { takes = "both", maxTemperature = 1, leastTopP = 0 }: SamplingRules = {},
): { readonly temperature: number | undefined; readonly topP: number | undefined } {
  const noTemperature = takes === "none" || takes === "top_p";
  const noTopP = takes === "none" || (takes === "one" && temperature !== undefined);
  if (temperature !== undefined && (noTemperature || temperature > maxTemperature))
    dropped.add("temperature");
  if (topP !== undefined && noTopP) dropped.add("top_p");
  return {
    temperature: noTemperature ? undefined : temperature && Math.min(temperature, maxTemperature),
    topP: topP === undefined || noTopP ? undefined : Math.max(topP, leastTopP),
  };
}

/** {@link sampling} under the names that most bodies have for it. */
export function samplingFields(
  request: ChatRequest,
  dropped: Set<string>,
  rules?: SamplingRules,
): JsonObject {
  const { temperature, topP } = sampling(request, dropped, rules);
  return { temperature, top_p: topP };
}

/** Texts put together; those that are empty go. */
export function joinTexts(...texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}
