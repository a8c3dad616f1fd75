/** What OpenClaw's clawrouter plugin asks of a router: the catalogue, the usage, and Messages under a provider's address. */
import { env as worker } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import { json, playUpstream } from "../../support/upstream.ts";
import { ask, CLAUDE, chat, envOf, GPT, KEY, NO_RETRY, quietLog } from "../support.ts";

beforeEach(() => {
  quietLog();
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

const LLMS = {
  claude: { ...CLAUDE, input_price: 3, output_price: 15, cache_read_price: 0.3, cache_write_price: 3.75 },
  gpt: { ...GPT, provider: "Acme Corp.", input_price: 2, output_price: 10, context_limit: 9000 },
  titan: { provider: "bedrock", model: "amazon.titan-embed-text-v2:0" },
};
let clients = 0;
function keyed(limits?: object, more: object = {}): { name: string; env: Env } {
  const name = `plugin-${clients++}`;
  const keys = limits ? { keys: { [name]: limits } } : {};
  const config = { router: { retry: NO_RETRY }, llms: LLMS, ...keys, ...more };
  return { name, env: envOf(config, { ROUTER_API_KEYS: `${name}=${KEY}`, KEYS: worker.KEYS }) };
}

const gptAnswer = json({
  ...{ id: "x", object: "chat.completion", created: 1, model: "m" },
  usage: { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 },
  choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
});

describe("GET /v1/catalog", () => {
  const CAPABILITIES = ["llm.responses", "llm.chat", "llm.messages"];
  const ROUTES = [{ path: "/v1/messages", requestFormat: "anthropic.messages", methods: ["POST"] }];

  it("lists auto and the models that hold conversations, with their prices", async () => {
    const response = await ask(keyed().env, "/v1/catalog");
    expect(await response.json()).toEqual({
      object: "catalog",
      providers: [
        {
          ...{ id: "openclaw-edge-router", displayName: "Edge Router", openaiCompatible: true },
          ...{ nativeBaseUrl: "/v1/native/openclaw-edge-router", routes: ROUTES },
          models: [
            { id: "auto", upstream: "auto", capabilities: CAPABILITIES, pricing: { maxInputTokens: 9000 } },
          ],
        },
        {
          ...{ id: "bedrock", displayName: "bedrock", openaiCompatible: true },
          ...{ nativeBaseUrl: "/v1/native/bedrock", routes: ROUTES },
          models: [
            {
              ...{ id: "claude", upstream: "claude", capabilities: CAPABILITIES, input: ["text", "image"] },
              pricing: expect.objectContaining({
                ...{ inputMicrosPerMillion: 3_000_000, outputMicrosPerMillion: 15_000_000 },
                ...{ cachedInputMicrosPerMillion: 300_000, cacheWrite5mInputMicrosPerMillion: 3_750_000 },
                maxInputTokens: 200_000,
              }),
            },
          ],
        },
        {
          ...{ id: "acme-corp.", displayName: "Acme Corp.", openaiCompatible: true },
          ...{ nativeBaseUrl: "/v1/native/acme-corp.", routes: ROUTES },
          models: [
            {
              ...{ id: "gpt", upstream: "gpt", capabilities: CAPABILITIES },
              pricing: {
                ...{ inputMicrosPerMillion: 2_000_000, outputMicrosPerMillion: 10_000_000 },
                maxInputTokens: 9000,
              },
            },
          ],
        },
      ],
    });
  });

  it("lists a key's own models only", async () => {
    const { env } = keyed({ models: ["gpt"] });
    const catalog: unknown = await (await ask(env, "/v1/catalog")).json();
    expect(catalog).toMatchObject({ providers: [{ models: [{ id: "auto" }] }, { models: [{ id: "gpt" }] }] });
    expect(catalog).toHaveProperty("providers.length", 2);
  });
});

describe("POST /v1/native/PROVIDER/v1/messages", () => {
  const body = { model: "gpt", max_tokens: 50, messages: [{ role: "user", content: "Hi" }] };

  it("answers as /v1/messages does", async () => {
    playUpstream(gptAnswer);
    const response = await ask(keyed().env, "/v1/native/acme-corp./v1/messages", { method: "POST", body });
    expect(await response.json()).toMatchObject({ type: "message", content: [{ type: "text", text: "Hi" }] });
    expect(response.headers.get("request-id")).toMatch(/^req_/);
  });

  it.each([
    ["/v1/native/other/v1/messages", body, 404],
    ["/v1/native/bedrock/v1/messages", { ...body, max_tokens: -1 }, 400],
  ])("fails in Anthropic's words: %s", async (path, sent, status) => {
    const response = await ask(keyed().env, path, { method: "POST", body: sent });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: expect.any(String) } });
  });

  it("is there under /v1 alone, and counts for a key with limits", async () => {
    const { env } = keyed({ money_month: 0 });
    expect((await ask(env, "/native/bedrock/v1/messages", { method: "POST", body })).status).toBe(404);
    expect((await ask(env, "/v1/native/bedrock/v1/messages", { method: "POST", body })).status).toBe(402);
  });
});

describe("GET /v1/usage", () => {
  it("tells what the key has used this month, and what is left", async () => {
    const { name, env } = keyed({ money_month: 1, tags: ["team-a"] });
    playUpstream(gptAnswer);
    await (await chat(env, { model: "gpt", max_tokens: 50 })).text();
    // 10 tokens at $2 a million and 7 at $10.
    const used = { requests: 1, tokens: 17, cost_micros: 90 };
    await vi.waitFor(async () => {
      expect(await (await ask(env, "/v1/usage")).json()).toEqual({
        object: "usage",
        budget: {
          ...{ configured: true, limitMicros: 1_000_000, spentMicros: 90, remainingMicros: 999_910 },
          windowKey: `${name}/${new Date().toISOString().slice(0, 7)}`,
        },
        usage: { summary: { requestCount: 1, totalTokens: 17, actualCostMicros: 90 } },
        ...{ day: used, month: used, held_micros: 0, key: name },
        limits: expect.objectContaining({ money_month: 1, money_day: null, tags: ["team-a"] }),
      });
    }, 5000);
  });

  it("has no budget where the month is not limited, and no numbers where nothing is counted", async () => {
    const daily = keyed({ money_day: 1 });
    expect(await (await ask(daily.env, "/v1/usage")).json()).toMatchObject({
      ...{ budget: { configured: false }, usage: { summary: { requestCount: 0 } } },
    });
    const free = keyed();
    expect(await (await ask(free.env, "/v1/usage")).json()).toMatchObject({
      ...{ budget: { configured: false }, limits: null, month: { requests: 0 } },
    });
    const off = keyed({}, { serve: { ledger: "off" } });
    expect(await (await ask(off.env, "/v1/usage")).json()).toEqual({
      ...{ object: "usage", budget: { configured: false }, key: off.name, limits: expect.anything() },
    });
  });
});
