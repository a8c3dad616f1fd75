/** The parts that the schemas of the sections are made of. */

import { BASE_URL } from "../../../src/config/base-url.ts";
import { CREDENTIALS } from "../../../src/config/bedrock-target.ts";
import { ignoredKeys } from "../../../src/config/ignored.ts";
import { type Keys, PROVIDER } from "../../../src/config/keys.ts";
import { OPENAI } from "../../../src/config/openai-target.ts";
import { KNOWN_PROVIDERS } from "../../../src/config/provider.ts";
import { familyNames } from "../../../src/families/index.ts";
import { documented, type JsonSchema, keySchema } from "./field-schema.ts";
import {
  ANTHROPIC_PROVIDER,
  WORKERS_AI_PROVIDER,
  anyOf,
  BEDROCK_PROVIDER,
  EXTERNAL_ID_TEXT,
  REGION_TEXT,
  ROLE_TEXT,
  SECRET_TEXT,
  UNKNOWN_PROVIDER,
  HTTPS_TEXT,
  URL_TEXT,
  WRITTEN,
} from "./patterns.ts";

/** By the keys' paths: what the loader checks beyond their fields. */
const REFINEMENTS: Readonly<Record<string, JsonSchema>> = {
  "llms.*.base_url": URL_TEXT,
  "router.base_url": URL_TEXT,
  "serve.webhook": HTTPS_TEXT,
  "llms.*.aws_region": REGION_TEXT,
  "router.aws_region": REGION_TEXT,
  "aws.region": REGION_TEXT,
  "aws.role_arn": ROLE_TEXT,
  "aws.external_id": EXTERNAL_ID_TEXT,
  "llms.*.aws_external_id": EXTERNAL_ID_TEXT,
  "llms.*.aws_role_arn": ROLE_TEXT,
  "llms.*.family": anyOf(familyNames()),
  "llms.*.guardrail.id": WRITTEN,
  "llms.*.guardrail.version": { ...WRITTEN, type: ["string", "number"] },
  "router.rules[].keywords": { pattern: "\\S" },
  "router.rules[].regex": { format: "regex" },
  ...Object.fromEntries(
    [...Object.values(CREDENTIALS), OPENAI.apiKey].map(({ name }) => [`llms.*.${name}`, SECRET_TEXT]),
  ),
};

/** Any value but null, which is as good as not set. */
export const SET: JsonSchema = { not: { type: "null" } };

/** A provider without a built-in address needs one. */
export const ADDRESS = when(has(PROVIDER.name, UNKNOWN_PROVIDER), has(BASE_URL.name, WRITTEN));

/** The schemas of a table of keys, by their names in the file. */
export function properties(section: string, keys: Keys): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.values(keys).map((key) => {
      const path = `${section}.${key.name}`;
      return [key.name, keySchema(path, key, REFINEMENTS[path])];
    }),
  );
}

/** A mapping with these keys and no other. */
export function mapping(path: string, properties: JsonSchema): JsonSchema {
  return { ...documented(path), type: ["object", "null"], properties, additionalProperties: false };
}

/** A mapping whose keys the file chooses. */
export function open(path: string): JsonSchema {
  return { ...documented(path), type: ["object", "null"] };
}

/** Keys of LLMRouter that are accepted and do nothing. */
export function ignored(section: string): JsonSchema {
  return Object.fromEntries([...ignoredKeys(section)].map(([name, instead]) => [name, noEffect(instead)]));
}

/** Keys that are accepted where they do nothing, and are not looked at there. */
export function off(names: readonly string[], why: string): JsonSchema {
  return Object.fromEntries(names.map((name) => [name, noEffect(why)]));
}

/** A key that is accepted, with what does its work. */
export function noEffect(why: string): JsonSchema {
  const text = `Has no effect here: ${why}.`;
  // VS Code shows the latter as a warning.
  return { description: text, deprecated: true, deprecationMessage: text };
}

/** A text with proposals; any other is as good. */
export function suggesting(
  schema: JsonSchema = {},
  proposals: readonly string[] = KNOWN_PROVIDERS,
): JsonSchema {
  const { description, examples, ...rest } = schema;
  return { description, examples, anyOf: [{ enum: proposals }, rest] };
}

/** A schema for models on Bedrock, one for Anthropic's, one for those of a binding, another for the rest. */
export function byProvider(schemas: {
  readonly bedrock: JsonSchema;
  readonly anthropic: JsonSchema;
  readonly workersAi: JsonSchema;
  readonly otherwise: JsonSchema;
}): JsonSchema {
  const at = (pattern: string) => has(PROVIDER.name, { type: "string", pattern });
  const rest = either(at(WORKERS_AI_PROVIDER), schemas.workersAi, schemas.otherwise);
  const others = either(at(ANTHROPIC_PROVIDER), schemas.anthropic, rest);
  return either(at(BEDROCK_PROVIDER), schemas.bedrock, others);
}

function either(condition: JsonSchema, consequence: JsonSchema, otherwise: JsonSchema): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  return { if: condition, then: consequence, else: otherwise };
}

/** If the one holds, so must the other. */
export function when(condition: JsonSchema, consequence: JsonSchema): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  return { if: condition, then: consequence };
}

/** The key is there and its value is such. */
export function has(name: string, value: JsonSchema): JsonSchema {
  return { type: "object", required: [name], properties: { [name]: value } };
}

/** Those of the properties with these names. */
export function pick(from: JsonSchema, names: readonly string[]): JsonSchema {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

/** A definition by its name. */
export function ref(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}
