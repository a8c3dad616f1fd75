import { asRouterError, RouterError } from "../errors.ts";
import { authenticate, requestKey } from "../http/auth.ts";
import { configOf } from "../services.ts";
import type { AppContext, Endpoint } from "../http/context.ts";

/**
 * `GET /health`: open to anyone for the status alone (200 `ok`, or 500 `config_invalid`); with a client key also
 * strategy, models and what the configuration sets without effect.
 */
export const health: Endpoint = { method: "GET", path: "/health", access: "open", handle };

async function handle(c: AppContext): Promise<Response> {
  const known = await isClient(c);
  try {
    const config = configOf(c.env);
    if (!known) return c.json({ status: "ok" });
    const names = config.targets.map((target) => target.name);
    return c.json({
      status: "ok",
      strategy: config.router.strategy,
      models: names,
      llms: names,
      warnings: config.warnings,
    });
  } catch (thrown) {
    const error = asRouterError(thrown);
    return c.json({ status: error.code, ...(known && error.toBody()) }, 500);
  }
}

async function isClient(c: AppContext): Promise<boolean> {
  try {
    await authenticate(requestKey(c.req.raw.headers), new URL(c.req.url).hostname, c.var.binding);
    return true;
  } catch (thrown) {
    if (thrown instanceof RouterError) return false;
    throw thrown;
  }
}
