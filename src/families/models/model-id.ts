/** What a Bedrock model id says about the model. */

/** The ARN resources whose last part is a model id. Every other one is named by its owner and hides the model. */
const TELLING_RESOURCES: ReadonlySet<string> = new Set(["foundation-model", "inference-profile"]);

const PROVIDERS =
  "ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|writer|xai|zai";

/**
 * `us.`, `us-gov.`, `eu.`, `apac.`, `jp.`, `au.`, `ca.`, `global.` and what AWS may add; only before a provider, because
 * a provider can look like a prefix itself (`zai.glm-4.7`).
 */
const PROFILE_PREFIX = new RegExp(`^(?:us-gov|[a-z]{2,6})\\.(?=(?:${PROVIDERS})\\.)`);

/**
 * The plain model id in a configured one: `us.anthropic.claude-opus-4-6-v1`, or the ARN of a foundation model or of a
 * system-defined inference profile, give `anthropic.claude-opus-4-6-v1`.
 * @returns undefined for an ARN that does not tell the model.
 */
export function plainModelId(model: string): string | undefined {
  let id = model.trim();
  if (id.startsWith("arn:")) {
    const slash = id.indexOf("/");
    const resource = id.slice(id.lastIndexOf(":", slash) + 1, slash);
    if (slash === -1 || !TELLING_RESOURCES.has(resource)) return undefined;
    id = id.slice(id.lastIndexOf("/") + 1);
  }
  return id.toLowerCase().replace(PROFILE_PREFIX, "");
}
