import type { Prices } from "../chat/cost.ts";
import { RouterError } from "../errors.ts";
import { anthropicMessages } from "../dialects/index.ts";
import type { AppContext, Endpoint } from "../http/context.ts";
import { serve } from "../http/serve.ts";
import { leastContext } from "../routing/context-window.ts";
import { factsOf } from "../routing/facts.ts";
import { AUTO } from "../routing/models.ts";
import { allowanceFor, configOf } from "../services.ts";
import type { Target } from "../target.ts";

/** Of the entry that has `auto`. */
const OWN = "openclaw-edge-router";
const CAPABILITIES = ["llm.responses", "llm.chat", "llm.messages"];
const ROUTES = [
  { path: `/v1${anthropicMessages.path}`, requestFormat: "anthropic.messages", methods: ["POST"] },
];

/** `GET /v1/catalog`: the models that the key may use, as OpenClaw's clawrouter plugin reads them. */
export const catalog: Endpoint = {
  method: "GET",
  path: "/catalog",
  access: "key",
  handle(c) {
    const { chatTargets } = configOf(c.env);
    const allowance = allowanceFor(c.env, c.get("client"));
    const allowed = allowance ? chatTargets.filter((target) => allowance.allows(target)) : chatTargets;
    const maxInputTokens = leastContext(AUTO, configOf(c.env));
    const pricing = maxInputTokens === undefined ? {} : { pricing: { maxInputTokens } };
    const auto = { id: AUTO, upstream: AUTO, capabilities: CAPABILITIES, ...pricing };
    const groups = [...Map.groupBy(allowed, providerId)];
    return c.json({
      object: "catalog",
      providers: [
        entry(OWN, "Edge Router", [auto]),
        ...groups.map(([id, targets]) => entry(id, targets[0]?.provider ?? id, targets.map(model))),
      ],
    });
  },
};

/** `POST /v1/native/PROVIDER/v1/messages`: Anthropic's Messages under the address that the catalogue gives a provider. */
export const native: Endpoint = {
  method: "POST",
  path: `/native/:provider/v1${anthropicMessages.path}`,
  access: "key",
  handle(c) {
    const known = [OWN, ...configOf(c.env).chatTargets.map(providerId)];
    if (known.includes(providerOf(c))) return serve(c, anthropicMessages);
    throw new RouterError(
      "not_found",
      `There is no provider '${providerOf(c)}' here. GET /v1/catalog lists all.`,
    );
  },
};

function providerOf(c: AppContext): string {
  return c.req.param("provider") ?? "";
}

function entry(id: string, displayName: string, models: readonly object[]) {
  return {
    ...{ id, displayName, openaiCompatible: true, nativeBaseUrl: `/v1/native/${id}` },
    ...{ routes: ROUTES, models },
  };
}

/** As it can stand in a path. */
function providerId({ provider }: Target): string {
  return provider
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, "-");
}

function model(target: Target) {
  const { contextWindow, maxOutput, capabilities, prices } = factsOf(target);
  const pricing = {
    ...(prices && pricesOf(prices)),
    ...(contextWindow !== undefined && { maxInputTokens: contextWindow }),
    ...(maxOutput !== undefined && { defaultMaxOutputTokens: maxOutput }),
  };
  return {
    ...{ id: target.name, upstream: target.name, capabilities: CAPABILITIES },
    ...(capabilities && { input: capabilities.images ? ["text", "image"] : ["text"] }),
    ...(Object.keys(pricing).length > 0 && { pricing }),
  };
}

/** In micro-dollars a million tokens. */
function pricesOf({ input, output, cacheRead, cacheWrite, cacheWrite1h }: Prices) {
  const micros = (dollars: number) => Math.round(dollars * 1e6);
  return {
    inputMicrosPerMillion: micros(input),
    outputMicrosPerMillion: micros(output),
    ...(cacheRead !== undefined && { cachedInputMicrosPerMillion: micros(cacheRead) }),
    ...(cacheWrite !== undefined && { cacheWrite5mInputMicrosPerMillion: micros(cacheWrite) }),
    ...(cacheWrite1h !== undefined && { cacheWrite1hInputMicrosPerMillion: micros(cacheWrite1h) }),
  };
}
