/** Length, sampling and stop sequences, and what the configuration says about guardrail, latency and tier. */
import type { BedrockTarget } from "../../contracts.ts";
import { asksFor } from "../../chat/parameters.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { said } from "../../lib/json.ts";
import type { ConverseModel } from "../models/facts.ts";
import { sampling, stopSequences } from "../request/settings.ts";
import type { ReasoningPlan } from "./reasoning.ts";

/** The service model's limits for `requestMetadata`. */
const MAX_METADATA = 16;
const METADATA_KEY = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{1,256}$/;
const METADATA_VALUE = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{0,256}$/;

/** OpenAI's tiers that Bedrock has under the same name. */
const TIERS: ReadonlySet<unknown> = new Set(["default", "flex", "priority"]);

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
  if (maxTokens === undefined && asksFor(request, "max_tokens")) dropped.add("max_tokens");
  const takes = { sampling: "none", temperature: "top_p", nothing: model.sampling } as const;
  const stops = model.stopSequences ? stopSequences(request).filter((stop) => fits(stop, model)) : [];
  return said({
    maxTokens,
    ...sampling(request, dropped, { takes: takes[excludes] }),
    stopSequences: stops,
  });
}

/** Claude refuses stop sequences of white space only; those are left to the router. */
function fits(stop: string, { claude }: ConverseModel): boolean {
  return claude === undefined || /\S/.test(stop);
}

/** What is the same for every message: guardrail, latency, tier and metadata. */
export function callSettings(request: ChatRequest, target: BedrockTarget, dropped: Set<string>): JsonObject {
  const { guardrail, performance } = target;
  const tier = serviceTier(request.serviceTier, target, dropped);
  const metadata = requestMetadata(request.metadata, dropped);
  return {
    guardrailConfig: guardrail && {
      guardrailIdentifier: guardrail.id,
      guardrailVersion: guardrail.version,
      trace: guardrail.trace,
    },
    performanceConfig: performance && { latency: performance },
    serviceTier: tier && { type: tier },
    requestMetadata: metadata,
  };
}

/** The client's tier, else the configuration's; `default` only undoes that, since without a tier it is the default. */
function serviceTier(
  wanted: string | undefined,
  { serviceTier: own }: BedrockTarget,
  dropped: Set<string>,
): string | undefined {
  if (wanted === undefined || wanted === "auto") return own;
  if (!TIERS.has(wanted)) dropped.add("service_tier");
  else if (wanted !== "default" || own !== undefined) return wanted;
  return own;
}

/** The pairs that Bedrock's invocation logs can hold. */
function requestMetadata(metadata: JsonObject = {}, dropped: Set<string>): Record<string, string> {
  const all = Object.entries(metadata);
  const fit = all.filter((entry): entry is [string, string] => {
    const [key, text] = entry;
    return METADATA_KEY.test(key) && typeof text === "string" && METADATA_VALUE.test(text);
  });
  if (fit.length < all.length || fit.length > MAX_METADATA) dropped.add("metadata");
  return Object.fromEntries(fit.slice(0, MAX_METADATA));
}
