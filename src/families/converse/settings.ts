/** Length, sampling and stop sequences, and what the configuration says about guardrail, latency and tier. */
import type { BedrockTarget } from "../../contracts.ts";
import type { ChatRequest, JsonObject } from "../../openai/types.ts";
import { isObject } from "../json.ts";
import type { ConverseModel } from "./models.ts";
import type { ReasoningPlan } from "./reasoning.ts";

/** Asked for where neither client nor configuration nor catalogue says. */
const DEFAULT_MAX_TOKENS = 4096;

/** The service model's limits for `requestMetadata`. */
const MAX_METADATA = 16;
const METADATA_KEY = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{1,256}$/;
const METADATA_VALUE = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{0,256}$/;

/** OpenAI's tiers that Bedrock has under the same name. */
const TIERS: ReadonlySet<unknown> = new Set(["default", "flex", "priority"]);

/**
 * Output tokens to ask for, at most what the model can put out.
 * @param cap Undefined where not known.
 */
export function outputTokens(
  { maxTokens }: ChatRequest,
  cap: number | undefined,
  dropped: Set<string>,
): number {
  const wanted = maxTokens ?? DEFAULT_MAX_TOKENS;
  if (maxTokens !== undefined && cap !== undefined && wanted > cap) dropped.add("max_tokens");
  return Math.min(wanted, cap ?? wanted);
}

/**
 * `inferenceConfig`. Converse's temperature goes to 1, OpenAI's to 2; models that take only one of temperature and topP
 * keep the temperature.
 */
export function inferenceConfig(
  request: ChatRequest,
  model: ConverseModel,
  { maxTokens, excludes }: ReasoningPlan,
  dropped: Set<string>,
): JsonObject {
  const { temperature, topP, raw } = request;
  const none = model.sampling === "none" || excludes === "sampling";
  const noTemperature = none || excludes === "temperature";
  const noTopP = none || (model.sampling === "one" && temperature !== undefined);
  if (temperature !== undefined && (noTemperature || temperature > 1)) dropped.add("temperature");
  if (topP !== undefined && noTopP) dropped.add("top_p");
  const named = raw.max_completion_tokens ?? raw.max_tokens ?? undefined;
  if (maxTokens === undefined && named !== undefined) dropped.add("max_tokens");
  const stops = model.stopSequences ? stopSequences(request, model) : [];
  return {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && !noTemperature && { temperature: Math.min(temperature, 1) }),
    ...(topP !== undefined && !noTopP && { topP }),
    ...(stops.length > 0 && { stopSequences: stops }),
  };
}

/** Claude refuses stop sequences of white space only; those are left to the router. */
function stopSequences({ stop }: ChatRequest, { claude }: ConverseModel): string[] {
  return stop.filter((sequence) => sequence !== "" && (claude === undefined || /\S/.test(sequence)));
}

/** What is the same for every message: guardrail, latency, tier and metadata. */
export function callSettings({ raw }: ChatRequest, target: BedrockTarget, dropped: Set<string>): JsonObject {
  const { guardrail, performance } = target;
  const tier = serviceTier(raw.service_tier, target, dropped);
  const metadata = requestMetadata(raw.metadata, dropped);
  return {
    ...(guardrail && {
      guardrailConfig: {
        guardrailIdentifier: guardrail.id,
        guardrailVersion: guardrail.version,
        trace: guardrail.trace,
      },
    }),
    ...(performance && { performanceConfig: { latency: performance } }),
    ...(tier && { serviceTier: { type: tier } }),
    ...(Object.keys(metadata).length > 0 && { requestMetadata: metadata }),
  };
}

/** The client's tier, else the configuration's; `default` only undoes that, since without a tier it is the default. */
function serviceTier(
  wanted: unknown,
  { serviceTier: own }: BedrockTarget,
  dropped: Set<string>,
): string | undefined {
  if (typeof wanted !== "string" || wanted === "auto") return own;
  if (!TIERS.has(wanted)) dropped.add("service_tier");
  else if (wanted !== "default" || own !== undefined) return wanted;
  return own;
}

/** The pairs that Bedrock's invocation logs can hold. */
function requestMetadata(value: unknown, dropped: Set<string>): Record<string, string> {
  if (!isObject(value)) return {};
  const all = Object.entries(value);
  const fit = all.filter((entry): entry is [string, string] => {
    const [key, text] = entry;
    return METADATA_KEY.test(key) && typeof text === "string" && METADATA_VALUE.test(text);
  });
  if (fit.length < all.length || fit.length > MAX_METADATA) dropped.add("metadata");
  return Object.fromEntries(fit.slice(0, MAX_METADATA));
}
