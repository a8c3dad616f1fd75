import type { Target } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { configOf } from "../services.ts";
import type { AppContext, Endpoint } from "../http/context.ts";
import { AUTO } from "../routing/models.ts";
import { factsOf } from "../routing/facts.ts";

/** OpenAI's schema wants a creation time; a configured model has none, so all carry the same: 2026-01-01. */
const CREATED = 1_767_225_600;

/** `GET /v1/models`: `auto` and every configured model. */
export const models: Endpoint = {
  method: "GET",
  path: "/models",
  access: "key",
  handle: (c) => c.json({ object: "list", data: list(c) }),
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
  const { targets, router } = configOf(c.env);
  const auto = {
    id: AUTO,
    object: "model",
    created: CREATED,
    owned_by: "openclaw-edge-router",
    description: `Chooses one of the models by the strategy '${router.strategy}'.`,
  };
  return [auto, ...targets.map(entry)];
}

function entry(target: Target) {
  const { contextWindow, maxOutput, capabilities } = factsOf(target);
  return {
    id: target.name,
    object: "model",
    created: CREATED,
    owned_by: target.provider.toLowerCase(),
    description: target.description,
    ...(contextWindow !== undefined && { context_window: contextWindow }),
    ...(maxOutput !== undefined && { max_completion_tokens: maxOutput }),
    ...(capabilities && { capabilities }),
    // US dollars per million tokens, as configured.
    ...(target.inputPrice !== undefined && { input_price: target.inputPrice }),
    ...(target.outputPrice !== undefined && { output_price: target.outputPrice }),
  };
}
