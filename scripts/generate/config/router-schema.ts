/** The schema of the section `router`. */
import { BASE_URL } from "../../../src/config/base-url.ts";
import { REGIONS } from "../../../src/config/bedrock-target.ts";
import { weight } from "../../../src/config/fields.ts";
import { MODEL, PROVIDER } from "../../../src/config/keys.ts";
import { CONNECTION, OPENAI_CONNECTION_KEYS } from "../../../src/config/openai-target.ts";
import { EMBEDDING_MODEL, KNN, MEANING, ROUTE, TIER } from "../../../src/config/meaning.ts";
import { HEDGE, RETRY, ROUND_ROBIN, ROUTER } from "../../../src/config/router.ts";
import type { StrategyName } from "../../../src/config/types.ts";
import { CHOSEN, CONDITIONS, DEFAULT, METADATA } from "../../../src/config/rules.ts";
import { NO_ROUTER_MODEL, NOT_ANTHROPIC, NOT_BEDROCK, NOT_OPENAI } from "../../../src/config/targets.ts";
import { documented, fieldSchema, type JsonSchema } from "./field-schema.ts";
import {
  ADDRESS,
  byProvider,
  has,
  ignored,
  mapping,
  off,
  open,
  pick,
  properties,
  ref,
  SET,
  suggesting,
  when,
} from "./parts.ts";
import { MODEL_ID, WRITTEN, WRITTEN_LITERAL } from "./patterns.ts";

/** The section. */
export function router(): JsonSchema {
  const { model, provider, base_url, ...connection } = properties("router", {
    MODEL,
    PROVIDER,
    BASE_URL,
    ...CONNECTION,
    REGIONS,
  });
  return {
    ...mapping("router", {
      ...properties("router", { ...ROUTER, ...MEANING, EMBEDDING_MODEL }),
      weights: { ...open("router.weights"), additionalProperties: fieldSchema(weight) },
      rules: { ...documented("router.rules"), type: ["array", "null"], items: ref("rule") },
      tiers: { ...documented("router.tiers"), type: ["array", "null"], items: tier() },
      routes: { ...documented("router.routes"), type: ["array", "null"], items: route() },
      knn: {
        ...mapping("router.knn", properties("router.knn", KNN)),
        ...has(KNN.data.name, WRITTEN),
        type: ["object", "null"],
        properties: {
          ...properties("router.knn", KNN),
          data: { ...properties("router.knn", KNN).data, ...WRITTEN },
        },
      },
      model,
      provider: suggesting(provider),
      base_url,
      // Which of these count, and so have to be right, depends on the router model.
      ...Object.fromEntries(Object.keys(connection).map((name) => [name, documented(`router.${name}`)])),
      retry: ref("retry"),
      hedge: mapping("router.hedge", properties("router.hedge", HEDGE)),
      round_robin: mapping("router.round_robin", properties("router.round_robin", ROUND_ROBIN)),
      ...ignored("router"),
    }),
    allOf: [judge(connection), ...NEEDS.map(([strategy, ...needs]) => when(is(strategy), { allOf: needs }))],
  };
}

/** A list with something in it. */
const FILLED: JsonSchema = { type: "array", minItems: 1 };

/** What a strategy cannot do without. */
const NEEDS: readonly (readonly [StrategyName, ...JsonSchema[]])[] = [
  ["llm", has(MODEL.name, WRITTEN)],
  ["complexity", has("tiers", FILLED)],
  ["semantic", has("routes", FILLED), has(EMBEDDING_MODEL.name, WRITTEN)],
  ["knn", has("knn", SET), has(EMBEDDING_MODEL.name, WRITTEN)],
];

function is(strategy: StrategyName): JsonSchema {
  return has(ROUTER.strategy.name, { const: strategy });
}

/** An entry of `router.tiers`. */
function tier(): JsonSchema {
  return {
    type: "object",
    properties: properties("router.tiers[]", TIER),
    additionalProperties: false,
    allOf: [has(TIER.model.name, WRITTEN)],
  };
}

/** An entry of `router.routes`. */
function route(): JsonSchema {
  const { name, model, examples } = ROUTE;
  return {
    type: "object",
    properties: properties("router.routes[]", ROUTE),
    additionalProperties: false,
    allOf: [has(name.name, WRITTEN), has(model.name, WRITTEN), has(examples.name, SET)],
  };
}

/** What the keys of a router model have to be: a model on Bedrock, another of its own, or the name of one of `llms`. */
function judge(connection: JsonSchema): JsonSchema {
  const bedrock = {
    ...pick(connection, [REGIONS.name]),
    model: MODEL_ID,
    ...off(OPENAI_CONNECTION_KEYS, NOT_OPENAI),
  };
  const other = {
    ...pick(connection, OPENAI_CONNECTION_KEYS),
    model: WRITTEN,
    ...off([REGIONS.name], NOT_BEDROCK),
  };
  const anthropic = {
    model: WRITTEN,
    ...off([REGIONS.name], NOT_BEDROCK),
    ...off(OPENAI_CONNECTION_KEYS, NOT_ANTHROPIC),
  };
  const required = [MODEL.name];
  return byProvider({
    bedrock: { required, properties: bedrock },
    anthropic: { required, properties: anthropic },
    // Its binding holds no conversations.
    workersAi: { not: {} },
    otherwise: {
      if: { anyOf: [has(PROVIDER.name, WRITTEN), has(BASE_URL.name, WRITTEN_LITERAL)] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
      then: { required, properties: other, allOf: [ADDRESS] },
      // A base_url from a binding may be set or not, so nothing can be said of the rest.
      else: when(
        { not: has(BASE_URL.name, WRITTEN) },
        { properties: off(Object.keys(connection), NO_ROUTER_MODEL) },
      ),
    },
  });
}

/** `router.retry`: a number or a mapping. */
export function retry(): JsonSchema {
  const number = fieldSchema(RETRY.attempts.field);
  return {
    ...mapping("router.retry", properties("router.retry", RETRY)),
    ...number,
    type: ["integer", "object", "null"],
  };
}

/** An entry of `router.rules`. */
export function rule(): JsonSchema {
  const conditions = properties("router.rules[]", CONDITIONS);
  const names = [...Object.keys(conditions), "metadata"];
  return {
    type: "object",
    properties: {
      ...conditions,
      metadata: { ...open("router.rules[].metadata"), additionalProperties: fieldSchema(METADATA) },
      ...properties("router.rules[]", { CHOSEN, DEFAULT }),
    },
    additionalProperties: false,
    if: has(DEFAULT.name, WRITTEN),
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
    then: { properties: Object.fromEntries([...names, CHOSEN.name].map((name) => [name, { type: "null" }])) },
    else: {
      ...has(CHOSEN.name, WRITTEN),
      anyOf: names.map((name) => has(name, SET)),
    },
  };
}
