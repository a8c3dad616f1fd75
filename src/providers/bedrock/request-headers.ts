/** The headers of a Bedrock call. What a model's body has no place for travels in them: guardrail, latency, service tier. */
import type { BedrockTarget } from "../../target.ts";
import type { FamilyCall } from "../../families/family.ts";
import type { ChatRequest } from "../../chat/request.ts";

export const EVENT_STREAM = "application/vnd.amazon.eventstream";

/** OpenAI's `service_tier` in Bedrock's words; what is not here means the default. */
const TIERS: Readonly<Record<string, string>> = { flex: "flex", priority: "priority" };

/** Header names and values: Bedrock Runtime's API reference, InvokeModel. Converse takes the same in its body. */
export function requestHeaders(
  call: FamilyCall,
  target: BedrockTarget,
  request: ChatRequest,
): Record<string, string> {
  const { operation } = call;
  const json = "application/json";
  return {
    "content-type": json,
    accept: operation.endsWith("-stream") ? EVENT_STREAM : json,
    ...(operation === "invoke-with-response-stream" && { "x-amzn-bedrock-accept": json }),
    ...(operation.startsWith("invoke") && invokeHeaders(target, request)),
    ...call.headers,
  };
}

function invokeHeaders(target: BedrockTarget, request: ChatRequest): Record<string, string> {
  const { guardrail, performance } = target;
  const tier = target.refused?.has("tier") ? undefined : tierOf(target, request);
  return {
    ...(guardrail && {
      "x-amzn-bedrock-guardrailidentifier": guardrail.id,
      "x-amzn-bedrock-guardrailversion": guardrail.version,
      "x-amzn-bedrock-trace": guardrail.trace.toUpperCase(),
    }),
    ...(performance && { "x-amzn-bedrock-performanceconfig-latency": performance }),
    ...(tier !== undefined && { "x-amzn-bedrock-service-tier": tier }),
  };
}

/** The client's tier, else the configured one. */
function tierOf(target: BedrockTarget, request: ChatRequest): string | undefined {
  return clientTier(request) ?? target.serviceTier;
}

/** The tier that a client asked for, where Bedrock has it. */
export function clientTier({ serviceTier: asked }: ChatRequest): string | undefined {
  return asked !== undefined && Object.hasOwn(TIERS, asked) ? TIERS[asked] : undefined;
}
