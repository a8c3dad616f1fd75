import type { Target } from "../target.ts";
import { readJson } from "../http/body.ts";
import { configOf, servicesOf } from "../services.ts";
import { callerOf } from "../http/caller.ts";
import type { AppContext, Endpoint } from "../http/context.ts";
import { openaiChat } from "../dialects/index.ts";
import { explained } from "../routing/explain.ts";
import { completer } from "../routing/strategies/llm/ask.ts";
import { plan } from "../routing/plan.ts";
import { routingQuery } from "../routing/query.ts";

/**
 * `POST /v1/route`: which models a chat completion request would try, and why. No model is called and no turn is taken;
 * with `?live=1` strategy llm asks its router model, and those that judge by meaning ask for the vector of the text. The texts of
 * labelled queries and examples are other people's: only the admin is told them.
 */
export const route: Endpoint = { method: "POST", path: "/route", access: "either", handle };

async function handle(c: AppContext): Promise<Response> {
  const config = configOf(c.env);
  const { value } = await readJson(c.req.raw, config.serve.maxBodyBytes, c.get("hold"));
  const { request } = openaiChat.parse(value, c.req.raw.headers);
  const caller = callerOf(c);
  const { account, ...services } = servicesOf(c.env, caller, (work) => c.executionCtx.waitUntil(work));
  const asking = { ...services, signal: c.req.raw.signal, account };
  const live = c.req.query("live") === "1";
  const planning = plan(request, {
    ...services,
    complete: live ? completer(asking) : undefined,
    embedding: live ? asking : undefined,
    readsTexts: c.get("client").admin === true,
    peek: true,
  });
  const planned = await planning.finally(() => account?.settle());
  const { fallbacks, strategy, choice, leftOut, unknownModel } = planned;
  const [first] = choice.targets;
  return c.json({
    object: "route",
    query: routingQuery(request.messages),
    strategy,
    model: first?.name ?? null,
    reason: choice.reason,
    order: choice.targets.map(nameOf),
    fallbacks: fallbacks.map(nameOf),
    ...explained(planned, request, services),
    ...(leftOut.length > 0 && {
      left_out: leftOut.map(({ target, lacks }) => ({ model: target.name, lacks })),
    }),
    ...(unknownModel !== undefined && { unknown_model: unknownModel }),
    ...(choice.details && { details: choice.details }),
  });
}

function nameOf({ name }: Target): string {
  return name;
}
