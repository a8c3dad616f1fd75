import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RouterError } from "../../../../src/errors.ts";
import { keyPool } from "../../../../src/providers/openai-compatible/keys.ts";
import { json, playUpstream, type Reply } from "../../../support/upstream.ts";
import { chat, envOf, errorOf, GPT, NO_RETRY, quietLog, RETRY_AT_ONCE } from "../../support.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const REJECTED = new RouterError("upstream_credentials_rejected", "x");
const throttledFor = (retryAfter?: number) =>
  new RouterError("rate_limit_exceeded", "x", retryAfter === undefined ? {} : { retryAfter });
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** A pool of its own; the names of targets tell pools apart. */
let pools = 0;
function fresh(keys: readonly string[], random = () => 0) {
  const name = `target-${++pools}`;
  return { pool: keyPool(name, keys, random), again: () => keyPool(name, keys, random) };
}
const turns = (pool: { next(): string | undefined }, count: number) =>
  Array.from({ length: count }, () => pool.next());

describe("keyPool", () => {
  it.each([
    [0, ["a", "b", "c", "a"]],
    [0.4, ["b", "c", "a", "b"]],
    [0.99, ["c", "a", "b", "c"]],
  ])("gives the keys in turn from a random start (%d)", (random, expected) => {
    expect(turns(fresh(["a", "b", "c"], () => random).pool, 4)).toEqual(expected);
  });

  it("has no key to give, or always the one", () => {
    expect(fresh([]).pool.next()).toBeUndefined();
    const { pool } = fresh(["only"]);
    expect(pool.failed("only", 401, REJECTED)).toBe(false);
    expect(turns(pool, 2)).toEqual(["only", "only"]);
  });

  it.each([401, 402, 403])("passes over a key refused with HTTP %i for five minutes", (status) => {
    const { pool, again } = fresh(["a", "b"]);
    expect(pool.next()).toBe("a");
    expect(pool.failed("a", status, REJECTED)).toBe(true);
    // Every request makes a pool of its own; the isolate remembers.
    expect(turns(again(), 3)).toEqual(["b", "b", "b"]);
    pass(299_999);
    expect(turns(again(), 2)).toEqual(["b", "b"]);
    pass(1);
    expect(turns(again(), 2).toSorted()).toEqual(["a", "b"]);
  });

  it.each([
    [7, 7_000],
    [undefined, 1_000],
    [3600, 60_000],
  ])("passes over a throttled key for its Retry-After of %j s, a minute at most", (retryAfter, restMs) => {
    const { pool } = fresh(["a", "b"]);
    expect(pool.failed("a", 429, throttledFor(retryAfter))).toBe(true);
    pass(restMs - 1);
    expect(turns(pool, 2)).toEqual(["b", "b"]);
    pass(1);
    expect(turns(pool, 2).toSorted()).toEqual(["a", "b"]);
  });

  it("takes a 429 for want of credit for a refusal", () => {
    const { pool } = fresh(["a", "b"]);
    const passthrough = { status: 429, body: '{"error":{"code":"insufficient_quota"}}' };
    pool.failed("a", 429, new RouterError("rate_limit_exceeded", "x", { passthrough }));
    pass(299_999);
    expect(turns(pool, 2)).toEqual(["b", "b"]);
  });

  it.each([400, 404, 408, 413, 422, 500, 503])("does not blame the key for HTTP %i", (status) => {
    const { pool } = fresh(["a", "b"]);
    expect(pool.failed("a", status, new RouterError("upstream_error", "x"))).toBe(false);
    expect(turns(pool, 2)).toEqual(["a", "b"]);
  });

  it("gives the least bad when all rest, and one that works is awake again", () => {
    const { pool } = fresh(["a", "b", "c"]);
    pool.failed("a", 401, REJECTED);
    expect(pool.failed("c", 429, throttledFor(50))).toBe(true);
    expect(pool.failed("b", 429, throttledFor(20))).toBe(false);
    expect(turns(pool, 3)).toEqual(["b", "b", "b"]);
    pool.succeeded("b");
    expect(pool.failed("c", 429, throttledFor(50))).toBe(true);
    pool.failed("b", 429, throttledFor(60));
    expect(turns(pool, 2)).toEqual(["c", "c"]);
  });

  it("blames a key for one target only", () => {
    const one = fresh(["a", "b"]);
    one.pool.failed("a", 403, REJECTED);
    expect(turns(fresh(["a", "b"]).pool, 2)).toEqual(["a", "b"]);
  });
});

