import { afterEach, describe, expect, it, vi } from "vitest";
import { RouterError } from "../../../../src/errors.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { providerOf } from "../../../../src/providers/index.ts";
import { openai } from "../../../../src/providers/openai-compatible/index.ts";
import {
  bedrockTarget,
  bindings,
  callContext,
  chatRequest,
  failureOf,
  placeOf,
  openAiTarget,
  recordedBindings,
  type Sent,
  wire,
} from "../support.ts";

afterEach(() => vi.restoreAllMocks());

const COMPLETION = { id: "x", object: "chat.completion", choices: [], unknown: { kept: true } };

async function open(target = openAiTarget(), more: JsonObject = {}, context = callContext(bindings({}))) {
  return openai.open(placeOf(target, context.binding), chatRequest(more), context);
}

/** What is sent for one call, and which parameters count as dropped. */
async function call(
  target = openAiTarget(),
  more: JsonObject = {},
): Promise<{ sent: Sent; body: JsonObject; dropped: readonly string[] }> {
  const all = wire(() => Response.json(COMPLETION));
  const { dropped } = await open(target, more);
  vi.restoreAllMocks();
  const [sent] = all;
  if (sent === undefined) throw new Error("nothing was sent");
  return { sent, body: JSON.parse(sent.body), dropped };
}

describe("an OpenAI-compatible call", () => {
  it("is one POST with the key, the client's body and the upstream's model", async () => {
    const more = {
      temperature: 0.3,
      unknown_field: { deep: [1, null] },
      metadata: null,
      seed: 7,
      max_tokens: 20,
      tools: [{ type: "custom", custom: { name: "grep" } }],
    };
    const { sent, body, dropped } = await call(openAiTarget(), more);
    expect(sent).toMatchObject({
      url: "https://upstream.test/v1/chat/completions",
      method: "POST",
      redirect: "manual",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        authorization: "Bearer key-1",
      },
    });
    expect(Object.keys(sent.headers).sort()).toEqual(["accept", "authorization", "content-type"]);
    expect(body).toEqual({
      ...more,
      model: "meta/llama-3.1-8b-instruct",
      messages: [{ role: "user", content: "Hi there" }],
    });
    expect(dropped).toEqual([]);
  });

  it("keeps a member that is called __proto__", async () => {
    const raw = JSON.parse('{"__proto__":{"x":1}}');
    const { sent } = await call(openAiTarget(), raw);
    expect(sent.body).toContain('"__proto__":{"x":1}');
  });

  it("asks for a stream, and for its usage, and reads nothing of it before somebody wants it", async () => {
    const response = new Response("data: {}\n\n", { headers: { "content-type": "text/event-stream" } });
    const sent = wire(() => response);
    const upstream = await open(openAiTarget({ chatPath: "/chat?api-version=1" }), { stream: true });
    expect(upstream.relay).toMatchObject({ dialect: "openai-chat", contentType: "text/event-stream" });
    expect(response.body?.locked).toBe(false);
    expect(sent[0]).toMatchObject({
      url: "https://upstream.test/v1/chat?api-version=1",
      headers: { accept: "text/event-stream" },
    });
    const body = { stream: true, stream_options: { include_usage: true } };
    expect(JSON.parse(sent[0]?.body ?? "")).toMatchObject(body);
  });

  it.each([
    ["what the client asks for stays", {}, { stream: true, stream_options: { include_usage: true, x: 1 } }],
    ["nobody asks for what is not read", { usage: "unread" as const }, { stream: true }],
    ["a whole answer has it anyway", {}, {}],
  ])("is asked for usage where that is needed: %s", async (_, target, more) => {
    const { body } = await call(openAiTarget(target), more);
    expect(body.stream_options).toEqual("stream_options" in more ? more.stream_options : undefined);
  });

  it("is asked again without, and for an hour so, where it refuses to be asked for its usage", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const target = openAiTarget({ name: "old-server" });
    const sent = wire(({ body }) =>
      body.includes("stream_options")
        ? Response.json(
            { error: { message: "stream_options: Extra inputs are not permitted" } },
            { status: 400 },
          )
        : new Response("data: [DONE]\n\n", { headers: { "content-type": "text/event-stream" } }),
    );
    const asked = () => sent.splice(0).map(({ body }) => body.includes("stream_options"));
    for (const expected of [[true, false], [false], [false]]) {
      await open(target, { stream: true });
      expect(asked()).toEqual(expected);
    }
    vi.setSystemTime(Date.now() + 3_600_001);
    await open(target, { stream: true });
    expect(asked()).toEqual([true, false]);
    vi.useRealTimers();
  });

  it("is not asked again where the client's own wish is refused", async () => {
    const sent = wire(() =>
      Response.json({ error: { message: "stream_options is not supported" } }, { status: 400 }),
    );
    const own = { stream: true, stream_options: { include_usage: true } };
    expect((await failureOf(() => open(openAiTarget(), own))).status).toBe(400);
    expect(sent).toHaveLength(1);
  });

  it("has the right provider, which takes no other target", async () => {
    expect(providerOf(openAiTarget())).toBe(openai);
    await expect(openai.open(placeOf(bedrockTarget()), chatRequest(), callContext())).rejects.toThrow(
      TypeError,
    );
  });
});

