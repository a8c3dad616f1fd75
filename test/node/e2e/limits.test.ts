/** A key's limits in the eyes of the official SDKs: which error each of them makes of which, and whether it asks again by itself. */
import { request } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, type JsonObject } from "../../../emulator/json.ts";
import { eventually, type Stack, startStack } from "../../support/stack.ts";

/** By what limits them. */
const KEYS = {
  spent: { money_month: 0.000_001 },
  minute: { requests_minute: 1 },
  tokens: { tokens_minute: 300 },
  never: { tokens_minute: 40 },
  models: { models: ["other"] },
  disabled: { disabled: true },
  unpriced: { money_day: 1 },
  leaving: { money_month: 1000 },
} as const;
type Limit = keyof typeof KEYS;
const textOf = (name: string) => `sk-${name}-0123456789abcdef`;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    bindings: () => ({
      ROUTER_API_KEYS: Object.keys(KEYS)
        .map((name) => `${name}=${textOf(name)}`)
        .join(","),
    }),
    config: ({ openaiUrl, openaiKey }) => {
      const own = { provider: "acme", model: "emulated-small", base_url: openaiUrl, api_key: openaiKey };
      const gpt = { ...own, input_price: 2, output_price: 10 };
      const { origin, pathname } = new URL(openaiUrl);
      const silent = { base_url: `${origin}/@hang${pathname}` };
      const vectors = { ...gpt, ...silent, model: "emulated-embedding", kind: "embedding" };
      const llms = { gpt, other: gpt, free: own, silent: { ...gpt, ...silent }, vectors };
      return { router: { retry: 0 }, llms, keys: KEYS };
    },
  });
});
afterAll(() => stack?.close());

interface Seen {
  readonly error: unknown;
  /** What it was answered, as often as it asked. */
  readonly statuses: readonly number[];
  /** It was about to ask again: it waited for as long as it was told to. */
  readonly waiting: boolean;
}

/** Longer than an SDK waits by itself before it asks again, 8 s; what it is told to wait is longer still. */
const WAIT_MS = 9000;

/** Asks by an SDK that asks twice again, as it does unless told otherwise. */
async function seen(ask: (fetching: typeof fetch) => Promise<unknown>): Promise<Seen> {
  const statuses: number[] = [];
  let over = false;
  const counting: typeof fetch = async (input, init) => {
    // Nobody is interested any more; an SDK that waits cannot be woken.
    if (over) throw new Error("the test is over");
    const response = await fetch(input, init);
    statuses.push(response.status);
    return response;
  };
  const asked = ask(counting).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), WAIT_MS);
  });
  const error = await Promise.race([asked, late]);
  clearTimeout(timer);
  over = true;
  return { error, statuses, waiting: error === LATE };
}
const LATE = Symbol("late");

const byOpenAi = (limit: Limit, model = "gpt") =>
  seen((fetching) =>
    new OpenAI({
      ...{ baseURL: `${stack.url}/v1`, apiKey: textOf(limit), maxRetries: 2, logLevel: "off" },
      fetch: fetching,
    }).chat.completions.create({
      model,
      max_completion_tokens: 100,
      messages: [{ role: "user", content: "Hi" }],
    }),
  );
const byAnthropic = (limit: Limit, model = "gpt") =>
  seen((fetching) =>
    new Anthropic({
      ...{ baseURL: stack.url, apiKey: textOf(limit), maxRetries: 2, logLevel: "off" },
      fetch: fetching,
    }).messages.create({ model, max_tokens: 100, messages: [{ role: "user", content: "Hi" }] }),
  );

/** What the key has used, and what is held for it. */
async function usageOf(limit: Limit): Promise<JsonObject> {
  const headers = { authorization: `Bearer ${textOf(limit)}` };
  return asObject(await (await fetch(`${stack.url}/v1/usage`, { headers })).json());
}

describe("a client that leaves", () => {
  it("in the middle of the answer pays for what was sent and what had come, and nothing stays held", async () => {
    const content = "[[pace 200]] [[repeat 100 word]]";
    const before = asObject((await usageOf("leaving")).month);
    const body = {
      model: "gpt",
      max_completion_tokens: 500,
      stream: true,
      messages: [{ role: "user", content }],
    };
    const headers = { authorization: `Bearer ${textOf("leaving")}`, "content-type": "application/json" };
    const left = fetch(`${stack.url}/v1/chat/completions`, {
      ...{ method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(1000) },
    }).then((response) => response.text());
    await expect(left).rejects.toThrow();
    const ended = async () => {
      const { held_micros: held, month } = await usageOf("leaving");
      return { held, requests: asObject(month).requests };
    };
    await expect
      .poll(ended, { timeout: 20_000, interval: 200 })
      .toEqual({ held: 0, requests: Number(before.requests) + 1 });
    const after = asObject((await usageOf("leaving")).month);
    expect(after.cost_micros).toBeGreaterThan(Number(before.cost_micros));
  });
});

