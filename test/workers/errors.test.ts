/** Every error that the router can answer with: its status, and advice that helps whoever reads it. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EXAMPLE_IDS } from "../../src/families/models/example-ids.ts";
import { familyFor } from "../../src/families/index.ts";
import {
  claudeFrames,
  eventStream,
  exceptionFrame,
  json,
  playUpstream,
  type Reply,
  refusal,
  START,
  textFrame,
} from "../support/upstream.ts";
import { streamedAnswer, type WireError } from "../support/wire.ts";
import { claude, upstream } from "./error-asking.ts";
import { WAYS } from "./error-ways.ts";
import { bedrockTarget } from "./providers/support.ts";
import { chat, envOf, errorOf, GPT, KEY, NO_RETRY, quietLog } from "./support.ts";

beforeEach(() => void quietLog());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const CASES = Object.entries(WAYS).flatMap(([code, [status, ...ways]]) =>
  ways.map(([how, provoke, ...says]) => ({ code, status, how, provoke, says })),
);

describe("an error", () => {
  it.each(CASES)(
    "$code ($how) is HTTP $status and says what to do",
    async ({ code, status, provoke, says }) => {
      const response = await provoke();
      expect(response.status).toBe(status);
      const body: unknown = await response.json();
      expect(body).toMatchObject({ error: { code } });
      const message = messageOf(body);
      for (const words of says) expect(message.replaceAll(/(?<!\])\n(?!name|class)/g, " ")).toMatch(words);
      expect(message.trim().split(/\s+/).length).toBeGreaterThan(3);
      expect(JSON.stringify(body)).not.toMatch(
        /AKID|wJalr|secret detail|Signature=|arn:|\d{12}|undefined|NaN/,
      );
      expect(JSON.stringify(body)).not.toContain(KEY);
    },
  );
});

function messageOf(body: unknown): string {
  if (typeof body !== "object" || body === null || !("error" in body)) return "";
  const { error } = body;
  if (typeof error !== "object" || error === null || !("message" in error)) return "";
  return typeof error.message === "string" ? error.message : "";
}

describe("the same words over HTTP and SSE", () => {
  const FAILURES: readonly [string, number, string][] = [
    ["UnrecognizedClientException", 403, "invalid"],
    ["ValidationException", 400, "The provided model identifier is invalid."],
    ["ValidationException", 400, "Model not supported in this region"],
    ["ValidationException", 400, "on-demand throughput isn't supported"],
    ["ValidationException", 400, "prompt is too long"],
    ["ThrottlingException", 429, "Too many"],
    ["ModelTimeoutException", 408, "late"],
    ["InternalServerException", 500, "oops"],
    ["ServiceUnavailableException", 503, "later"],
  ];
  const wholeError = async (reply: Reply, body: object = {}): Promise<WireError> =>
    errorOf(await upstream(reply, claude(), body));

  it.each(FAILURES)("%s (HTTP %i, %s)", async (name, status, text) => {
    const reply = refusal(status, name, text);
    const plain = await wholeError(reply);
    expect(await wholeError(reply, { stream: true })).toEqual(plain);
    // After 15 s of waiting the head is out, and the error an event.
    vi.useFakeTimers();
    const late: Reply = async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      return reply(call);
    };
    const pending = upstream(late, claude(), { stream: true });
    await vi.advanceTimersByTimeAsync(15_000);
    const response = await pending;
    expect(response.status).toBe(200);
    const read = response.text();
    await vi.advanceTimersByTimeAsync(10_000);
    const { error, done } = streamedAnswer(await read);
    expect([error, done]).toEqual([plain, false]);
  });

  it.each(FAILURES.filter(([name]) => !name.startsWith("Unrec")))(
    "%s in the middle of an answer (HTTP %i, %s)",
    async (name, status, text) => {
      const plain = await wholeError(refusal(status, name, text));
      const type = name.charAt(0).toLowerCase() + name.slice(1);
      const frames = [START, textFrame("Hel"), exceptionFrame(type, text), ...claudeFrames("no").slice(1)];
      const response = await upstream(eventStream(frames), claude(), { stream: true });
      expect(streamedAnswer(await response.text())).toMatchObject({ text: "Hel", done: false, error: plain });
    },
  );
});

it("a chain's last error tells every attempt in one line each", async () => {
  playUpstream(
    refusal(503, "ServiceUnavailableException", "x"),
    json({ error: { message: "No." } }, { status: 401 }),
  );
  const config = { router: { retry: NO_RETRY, fallback_models: ["gpt"] }, llms: { it: claude(), gpt: GPT } };
  const { message } = await errorOf(await chat(envOf(config), { model: "it" }));
  const lines = message.split("\n").map((line) => line.replace(/ after \d+ ms$/, ""));
  expect(lines.slice(1)).toEqual([
    "Attempts:",
    "1. it (eu-west-1): upstream_unavailable",
    "2. gpt: upstream_credentials_rejected",
  ]);
  expect(lines[0]).toMatch(/Check the key/);
});

describe("the ids that are proposed for a wrong one", () => {
  const FAMILIES: Readonly<Record<string, string>> = {
    Claude: "anthropic",
    Nova: "nova",
    GPT: "openai",
    Llama: "llama",
    Mistral: "mistral",
  };
  const ids = Object.entries(EXAMPLE_IDS).flatMap(([maker, all]) => all.map((id) => [maker, id] as const));

  it.each(ids)("%s: %s is in the catalogue", (maker, model) => {
    const target = bedrockTarget({ model, api: "invoke" });
    const family = familyFor(target);
    expect(family.name).toBe(FAMILIES[maker]);
    expect(family.facts(target).contextWindow).toBeGreaterThan(0);
  });
});
