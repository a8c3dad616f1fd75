import type { Target } from "../target.ts";
import type { Prices } from "../chat/cost.ts";
import type { ReadBinding } from "../env.ts";
import { RouterError } from "../errors.ts";
import { allowanceFor, configOf } from "../services.ts";
import type { AppContext, Endpoint } from "../http/context.ts";
import type { Allowance } from "../routing/allowance.ts";
import { AUTO } from "../routing/models.ts";
import { factsOf, upstreamFacts } from "../routing/facts.ts";

/** OpenAI's and Anthropic's schemas want a creation time; a configured model has none, so all carry the same: 2026-01-01. */
const CREATED = 1_767_225_600;
/** The same, written out: the first Date of an isolate costs 0.2 ms of its start. */
const CREATED_AT = "2026-01-01T00:00:00.000Z";

/** `GET /v1/models`: `auto` and every configured model that the key may use, in a form that OpenAI's and Anthropic's SDKs both read. */
export const models: Endpoint = {
  method: "GET",
  path: "/models",
  access: "key",
  handle(c) {
    const data = list(c);
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return c.json({ object: "list", data, has_more: false, ...ends });
  },
};

/** `GET /admin/models`: all of them, for the console. */
export const adminModels: Endpoint = {
  method: "GET",
  path: "/admin/models",
  access: "admin",
  handle: (c) => c.json({ object: "list", data: entries(c) }),
};

/** `GET /v1/models/:id`; ids may hold slashes. */
export const model: Endpoint = {
  method: "GET",
  path: "/models/:id{.+}",
  access: "key",
  handle(c) {
    const id = c.req.param("id");
    const found = list(c).find((entry) => entry.id === id);
    if (found) return c.json(found);
    throw new RouterError(
      "model_not_found",
      `The model '${id}' does not exist here. GET /v1/models lists all.`,
      {
        param: "model",
      },
    );
  },
};

function list(c: AppContext) {
  return entries(c, allowanceFor(c.env, c.get("client")));
}

/** @param allowance Undefined: all. */
function entries(c: AppContext, allowance?: Allowance) {
  const { targets, router } = configOf(c.env);
  const auto = {
    ...identityOf(AUTO),
    owned_by: "openclaw-edge-router",
    description: `Chooses one of the models by the strategy '${router.strategy}'.`,
  };
  const allowed = allowance ? targets.filter((target) => allowance.allows(target)) : targets;
  return [auto, ...allowed.map((target) => entry(target, c.get("binding")))];
}

/** One name in the fields of both SDKs. */
function identityOf(id: string) {
  return { id, object: "model", created: CREATED, type: "model", display_name: id, created_at: CREATED_AT };
}

function priceFields({ input, output, cacheRead, cacheWrite, cacheWrite1h }: Prices) {
  return {
    input_price: input,
    output_price: output,
    ...(cacheRead !== undefined && { cache_read_price: cacheRead }),
    ...(cacheWrite !== undefined && { cache_write_price: cacheWrite }),
    ...(cacheWrite1h !== undefined && { cache_write_1h_price: cacheWrite1h }),
  };
}

function entry(target: Target, binding: ReadBinding) {
  const { contextWindow, maxOutput, dimensions, capabilities, prices, lifecycle } = factsOf(target);
  return {
    ...identityOf(target.name),
    owned_by: target.provider.toLowerCase(),
    description: target.description,
    ...upstreamFacts(target, binding),
    ...(target.task && { kind: target.task }),
    ...(dimensions && { dimensions }),
    ...(contextWindow !== undefined && { context_window: contextWindow }),
    ...(maxOutput !== undefined && { max_completion_tokens: maxOutput }),
    ...(capabilities && { capabilities }),
    // US dollars per million tokens.
    ...(prices && priceFields(prices)),
    ...(lifecycle && { lifecycle }),
  };
}
