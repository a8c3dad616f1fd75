import { asRouterError, RouterError } from "../errors.ts";
import { authenticate, type Client } from "../http/auth.ts";
import { clientKeys } from "../http/client-keys.ts";
import { ticketCounter } from "../objects/round-robin/client.ts";
import { clientNeeds } from "../routing/clients.ts";
import { degraded } from "../routing/degraded.ts";
import { allowanceFor, configOf, madeFinder, warningsOf } from "../services.ts";
import type { AppContext, Endpoint } from "../http/context.ts";

/**
 * `GET /health`: open to anyone for the status alone (200 `ok`, or 500 `config_invalid`); with a client key also
 * strategy, models, what is missing (`degraded`; 503 where no model can be called), what keys and configuration set
 * without effect, and what client programs need. Calls no upstream.
 */
export const health: Endpoint = { method: "GET", path: "/health", access: "open", handle };

async function handle(c: AppContext): Promise<Response> {
  const client = await clientOf(c);
  const known = client !== undefined;
  const keys = await clientKeys(c.get("binding"));
  try {
    const config = configOf(c.env);
    // Where no key is valid nobody could ask with one.
    const locked = keys.keys.length === 0 && keys.notes.length > 0;
    if (!known) return c.json({ status: "ok", ...(locked && { warnings: keys.notes }) });
    const allowance = client && allowanceFor(c.env, client);
    const allowed = config.targets.filter((target) => allowance?.allows(target) ?? true);
    const names = allowed.map((target) => target.name);
    const { missing, nobody } = degraded(config, {
      binding: c.get("binding"),
      counter: ticketCounter(c.env),
    });
    const answer = {
      status: missing.length === 0 ? "ok" : "degraded",
      strategy: config.router.strategy,
      models: names,
      llms: names,
      degraded: missing,
      warnings: [...keys.notes, ...(await warningsOf(c.env))],
      clients: clientNeeds(new URL(c.req.url).origin),
    };
    return c.json(answer, nobody ? 503 : 200);
  } catch (thrown) {
    const error = asRouterError(thrown);
    return c.json({ status: error.code, ...(known && error.toBody()) }, 500);
  }
}

async function clientOf(c: AppContext): Promise<Client | undefined> {
  try {
    return await authenticate(c.req.raw, c.get("binding"), madeFinder(c.env));
  } catch (thrown) {
    if (thrown instanceof RouterError) return undefined;
    throw thrown;
  }
}