/** Sends a request on a connection of its own, and resets that once the upstream has been asked. */
async function resetWhileSilent(path: string, body: JsonObject): Promise<void> {
  const asked = stack.emulator.requests.length;
  const headers = { authorization: `Bearer ${textOf("leaving")}`, "content-type": "application/json" };
  const sent = request(`${stack.url}${path}`, { method: "POST", agent: false, headers });
  sent.on("error", () => {});
  sent.end(JSON.stringify(body));
  const record = await eventually(() => stack.emulator.requests[asked]);
  await eventually(() => record.body !== undefined);
  sent.socket?.resetAndDestroy();
  await eventually(() => record.outcome !== "pending");
  expect(record.outcome).toBe("aborted-by-client");
}

describe("a client that leaves before its answer", () => {
  const messages = [{ role: "user", content: "Hello" }];
  const chat = { model: "silent", max_tokens: 100, messages };
  it.each([
    ["chat, whole", "/v1/chat/completions", chat],
    ["chat, streamed", "/v1/chat/completions", { ...chat, stream: true }],
    ["Messages, streamed", "/v1/messages", { ...chat, stream: true }],
    ["Responses, whole", "/v1/responses", { model: "silent", max_output_tokens: 100, input: "Hello" }],
    ["Responses, streamed", "/v1/responses", { model: "silent", input: "Hello", stream: true }],
    ["vectors", "/v1/embeddings", { model: "vectors", input: ["one", "two"] }],
  ])("pays at most for what was sent, and nothing stays held (%s)", async (_, path, body) => {
    const before = asObject((await usageOf("leaving")).month);
    await resetWhileSilent(path, body);
    const ended = async () => {
      const { held_micros: held, month } = await usageOf("leaving");
      return { held, requests: asObject(month).requests };
    };
    await expect
      .poll(ended, { timeout: 20_000, interval: 100 })
      .toEqual({ held: 0, requests: Number(before.requests) + 1 });
    // The prompt: 1,000 tokens of input would cost as much.
    const after = asObject((await usageOf("leaving")).month);
    expect(Number(after.cost_micros) - Number(before.cost_micros)).toBeLessThan(2000);
  });
});

describe("what is refused for good is not asked again", () => {
  it.each([
    [
      "the money is spent",
      "spent",
      "gpt",
      OpenAI.RateLimitError,
      "insufficient_quota",
      Anthropic.APIError,
      402,
    ],
    [
      "it can never fit",
      "never",
      "gpt",
      OpenAI.BadRequestError,
      "invalid_value",
      Anthropic.BadRequestError,
      400,
    ],
    [
      ...(["another's model", "models", "gpt", OpenAI.PermissionDeniedError, "model_not_allowed"] as const),
      ...([Anthropic.PermissionDeniedError, 403] as const),
    ],
    [
      ...(["a disabled key", "disabled", "gpt", OpenAI.AuthenticationError, "invalid_api_key"] as const),
      ...([Anthropic.AuthenticationError, 401] as const),
    ],
    [
      ...([
        "a model without prices",
        "unpriced",
        "free",
        OpenAI.InternalServerError,
        "price_unknown",
      ] as const),
      ...([Anthropic.InternalServerError, 500] as const),
    ],
  ] as const)("%s", async (_, limit, model, openAiError, code, anthropicError, status) => {
    const openAi = await byOpenAi(limit, model);
    expect(openAi).toMatchObject({ statuses: [expect.any(Number)], waiting: false, error: { code } });
    expect(openAi.error).toBeInstanceOf(openAiError);
    const anthropic = await byAnthropic(limit, model);
    expect(anthropic).toMatchObject({ statuses: [status], waiting: false, error: { status } });
    expect(anthropic.error).toBeInstanceOf(anthropicError);
  });
});

/** The status of a request by nobody's SDK. */
async function plain(limit: Limit): Promise<number> {
  const body = { model: "gpt", max_completion_tokens: 100, messages: [{ role: "user", content: "Hi" }] };
  const headers = { authorization: `Bearer ${textOf(limit)}`, "content-type": "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${stack.url}/v1/chat/completions`, options);
  await response.text();
  return response.status;
}

describe("what is refused until the next minute", () => {
  it.each<Limit>(["minute", "tokens"])(
    "is asked again then, by both: %s",
    async (limit) => {
      // Not so near the minute's end that it would be over at once.
      const left = 60_000 - (Date.now() % 60_000);
      if (left < 3 * WAIT_MS) await new Promise((resolve) => setTimeout(resolve, left + 50));
      while ((await plain(limit)) === 200);
      const openAi = await byOpenAi(limit);
      expect(openAi).toMatchObject({ statuses: [429], waiting: true });
      const anthropic = await byAnthropic(limit);
      expect(anthropic).toMatchObject({ statuses: [429], waiting: true });
    },
    180_000,
  );
});
