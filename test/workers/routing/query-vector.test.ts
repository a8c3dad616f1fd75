/** The vector of a query: asked once, remembered, counted. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Config } from "../../../src/config/types.ts";
import type { Account } from "../../../src/routing/account.ts";
import type { Ceiling } from "../../../src/routing/ceiling.ts";
import { queryVector, type VectorContext } from "../../../src/routing/query-vector.ts";
import { json, playUpstream, type Reply, SILENT } from "../../support/upstream.ts";
import { load } from "../config/support.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A new isolate's, so to speak: what is known of it is nothing. */
function fresh(): Config {
  const embedder = {
    ...{ kind: "embedding", provider: "acme", base_url: "https://acme.example/v1", api_key: "k" },
    input_price: 2,
  };
  const router = {
    strategy: "semantic",
    embedding_model: "embedder",
    routes: [{ name: "a", model: "m", examples: "x" }],
  };
  return load(JSON.stringify({ router, llms: { m: {}, embedder } }));
}

function contextOf(config: Config, more: Partial<VectorContext> = {}): VectorContext {
  const { signal } = new AbortController();
  return { config, binding: () => undefined, signal, now: Date.now, ...more };
}

async function vectorOf(
  config: Config,
  query: string,
  context: VectorContext | undefined = contextOf(config),
) {
  const { embeddingModel } = config.router;
  if (embeddingModel === undefined) throw new Error("no embedding model");
  return queryVector(embeddingModel, query, config, context);
}

const answer = (embedding: unknown, tokens = 7): Reply =>
  json({ data: [{ index: 0, embedding }], usage: { prompt_tokens: tokens } });

describe("the vector of a query", () => {
  it("is asked for with the query alone, and comes as numbers or base64", async () => {
    const numbers = Float32Array.of(0.5, -1, 0.25);
    const base64 = new Uint8Array(numbers.buffer).toBase64();
    const calls = playUpstream(answer([...numbers]), answer(base64));
    const config = fresh();
    expect(await vectorOf(config, "one")).toEqual({ vector: numbers });
    expect(await vectorOf(config, "two")).toEqual({ vector: numbers });
    expect(calls.map(({ url, body }) => [url, body])).toEqual([
      ["https://acme.example/v1/embeddings", { input: ["one"], model: "embedder" }],
      ["https://acme.example/v1/embeddings", { input: ["two"], model: "embedder" }],
    ]);
  });

  it("is remembered: of 1,000 queries, the one that was not used for longest is forgotten", async () => {
    const config = fresh();
    const calls = playUpstream(...Array.from({ length: 1003 }, (_, n) => answer([n + 1])));
    for (let n = 0; n < 1000; n++) await vectorOf(config, `query ${n}`);
    // Used again, so that the second is the oldest now.
    await vectorOf(config, "query 0");
    expect(calls.length).toBe(1000);
    await vectorOf(config, "one more");
    expect(calls.length).toBe(1001);
    expect(await vectorOf(config, "query 0", undefined)).toEqual({ vector: Float32Array.of(1) });
    const { embeddingModel } = config.router;
    if (embeddingModel === undefined) throw new Error("no embedding model");
    expect(await queryVector(embeddingModel, "query 1", config, undefined)).toBeUndefined();
  });

  it("is not asked for where nobody may be", async () => {
    const calls = playUpstream();
    const config = fresh();
    const { embeddingModel } = config.router;
    if (embeddingModel === undefined) throw new Error("no embedding model");
    expect(await queryVector(embeddingModel, "hello", config, undefined)).toBeUndefined();
    expect(calls).toEqual([]);
  });

  it("counts for a key with limits: reserved before it is asked for, then what it was", async () => {
    const told: [string, Ceiling][] = [];
    const account: Account = {
      reserve: async (most) => void told.push(["reserve", most]),
      spent: (used) => void told.push(["spent", used]),
      limited: (signal) => signal,
      settle: () => undefined,
      rates: undefined,
    };
    const config = fresh();
    const calls = playUpstream((call) => {
      expect(told.map(([what]) => what)).toEqual(["reserve"]);
      return answer([1], 7)(call);
    });
    const counted = { account, beside: account.spent };
    await vectorOf(config, "hello there", contextOf(config, counted));
    expect(told[1]).toEqual(["spent", { cost: 14, tokens: 7 }]);
    expect(told[0]?.[1].tokens).toBeGreaterThan(0);
    await vectorOf(config, "hello there", contextOf(config, counted));
    expect(told.length).toBe(2);
    expect(calls.length).toBe(1);
  });

  it("is given up after router.embedding_timeout, 300 ms", async () => {
    vi.useFakeTimers();
    const calls = playUpstream(
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    const config = fresh();
    let result: unknown;
    void vectorOf(config, "hello").then((given) => {
      result = given;
    });
    await vi.advanceTimersByTimeAsync(299);
    expect(result).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2);
    expect(result).toMatchObject({
      code: "upstream_timeout",
      message: expect.stringContaining("within 300 ms"),
    });
    expect(calls.length).toBe(1);
  });

  it("costs its text where nobody answers in time, and nothing where it is refused", async () => {
    const spent: Ceiling[] = [];
    const config = fresh();
    const context = contextOf(config, { beside: (used) => void spent.push(used) });
    playUpstream(SILENT, json({ error: { message: "too long" } }, { status: 400 }));
    await vectorOf(config, "eight ch", context);
    expect(spent).toEqual([{ cost: 4, tokens: 2 }]);
    await vectorOf(config, "another one", context);
    expect(spent).toHaveLength(1);
  });

  it("is asked for by others, whatever one client's queries have met", async () => {
    const config = fresh();
    const of = (client: string, query: string) => vectorOf(config, query, contextOf(config, { client }));
    const tooLong = json({ error: { message: "too long" } }, { status: 400 });
    const broken = json({ error: { message: "broken" } }, { status: 500 });
    const calls = playUpstream(
      ...Array.from({ length: 4 }, () => tooLong),
      ...Array.from({ length: 3 }, () => broken),
      answer([1]),
      broken,
      ...Array.from({ length: 3 }, () => broken),
    );
    // What a model refuses is the client's own fault: nothing rests for it.
    for (let at = 0; at < 4; at++) await of("alice", `long ${at}`);
    for (let at = 0; at < 3; at++) await of("alice", `failing ${at}`);
    expect(calls).toHaveLength(7);
    expect(await of("alice", "resting")).toMatchObject({ message: "'embedder' rests after failures." });
    expect(calls).toHaveLength(7);
    expect(await of("bob", "hello")).toEqual({ vector: Float32Array.of(1) });
    expect(calls).toHaveLength(8);
    // That two have met it is the provider's: then it rests for all.
    await of("bob", "failing");
    for (let at = 0; at < 2; at++) await of("alice", `failing again ${at}`);
    expect(calls).toHaveLength(11);
    expect(await of("carol", "hi")).toMatchObject({ message: "'embedder' rests after failures." });
  });

  it("is a failure where the answer is none, which is not remembered", async () => {
    playUpstream(answer("no base64!"), answer([1]));
    const config = fresh();
    expect(await vectorOf(config, "hello")).toMatchObject({ code: expect.stringMatching(/^upstream_/) });
    expect(await vectorOf(config, "hello")).toEqual({ vector: Float32Array.of(1) });
  });
});
