import { asRouterError, RouterError } from "../errors.ts";
import { authenticate } from "../http/auth.ts";
import { clientKeys } from "../http/client-keys.ts";
import { configOf, warningsOf } from "../services.ts";
import type { AppContext, Endpoint } from "../http/context.ts";

/**
 * `GET /health`: open to anyone for the status alone (200 `ok`, or 500 `config_invalid`); with a client key also
 * strategy, models and what keys and configuration set without effect.
 */
export const health: Endpoint = { method: "GET", path: "/health", access: "open", handle };

async function handle(c: AppContext): Promise<Response> {
  const known = await isClient(c);
  const keys = await clientKeys(c.var.binding);
  try {
    const config = configOf(c.env);
    // Where no key is valid nobody could ask with one.
    const locked = keys.keys.length === 0 && keys.notes.length > 0;
    if (!known) return c.json({ status: "ok", ...(locked && { warnings: keys.notes }) });
    const names = config.targets.map((target) => target.name);
    return c.json({
      status: "ok",
      strategy: config.router.strategy,
      models: names,
      llms: names,
      warnings: [...keys.notes, ...(await warningsOf(c.env))],
    });
  } catch (thrown) {
    const error = asRouterError(thrown);
    return c.json({ status: error.code, ...(known && error.toBody()) }, 500);
  }
}

async function isClient(c: AppContext): Promise<boolean> {
  try {
    await authenticate(c.req.raw, c.var.binding);
    return true;
  } catch (thrown) {
    if (thrown instanceof RouterError) return false;
    throw thrown;
  }
}
