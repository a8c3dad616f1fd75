/** The keys that every model has, however it is reached. */
import type { OpenAiTarget } from "../target.ts";
import { alias, count, duration, MAX_TIMER_MS, oneOf, price, text } from "./fields.ts";
import { key, listKey } from "./keys.ts";
import type { Section } from "./section.ts";

/** What every kind of target has. */
export type BaseTarget = Omit<
  OpenAiTarget,
  "kind" | "baseUrl" | "chatPath" | "auth" | "apiKey" | "apiKeyEnv" | "apiKeys" | "maxTokensField"
>;

const tokens = count(1);

/** What a model does. */
export const KIND = key("kind", oneOf("chat", "embedding", "rerank"));

export const BASE = {
  description: key("description", text, ""),
  aliases: listKey("aliases", alias),
  inputPrice: key("input_price", price),
  outputPrice: key("output_price", price),
  cacheReadPrice: key("cache_read_price", price),
  cacheWritePrice: key("cache_write_price", price),
  cacheWrite1hPrice: key("cache_write_1h_price", price),
  maxTokens: key("max_tokens", tokens),
  contextLimit: key("context_limit", tokens),
  timeoutMs: key("timeout", duration(MAX_TIMER_MS)),
};

/** Reads description, prices, limits and timeout of a model of `llms`. */
export function readBaseTarget(
  at: Section,
  identity: Pick<BaseTarget, "name" | "provider" | "model">,
): BaseTarget {
  return { ...identity, ...at.all(BASE) };
}

/** What a model does by `kind`, or else by what its id tells; undefined where it holds conversations. */
export function readTask(at: Section, found: BaseTarget["task"]): Pick<BaseTarget, "task"> {
  const kind = at.get(KIND) ?? found;
  return kind === undefined || kind === "chat" ? {} : { task: kind };
}
