import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  bodyOf,
  claudeAnswer,
  claudeFrames,
  eventStream,
  fedBody,
  json,
  playUpstream,
  type Reply,
  sse,
} from "../../support/upstream.ts";
import { sseEvents, wireCompletion } from "../../support/wire.ts";
import { CLAUDE, chat, envOf, errorOf, GPT, KEY, NO_RETRY, quietLog } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

const utf8 = new TextEncoder();
const native = (model: object = {}) =>
  envOf({ llms: { gpt: { ...GPT, ...model } }, router: { retry: NO_RETRY } });

/** What a client may send beside its request. */
const CLIENT_HEADERS = {
  cookie: "session=1",
  "x-api-key": KEY,
  "x-custom": "custom",
  "user-agent": "OpenAI/JS 6",
  "openai-organization": "org",
  "x-stainless-os": "Linux",
  "accept-language": "de",
};

describe("a whole answer of Bedrock", () => {
  it("is a chat completion with the model's text, finish reason and usage, under its configured name", async () => {
    const before = Math.floor(Date.now() / 1000);
    playUpstream(claudeAnswer("Hello"));
    const response = await chat(envOf());
    const { id, created, ...rest } = wireCompletion(await response.json());
    expect(id).toMatch(/^chatcmpl-[0-9a-f]{32}$/);
    expect(created).toBeGreaterThanOrEqual(before);
    expect(rest).toEqual({
      object: "chat.completion",
      model: "claude",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });

  it("has headers that tell how it was made, and none of the upstream's", async () => {
    playUpstream(
      json(
        { type: "message", content: [], stop_reason: "end_turn" },
        { headers: { "x-amzn-requestid": "1", "set-cookie": "a=b", "retry-after": "9", server: "x" } },
      ),
    );
    const response = await chat(envOf(), { presence_penalty: 1, store: true, x_unknown: 1 });
    expect(Object.fromEntries(response.headers)).toEqual({
      "content-type": "application/json",
      "x-request-id": expect.stringMatching(/^req_/),
      "x-router-model": "claude",
      "x-router-strategy": "random",
      "x-router-reason": expect.stringMatching(/^[\x20-\x7e]+$/),
      "x-router-trail": expect.stringMatching(/^[\w-]+: ok \d+ ms$/),
      "server-timing": expect.stringMatching(/^upstream;dur=\d+, attempts;dur=\d+$/),
      "x-router-attempts": "1",
      "x-router-dropped-params": "presence_penalty, store, x_unknown",
      vary: "Origin",
    });
  });

  it("refuses a parameter that would change its meaning, naming it", async () => {
    const calls = playUpstream();
    const response = await chat(envOf(), { logprobs: true });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({
      type: "invalid_request_error",
      param: "logprobs",
      code: "unsupported_parameter",
    });
    expect(calls).toEqual([]);
  });

  it("is 500 with the command where no AWS credentials are set", async () => {
    const calls = playUpstream();
    const response = await chat(envOf(undefined, { AWS_ACCESS_KEY_ID: "" }));
    expect(response.status).toBe(500);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(await errorOf(response)).toMatchObject({
      code: "aws_credentials_missing",
      message: expect.stringContaining("npx wrangler secret put"),
    });
    expect(calls).toEqual([]);
  });
});

describe("what goes upstream", () => {
  it.each<[string, object, Reply, boolean]>([
    ["Bedrock, whole", CLAUDE, claudeAnswer("x"), false],
    ["Bedrock, streamed", CLAUDE, eventStream(claudeFrames("x")), true],
    ["an OpenAI-compatible API", GPT, json({ choices: [] }), false],
  ])("has none of the client's headers: %s", async (_, model, reply, stream) => {
    const calls = playUpstream(reply);
    const response = await chat(envOf({ llms: { m: model } }), { stream }, { headers: CLIENT_HEADERS });
    await response.text();
    const sent = Object.fromEntries(calls[0]?.headers ?? []);
    for (const name of Object.keys(CLIENT_HEADERS)) expect(sent).not.toHaveProperty(name);
    expect(JSON.stringify(sent)).not.toContain(KEY);
    expect(sent).toHaveProperty("authorization");
    expect(sent["content-type"]).toBe("application/json");
  });

  it("is the whole conversation for Bedrock, though the routing query is one message of it", async () => {
    const calls = playUpstream(claudeAnswer("x"));
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: `[Sun 2026-11-22 14:45 UTC] ${"long ".repeat(200)}\n\nRuntime: agent=main` },
    ];
    await chat(envOf(), { messages });
    const text = JSON.stringify(calls[0]?.body);
    expect(text).toContain("Be brief.");
    expect(text).toContain(JSON.stringify(messages[1]?.content).slice(1, -1));
  });

  it("is the client's own body for an OpenAI-compatible API, unknown fields too, but for the model", async () => {
    const calls = playUpstream(json({ choices: [] }));
    const body = {
      messages: [{ role: "user", content: "Hi", x_message: 1 }],
      temperature: 1.5,
      logprobs: true,
      n: 3,
      x_vendor: { deep: [1, null] },
    };
    await chat(native(), { ...body, model: "gpt" });
    expect(calls[0]?.url).toBe("https://acme.example/v1/chat/completions");
    expect(calls[0]?.body).toEqual({ ...body, model: "acme/gpt" });
    expect(calls[0]?.headers.get("authorization")).toBe("Bearer k");
  });
});

