/**
 * API keys of the targets that are called with one. Bedrock targets never come here: their credentials are AWS's, and the type of
 * {@link apiKeysFor} says so.
 */
import type { KeyedTarget } from "../target.ts";
import type { ReadBinding } from "../env.ts";
import { RouterError } from "../errors.ts";

/**
 * The keys to call a target with, in the order they take turns: its own `api_key`, else the binding its `api_key_env`
 * names, else `api_keys.<provider>`, else the binding `<PROVIDER>_API_KEY`. Empty when there is none, or when the target wants
 * none; then no binding is read.
 */
export function apiKeysFor(target: KeyedTarget, binding: ReadBinding): readonly string[] {
  if (target.auth === "none") return [];
  const sources: (() => readonly (string | undefined)[])[] = [
    () => [target.apiKey],
    () => [target.apiKeyEnv === undefined ? undefined : binding(target.apiKeyEnv)],
    () => target.apiKeys,
    () => [binding(bindingOf(target.provider))],
  ];
  for (const source of sources) {
    const keys = source()
      .filter(isKey)
      .map((key) => key.trim());
    if (keys.length > 0) return keys;
  }
  return [];
}

/** @throws RouterError `api_key_missing` where a call would. */
export function checkApiKeys(target: KeyedTarget, binding: ReadBinding): void {
  if (target.auth === "bearer" && apiKeysFor(target, binding).length === 0) throw missingApiKey(target);
}

/** The error for a target that needs a key and has none: it names every place that was looked at. */
export function missingApiKey(target: KeyedTarget): RouterError {
  const own = bindingOf(target.provider);
  // A name in lower case may be a key that was put in the wrong field: not shown.
  const env = /^[A-Z][A-Z0-9_]*$/.test(target.apiKeyEnv ?? "") ? ` (${target.apiKeyEnv})` : "";
  return new RouterError(
    "api_key_missing",
    `No API key for the model ${JSON.stringify(target.name)} (provider ${target.provider}). Looked at, in this order: its api_key, the binding that its api_key_env names${env}, api_keys.${target.provider}, the binding ${own}. Set one, e.g. npx wrangler secret put ${own}, or auth_mode: none if the server wants no key.`,
  );
}

/** Empty texts and what is left of a `$NAME` nobody expanded are no keys. */
function isKey(key: string | undefined): key is string {
  return key !== undefined && key.trim() !== "" && !key.trim().startsWith("$");
}

/** `together.ai` looks at `TOGETHER_AI_API_KEY`. */
function bindingOf(provider: string): string {
  return `${provider
    .trim()
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")}_API_KEY`;
}
