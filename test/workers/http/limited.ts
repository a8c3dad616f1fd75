/** Keys with limits in tests inside workerd: a key of its own for each, and what its object has counted. */
import { runInDurableObject } from "cloudflare:test";
import { env as worker } from "cloudflare:workers";
import { expect, vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import type { KeyAccount } from "../../../src/objects/key/object.ts";
import { CLAUDE, envOf, GPT, KEY, NO_RETRY } from "../support.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      KEYS: DurableObjectNamespace<KeyAccount>;
    }
  }
}

const PRICED = { ...GPT, input_price: 2, output_price: 10 };
export const LLMS = {
  gpt: PRICED,
  claude: { ...CLAUDE, input_price: 3, output_price: 15, max_tokens: 100 },
  free: GPT,
  titan: { provider: "bedrock", model: "amazon.titan-embed-text-v2:0", input_price: 1 },
  rerank: { provider: "bedrock", model: "amazon.rerank-v1:0", input_price: 2 },
};

let clients = 0;
/** A key of its own, so that tests share no counts. */
export function keyed(limits: object, more: object = {}, bindings: Env = {}): { name: string; env: Env } {
  const name = `client-${clients++}`;
  const config = { router: { retry: NO_RETRY }, llms: LLMS, keys: { [name]: limits }, ...more };
  return { name, env: envOf(config, { ROUTER_API_KEYS: `${name}=${KEY}`, KEYS: worker.KEYS, ...bindings }) };
}

export async function accountOf(...names: readonly string[]) {
  const bytes = new TextEncoder().encode(JSON.stringify(names));
  const name = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return worker.KEYS.get(worker.KEYS.idFromName(name));
}

const MINUTE_MS = 60_000;
const LEAST_MS = 5000;

/** Waits for the next minute where this one is about to end: limits a minute begin anew with each. */
export async function minuteWithRoom(): Promise<void> {
  const leftMs = MINUTE_MS - (Date.now() % MINUTE_MS);
  if (leftMs < LEAST_MS) await new Promise((resolve) => setTimeout(resolve, leftMs));
}

interface Counted {
  readonly cost: number;
  readonly tokens: number;
  readonly requests: number;
  readonly held: number;
}

export function countedIn(stub: DurableObjectStub<KeyAccount>): Promise<Counted> {
  return runInDurableObject(stub, (_, { storage: { sql } }) => {
    const exists = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'days'").toArray().length > 0;
    if (!exists) return { cost: 0, tokens: 0, requests: 0, held: 0 };
    return sql
      .exec<Record<keyof Counted, number>>(
        `SELECT coalesce(sum(cost), 0) AS cost, coalesce(sum(tokens), 0) AS tokens,
          coalesce(sum(requests), 0) AS requests,
          (SELECT count(*) FROM reservations WHERE unsettled = 0) AS held FROM days`,
      )
      .one();
  });
}

/** What was counted for a key, once all is settled. */
export async function counted(name: string, requests: number): Promise<Counted> {
  const stub = await accountOf("key", name);
  await vi.waitFor(async () => expect(await countedIn(stub)).toMatchObject({ requests, held: 0 }), {
    timeout: 10_000,
  });
  return countedIn(stub);
}
