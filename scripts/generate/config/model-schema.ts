/** The schemas of a model of `llms`. */
import { ANTHROPIC, NOT_ANTHROPICS } from "../../../src/config/anthropic-target.ts";
import { MODEL_ROLE, MODEL_TAGS, TAG } from "../../../src/config/aws-role.ts";
import { BASE, KIND } from "../../../src/config/base-target.ts";
import { BASE_URL } from "../../../src/config/base-url.ts";
import {
  BEDROCK,
  BEDROCK_KEYS,
  CREDENTIALS,
  GUARDRAIL,
  REGIONS,
} from "../../../src/config/bedrock-target.ts";
import { MODEL, PROVIDER } from "../../../src/config/keys.ts";
import { CONNECTION, OPENAI, OPENAI_API, OPENAI_KEYS } from "../../../src/config/openai-target.ts";
import { NOT_ANTHROPIC, NOT_BEDROCK, NOT_BOUND, NOT_OPENAI } from "../../../src/config/targets.ts";
import { familyNames } from "../../../src/families/index.ts";
import { documented, fieldSchema, type JsonSchema } from "./field-schema.ts";
import { ADDRESS, has, ignored, mapping, off, open, properties, suggesting, when } from "./parts.ts";
import { MODEL_ID, WRITTEN, WRITTEN_LITERAL } from "./patterns.ts";

/** What every model has, beside what its kind of provider has. */
function model(special: JsonSchema): JsonSchema {
  const { provider, ...common } = properties("llms.*", { PROVIDER, MODEL, BASE_URL, KIND, ...BASE });
  return {
    type: ["object", "null"],
    properties: { provider: suggesting(provider), ...common, ...special, ...ignored("llms.*") },
    additionalProperties: false,
  };
}

/** One on Bedrock. */
export function bedrockModel(): JsonSchema {
  const { family, ...settings } = properties("llms.*", {
    REGIONS,
    ...CREDENTIALS,
    ...MODEL_ROLE,
    ...BEDROCK,
  });
  const id = CREDENTIALS.accessKeyId.name;
  const key = CREDENTIALS.secretAccessKey.name;
  return {
    ...model({
      ...settings,
      family: suggesting(family, familyNames()),
      [MODEL_TAGS]: { ...open(`llms.*.${MODEL_TAGS}`), additionalProperties: fieldSchema(TAG) },
      guardrail: guardrail(),
      ...off(OPENAI_KEYS, NOT_OPENAI),
      model: { ...documented("llms.*.model"), ...MODEL_ID },
    }),
    required: [MODEL.name],
    // Credentials are whole: what is missing is not taken from the bindings.
    allOf: [
      when(has(id, WRITTEN_LITERAL), has(key, WRITTEN)),
      when(has(key, WRITTEN_LITERAL), has(id, WRITTEN)),
      // A Bedrock API key assumes no role.
      when(has(CREDENTIALS.bearerToken.name, WRITTEN_LITERAL), {
        not: has(MODEL_ROLE.arn.name, WRITTEN_LITERAL),
      }),
      when(has(CREDENTIALS.sessionToken.name, WRITTEN_LITERAL), {
        anyOf: [has(id, WRITTEN), has(key, WRITTEN)],
      }),
    ],
  };
}

/** One behind an OpenAI-compatible API. */
export function openAiModel(): JsonSchema {
  return {
    // `api` last: it is a key of both, with other values.
    ...model({
      ...off(BEDROCK_KEYS, NOT_BEDROCK),
      ...properties("llms.*", { ...OPENAI, ...CONNECTION, OPENAI_API }),
    }),
    allOf: [ADDRESS],
  };
}

/** One at Anthropic. */
export function anthropicModel(): JsonSchema {
  const keys = properties("llms.*", ANTHROPIC);
  return model({ ...keys, ...off(BEDROCK_KEYS, NOT_BEDROCK), ...off(NOT_ANTHROPICS, NOT_ANTHROPIC) });
}

/** One of Workers AI. */
export function workersAiModel(): JsonSchema {
  return model({ ...off(BEDROCK_KEYS, NOT_BEDROCK), ...off(OPENAI_KEYS, NOT_BOUND) });
}

function guardrail(): JsonSchema {
  const path = "llms.*.guardrail";
  const required = [GUARDRAIL.id.name, GUARDRAIL.version.name];
  return { ...mapping(path, properties(path, GUARDRAIL)), required };
}