describe("max_tokens", () => {
  const LONG = { messages: [{ role: "user", content: "x".repeat(4000) }] };
  const tokens = ({ body }: { body: JsonObject }) =>
    Object.fromEntries(Object.entries(body).filter(([name]) => /tokens|limit/.test(name)));

  it.each([
    ["nothing when nobody says", {}, {}, {}],
    ["the client's", { maxTokens: 500 }, { max_tokens: 20 }, { max_tokens: 20 }],
    [
      "the client's newer field",
      { maxTokens: 500 },
      { max_completion_tokens: 20 },
      { max_completion_tokens: 20 },
    ],
    [
      "both of the client's",
      {},
      { max_tokens: 1, max_completion_tokens: 2 },
      { max_tokens: 1, max_completion_tokens: 2 },
    ],
    ["the configuration's", { maxTokens: 500 }, {}, { max_tokens: 500 }],
    ["the configuration's in place of null", { maxTokens: 500 }, { max_tokens: null }, { max_tokens: 500 }],
    [
      "the configuration's, under the upstream's name",
      { maxTokens: 500, maxTokensField: "max_completion_tokens" },
      {},
      { max_completion_tokens: 500 },
    ],
    [
      "the newer field renamed",
      { maxTokensField: "max_tokens" },
      { max_completion_tokens: 20 },
      { max_tokens: 20 },
    ],
    [
      "the newer field renamed freely",
      { maxTokensField: "token_limit" },
      { max_completion_tokens: 20 },
      { token_limit: 20 },
    ],
    [
      "one field for both, the newer wins",
      { maxTokensField: "max_tokens" },
      { max_tokens: 1, max_completion_tokens: 2 },
      { max_tokens: 2 },
    ],
    [
      "the older field as it is",
      { maxTokensField: "max_completion_tokens" },
      { max_tokens: 20 },
      { max_tokens: 20 },
    ],
  ])("sends %s", async (_, target, more, wanted) => {
    expect(tokens(await call(openAiTarget(target), more))).toEqual(wanted);
  });

  it("is lowered to fit a known context, in the field that is sent", async () => {
    const small = { contextLimit: 2000 };
    for (const field of ["max_tokens", "max_completion_tokens"]) {
      const lowered = await call(openAiTarget(small), { ...LONG, [field]: 1000 });
      expect(tokens(lowered)).toEqual({ [field]: 900 });
      expect(lowered.dropped).toEqual([field]);
    }
    const configured = await call(openAiTarget({ ...small, maxTokens: 1000 }), LONG);
    expect([tokens(configured), configured.dropped]).toEqual([{ max_tokens: 900 }, []]);
    const tight = await call(openAiTarget({ contextLimit: 1300 }), { ...LONG, max_tokens: 1000 });
    expect([tokens(tight), tight.dropped]).toEqual([{ max_tokens: 1000 }, []]);
  });
});

