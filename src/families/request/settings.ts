/** Output length, stop sequences and sampling within what a model takes, and the frame of a request's encoding. */
import type { FamilyCall } from "../family.ts";
import { droppedNames, type Loss } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject, ReasoningEffort } from "../../chat/request.ts";
import { withoutEmpty } from "../../lib/json.ts";

/** Asked for where neither client nor configuration nor catalogue says: servers' own defaults go down to 16. */
const DEFAULT_MAX_TOKENS = 4096;

/** Request parameters by what they are about, for what a family counts as handled. */
export const TEXT_PARAMETERS: readonly Concept[] = ["response_format", "stop", "temperature", "top_p"];
/** What every family that refuses tools or passes them on honours, refuses or reports itself. */
export const PROMPT_PARAMETERS: readonly Concept[] = [...TEXT_PARAMETERS, "tool_choice", "tools"];
/** What every family with tools and reasoning does. */
export const CHAT_PARAMETERS: readonly Concept[] = [...PROMPT_PARAMETERS, "parallel_tool_calls", "reasoning"];

/** A request as it is sent, before it is known how its answer is read. */
export type Sent = Omit<FamilyCall, "stream" | "whole">;

/** What a body and the losses on the way to it make of a request. */
export interface Encoding {
  /** Members that say nothing are left out. */
  readonly body: JsonObject;
  /** The client's names that checkParameters gave. */
  readonly unread: readonly string[];
  readonly dropped: readonly Loss[];
  /** Whether the model can stream; what cannot is asked for as a whole. */
  readonly streams?: boolean;
}

/** A request of InvokeModel, streamed where the client wants a stream. */
export function invocation(request: ChatRequest, { body, unread, dropped, streams = true }: Encoding): Sent {
  return {
    body: withoutEmpty(body),
    operation: request.stream && streams ? "invoke-with-response-stream" : "invoke",
    dropped: droppedNames(request, unread, dropped),
  };
}

/**
 * Output tokens to ask for; `max_tokens` is dropped where the wanted number is lowered.
 * @param cap The most that the model takes; undefined where not known.
 */
export function outputTokens(
  { maxTokens }: ChatRequest,
  cap: number | undefined,
): { readonly tokens: number; readonly dropped: readonly Loss[] } {
  const wanted = maxTokens ?? DEFAULT_MAX_TOKENS;
  if (cap === undefined || wanted <= cap) return { tokens: wanted, dropped: [] };
  return { tokens: cap, dropped: maxTokens === undefined ? [] : ["max_tokens"] };
}

/** The stop sequences that say something. */
export function stopSequences({ stop }: ChatRequest): string[] {
  return stop.filter((sequence) => sequence !== "");
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

export interface Sampling {
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly dropped: readonly Loss[];
}

/** Temperature and top_p as far as a model takes them. */
export function sampling(
  { temperature, topP }: ChatRequest,
  { takes = "both", maxTemperature = 1, leastTopP = 0 }: SamplingRules = {},
): Sampling {
  const dropped: Loss[] = [];
  const noTemperature = takes === "none" || takes === "top_p";
  const noTopP = takes === "none" || (takes === "one" && temperature !== undefined);
  if (temperature !== undefined && (noTemperature || temperature > maxTemperature))
    dropped.push("temperature");
  if (topP !== undefined && noTopP) dropped.push("top_p");
  return {
    temperature: noTemperature ? undefined : temperature && Math.min(temperature, maxTemperature),
    topP: topP === undefined || noTopP ? undefined : Math.max(topP, leastTopP),
    dropped,
  };
}

/** {@link sampling} under the names that most bodies have for it. */
export function samplingFields(
  request: ChatRequest,
  rules?: SamplingRules,
): { readonly fields: JsonObject; readonly dropped: readonly Loss[] } {
  const { temperature, topP, dropped } = sampling(request, rules);
  return { fields: { temperature, top_p: topP }, dropped };
}

/** From the least to the most. */
const EFFORTS: readonly ReasoningEffort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/**
 * The nearest level to the one that is asked for; undefined where the model knows none. One step of the least is not worth
 * a report.
 * @param levels Those that the model knows, from the least to the most.
 */
export function nearestEffort<Level extends ReasoningEffort>(
  wanted: ReasoningEffort,
  levels: readonly Level[],
): { readonly effort: Level | undefined; readonly dropped: readonly Loss[] } {
  // Only "none" itself turns reasoning off.
  const able = levels.filter((level) => level !== "none" || wanted === "none");
  const effort = able.findLast((level) => EFFORTS.indexOf(level) <= EFFORTS.indexOf(wanted)) ?? able[0];
  const same = effort === wanted || (effort === "low" && wanted === "minimal");
  return { effort, dropped: same ? [] : ["reasoning"] };
}

/** Texts put together; those that are empty go. */
export function joinTexts(...texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}
