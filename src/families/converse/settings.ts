/** Length, sampling and stop sequences, and what the configuration says about guardrail, latency and tier. */
import type { BedrockTarget } from "../../target.ts";
import { asksFor, type Loss } from "../../chat/parameters.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { withoutEmpty } from "../../lib/json.ts";
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
): { readonly config: JsonObject; readonly dropped: readonly Loss[] } {
  const takes = { sampling: "none", temperature: "top_p", nothing: model.sampling } as const;
  const { temperature, topP, dropped } = sampling(request, { takes: takes[excludes] });
  const stops = model.stopSequences ? stopSequences(request).filter((stop) => fits(stop, model)) : [];
  // The number is filled in from other places too; only the client's own is worth a report.
  const silenced = maxTokens === undefined && asksFor(request, "max_tokens");
  return {
    config: withoutEmpty({ maxTokens, temperature, topP, stopSequences: stops }),
    dropped: silenced ? [...dropped, "max_tokens"] : dropped,
  };
}

/** Claude refuses stop sequences of white space only; those are left to the router. */
function fits(stop: string, { claude }: ConverseModel): boolean {
  return claude === undefined || /\S/.test(stop);
}

/** What is the same for every message: guardrail, latency, tier and metadata. */
export function callSettings(
  request: ChatRequest,
  target: BedrockTarget,
): { readonly fields: JsonObject; readonly dropped: readonly Loss[] } {
  const { guardrail, performance } = target;
  const { tier, dropped: otherTier } = serviceTier(request.serviceTier, target);
  const { metadata, dropped: pairs } = requestMetadata(request.metadata);
  const fields = {
    guardrailConfig: guardrail && {
      guardrailIdentifier: guardrail.id,
      guardrailVersion: guardrail.version,
      trace: guardrail.trace,
    },
    performanceConfig: performance && { latency: performance },
    serviceTier: tier && { type: tier },
    requestMetadata: metadata,
  };
  return { fields, dropped: [...otherTier, ...pairs] };
}

/** The client's tier, else the configuration's; `default` only undoes that, since without a tier it is the default. */
function serviceTier(
  wanted: string | undefined,
  { refused, serviceTier: own }: BedrockTarget,
): { readonly tier: string | undefined; readonly dropped: readonly Loss[] } {
  if (refused?.has("tier")) {
    const asks = wanted !== undefined && wanted !== "auto" && wanted !== "default";
    return { tier: undefined, dropped: asks ? ["service_tier"] : [] };
  }
  if (wanted === undefined || wanted === "auto") return { tier: own, dropped: [] };
  if (!TIERS.has(wanted)) return { tier: own, dropped: ["service_tier"] };
  return { tier: wanted !== "default" || own !== undefined ? wanted : own, dropped: [] };
}

/** The pairs that Bedrock's invocation logs can hold. */
function requestMetadata(metadata: JsonObject = {}): {
  readonly metadata: Record<string, string>;
  readonly dropped: readonly Loss[];
} {
  const all = Object.entries(metadata);
  const fit = all.filter((entry): entry is [string, string] => {
    const [key, text] = entry;
    return METADATA_KEY.test(key) && typeof text === "string" && METADATA_VALUE.test(text);
  });
  const lost = fit.length < all.length || fit.length > MAX_METADATA;
  return { metadata: Object.fromEntries(fit.slice(0, MAX_METADATA)), dropped: lost ? ["metadata"] : [] };
}
