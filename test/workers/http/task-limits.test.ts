/** Vectors and orders in the log and in what a key has left, also where a request of many calls fails half-way. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import { json, playUpstream, type Reply, refusal, SILENT, THROTTLED } from "../../support/upstream.ts";
import { ask, errorOf, NO_RETRY, quietLog } from "../support.ts";
import { counted, keyed, minuteWithRoom } from "./limited.ts";

let lines: string[] = [];
beforeEach(() => {
  quietLog();
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line: unknown) => void lines.push(String(line)));
});
afterEach(() => vi.restoreAllMocks());

const vector = (tokens: number): Reply => json({ embedding: [0.5, 0.25], inputTextTokenCount: tokens });
const ORDER = { results: [{ index: 0, relevance_score: 0.9 }] };
const order: Reply = json(ORDER);
const toldOrder: Reply = json(ORDER, { headers: { "x-amzn-bedrock-input-token-count": "11" } });
const WORDS = "the user's own words";
const texts = (count: number) => Array.from({ length: count }, () => WORDS);

type Asking = readonly [path: "embeddings" | "rerank", body: object];
const vectors = (count: number): Asking => ["embeddings", { model: "titan", input: texts(count) }];
const orders: Asking = ["rerank", { model: "rerank", query: WORDS, documents: texts(1) }];

interface Expected {
  readonly status: number;
  readonly tokens: number;
  readonly cost: number;
}

/** The log line and the key's own count tell the same, and no word of the request. */
async function expectCounted(name: string, { status, tokens, cost }: Expected): Promise<void> {
  expect(await counted(name, 1)).toEqual({ cost, tokens, requests: 1, held: 0 });
  expect(lines).toHaveLength(1);
  const [line = ""] = lines;
  expect(line).not.toContain(WORDS);
  expect(JSON.parse(line)).toMatchObject({
    ...{ client: name, status, prompt_tokens: tokens, completion_tokens: 0, cost_usd: cost / 1e6 },
  });
}

describe("the log line and the account", () => {
  it.each<[string, Asking, readonly Reply[], Expected & { model: string }]>([
    ["one text", vectors(1), [vector(5)], { model: "titan", status: 200, tokens: 5, cost: 5 }],
    [
      ...(["three texts", vectors(3), [vector(5), vector(6), vector(7)]] as const),
      { model: "titan", status: 200, tokens: 18, cost: 18 },
    ],
    ["an order", orders, [toldOrder], { model: "rerank", status: 200, tokens: 11, cost: 22 }],
    // 2 × 20 characters at four a token.
    ["an order by length", orders, [order], { model: "rerank", status: 200, tokens: 10, cost: 20 }],
  ])("tell the tokens and the cost of %s", async (_, [path, body], replies, { model, ...expected }) => {
    const { name, env } = keyed({ money_day: 1 });
    playUpstream(...replies);
    const response = await ask(env, `/v1/${path}`, { method: "POST", body });
    expect(response.status).toBe(200);
    await response.text();
    await expectCounted(name, expected);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      ...{ dialect: path, door: "http", requested_model: model, model, strategy: "named", stream: false },
      attempts: Array.from({ length: 1 }, () => ({ model, outcome: "ok" })),
    });
  });

  it("tell minutes' limits, too: what a request may cost is held before it is made", async () => {
    const calls = playUpstream(toldOrder, toldOrder);
    const post = ({ env }: { env: Env }) => ask(env, "/v1/rerank", { method: "POST", body: orders[1] });
    // It may take 20 tokens: a byte of text is half a token at most.
    expect((await post(keyed({ tokens_minute: 15 }))).status).toBe(400);
    expect(calls).toHaveLength(0);
    await minuteWithRoom();
    const key = keyed({ tokens_minute: 25 });
    expect((await post(key)).status).toBe(200);
    expect((await post(key)).status).toBe(429);
    expect(calls).toHaveLength(1);
  });
});

