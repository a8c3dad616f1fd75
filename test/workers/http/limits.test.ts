/** Keys with limits, through every door inside workerd: what is held, what is settled, what is refused, and in whose words. */
import { runInDurableObject } from "cloudflare:test";
import { env as worker } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import {
  claudeAnswer,
  claudeFrames,
  eventStream,
  fedBody,
  json,
  playUpstream,
  type Reply,
  refusal,
  SILENT,
  START,
  sse,
  textFrame,
} from "../../support/upstream.ts";
import { connect, newSession, routerEnv, stubOf } from "../objects/sockets.ts";
import { ask, chat, envOf, errorOf, NO_RETRY, quietLog, rebind } from "../support.ts";
import { accountOf, counted, countedIn, keyed, LLMS, minuteWithRoom } from "./limited.ts";

/** What the log has told of the costs, in micro-dollars. */
let told: number[] = [];

beforeEach(() => {
  quietLog();
  told = [];
  vi.spyOn(console, "log").mockImplementation((line: unknown) => {
    const { cost_usd: cost }: { cost_usd: number | null } = JSON.parse(String(line));
    told.push(Math.round((cost ?? 0) * 1e6));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const USAGE = { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 };
const gptAnswer = json({
  ...{ id: "x", object: "chat.completion", created: 1, model: "m", usage: USAGE },
  choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
});
const chunk = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const gptStream = [
  chunk({ choices: [{ index: 0, delta: { content: "Hello" }, finish_reason: null }] }),
  chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
  chunk({ choices: [], usage: USAGE }),
  "data: [DONE]\n\n",
].join("");
/** 10 tokens at $2 a million and 7 at $10. */
const COST = 90;

const messages = (env: Env, body: object = {}, options: object = {}) =>
  ask(env, "/v1/messages", {
    method: "POST",
    body: { model: "gpt", max_tokens: 50, messages: [{ role: "user", content: "Hi" }], ...body },
    ...options,
  });
const responses = (env: Env, body: object = {}) =>
  ask(env, "/v1/responses", {
    method: "POST",
    body: { model: "gpt", input: "Hi", store: false, max_output_tokens: 50, ...body },
  });

describe("what an exchange has cost is settled to the micro-dollar", () => {
  it.each<[string, Reply, (env: Env) => Promise<Response>]>([
    ["chat", gptAnswer, (env) => chat(env, { model: "gpt", max_tokens: 50 })],
    ["chat, streamed", sse(gptStream), (env) => chat(env, { model: "gpt", max_tokens: 50, stream: true })],
    ["Messages", gptAnswer, messages],
    ["Messages, streamed", sse(gptStream), (env) => messages(env, { stream: true })],
    ["Responses", gptAnswer, responses],
    ["Responses, streamed", sse(gptStream), (env) => responses(env, { stream: true })],
  ])("%s", async (_, reply, send) => {
    const { name, env } = keyed({ money_month: 1 });
    playUpstream(reply);
    const response = await send(env);
    expect(response.status).toBe(200);
    await response.text();
    expect(await counted(name, 1)).toEqual({ cost: COST, tokens: 17, requests: 1, held: 0 });
    expect(told).toEqual([COST]);
  });

  it("of a turn over a WebSocket", async () => {
    const session = newSession();
    const limits = { keys: { alice: { money_day: 1000 } }, router: { retry: NO_RETRY }, llms: LLMS };
    playUpstream(eventStream(claudeFrames("Hello")));
    const socket = await connect(session, limits);
    const bindings = { ...routerEnv(limits), KEYS: worker.KEYS };
    await runInDurableObject(await stubOf(session), (object) => rebind(object, bindings));
    const before = await countedIn(await accountOf("key", "alice"));
    socket.send({ message: "Hi", model: "claude" });
    await socket.turn();
    // 3 tokens at $3 a million, 2 at $15.
    expect(await counted("alice", before.requests + 1)).toMatchObject({ cost: before.cost + 39 });
    socket.close();
  });

  it("by its length where the upstream tells what is no count", async () => {
    for (const prompt_tokens of [1e300, -5, "many"]) {
      const { name, env } = keyed({ tokens_minute: 100_000 });
      const usage = { ...USAGE, prompt_tokens };
      const choices = [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }];
      playUpstream(json({ id: "x", object: "chat.completion", created: 1, model: "m", choices, usage }));
      await (await chat(env, { model: "gpt", max_tokens: 50 })).text();
      // Two characters each way.
      expect(await counted(name, 1)).toEqual({ cost: 12, tokens: 2, requests: 1, held: 0 });
      vi.mocked(globalThis.fetch).mockRestore();
    }
  });

  it("of the strategy's own question, too", async () => {
    const more = { router: { retry: NO_RETRY, strategy: "llm", model: "gpt", weights: { free: 0 } } };
    const { name, env } = keyed({ money_day: 1 }, more);
    const judged = json({
      ...{ id: "x", object: "chat.completion", created: 1, model: "m", usage: USAGE },
      choices: [{ index: 0, message: { role: "assistant", content: "gpt" }, finish_reason: "stop" }],
    });
    playUpstream(judged, gptAnswer);
    await (await chat(env, { model: "auto", max_tokens: 50 })).text();
    expect(await counted(name, 1)).toMatchObject({ cost: 2 * COST, tokens: 34 });
  });
});

describe("an answer that does not come to its end", () => {
  it("costs nothing where the upstream refuses", async () => {
    const { name, env } = keyed({ money_day: 1 });
    playUpstream(refusal(500, "InternalServerException", "oops"));
    expect((await chat(env, { model: "claude" })).status).toBe(500);
    expect(await counted(name, 1)).toMatchObject({ cost: 0 });
  });

  it("costs what was sent and what had come where the client leaves", async () => {
    const { name, env } = keyed({ money_day: 1 });
    const body = fedBody();
    body.push(START, textFrame("x".repeat(400)));
    playUpstream(eventStream(body));
    const client = new AbortController();
    const response = await chat(env, { model: "claude", stream: true }, { signal: client.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    client.abort();
    await reader?.cancel().catch(() => {});
    const { cost } = await counted(name, 1);
    expect([cost]).toEqual(told);
    expect(cost).toBeGreaterThan(0);
  });

  it("costs what was sent where the client leaves before any of it has come", async () => {
    const { name, env } = keyed({ money_day: 1 });
    playUpstream(SILENT);
    const client = new AbortController();
    const content = "word ".repeat(400);
    const answer = chat(
      env,
      { model: "claude", messages: [{ role: "user", content }] },
      { signal: client.signal },
    );
    await vi.waitFor(() => expect(fetch).toHaveBeenCalledOnce());
    client.abort();
    expect((await answer).status).toBe(499);
    // About 500 tokens at $3 a million.
    expect((await counted(name, 1)).cost).toBe(1500);
    expect(told).toEqual([1500]);
  });

  describe("behind an attempt that may have cost something", () => {
    const router = { retry: NO_RETRY, timeout: "100ms", fallback_models: ["gpt"] };
    const body = {
      ...{ model: "claude", max_tokens: 100 },
      messages: [{ role: "user", content: "word ".repeat(400) }],
    };
    /** In dollars: more than what is reserved for one attempt, less than for two. */
    const ONCE = 0.02;
    const TWICE = 0.03;
    /** Of claude, who says nothing in time: about 500 tokens at $3 a million. */
    const PROMPT = 1500;

    it("costs what both have", async () => {
      const { name, env } = keyed({ money_day: TWICE }, { router });
      playUpstream(SILENT, gptAnswer);
      expect((await chat(env, body)).status).toBe(200);
      expect(fetch).toHaveBeenCalledTimes(2);
      expect((await counted(name, 1)).cost).toBe(PROMPT + COST);
    });

    it("is not asked for where the limit does not allow it twice", async () => {
      const { name, env } = keyed({ money_day: ONCE }, { router });
      playUpstream(SILENT, gptAnswer);
      const response = await chat(env, body);
      expect([response.status, (await errorOf(response)).code]).toEqual([429, "insufficient_quota"]);
      expect(fetch).toHaveBeenCalledOnce();
      expect((await counted(name, 1)).cost).toBe(PROMPT);
    });

    it("is free where the first was refused", async () => {
      const { name, env } = keyed({ money_day: ONCE }, { router });
      playUpstream(refusal(500, "InternalServerException", "oops"), gptAnswer);
      expect((await chat(env, body)).status).toBe(200);
      expect((await counted(name, 1)).cost).toBe(COST);
    });
  });

  describe("where one of several answers fails", () => {
    const body = {
      ...{ model: "claude", max_tokens: 100, n: 3 },
      messages: [{ role: "user", content: "word ".repeat(400) }],
    };
    /** Each answer: 3 tokens at $3 a million and 2 at $15, as the model tells them. */
    const ANSWER = 39;
    /** By length: about 500 tokens. */
    const PROMPT = 1500;
    /** Once the others are answered. */
    const later =
      (reply: Reply): Reply =>
      async (call) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return reply(call);
      };
    const failing = refusal(500, "InternalServerException", "oops");

    it("costs what the others have told", async () => {
      const { name, env } = keyed({ money_day: 1 });
      playUpstream(claudeAnswer("one"), later(failing), claudeAnswer("three"));
      expect((await chat(env, body)).status).toBe(500);
      expect((await counted(name, 1)).cost).toBe(2 * ANSWER);
    });

    it("costs nothing for those that were not answered either", async () => {
      const { name, env } = keyed({ money_day: 1 });
      playUpstream(failing, SILENT, SILENT);
      expect((await chat(env, body)).status).toBe(500);
      expect((await counted(name, 1)).cost).toBe(0);
    });

    it("costs each prompt where all run out of time, and what had come of one", async () => {
      const { name, env } = keyed({ money_day: 1 }, { router: { retry: NO_RETRY, timeout: "100ms" } });
      playUpstream(SILENT, claudeAnswer("two"), SILENT);
      expect((await chat(env, body)).status).toBe(500);
      expect((await counted(name, 1)).cost).toBe(2 * PROMPT + ANSWER);
    });

    it.each([
      ["costs that beside the next attempt's", 0.08, 200, 2 * ANSWER + COST],
      ["is not asked for again where the limit does not allow it twice", 0.05, 429, 2 * ANSWER],
    ])("%s", async (_, money_day, status, cost) => {
      const { name, env } = keyed({ money_day }, { router: { retry: NO_RETRY, fallback_models: ["gpt"] } });
      playUpstream(claudeAnswer("one"), later(failing), claudeAnswer("three"), gptAnswer);
      expect((await chat(env, body)).status).toBe(status);
      expect((await counted(name, 1)).cost).toBe(cost);
    });
  });

  describe("whose client leaves between two attempts", () => {
    const router = { retry: { attempts: 1, base_ms: 60_000, max_ms: 60_000 }, timeout: "100ms" };
    it.each<[string, Reply, number]>([
      ["one that said nothing in time", SILENT, 1500],
      ["one that was refused", refusal(500, "InternalServerException", "oops"), 0],
    ])("costs what the first may have: %s", async (_, reply, cost) => {
      const { name, env } = keyed({ money_day: 1 }, { router });
      const calls = playUpstream(reply);
      const client = new AbortController();
      const content = "word ".repeat(400);
      const answer = chat(
        env,
        { model: "claude", messages: [{ role: "user", content }] },
        { signal: client.signal },
      );
      await vi.waitFor(() => expect(calls).toHaveLength(1));
      await new Promise((resolve) => setTimeout(resolve, 200));
      client.abort();
      expect((await answer).status).toBe(499);
      expect((await counted(name, 1)).cost).toBe(cost);
    });
  });

  it("ends with router.deadline, in an error", async () => {
    const { name, env } = keyed({ money_day: 1 }, { router: { retry: NO_RETRY, deadline: "300ms" } });
    const body = fedBody();
    body.push(START, textFrame("Hello"));
    playUpstream(eventStream(body));
    const response = await chat(env, { model: "claude", stream: true });
    expect(await response.text()).toMatch(/"code":"upstream_timeout"/);
    expect((await counted(name, 1)).cost).toBeGreaterThan(0);
  });
});

describe("a key that has spent what it may", () => {
  const spent = { money_month: 0.000_01 };

  it("is told so by OpenAI's code, and not to come again", async () => {
    const { env } = keyed(spent);
    const calls = playUpstream();
    const response = await chat(env, { model: "gpt", max_tokens: 50 });
    expect(response.status).toBe(429);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(response.headers.has("retry-after")).toBe(false);
    expect(await errorOf(response)).toMatchObject({ code: "insufficient_quota", type: "insufficient_quota" });
    expect(calls).toHaveLength(0);
  });

  it("is told so in Anthropic's words", async () => {
    const { env } = keyed(spent);
    const response = await messages(env);
    expect(response.status).toBe(402);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "billing_error" } });
  });

  it("asks no model which model to ask", async () => {
    const more = { router: { strategy: "llm", model: "gpt" } };
    const { env } = keyed(spent, more);
    const calls = playUpstream();
    expect((await chat(env, { model: "auto" })).status).toBe(429);
    expect(calls).toHaveLength(0);
  });

  it.each([
    ["embeddings", { model: "titan", input: "x".repeat(100) }],
    ["rerank", { model: "rerank", query: "x", documents: ["x".repeat(100)] }],
    ["responses", { model: "gpt", input: "Hi", store: false }],
  ])("is refused at %s", async (path, body) => {
    const { env } = keyed(spent);
    const calls = playUpstream();
    const response = await ask(env, `/v1/${path}`, { method: "POST", body });
    expect(response.status).toBe(429);
    expect(await errorOf(response)).toMatchObject({ code: "insufficient_quota" });
    expect(calls).toHaveLength(0);
  });
});

describe("limits a minute", () => {
  it("are told in headers, and refuse with the time to wait", async () => {
    await minuteWithRoom();
    const { env } = keyed({ requests_minute: 1, tokens_minute: 100_000 });
    playUpstream(gptAnswer);
    const first = await chat(env, { model: "gpt", max_tokens: 50 });
    expect(first.headers.get("x-ratelimit-limit-requests")).toBe("1");
    expect(first.headers.get("x-ratelimit-remaining-requests")).toBe("0");
    expect(first.headers.get("x-ratelimit-limit-tokens")).toBe("100000");
    expect(first.headers.get("x-ratelimit-reset-tokens")).toMatch(/^\d+s$/);
    const second = await chat(env, { model: "gpt", max_tokens: 50 });
    expect(second.status).toBe(429);
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(second.headers.get("x-should-retry")).toBe("true");
    expect(second.headers.get("x-ratelimit-remaining-requests")).toBe("0");
    expect(await errorOf(second)).toMatchObject({ code: "rate_limit_exceeded" });
  });

  it("are told to Anthropic's clients in their headers", async () => {
    await minuteWithRoom();
    const { env } = keyed({ requests_minute: 1 });
    playUpstream(gptAnswer);
    const first = await messages(env);
    expect(first.headers.get("anthropic-ratelimit-requests-remaining")).toBe("0");
    expect(Date.parse(first.headers.get("anthropic-ratelimit-requests-reset") ?? "")).not.toBeNaN();
    const second = await messages(env);
    expect(second.status).toBe(429);
    expect(await second.json()).toMatchObject({ error: { type: "rate_limit_error" } });
  });

  it("refuse for good what can never fit", async () => {
    const { env } = keyed({ tokens_minute: 40 });
    const response = await chat(env, { model: "gpt", max_tokens: 50 });
    expect(await errorOf(response)).toMatchObject({ code: "invalid_value", param: "max_tokens" });
  });
});

describe("a key's models", () => {
  const limits = { models: ["gp*"] };

  it("are all that it sees", async () => {
    const { env } = keyed(limits);
    const list: unknown = await (await ask(env, "/v1/models")).json();
    expect(list).toMatchObject({ data: [{ id: "auto" }, { id: "gpt" }] });
    expect(list).toHaveProperty("data.length", 2);
    expect((await ask(env, "/v1/models/claude")).status).toBe(404);
    expect(await (await ask(env, "/health")).json()).toMatchObject({ models: ["gpt"] });
  });

  it("are all that auto chooses from, and that it falls back to", async () => {
    const more = { router: { retry: NO_RETRY, fallback_models: ["claude"], strategy: "random" } };
    const { env } = keyed(limits, more);
    const calls = playUpstream(json({}, { status: 500 }));
    const response = await chat(env, { model: "auto" });
    expect(response.status).toBe(500);
    expect(calls.map(({ url }) => new URL(url).host)).toEqual(["acme.example"]);
    const route = await ask(env, "/v1/route", {
      method: "POST",
      body: { messages: [{ role: "user", content: "Hi" }] },
    });
    expect(await route.json()).toMatchObject({ order: ["gpt"], fallbacks: [] });
  });

  it.each([
    ["chat/completions", { messages: [{ role: "user", content: "Hi" }] }],
    ["messages", { messages: [{ role: "user", content: "Hi" }], max_tokens: 5 }],
    ["messages/count_tokens", { messages: [{ role: "user", content: "Hi" }] }],
    ["responses", { input: "Hi", store: false }],
  ])("are the only ones that it may name at %s", async (path, body) => {
    const { env } = keyed(limits);
    const calls = playUpstream();
    const response = await ask(env, `/v1/${path}`, { method: "POST", body: { model: "claude", ...body } });
    expect(response.status).toBe(403);
    expect(JSON.stringify(await response.json())).toContain("This key may not use 'claude'");
    expect(calls).toHaveLength(0);
  });

  it("are those with a price where money is limited", async () => {
    const { env } = keyed({ money_day: 1, models: ["free", "gpt"] });
    playUpstream(gptAnswer);
    const response = await chat(env, { model: "auto", max_tokens: 50 });
    expect(response.headers.get("x-router-model")).toBe("gpt");
    const named = await chat(env, { model: "free" });
    expect(await errorOf(named)).toMatchObject({ code: "price_unknown" });
  });
});

describe("who is limited", () => {
  it.each([
    ["disabled", { disabled: true }, /is disabled/],
    ["expired", { expires: "2020-01-01" }, /has expired \(2020-01-01/],
  ])("a key that is %s is let in nowhere", async (_, limits, says) => {
    const { env } = keyed(limits);
    for (const path of ["/v1/models", "/v1/chat/ws?session=x"]) {
      const response = await ask(env, path, { headers: { upgrade: "websocket" } });
      expect(response.status).toBe(401);
      expect(JSON.stringify(await response.json())).toMatch(says);
    }
  });

  it('"*" is for every key without an entry, "**" for all of them together', async () => {
    const keys = { "*": { requests_minute: 1 }, "**": { requests_minute: 3 }, own: { tags: ["a"] } };
    const config = { router: { retry: NO_RETRY }, llms: LLMS, keys };
    const env = envOf(config, {
      ROUTER_API_KEYS: "own=sk-0123456789abcdef,eins=sk-1123456789abcdef,zwei=sk-2123456789abcdef",
      KEYS: worker.KEYS,
    });
    playUpstream(...Array.from({ length: 9 }, () => gptAnswer));
    await minuteWithRoom();
    const status = async (key: string) =>
      (await chat(env, { model: "gpt", max_tokens: 50 }, { key: `sk-${key}123456789abcdef` })).status;
    expect([await status("1"), await status("1"), await status("2"), await status("0")]).toEqual([
      200, 429, 200, 200,
    ]);
    // All keys together have used up theirs; and what they refuse counts for no key.
    expect(await status("0")).toBe(429);
    expect(await countedIn(await accountOf("key", "own"))).toMatchObject({ requests: 0 });
  });

  it("a key without limits calls no object", async () => {
    const idFromName = vi.fn(() => {
      throw new Error("nobody may ask");
    });
    const { env } = keyed({ models: ["gpt"], tags: ["x"] }, {}, { KEYS: { idFromName, get: idFromName } });
    playUpstream(gptAnswer);
    expect((await chat(env, { model: "gpt" })).status).toBe(200);
    expect(idFromName).not.toHaveBeenCalled();
  });
});

describe("where nobody counts", () => {
  const KEYS = { idFromName: () => ({}), get: () => ({ reserve: () => Promise.reject(new Error("gone")) }) };

  it("a request passes uncounted with serve.limits_unavailable: allow", async () => {
    const { env } = keyed({ money_day: 0 }, { serve: { limits_unavailable: "allow" } }, { KEYS });
    playUpstream(gptAnswer);
    expect((await chat(env, { model: "gpt" })).status).toBe(200);
  });

  it("the lines for wrangler.toml are told", async () => {
    const { env } = keyed({ money_day: 1 }, { serve: { limits_unavailable: "allow" } }, { KEYS: undefined });
    const error = await errorOf(await chat(env, { model: "gpt" }));
    expect(error).toMatchObject({ code: "binding_missing" });
    expect(error.message).toMatch(/class_name = "KeyAccount"/);
  });
});

describe("many exchanges, aborted and failing by chance", () => {
  it("add up to what the observers were told, and nothing stays held", async () => {
    const { name, env } = keyed({ money_month: 1_000_000, requests_minute: 1_000_000 });
    const MANY = 120;
    let seed = 7;
    const chance = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const reply: Reply = (call) => {
      // As a real one.
      call.signal.throwIfAborted();
      const what = chance();
      if (what < 0.1) return refusal(500, "InternalServerException", "oops")(call);
      if (what < 0.2) return SILENT(call);
      const body = fedBody();
      body.push(START, textFrame("x".repeat(Math.ceil(chance() * 500))));
      if (what < 0.7) {
        body.push(...claudeFrames("y").slice(1));
        body.end();
      } else if (what < 0.8) body.end();
      else if (what < 0.9) body.fail(new Error("cut"));
      return call.url.includes("stream") ? eventStream(body)(call) : claudeAnswer("z")(call);
    };
    playUpstream(...Array.from({ length: MANY }, () => reply));
    const one = async () => {
      const client = new AbortController();
      const timer = setTimeout(() => client.abort(), 20 + chance() * 60);
      const content = "word ".repeat(Math.ceil(chance() * 50));
      const sent = { model: "claude", stream: chance() < 0.8, messages: [{ role: "user", content }] };
      const response = await chat(env, sent, { signal: client.signal });
      // What is aborted ends by itself: its upstream is let go.
      await response.text();
      clearTimeout(timer);
    };
    for (let at = 0; at < MANY; at += 30) await Promise.all(Array.from({ length: 30 }, one));
    await vi.waitFor(() => expect(told).toHaveLength(MANY), 10_000);
    const { cost } = await counted(name, MANY);
    expect(cost).toBe(told.reduce((sum, one) => sum + one, 0));
    expect(cost).toBeGreaterThan(0);
  });
});
