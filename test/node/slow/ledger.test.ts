/**
 * Ten thousand exchanges over real sockets, of a key with limits and one without: whole and streamed, left at any moment, refused
 * and failing. What the key's object has counted, what the ledger sums up and what the log has told are the same to the micro-dollar.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, objectsIn } from "../../../emulator/json.ts";
import { awsBindings, type Stack, startStack } from "../../support/stack.ts";

const EXCHANGES = 10_000;
const PARALLEL = 24;
const ADMIN = "sk-admin-0123456789abcdef";
const KEYS = { limited: "sk-limited-0123456789", free: "sk-free-0123456789abc" };
const MODELS = ["claude", "gpt", "down"];

let stack: Stack;
/** What the log has told, by the keys' names. */
const told = { limited: { lines: 0, cost: 0 }, free: { lines: 0, cost: 0 } };

beforeAll(async () => {
  stack = await startStack({
    bindings: (emulator) => ({
      ...awsBindings(emulator),
      ROUTER_API_KEYS: Object.entries(KEYS)
        .map(([name, key]) => `${name}=${key}`)
        .join(","),
      ROUTER_ADMIN_KEY: ADMIN,
    }),
    hear({ message }) {
      if (!message.startsWith("{") || !message.includes('"door"')) return;
      const { client, cost_usd: cost } = asObject(JSON.parse(message));
      const sum = client === "limited" ? told.limited : told.free;
      sum.lines += 1;
      sum.cost += Math.round(Number(cost ?? 0) * 1e6);
    },
    config: ({ url, openaiUrl, openaiKey }) => {
      const sonnet = { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" };
      const gpt = { provider: "acme", model: "emulated-small", base_url: openaiUrl, api_key: openaiKey };
      return {
        router: { retry: 0 },
        keys: { limited: { money_month: 1_000_000, requests_minute: 1_000_000 } },
        llms: {
          claude: sonnet,
          gpt: { ...gpt, input_price: 2, output_price: 10 },
          down: { ...sonnet, base_url: `${url}/@unavailable` },
        },
      };
    },
  });
});
afterAll(() => stack?.close());

let seed = 20;
/** The same in every run. */
function chance(): number {
  seed = (seed * 16_807) % 2_147_483_647;
  return seed / 2_147_483_647;
}

async function exchange(key: string): Promise<void> {
  const abort = new AbortController();
  const leaves = chance() < 0.2;
  const after = chance() * 60;
  const body = {
    model: MODELS[Math.floor(chance() ** 2 * MODELS.length)],
    max_tokens: chance() < 0.05 ? -1 : 200,
    stream: chance() < 0.7,
    messages: [{ role: "user", content: "word ".repeat(Math.ceil(chance() * 100)) }],
  };
  const options = {
    ...{ method: "POST", signal: abort.signal, body: JSON.stringify(body) },
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  };
  if (leaves) setTimeout(() => abort.abort(), after);
  await fetch(`${stack.url}/v1/chat/completions`, options)
    .then((response) => response.text())
    .catch(() => "");
}

async function read(path: string, key: string): Promise<unknown> {
  return (await fetch(`${stack.url}${path}`, { headers: { authorization: `Bearer ${key}` } })).json();
}

/** Asks until it is so. The log is behind, the ledger a minute and more. */
async function until(check: () => Promise<void>, capMs: number): Promise<void> {
  for (const end = Date.now() + capMs; ; await sleep(500)) {
    try {
      return await check();
    } catch (thrown) {
      if (Date.now() > end) throw thrown;
    }
  }
}

describe("the ledger", () => {
  it("adds up over ten thousand exchanges, aborts and failures among them", async () => {
    let left = EXCHANGES;
    const client = async () => {
      while (left-- > 0) await exchange(left % 2 === 0 ? KEYS.limited : KEYS.free);
    };
    await Promise.all(Array.from({ length: PARALLEL }, client));
    for (const name of ["limited", "free"] as const) {
      await until(async () => {
        expect(await read("/v1/usage", KEYS[name])).toMatchObject({
          ...{ held_micros: 0, month: { cost_micros: told[name].cost } },
        });
        const [sums] = objectsIn(asObject(await read(`/admin/usage?key=${name}`, ADMIN)).data);
        expect(sums).toMatchObject({ requests: told[name].lines, cost_micros: told[name].cost });
      }, 240_000);
      expect(told[name].lines).toBeGreaterThan(EXCHANGES / 4);
      expect(told[name].cost).toBeGreaterThan(0);
    }
    const [unsettled] = objectsIn(asObject(await read("/admin/requests?key=limited", ADMIN)).data).filter(
      ({ code }) => code === "unsettled",
    );
    expect(unsettled).toBeUndefined();
  }, 900_000);
});