describe("a key", () => {
  it.each([vectors(1), orders])("may name its own models alone at %s", async (path, body) => {
    const { env } = keyed({ models: ["gpt"] });
    const calls = playUpstream();
    const response = await ask(env, `/v1/${path}`, { method: "POST", body });
    expect(response.status).toBe(403);
    expect(await errorOf(response)).toMatchObject({ code: "model_not_allowed" });
    expect(calls).toHaveLength(0);
  });

  it.each<Asking>([
    ["embeddings", { model: "unpriced", input: WORDS }],
    ["rerank", { model: "unpriced-rerank", query: WORDS, documents: [WORDS] }],
  ])("with a limit of money may name no model without a price at %s", async (path, body) => {
    const acme = { provider: "acme", base_url: "https://acme.example/v1", api_key: "k" };
    const llms = {
      unpriced: { ...acme, model: "vectors-of-acme", kind: "embedding" },
      "unpriced-rerank": { ...acme, model: "order-of-acme", kind: "rerank" },
    };
    const { env } = keyed({ money_day: 1 }, { llms });
    const calls = playUpstream();
    const response = await ask(env, `/v1/${path}`, { method: "POST", body });
    expect(await errorOf(response)).toMatchObject({ code: "price_unknown" });
    expect(calls).toHaveLength(0);
  });
});

describe("a request that fails", () => {
  const REFUSED = refusal(400, "ValidationException", "no");

  it("costs nothing where the upstream refuses all of it", async () => {
    const { name, env } = keyed({ money_day: 1 });
    playUpstream(REFUSED);
    const [path, body] = vectors(1);
    expect((await ask(env, `/v1/${path}`, { method: "POST", body })).status).toBe(400);
    expect(await counted(name, 1)).toMatchObject({ cost: 0, tokens: 0 });
  });

  it("costs nothing where the upstream throttles, though others are still under way", async () => {
    const { name, env } = keyed({ money_day: 1 });
    playUpstream(THROTTLED, SILENT, SILENT, SILENT, SILENT, SILENT);
    const [path, body] = vectors(7);
    expect((await ask(env, `/v1/${path}`, { method: "POST", body })).status).toBe(429);
    expect(await counted(name, 1)).toMatchObject({ cost: 0, tokens: 0 });
  });

  it("costs what its other calls have cost", async () => {
    const { name, env } = keyed({ money_day: 1 });
    // Six at once: five are answered, then the sixth is refused, and the seventh is on its way, which nobody waits for.
    let answered = 0;
    const five: Reply = (call) => {
      answered += 1;
      return vector(7)(call);
    };
    const last: Reply = async (call) => {
      await vi.waitFor(() => expect(answered).toBe(5));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return REFUSED(call);
    };
    playUpstream(five, five, five, five, five, last, SILENT);
    const [path, body] = vectors(7);
    expect((await ask(env, `/v1/${path}`, { method: "POST", body })).status).toBe(400);
    // 5 tokens by length of a text of 20 characters.
    await expectCounted(name, { status: 400, tokens: 5 * 7 + 5, cost: 40 });
  });

  it.each<[string, Asking, number]>([
    ["vectors", vectors(2), 10],
    ["an order", orders, 20],
  ])("costs what was sent where the client leaves: %s", async (_, [path, body], cost) => {
    const { name, env } = keyed({ money_day: 1 });
    const calls = playUpstream(SILENT, SILENT);
    const client = new AbortController();
    const answer = ask(env, `/v1/${path}`, { method: "POST", body, signal: client.signal });
    await vi.waitFor(() => expect(calls).toHaveLength(path === "rerank" ? 1 : 2));
    client.abort();
    expect((await answer).status).toBe(499);
    await expectCounted(name, { status: 499, tokens: 10, cost });
  });

  it.each<[string, Asking, Reply, { cost: number; tokens: number }]>([
    ["vectors", vectors(1), vector(7), { cost: 5 + 7, tokens: 5 + 7 }],
    ["an order", orders, toldOrder, { cost: 20 + 22, tokens: 10 + 11 }],
  ])(
    "costs what its first attempt may have, too, that said nothing in time: %s",
    async (_, [path, body], reply, costs) => {
      const retry = { attempts: 1, base_ms: 0, max_ms: 0 };
      const { name, env } = keyed({ money_day: 1 }, { router: { retry, timeout: "50ms" } });
      playUpstream(SILENT, reply);
      expect((await ask(env, `/v1/${path}`, { method: "POST", body })).status).toBe(200);
      expect(await counted(name, 1)).toMatchObject(costs);
    },
  );

  it("costs what was sent where the upstream says nothing in time", async () => {
    const { name, env } = keyed({ money_day: 1 }, { router: { retry: NO_RETRY, timeout: "50ms" } });
    playUpstream(SILENT, SILENT);
    const [path, body] = vectors(2);
    expect((await ask(env, `/v1/${path}`, { method: "POST", body })).status).toBe(500);
    await expectCounted(name, { status: 500, tokens: 10, cost: 10 });
  });
});