describe("an OpenAI-compatible upstream's answer", () => {
  /** Counts every way of reading a stream in JavaScript. */
  function watched(stream: ReadableStream<Uint8Array>) {
    const ways = ["getReader", "tee", "pipeTo", "pipeThrough", "values"] as const;
    return ways.map((way) => vi.spyOn(stream, way));
  }

  it.each([
    ["streamed", true, "text/event-stream; charset=utf-8"],
    ["whole", false, "application/json"],
  ])("is handed on natively, with zero reads, where usage is unread: %s", async (_, stream, type) => {
    const text = stream
      ? 'data: {"x": 1 }\r\n\r\ndata: odd\n\n: c\n\nid: 7\nevent: e\ndata: [DONE]\n\n'
      : '{ "x":1 }';
    const body = bodyOf([utf8.encode(text)]);
    const reads = watched(body.stream);
    playUpstream(() => new Response(body.stream, { headers: { "content-type": type } }));
    const response = await chat(native({ usage: "unread" }), { stream });
    expect(response.status).toBe(200);
    expect(response.body).toBe(body.stream);
    expect(reads.map((way) => way.mock.calls.length)).toEqual([0, 0, 0, 0, 0]);
    expect(body.pulls()).toBe(0);
    expect(response.headers.get("content-type")).toBe(type);
    expect(await response.text()).toBe(text);
  });

  it("comes with the router's headers and, of the upstream's, only content-type", async () => {
    const upstream = {
      "content-type": "text/event-stream",
      "set-cookie": "a=b",
      "x-ratelimit-remaining": "7",
      "x-request-id": "theirs",
      server: "acme",
      "x-router-model": "theirs",
    };
    playUpstream(() => new Response("data: [DONE]\n\n", { headers: upstream }));
    const response = await chat(native(), { stream: true });
    expect(Object.fromEntries(response.headers)).toEqual({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-request-id": expect.stringMatching(/^req_/),
      "x-router-model": "gpt",
      "x-router-strategy": "random",
      "x-router-reason": expect.stringMatching(/^[\x20-\x7e]+$/),
      "x-router-trail": expect.stringMatching(/^[\w-]+: ok \d+ ms$/),
      "server-timing": expect.stringMatching(/^upstream;dur=\d+, attempts;dur=\d+$/),
      "x-router-attempts": "1",
      vary: "Origin",
    });
  });

  it("keeps the model that the upstream names, and its unknown fields", async () => {
    const answer = {
      id: "x",
      model: "acme/gpt-2026",
      choices: [{ message: { content: "a", y: 1 } }],
      z: null,
    };
    playUpstream(json(answer));
    expect(await (await chat(native())).json()).toEqual(answer);
  });

  it("keeps its bytes while it is watched", async () => {
    const text = 'data: {"x": 1 }\r\n\r\ndata: odd\n\n: c\n\nid: 7\nevent: e\ndata: [DONE]\n\n';
    playUpstream(sse(text));
    expect(await (await chat(native(), { stream: true })).text()).toBe(text);
    const whole = ' { "x":1 }\n';
    playUpstream(() => new Response(whole, { headers: { "content-type": "application/json" } }));
    const response = await chat(native());
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe(whole);
  });

  it("ends in an error event when it breaks off, and is an error where it is a whole one", async () => {
    const body = bodyOf([utf8.encode('data: {"x":1}\n\n')], false);
    playUpstream(sse(body));
    const response = await chat(native(), { stream: true });
    body.fail(new TypeError("Network connection lost."));
    const [first, last] = sseEvents(await response.text());
    expect(first).toEqual({ data: '{"x":1}' });
    expect(JSON.stringify(last)).toContain("upstream_truncated");
    playUpstream(() => new Response('{"choices": [', { headers: { "content-type": "application/json" } }));
    expect((await errorOf(await chat(native()))).code).toBe("upstream_truncated");
  });

  it("is asked for elsewhere when it fails before it has begun", async () => {
    const role = 'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n';
    const failed = 'data: {"error":{"message":"Overloaded","code":503}}\n\n';
    const good = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n';
    const calls = playUpstream(sse(role + failed), sse(role), sse(good));
    const env = envOf({
      llms: { gpt: GPT, spare: GPT },
      router: { retry: { attempts: 1, base_ms: 0, max_ms: 0 }, fallback_models: ["spare"] },
    });
    const response = await chat(env, { model: "gpt", stream: true });
    expect([response.headers.get("x-router-model"), calls.length]).toEqual(["spare", 3]);
    expect(await response.text()).toBe(good);
  });

  it("shows no key of the pool, whatever the upstream quotes, and logs none of its words", async () => {
    const log = quietLog();
    const keys = ["sk-first/key+one", "sk-second-key"];
    const quoted = JSON.stringify({
      error: { message: `${keys.join(" and ")} are bad words`, type: "odd", code: keys[1] },
    }).replaceAll("/", "\\/");
    const { api_key: _, ...gpt } = GPT;
    const env = envOf({ llms: { gpt }, api_keys: { acme: keys }, router: { retry: NO_RETRY } });
    const begun = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n';
    const replies: [Reply, boolean][] = [
      [() => new Response(quoted, { status: 400 }), false],
      [() => new Response(quoted, { status: 500 }), false],
      [() => new Response(quoted, { status: 429 }), true],
      [() => new Response(keys.join(), { status: 422 }), false],
      [() => new Response(quoted, { headers: { "content-type": "application/json" } }), false],
      [sse(`data: ${quoted}\n\n`), true],
      [sse(`${begun}data: ${quoted}\n\n`), true],
    ];
    for (const [reply, stream] of replies) {
      playUpstream(reply);
      const shown = await (await chat(env, { stream })).text();
      for (const key of [...keys, "sk-first", "sk-second"]) expect(shown).not.toContain(key);
    }
    const logged = JSON.stringify(log());
    for (const words of [...keys, "sk-first", "bad words"]) expect(logged).not.toContain(words);
  });

  it("passes a reset on as a reset, without an event of the router's, where usage is unread", async () => {
    const body = bodyOf([utf8.encode('data: {"x":1}\n\n')], false);
    playUpstream(sse(body));
    const reader = (await chat(native({ usage: "unread" }), { stream: true })).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: {"x":1}\n\n');
    body.fail(new TypeError("Network connection lost."));
    await expect(reader?.read()).rejects.toThrow("Network connection lost.");
  });

  it("is let go of when the client cancels, and aborted when the client leaves", async () => {
    const body = fedBody();
    const client = new AbortController();
    const calls = playUpstream(sse(fedBody()), sse(body));
    const cancelled = await chat(native({ usage: "unread" }), { stream: true });
    const left = await chat(native({ usage: "unread" }), { stream: true }, { signal: client.signal });
    client.abort();
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([false, true]);
    await expect(left.text()).rejects.toThrow();
    await cancelled.body?.cancel();
  });

  it.each([400, 404, 413, 422])("keeps its status %i and its body when it refuses", async (status) => {
    const refusal = { error: { message: "No.", type: "odd", param: "x", code: null, more: 1 } };
    const calls = playUpstream(json(refusal, { status, headers: { "x-theirs": "1", "retry-after": "3" } }));
    const response = await chat(native(), { stream: true });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(response.headers.has("x-theirs")).toBe(false);
    expect(await response.json()).toEqual(refusal);
    expect(calls).toHaveLength(1);
  });

  it.each([
    ["the upstream's", { "retry-after": "17" }, "17"],
    ["else 1 s", {}, "1"],
  ])("keeps 429 with Retry-After: %s", async (_, headers, expected) => {
    const refusal = { error: { message: "Slow down.", type: "rate", param: null, code: "rate" } };
    playUpstream(json(refusal, { status: 429, headers }));
    const response = await chat(native());
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe(expected);
    expect(response.headers.get("x-should-retry")).toBe("true");
    expect(await response.json()).toEqual(refusal);
  });

  it.each([401, 402, 403])(
    "is 500 without its text when it rejects the router's key with %i",
    async (status) => {
      playUpstream(json({ error: { message: "Incorrect API key sk-abc" } }, { status }));
      const response = await chat(native());
      expect(response.status).toBe(500);
      expect(response.headers.get("x-should-retry")).toBe("false");
      const { code, message } = await errorOf(response);
      expect(code).toBe("upstream_credentials_rejected");
      expect(message).not.toContain("sk-abc");
    },
  );

  it.each([500, 502, 503, 504, 302])("is 500 for its %i", async (status) => {
    playUpstream(() => new Response("<html>", { status }));
    const response = await chat(native(), { stream: true });
    expect(response.status).toBe(500);
    expect((await errorOf(response)).message).not.toContain("<html>");
  });

  it("names the maximum context length when the prompt is too long", async () => {
    playUpstream(json({ error: { message: "This model's context window is 8192 tokens" } }, { status: 400 }));
    const response = await chat(native());
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({
      code: "context_length_exceeded",
      message: expect.stringContaining("maximum context length"),
    });
  });

  it("is 500 with the command where its key is missing", async () => {
    const calls = playUpstream();
    const { api_key: _, ...keyless } = GPT;
    const response = await chat(envOf({ llms: { gpt: keyless } }));
    expect(response.status).toBe(500);
    expect(await errorOf(response)).toMatchObject({
      code: "api_key_missing",
      message: expect.stringContaining("npx wrangler secret put ACME_API_KEY"),
    });
    expect(calls).toEqual([]);
  });
});
