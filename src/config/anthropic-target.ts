/** The keys of a model behind Anthropic's Messages API: `provider: anthropic`. */
import type { AnthropicTarget } from "../target.ts";
import type { BaseTarget } from "./base-target.ts";
import { type BaseUrl, readBaseUrl } from "./base-url.ts";
import { namesOf } from "./keys.ts";
import { CONNECTION, OPENAI, type Sources } from "./openai-target.ts";
import { rootOf } from "./reference.ts";
import { readSecret } from "./secrets.ts";
import type { Section } from "./section.ts";

const ADDRESS = "https://api.anthropic.com";

/** How it is authenticated; as for OpenAI-compatible models. */
export const ANTHROPIC = { apiKey: OPENAI.apiKey, apiKeyEnv: OPENAI.apiKeyEnv };

/** Keys of OpenAI-compatible models that mean nothing here. */
export const NOT_ANTHROPICS = [...namesOf(CONNECTION), OPENAI.maxTokensField.name];

/** Reads the connection alone; after a problem the target is only good for finding more of them. */
export function readAnthropicConnection(
  base: BaseTarget,
  written: BaseUrl,
  sources: Sources,
): AnthropicTarget {
  const address = written.kind === "set" ? written.url : ADDRESS;
  return {
    kind: "anthropic",
    ...base,
    baseUrl: rootOf(address),
    auth: "bearer",
    apiKeys: sources.providerKeys(base.provider),
  };
}

/** Reads a model of `llms` with its own keys. */
export function readAnthropicTarget(at: Section, base: BaseTarget, sources: Sources): AnthropicTarget {
  const apiKey = readSecret(at, ANTHROPIC.apiKey, sources.expand, "key").value;
  const apiKeyEnv = at.get(ANTHROPIC.apiKeyEnv)?.trim();
  return {
    ...readAnthropicConnection(base, readBaseUrl(at, sources.expand, "root"), sources),
    ...(apiKey !== undefined && { apiKey }),
    ...(apiKeyEnv !== undefined && { apiKeyEnv }),
  };
}