describe("the key", () => {
  const sentKeys = async (count: number, target: Parameters<typeof openAiTarget>[0], values = {}) => {
    const sent = wire(() => Response.json(COMPLETION));
    for (let turn = 0; turn < count; turn++)
      await open(openAiTarget(target), {}, callContext(bindings(values)));
    return sent.map(({ headers }) => headers.authorization);
  };

  it("takes turns in a list, from wherever it starts", async () => {
    const apiKeys = ["a", "b", "c"];
    const used = await sentKeys(9, { name: "rotating", apiKeys });
    const start = apiKeys.findIndex((key) => used[0] === `Bearer ${key}`);
    expect(used).toEqual(Array.from({ length: 9 }, (_, turn) => `Bearer ${apiKeys[(start + turn) % 3]}`));
  });

  it("takes turns for each target by itself, also when the list shrinks", async () => {
    const first = await sentKeys(4, { name: "first", apiKeys: ["a", "b"] });
    const second = await sentKeys(4, { name: "second", apiKeys: ["a", "b"] });
    for (const used of [first, second]) expect(new Set(used)).toEqual(new Set(["Bearer a", "Bearer b"]));
    const wide = await sentKeys(5, { name: "shrinking", apiKeys: ["a", "b", "c", "d", "e"] });
    expect(new Set(wide).size).toBe(5);
    expect(await sentKeys(1, { name: "shrinking", apiKeys: ["only"] })).toEqual(["Bearer only"]);
    expect(new Set(await sentKeys(2, { name: "shrinking", apiKeys: ["a", "b"] })).size).toBe(2);
  });

  it("is not sent where none is wanted, and no binding is read then", async () => {
    const sent = wire(() => Response.json(COMPLETION));
    const { binding, read } = recordedBindings({ NVIDIA_API_KEY: "no", KEY: "no" });
    await open(openAiTarget({ auth: "none", apiKey: "no", apiKeyEnv: "KEY" }), {}, callContext(binding));
    expect(sent[0]?.headers).not.toHaveProperty("authorization");
    expect(read).toEqual([]);
  });

  it("is sent if there is one where it is optional", async () => {
    expect(await sentKeys(1, { auth: "optional", apiKeys: [] })).toEqual([undefined]);
    vi.restoreAllMocks();
    expect(await sentKeys(1, { auth: "optional", apiKeys: [] }, { NVIDIA_API_KEY: "bound" })).toEqual([
      "Bearer bound",
    ]);
  });

  it("is api_key_missing where it is needed", async () => {
    const sent = wire(() => Response.json(COMPLETION));
    const error = await failureOf(() => open(openAiTarget({ apiKeys: [] })));
    expect(error).toMatchObject({ code: "api_key_missing", status: 500, shouldRetry: false });
    expect(sent).toEqual([]);
  });

  it("is never looked for among AWS's bindings", async () => {
    wire(() => Response.json(COMPLETION));
    for (const auth of ["bearer", "optional", "none"] as const) {
      const { binding, read } = recordedBindings({ KEY: "k", AWS_BEARER_TOKEN_BEDROCK: "no" });
      await open(openAiTarget({ auth, apiKeys: [], apiKeyEnv: "KEY" }), {}, callContext(binding));
      expect(read.filter((name) => name.startsWith("AWS_"))).toEqual([]);
    }
  });

  it.each(["sk-one\nsk-two", "sk-é", "sk-\u0000x"])(
    "that no header can carry is not shown (%j)",
    async (key) => {
      const sent = wire(() => Response.json(COMPLETION));
      const error = await failureOf(() => open(openAiTarget({ apiKeys: [key] })));
      expect(error).toMatchObject({ code: "config_invalid", shouldRetry: false });
      expect(error.cause).toBeUndefined();
      expect(error.message).toContain("'nvidia'");
      expect(error.message).not.toContain("sk-");
      expect(sent).toEqual([]);
    },
  );
});

describe("an answer that is none", () => {
  it("is not looked for behind a redirect", async () => {
    const sent = wire(
      () => new Response(null, { status: 301, headers: { location: "https://elsewhere.test/" } }),
    );
    expect((await failureOf(() => open())).code).toBe("config_invalid");
    expect(sent).toHaveLength(1);
  });

  it("is a web page where base_url leads to a website", async () => {
    wire(() => new Response("<!doctype html>", { headers: { "content-type": "Text/HTML; charset=utf-8" } }));
    const error = await failureOf(() => open());
    expect(error).toMatchObject({ code: "upstream_error", status: 500 });
    expect(error.message).toContain("llms.nim.base_url");
  });

  it("is upstream_unreachable without a connection, and the abort's reason after an abort", async () => {
    wire(() => Promise.reject(new TypeError("Network connection lost.")));
    const error = await failureOf(() => open());
    expect(error.code).toBe("upstream_unreachable");
    expect(error.message).toContain("'nim'");
    const abort = new AbortController();
    const reason = new RouterError("client_closed_request", "gone");
    abort.abort(reason);
    await expect(open(openAiTarget(), {}, callContext(bindings({}), abort))).rejects.toBe(reason);
  });
});
