import { limitsBody } from "../config/limits-body.ts";
import { limitsOf } from "../chat/key-limits.ts";
import type { AppContext, Endpoint } from "../http/context.ts";
import type { Used } from "../objects/key/account-object.ts";
import { keyUsage } from "../objects/key/client.ts";
import { configOf } from "../services.ts";

/**
 * `GET /v1/usage`: what the key has used, and what is left of it. `budget` and `usage` are as OpenClaw's clawrouter plugin reads them; the
 * rest is the router's own. A key that has no limits has no numbers with `serve.ledger: off`.
 */
export const usage: Endpoint = { method: "GET", path: "/usage", access: "key", handle };

async function handle(c: AppContext): Promise<Response> {
  const { keys, serve } = configOf(c.env);
  const { name, limits: made } = c.get("client");
  const own = limitsOf({ named: keys.named, ...(keys.each && { each: keys.each }) }, name, made)[0];
  const used = await keyUsage(c.env, { key: name, ledger: serve.ledger }, own);
  const month = new Date().toISOString().slice(0, 7);
  const limit = own?.moneyMonth;
  return c.json({
    object: "usage",
    budget:
      used === undefined || limit === undefined
        ? { configured: false }
        : {
            configured: true,
            limitMicros: limit,
            spentMicros: used.month.cost,
            remainingMicros: Math.max(0, limit - used.month.cost - used.held),
            windowKey: `${name}/${month}`,
          },
    ...(used && {
      usage: {
        summary: {
          requestCount: used.month.requests,
          totalTokens: used.month.tokens,
          actualCostMicros: used.month.cost,
        },
      },
      day: shown(used.day),
      month: shown(used.month),
      held_micros: used.held,
    }),
    key: name,
    limits: own ? limitsBody(own) : null,
  });
}

function shown({ requests, tokens, cost }: Used) {
  return { requests, tokens, cost_micros: cost };
}
