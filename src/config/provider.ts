/** What the configuration's `provider` means: Bedrock, Anthropic, or an OpenAI-compatible API whose address may be known. */

/** Without a `provider` a model is OpenAI's, as in LLMRouter. */
export const DEFAULT_PROVIDER = "openai";

/** OpenAI-compatible base URLs as the providers' documentation gives them, by name in lower case. */
const BASE_URLS: ReadonlyMap<string, string> = new Map([
  ["openai", "https://api.openai.com/v1"],
  ["cerebras", "https://api.cerebras.ai/v1"],
  ["cohere", "https://api.cohere.com/compatibility/v1"],
  ["deepinfra", "https://api.deepinfra.com/v1/openai"],
  ["deepseek", "https://api.deepseek.com/v1"],
  ["fireworks", "https://api.fireworks.ai/inference/v1"],
  ["gemini", "https://generativelanguage.googleapis.com/v1beta/openai"],
  ["groq", "https://api.groq.com/openai/v1"],
  ["huggingface", "https://router.huggingface.co/v1"],
  ["mistral", "https://api.mistral.ai/v1"],
  ["moonshot", "https://api.moonshot.ai/v1"],
  ["nvidia", "https://integrate.api.nvidia.com/v1"],
  ["openrouter", "https://openrouter.ai/api/v1"],
  ["perplexity", "https://api.perplexity.ai"],
  ["sambanova", "https://api.sambanova.ai/v1"],
  ["together", "https://api.together.xyz/v1"],
  ["xai", "https://api.x.ai/v1"],
  // On the same machine, at each server's usual port.
  ["lmstudio", "http://localhost:1234/v1"],
  ["ollama", "http://localhost:11434/v1"],
  ["vllm", "http://localhost:8000/v1"],
]);

/** Names that stand for something without a `base_url`. */
export const KNOWN_PROVIDERS: readonly string[] = ["bedrock", "anthropic", "workers-ai", ...BASE_URLS.keys()];

/** Whether a `provider` value is Amazon Bedrock: `bedrock` or `aws`, in any case. Anything else, also nothing, is not. */
export function isBedrock(provider: unknown): boolean {
  return typeof provider === "string" && /^(bedrock|aws)$/i.test(provider.trim());
}

/** Whether a `provider` value is Anthropic, whose models are called at the Messages API. */
export function isAnthropic(provider: unknown): boolean {
  return typeof provider === "string" && /^anthropic$/i.test(provider.trim());
}

/** Whether a `provider` value is Cloudflare's Workers AI, whose models are called by a binding. */
export function isWorkersAi(provider: unknown): boolean {
  return typeof provider === "string" && /^workers-ai$/i.test(provider.trim());
}

/** The address of a provider in the built-in table, whatever the case of its name. */
export function knownBaseUrl(provider: string): string | undefined {
  return BASE_URLS.get(provider.trim().toLowerCase());
}

/** Whether a URL leads to this machine or a private network, where servers often want no API key. */
export function isLocalUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  // WHATWG URLs write every IPv4 address as four decimal numbers and IPv6 addresses short and in brackets.
  const host = new URL(url).hostname.replace(/\.$/, "");
  if (/^(localhost|.+\.localhost|.+\.local|\[::1?\])$/.test(host)) return true;
  if (/^\[f[cd][0-9a-f]{2}:|^\[fe[89ab][0-9a-f]:/.test(host)) return true;
  return (
    /^(0|10|127)\.\d+\.\d+\.\d+$/.test(host) ||
    /^(192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.\d+\.\d+$/.test(host)
  );
}
