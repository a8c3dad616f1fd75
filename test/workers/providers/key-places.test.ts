import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ErrorCode, RouterError } from "../../../src/errors.ts";
import { keyPlaces, takeKey } from "../../../src/providers/key-places.ts";
import { keyRestMs } from "../../../src/routing/failures.ts";
import { json, playUpstream, type Reply } from "../../support/upstream.ts";
import { openAiTarget } from "./support.ts";
import { chat, envOf, errorOf, GPT, NO_RETRY, quietLog, RETRY_AT_ONCE } from "../support.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The names of targets tell pools apart. */
let pools = 0;
function poolOf(apiKeys: readonly string[]) {
  const target = openAiTarget({ name: `target-${++pools}`, apiKeys });
  const places = () => keyPlaces(target, () => undefined);
  const next = () => {
    const [first] = places();
    return first && takeKey(first, apiKeys);
  };
  return { places, next };
}

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

describe("the places of a target with several keys", () => {
  it.each([
    [0, ["a", "b", "c", "a"]],
    [0.4, ["b", "c", "a", "b"]],
    [0.99, ["c", "a", "b", "c"]],
  ])("begin with the one whose turn it is, from a random start (%d)", (random, expected) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    const { next, places } = poolOf(["a", "b", "c"]);
    expect([next(), next(), next(), next()]).toEqual(expected);
    expect(
      places()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(["key 1", "key 2", "key 3"]);
    expect(places().every(({ ownKey }) => ownKey)).toBe(true);
  });

  it("are one without a name where there is one key or none", () => {
    for (const keys of [[], ["only"]]) {
      const { places, next } = poolOf(keys);
      expect(places()).toMatchObject([{ id: "", ownKey: false }]);
      expect([next(), next()]).toEqual([keys[0], keys[0]]);
    }
  });
});

describe("what a failure says of a key", () => {
  const error = (code: ErrorCode, more: object = {}) => new RouterError(code, "x", more);
  it.each([
    ["refused: five minutes", error("upstream_credentials_rejected"), 300_000],
    ["throttled: the second that is asked for where nothing is said", error("rate_limit_exceeded"), 1_000],
    ["throttled: its Retry-After", error("rate_limit_exceeded", { retryAfter: 7 }), 7_000],
    ["throttled: a minute at most", error("rate_limit_exceeded", { retryAfter: 3600 }), 60_000],
    [
      "without credit: five minutes",
      error("rate_limit_exceeded", {
        passthrough: { status: 429, body: '{"error":{"code":"insufficient_quota"}}' },
      }),
      300_000,
    ],
    ["nothing: an outage", error("upstream_unavailable"), undefined],
    ["nothing: a wrong request", error("upstream_invalid_request"), undefined],
  ])("%s", (_, failure, ms) => {
    expect(keyRestMs(failure)).toBe(ms);
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

  it("goes on with the keys that are ready, and with the least bad where none is", async () => {
    const calls = playUpstream(refused(401), OK, refused(429), OK, OK, OK);
    const bindings = env({ retry: { ...RETRY_AT_ONCE, attempts: 3 } }, ["a", "b"]);
    for (let turn = 0; turn < 3; turn++) expect((await chat(bindings)).status).toBe(200);
    expect(sentKeys(calls)).toEqual(["a", "b", "b", "b", "b"]);
    pass(300_000);
    await chat(bindings);
    expect(sentKeys(calls).at(-1)).toBe("a");
  });

  it("blames a key for one target only", async () => {
    const calls = playUpstream(refused(401), OK, OK);
    const { api_key: _, ...gpt } = GPT;
    const keys = { acme: ["a", "b"] };
    const bindings = envOf({
      router: { retry: RETRY_AT_ONCE },
      api_keys: keys,
      llms: { one: gpt, two: gpt },
    });
    await chat(bindings, { model: "one" });
    await chat(bindings, { model: "two" });
    expect(sentKeys(calls)).toEqual(["a", "b", "a"]);
  });

  it.each([500, 503])("does not blame the key for HTTP %i", async (status) => {
    const calls = playUpstream(refused(status), refused(status), refused(status), OK);
    const bindings = env({ retry: NO_RETRY }, ["a", "b", "c", "d"]);
    for (let turn = 0; turn < 4; turn++) await chat(bindings);
    expect(sentKeys(calls)).toEqual(["a", "b", "c", "d"]);
  });

  it("tells nobody a key", async () => {
    const log = quietLog();
    playUpstream(refused(401), refused(401));
    const response = await chat(env({}, ["sk-secret-one", "sk-secret-two"]));
    expect(JSON.stringify([await response.json(), [...response.headers], log()])).not.toContain("sk-secret");
  });
});
