/** The keys of a model behind an OpenAI-compatible API. */
import type { OpenAiTarget } from "../target.ts";
import type { BedrockSources } from "./bedrock-target.ts";
import { type BaseTarget, readTask } from "./base-target.ts";
import { BASE_URL, type BaseUrl, readBaseUrl } from "./base-url.ts";
import { unsetHint } from "./expand.ts";
import { bindingName, flag, oneOf, secret, text, urlPath } from "./fields.ts";
import { key, namesOf } from "./keys.ts";
import { nearest } from "../lib/nearest.ts";
import { isLocalUrl, KNOWN_PROVIDERS, knownBaseUrl } from "./provider.ts";
import { show } from "./report.ts";
import { type ProviderKeys, readSecret } from "./secrets.ts";
import type { Section } from "./section.ts";

/** Where the configuration's references lead, and what stands in for what a model does not say. */
export interface Sources extends BedrockSources {
  readonly providerKeys: ProviderKeys;
}

/** How an OpenAI-compatible API is reached. */
export const CONNECTION = {
  mode: key("auth_mode", oneOf("auto", "bearer", "none"), "auto"),
  chatPath: key("chat_path", urlPath, "/chat/completions"),
  local: key("local", flag),
};

export const OPENAI = {
  apiKey: key("api_key", secret),
  apiKeyEnv: key("api_key_env", bindingName),
  maxTokensField: key("max_tokens_field", text),
  usage: key("usage", oneOf("read", "unread")),
};

/** Has the name of a key of Bedrock models, which takes more. */
export const OPENAI_API = key("api", oneOf("chat", "responses"));

/** Keys that a router model of its own has, too. */
export const OPENAI_CONNECTION_KEYS = namesOf(CONNECTION);
/** All keys that only OpenAI-compatible models have. */
export const OPENAI_KEYS = [...OPENAI_CONNECTION_KEYS, ...namesOf(OPENAI)];

/** Reads the connection alone; after a problem the target is only good for finding more of them. */
export function readOpenAiConnection(
  at: Section,
  base: BaseTarget,
  written: BaseUrl,
  sources: Sources,
): OpenAiTarget {
  const { mode, chatPath, local } = at.all(CONNECTION);
  const path = chatPath.trim();
  const baseUrl = addressOf(at, base.provider, written);
  const auto = (local ?? isLocalUrl(baseUrl)) ? "optional" : "bearer";
  return {
    kind: "openai",
    ...base,
    baseUrl,
    chatPath: path.startsWith("/") ? path : `/${path}`,
    auth: mode === "auto" ? auto : mode,
    apiKeys: sources.providerKeys(base.provider),
  };
}

/** Reads a model of `llms` with its own keys. */
export function readOpenAiTarget(at: Section, base: BaseTarget, sources: Sources): OpenAiTarget {
  const apiKey = readSecret(at, OPENAI.apiKey, sources.expand, "key").value;
  const apiKeyEnv = at.get(OPENAI.apiKeyEnv)?.trim();
  const maxTokensField = at.get(OPENAI.maxTokensField);
  const usage = at.get(OPENAI.usage);
  const api = at.get(OPENAI_API);
  if (api === "responses" && usage === "unread")
    at.problem("usage", "unread is for api: chat; of Responses the end has to be seen");
  return {
    ...readOpenAiConnection(at, base, readBaseUrl(at, sources.expand, "server"), sources),
    ...readTask(at, taskOf(base.model)),
    ...(apiKey !== undefined && { apiKey }),
    ...(apiKeyEnv !== undefined && { apiKeyEnv }),
    ...(maxTokensField !== undefined && { maxTokensField }),
    ...(usage !== undefined && { usage }),
    ...(api !== undefined && { api }),
  };
}

/** What the names of models at large say: `text-embedding-3-small`, `nomic-embed-text`, `BAAI/bge-m3`, `bge-reranker-v2-m3`. */
export function taskOf(model: string): BaseTarget["task"] {
  if (/rerank/i.test(model)) return "rerank";
  return /embed|(?:^|\/)(?:bge|e5|gte|multilingual-e5|all-minilm|voyage)-/i.test(model)
    ? "embedding"
    : undefined;
}

function addressOf(at: Section, provider: string, written: BaseUrl): string {
  if (written.kind === "set") return written.url;
  const known = knownBaseUrl(provider);
  if (known !== undefined || written.kind === "wrong") return known ?? "";
  const proposal = nearest(provider, KNOWN_PROVIDERS) ?? "";
  at.problem(
    BASE_URL.name,
    `missing${unsetHint(written.unset)}; the provider ${show(provider)} has no built-in address, so wanted its base URL, or one of the providers ${KNOWN_PROVIDERS.join(", ")} (the nearest is ${JSON.stringify(proposal)})`,
  );
  return "";
}