describe("a call with a pool of keys", () => {
  const OK = json({ id: "x", choices: [] });
  const refused = (status: number, headers = {}): Reply =>
    json({ error: { message: "No." } }, { status, headers });
  const env = (router: object = {}, keys: readonly string[] = ["a", "b", "c"]) => {
    const name = `model-${++pools}`;
    const { api_key: _, ...gpt } = GPT;
    return envOf({
      router: { retry: RETRY_AT_ONCE, ...router },
      api_keys: { acme: keys },
      llms: { [name]: gpt },
    });
  };
  const sentKeys = (calls: readonly { headers: Headers }[]) =>
    calls.map(({ headers }) => headers.get("authorization")?.replace("Bearer ", ""));

  beforeEach(() => {
    quietLog();
    vi.spyOn(Math, "random").mockReturnValue(0);
  });

  it.each([401, 402, 403, 429])("is made again at once with another key after HTTP %i", async (status) => {
    const calls = playUpstream(refused(status, { "retry-after": "30" }), OK, OK, OK);
    // Without this a throttled target would be waited for.
    const retry = { attempts: 1, base_ms: 60_000, max_ms: 60_000 };
    const bindings = env({ retry });
    const response = await chat(bindings);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-router-attempts")).toBe("2");
    for (let turn = 0; turn < 2; turn++) expect((await chat(bindings)).status).toBe(200);
    expect(sentKeys(calls)).toEqual(["a", "b", "c", "b"]);
  });

  it("is made again within router.retry only", async () => {
    const calls = playUpstream(refused(401), refused(401), OK);
    const bindings = env();
    const response = await chat(bindings);
    expect(await errorOf(response)).toMatchObject({ code: "upstream_credentials_rejected" });
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect((await chat(bindings)).status).toBe(200);
    expect(sentKeys(calls)).toEqual(["a", "b", "c"]);
  });

  it("is the client's to repeat where dispatch may not and another key is awake", async () => {
    playUpstream(refused(401), refused(401));
    const bindings = env({ retry: NO_RETRY }, ["a", "b"]);
    const advice = async () => (await chat(bindings)).headers.get("x-should-retry");
    expect([await advice(), await advice()]).toEqual(["true", "false"]);
  });

  it("is not made again when every key was refused", async () => {
    const calls = playUpstream(refused(401), refused(403));
    const response = await chat(env({ retry: { attempts: 5, base_ms: 0, max_ms: 0 } }, ["a", "b"]));
    expect(response.status).toBe(500);
    expect(sentKeys(calls)).toEqual(["a", "b"]);
  });

  it("goes on to the fallback when no key is left", async () => {
    const calls = playUpstream(refused(401), refused(401), OK);
    const { api_key: _, ...gpt } = GPT;
    const llms = { pooled: gpt, spare: { ...GPT, provider: "other", api_key: "spare" } };
    const router = { retry: RETRY_AT_ONCE, fallback_models: ["spare"] };
    const response = await chat(envOf({ router, api_keys: { acme: ["a", "b"] }, llms }), { model: "pooled" });
    expect(response.headers.get("x-router-model")).toBe("spare");
    expect(sentKeys(calls)).toEqual(["a", "b", "spare"]);
  });

  it("does not make the target rest while it has a key that works", async () => {
    const replies = Array.from({ length: 4 }, () => [refused(401), OK]).flat();
    const calls = playUpstream(...replies);
    const llms = { resting: { ...GPT, api_key: undefined }, spare: { ...GPT, provider: "other" } };
    const router = { retry: NO_RETRY, fallback_models: ["spare"] };
    const keys = ["a", "b", "c", "d", "e"];
    const bindings = envOf({ router, api_keys: { acme: keys }, llms });
    for (let turn = 0; turn < 4; turn++) await chat(bindings, { model: "resting" });
    expect(sentKeys(calls).filter((key) => key !== "k")).toEqual(["a", "b", "c", "d"]);
  });

  it("tells nobody a key", async () => {
    const log = quietLog();
    playUpstream(refused(401), refused(401));
    const response = await chat(env({}, ["sk-secret-one", "sk-secret-two"]));
    expect(JSON.stringify([await response.json(), [...response.headers], log()])).not.toContain("sk-secret");
  });
});
