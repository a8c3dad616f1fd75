/** The keys of a model behind an OpenAI-compatible API. */
import type { OpenAiTarget, ReadBinding } from "../contracts.ts";
import type { BaseTarget } from "./base-target.ts";
import { type BaseUrl, readBaseUrl } from "./base-url.ts";
import { unsetHint } from "./expand.ts";
import { type Field, flag, oneOf, text } from "./fields.ts";
import { nearest } from "./nearest.ts";
import { isLocalUrl, KNOWN_PROVIDERS, knownBaseUrl } from "./provider.ts";
import { HIDDEN, show } from "./report.ts";
import { type ProviderKeys, readSecret } from "./secrets.ts";
import type { Section } from "./section.ts";

/** Where the configuration's references lead. */
export interface Sources {
  readonly binding: ReadBinding;
  readonly providerKeys: ProviderKeys;
}

/** Keys that say how an OpenAI-compatible API is reached. */
export const OPENAI_CONNECTION_KEYS = ["auth_mode", "chat_path", "local"] as const;
/** All keys that only OpenAI-compatible models have. */
export const OPENAI_KEYS = [...OPENAI_CONNECTION_KEYS, "api_key", "api_key_env", "max_tokens_field"] as const;

const DEFAULT_CHAT_PATH = "/chat/completions";
const authMode = oneOf("auto", "bearer", "none");
const chatPath: Field<string> = { ...text, wanted: `a path such as ${DEFAULT_CHAT_PATH}` };
const bindingName: Field<string> = {
  ...text,
  wanted: "the name of a binding, such as OPENAI_API_KEY (a key itself belongs in api_key)",
};

/** Reads the connection alone; after a problem the target is only good for finding more of them. */
export function readOpenAiConnection(
  at: Section,
  base: BaseTarget,
  written: BaseUrl,
  sources: Sources,
): OpenAiTarget {
  const baseUrl = addressOf(at, base.provider, written);
  return {
    kind: "openai",
    ...base,
    baseUrl,
    chatPath: readChatPath(at),
    auth: readAuth(at, baseUrl),
    apiKeys: sources.providerKeys(base.provider),
  };
}

/** Reads a model of `llms` with its own keys. */
export function readOpenAiTarget(at: Section, base: BaseTarget, sources: Sources): OpenAiTarget {
  const apiKey = readSecret(at, "api_key", sources.binding).value;
  const apiKeyEnv = readBindingName(at);
  const maxTokensField = at.text("max_tokens_field", text);
  return {
    ...readOpenAiConnection(at, base, readBaseUrl(at, sources.binding), sources),
    ...(apiKey !== undefined && { apiKey }),
    ...(apiKeyEnv !== undefined && { apiKeyEnv }),
    ...(maxTokensField !== undefined && { maxTokensField }),
  };
}

function addressOf(at: Section, provider: string, written: BaseUrl): string {
  if (written.kind === "set") return written.url;
  const known = knownBaseUrl(provider);
  if (known !== undefined || written.kind === "wrong") return known ?? "";
  const proposal = nearest(provider, KNOWN_PROVIDERS) ?? "";
  at.problem(
    "base_url",
    `missing${unsetHint(written.unset)}; the provider ${show(provider)} has no built-in address, so wanted its base URL, or one of the providers ${KNOWN_PROVIDERS.join(", ")} (the nearest is ${JSON.stringify(proposal)})`,
  );
  return "";
}

function readChatPath(at: Section): string {
  const path = at.text("chat_path", chatPath)?.trim() ?? DEFAULT_CHAT_PATH;
  if (/[\s\\#]/.test(path)) at.problem("chat_path", `${HIDDEN} is not valid; wanted ${chatPath.wanted}`);
  return path.startsWith("/") ? path : `/${path}`;
}

function readAuth(at: Section, baseUrl: string): OpenAiTarget["auth"] {
  const mode = at.read("auth_mode", authMode) ?? "auto";
  const local = at.read("local", flag) ?? isLocalUrl(baseUrl);
  if (mode === "auto") return local ? "optional" : "bearer";
  return mode;
}

function readBindingName(at: Section): string | undefined {
  const name = at.text("api_key_env", bindingName)?.trim();
  if (name === undefined || /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  at.problem("api_key_env", `${HIDDEN} is not valid; wanted ${bindingName.wanted}`);
  return undefined;
}
