/**
 * The JSON Schema of the configuration, put together from the tables that the loader reads by. It takes every file that
 * the loader takes; what only the loader can see (names that nothing has, limits that cross) it lets pass.
 */
import { IDENTITY, SHARED_REGIONS } from "../../../src/config/aws.ts";
import { SHARED_ROLE, SHARED_TAGS, TAG } from "../../../src/config/aws-role.ts";
import { LIMITS } from "../../../src/config/client-limits.ts";
import { secret } from "../../../src/config/fields.ts";
import { SERVE } from "../../../src/config/serve.ts";
import { documented, fieldSchema, type JsonSchema, oneOrMany } from "./field-schema.ts";
import { anthropicModel, bedrockModel, openAiModel, workersAiModel } from "./model-schema.ts";
import { byProvider, ignored, mapping, noEffect, open, properties, ref, SET } from "./parts.ts";
import { BEDROCK_PROVIDER, MODEL_NAME } from "./patterns.ts";
import { retry, router, rule } from "./router-schema.ts";

/** The whole schema. */
export function configSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "OpenClaw Edge Router: configuration",
    description: "config/router.yaml, or the text of ROUTER_CONFIG.",
    type: "object",
    properties: {
      serve: ref("serve"),
      router: ref("router"),
      api_keys: ref("api_keys"),
      aws: ref("aws"),
      keys: ref("keys"),
      llms: ref("llms"),
      models: { ...documented("models"), allOf: [ref("llms")] },
      ...ignored(""),
    },
    additionalProperties: false,
    // At least one model, under one of the two names.
    anyOf: ["llms", "models"].map((name) => ({
      required: [name],
      properties: { [name]: { type: "object", minProperties: 1 } },
    })),
    not: { required: ["llms", "models"], properties: { llms: SET, models: SET } },
    definitions: {
      serve: mapping("serve", { ...properties("serve", SERVE), ...ignored("serve") }),
      router: router(),
      retry: retry(),
      rule: rule(),
      api_keys: apiKeys(),
      aws: mapping("aws", {
        ...properties("aws", { SHARED_REGIONS, ...SHARED_ROLE, ...IDENTITY }),
        [SHARED_TAGS]: { ...open(`aws.${SHARED_TAGS}`), additionalProperties: fieldSchema(TAG) },
      }),
      keys: {
        ...open("keys"),
        propertyNames: { pattern: "^([A-Za-z0-9._-]+|\\*\\*?)$" },
        additionalProperties: limits(),
      },
      llms: {
        ...mapping("llms", {}),
        propertyNames: MODEL_NAME,
        additionalProperties: byProvider({
          bedrock: ref("bedrock_model"),
          anthropic: ref("anthropic_model"),
          workersAi: ref("workers_ai_model"),
          otherwise: ref("openai_model"),
        }),
      },
      bedrock_model: bedrockModel(),
      anthropic_model: anthropicModel(),
      workers_ai_model: workersAiModel(),
      openai_model: openAiModel(),
    },
  };
}

function apiKeys(): JsonSchema {
  return {
    ...open("api_keys"),
    patternProperties: { [BEDROCK_PROVIDER]: noEffect("Bedrock is called with AWS credentials") },
    additionalProperties: oneOrMany(fieldSchema(secret)),
  };
}

function limits(): JsonSchema {
  return { type: ["object", "null"], properties: properties("keys.*", LIMITS), additionalProperties: false };
}
