// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
/** What the loader checks of texts beyond their field, as far as a pattern can say it. */
import { MAX_MODEL_ID_CHARS } from "../../../src/config/bedrock-target.ts";
import { EXTERNAL_ID, REGION, ROLE_ARN } from "../../../src/config/reference.ts";
import { isAnthropic, isBedrock, isWorkersAi, KNOWN_PROVIDERS } from "../../../src/config/provider.ts";
import { anyCase, type JsonSchema } from "./field-schema.ts";

const REFERENCE = "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}";
/** Behind `^`: what follows mentions no binding, whose value may be empty. */
const LITERAL = `(?![\\s\\S]*${REFERENCE})`;

/** Something is written. */
export const WRITTEN: JsonSchema = { type: "string", pattern: "\\S" };
/** Something is written, and it is sure to count. */
export const WRITTEN_LITERAL: JsonSchema = { type: "string", pattern: `^${LITERAL}[\\s\\S]*\\S` };

/** `${NAME}` may become anything; what stands there as it is must be a region. */
export const REGION_TEXT: JsonSchema = { pattern: `^$|${REGION.source}|${REFERENCE}` };

/** `${NAME}` may become anything; what stands there as it is must be a role. */
export const ROLE_TEXT: JsonSchema = {
  pattern: `^\\s*$|${REFERENCE}|^\\s*${ROLE_ARN.source.slice(1, -1)}\\s*$`,
};

/** The same of an external id. */
export const EXTERNAL_ID_TEXT: JsonSchema = {
  pattern: `^\\s*$|${REFERENCE}|^\\s*${EXTERNAL_ID.source.slice(1, -1)}\\s*$`,
};

/** An http(s) URL without user name, query and fragment. */
export const URL_TEXT: JsonSchema = {
  pattern: `^\\s*$|${REFERENCE}|^\\s*[hH][tT][tT][pP][sS]?://[^\\s\\\\/?#$@]+(/[^\\s\\\\?#$]*)?\\s*$`,
};

/** An https URL without user name and fragment; its query may hold a secret. */
export const HTTPS_TEXT: JsonSchema = {
  pattern: `^\\s*$|${REFERENCE}|^\\s*[hH][tT][tT][pP][sS]://[^\\s\\\\/?#@]+([/?][^\\s\\\\#]*)?\\s*$`,
};

/** One of these words in any case, or nothing. */
export function anyOf(words: readonly string[]): JsonSchema {
  return {
    pattern: `^\\s*$|^(?:${words.map(anyCase).join("|")})$`,
    patternErrorMessage: `Wanted one of ${words.join(", ")}.`,
  };
}

/** What a header can carry. */
export const SECRET_TEXT: JsonSchema = {
  pattern: `${REFERENCE}|^\\s*[\\x20-\\x7e]*\\s*$`,
  patternErrorMessage: "Wanted printable ASCII characters, as a header needs.",
};

/** A Bedrock model id: one segment of a path. */
export const MODEL_ID: JsonSchema = {
  type: "string",
  pattern: "^(?!\\.{1,2}$)[^\\s\\u0000-\\u001f\\u007f-\\u009f]+$",
  maxLength: MAX_MODEL_ID_CHARS,
};

/** The pattern of a `provider` that is Bedrock. */
export const BEDROCK_PROVIDER = trimmed(["bedrock", "aws"].filter(isBedrock));
/** The pattern of a `provider` that is Anthropic. */
export const ANTHROPIC_PROVIDER = trimmed(["anthropic"].filter(isAnthropic));
/** The pattern of a `provider` that is Workers AI. */
export const WORKERS_AI_PROVIDER = trimmed(["workers-ai"].filter(isWorkersAi));
/** A provider without a built-in address: its models need a `base_url`. */
export const UNKNOWN_PROVIDER: JsonSchema = {
  type: "string",
  pattern: `^(?!${trimmed(KNOWN_PROVIDERS).slice(1)})\\s*\\S`,
};

/** Names that go into `model`, a header and a client's prompt. */
export const MODEL_NAME: JsonSchema = { pattern: "^(?!auto$)[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$" };

function trimmed(words: readonly string[]): string {
  return `^\\s*(?:${words.map(anyCase).join("|")})\\s*$`;
}
