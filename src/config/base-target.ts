/** The keys that every model has, however it is reached. */
import type { OpenAiTarget } from "../contracts.ts";
import { count, duration, MAX_TIMER_MS, price, text } from "./fields.ts";
import type { Section } from "./section.ts";

/** What every kind of target has. */
export type BaseTarget = Omit<
  OpenAiTarget,
  "kind" | "baseUrl" | "chatPath" | "auth" | "apiKey" | "apiKeyEnv" | "apiKeys" | "maxTokensField"
>;

const tokens = count(1);
const timeout = duration(MAX_TIMER_MS);

/** Reads description, prices, limits and timeout of a model of `llms`. */
export function readBaseTarget(
  at: Section,
  identity: Pick<BaseTarget, "name" | "provider" | "model">,
): BaseTarget {
  const description = at.read("description", text) ?? "";
  const inputPrice = at.read("input_price", price);
  const outputPrice = at.read("output_price", price);
  const maxTokens = at.read("max_tokens", tokens);
  const contextLimit = at.read("context_limit", tokens);
  const timeoutMs = at.read("timeout", timeout);
  return {
    ...identity,
    description,
    ...(inputPrice !== undefined && { inputPrice }),
    ...(outputPrice !== undefined && { outputPrice }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(contextLimit !== undefined && { contextLimit }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}
