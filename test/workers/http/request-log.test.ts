import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  claudeAnswer,
  claudeFrames,
  eventStream,
  exceptionFrame,
  playUpstream,
  START,
  sse,
  textFrame,
  UNAVAILABLE,
} from "../../support/upstream.ts";
import { CLAUDE, chat, envOf, GPT, KEY, NO_RETRY, quietLog } from "../support.ts";

let lines: string[] = [];

beforeEach(() => {
  quietLog();
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line: unknown) => void lines.push(String(line)));
});
afterEach(() => vi.restoreAllMocks());

/** Ten characters of text. */
const CHUNK = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "0123456789" } }] })}\n\n`;
const SECRET_WORDS = "the user's own words";
const env = envOf(
  {
    router: { retry: NO_RETRY, fallback_models: ["spare"] },
    llms: {
      claude: { ...CLAUDE, input_price: 3, output_price: 15 },
      spare: CLAUDE,
      gpt: GPT,
      unread: { ...GPT, usage: "unread" },
    },
  },
  { ROUTER_API_KEYS: `alice=${KEY}` },
);

async function logged(body: object, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const messages = [{ role: "user", content: SECRET_WORDS }];
  const response = await chat(env, { messages, ...body }, { headers });
  await response.text();
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  const [line = ""] = lines;
  for (const secret of [SECRET_WORDS, KEY, "Hello", "AKIDEXAMPLE"]) expect(line).not.toContain(secret);
  return { ...JSON.parse(line), headers: Object.fromEntries(response.headers) };
}

describe("the log line of a chat completion", () => {
  it.each([false, true])("tells model, tokens and cost (stream: %s)", async (stream) => {
    playUpstream(stream ? eventStream(claudeFrames("Hello")) : claudeAnswer("Hello"));
    const line = await logged({ model: "claude", stream });
    expect(line).toMatchObject({
      client: "alice",
      requested_model: "claude",
      model: "claude",
      strategy: "named",
      attempts: [{ model: "claude", outcome: "ok", ms: expect.any(Number) }],
      stream,
      status: 200,
      first_byte_ms: expect.any(Number),
      total_ms: expect.any(Number),
      prompt_tokens: expect.any(Number),
      completion_tokens: expect.any(Number),
    });
    const { prompt_tokens, completion_tokens, cost_usd, headers, request_id } = line;
    expect(cost_usd).toBeCloseTo((Number(prompt_tokens) * 3 + Number(completion_tokens) * 15) / 1e6, 8);
    expect(headers).toMatchObject({
      "x-request-id": request_id,
      "server-timing": expect.stringMatching(/^upstream;dur=\d+, attempts;dur=\d+$/),
    });
  });

  it("tells every attempt", async () => {
    playUpstream(UNAVAILABLE, claudeAnswer("Hello"));
    expect(await logged({ model: "claude" })).toMatchObject({
      model: "spare",
      // By the list price: of this one none is configured.
      cost_usd: expect.any(Number),
      attempts: [
        { model: "claude", outcome: "upstream_unavailable" },
        { model: "spare", outcome: "ok" },
      ],
    });
  });

  it("tells how a request failed, before and after the head", async () => {
    playUpstream(UNAVAILABLE, UNAVAILABLE);
    expect(await logged({ model: "claude" })).toMatchObject({
      status: 500,
      code: "upstream_unavailable",
      attempts: [{ model: "claude", outcome: "upstream_unavailable" }, { model: "spare" }],
      model: null,
    });
    lines = [];
    playUpstream(eventStream([START, textFrame("Hello"), exceptionFrame("throttlingException", "Too many")]));
    expect(await logged({ model: "claude", stream: true })).toMatchObject({
      status: 200,
      code: "rate_limit_exceeded",
      model: "claude",
    });
  });

  it.each([false, true])("reads the usage of an answer that it hands on (stream: %s)", async (stream) => {
    const usage = { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } };
    const last = `data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`;
    playUpstream(stream ? sse(last) : () => Response.json({ choices: [], usage }));
    const { headers: _, ...line } = await logged({ model: "gpt", stream });
    expect(line).toMatchObject({ model: "gpt", prompt_tokens: 7, completion_tokens: 3, cached_tokens: 2 });
    expect(line).not.toHaveProperty("estimated");
  });

  it.each([
    ["an answer that does not tell them", "gpt", [CHUNK, "data: [DONE]\n\n"]],
    ["an answer that breaks off", "gpt", [CHUNK]],
  ])("estimates the tokens of %s", async (_, model, events) => {
    playUpstream(sse(events.join("")));
    const line = await logged({ model, stream: true });
    expect(line).toMatchObject({ status: 200, estimated: true, completion_tokens: 3 });
    expect(line.prompt_tokens).toBeGreaterThan(0);
  });

  it("knows no tokens of an answer that nobody is to read", async () => {
    playUpstream(() => Response.json({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 1 } }));
    expect(await logged({ model: "unread" })).toMatchObject({ prompt_tokens: null, cost_usd: null });
  });

  it("tells dialect and door", async () => {
    playUpstream(claudeAnswer("Hello"));
    expect(await logged({ model: "claude" })).toMatchObject({ dialect: "openai-chat", door: "http" });
  });

  it("has OpenTelemetry's names beside its own", async () => {
    playUpstream(UNAVAILABLE, claudeAnswer("Hello"));
    const line = await logged({ model: "claude" });
    expect(line).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "aws.bedrock",
      "gen_ai.request.model": "claude",
      "gen_ai.response.model": CLAUDE.model,
      "gen_ai.usage.input_tokens": line.prompt_tokens,
      "gen_ai.usage.output_tokens": line.completion_tokens,
    });
    expect(line).not.toHaveProperty("error.type");
    lines = [];
    playUpstream(UNAVAILABLE, UNAVAILABLE);
    const failed = await logged({ model: "claude" });
    expect(failed).toMatchObject({ "error.type": "upstream_unavailable", "gen_ai.request.model": "claude" });
    expect(failed).not.toHaveProperty("gen_ai.provider.name");
  });

  const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  it("has the client's trace", async () => {
    playUpstream(claudeAnswer("Hello"));
    expect(await logged({ model: "claude" }, { traceparent: TRACE })).toMatchObject({ traceparent: TRACE });
  });

  it.each([
    "my words",
    `${TRACE}-more`,
    TRACE.toUpperCase(),
    TRACE.replace(/^00/, "ff"),
    TRACE.replace(/[0-9a-f]{32}/, "0".repeat(32)),
    TRACE.replace(/-[0-9a-f]{16}-/, `-${"0".repeat(16)}-`),
  ])("has no trace of a client that sends %s", async (traceparent) => {
    playUpstream(claudeAnswer("Hello"));
    expect(await logged({ model: "claude" }, { traceparent })).not.toHaveProperty("traceparent");
  });
});
