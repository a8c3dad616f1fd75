/** Converse end to end through the provider: path, headers, body, frames, failures. */

import recorded from "virtual:vectors/converse-streams";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { BedrockTarget } from "../../../../src/target.ts";
import { foldDeltas } from "../../../../src/chat/fold.ts";
import { bedrock } from "../../../../src/providers/bedrock/index.ts";
import { concat } from "../../../support/bytes.ts";
import {
  bedrockTarget,
  callContext,
  chatRequest,
  errorFrame,
  eventFrame,
  exceptionFrame,
  failureOf,
  deltasOf,
  placeOf,
  wire,
} from "../support.ts";

afterEach(() => vi.restoreAllMocks());

const ARN = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123";
const LLAMA = "us.meta.llama3-3-70b-instruct-v1:0";
const STREAM = "application/vnd.amazon.eventstream";

const event = (name: string, payload: object) => eventFrame(name, JSON.stringify({ ...payload, p: "abcd" }));
const OPENING = [
  event("messageStart", { role: "assistant" }),
  event("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hel" } }),
  event("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "lo" } }),
  event("contentBlockStop", { contentBlockIndex: 0 }),
];
const FRAMES = [
  ...OPENING,
  event("messageStop", { stopReason: "end_turn" }),
  event("metadata", {
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    metrics: { latencyMs: 1 },
  }),
];
const ANSWER = {
  output: { message: { role: "assistant", content: [{ text: "Hello" }] } },
  stopReason: "end_turn",
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  metrics: { latencyMs: 1 },
};
const TOOL = { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } };

const streamed = (bytes: Uint8Array) => new Response(bytes, { headers: { "content-type": STREAM } });

async function call(target: Partial<BedrockTarget>, body: Parameters<typeof chatRequest>[0] = {}) {
  const upstream = await bedrock.open(
    placeOf(bedrockTarget({ api: "converse", ...target })),
    chatRequest(body),
    callContext(),
  );
  return { deltas: await deltasOf(upstream), dropped: upstream.dropped };
}

describe("a call with api: converse", () => {
  it("is one signed POST to Converse, for an ARN that hides its model too", async () => {
    const sent = wire(() => Response.json(ANSWER));
    const { deltas } = await call({ model: ARN, regions: ["eu-west-1"] }, { max_tokens: 50 });
    expect(foldDeltas(deltas)).toMatchObject({
      text: "Hello",
      finishReason: "stop",
      usage: { promptTokens: 3 },
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      url: `https://bedrock-runtime.eu-west-1.amazonaws.com/model/${encodeURIComponent(ARN)}/converse`,
      method: "POST",
    });
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({
      messages: [{ role: "user", content: [{ text: "Hi there" }] }],
      inferenceConfig: { maxTokens: 50 },
    });
    expect(sent[0]?.headers).toMatchObject({
      accept: "application/json",
      "content-type": "application/json",
      authorization: expect.stringMatching(/\/eu-west-1\/bedrock\/aws4_request/),
    });
  });

  it("streams through ConverseStream, whatever way the bytes are cut", async () => {
    const bytes = concat(FRAMES);
    for (const size of [1, 13, 200, bytes.length]) {
      const cut = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
          controller.close();
        },
      });
      const sent = wire(() => new Response(cut, { headers: { "content-type": STREAM } }));
      const { deltas } = await call({}, { stream: true });
      expect(deltas).toEqual([
        { type: "text", text: "Hel" },
        { type: "text", text: "lo" },
        { type: "finish", reason: "stop", native: "end_turn" },
        { type: "usage", usage: { promptTokens: 3, completionTokens: 2 } },
      ]);
      expect(sent[0]?.url).toMatch(/\/converse-stream$/);
      expect(sent[0]?.headers).toMatchObject({ accept: STREAM });
      expect(sent[0]?.headers).not.toHaveProperty("x-amzn-bedrock-accept");
      vi.restoreAllMocks();
    }
  });

  it("asks as a whole where the model does not stream tool calls", async () => {
    const content = [{ toolUse: { toolUseId: "t1", name: "look", input: {} } }];
    const sent = wire(() =>
      Response.json({
        ...ANSWER,
        output: { message: { role: "assistant", content } },
        stopReason: "tool_use",
      }),
    );
    const { deltas } = await call({ model: LLAMA }, { stream: true, tools: [TOOL] });
    expect(sent[0]?.url).toMatch(/\/converse$/);
    expect(foldDeltas(deltas)).toMatchObject({
      toolCalls: [{ id: "t1", name: "look", arguments: "{}" }],
      finishReason: "tool_calls",
    });
  });

  it("carries guardrail, latency and tier in the body, not in headers", async () => {
    const sent = wire(() => Response.json(ANSWER));
    const guardrail = { id: "gr1", version: "1", trace: "enabled" } as const;
    const { dropped } = await call(
      { model: "us.amazon.nova-2-lite-v1:0", guardrail, performance: "optimized", serviceTier: "flex" },
      { service_tier: "priority" },
    );
    expect(JSON.parse(sent[0]?.body ?? "")).toMatchObject({
      guardrailConfig: { guardrailIdentifier: "gr1", guardrailVersion: "1", trace: "enabled" },
      performanceConfig: { latency: "optimized" },
      serviceTier: { type: "priority" },
    });
    expect(Object.keys(sent[0]?.headers ?? {}).filter((name) => name.startsWith("x-amzn-bedrock"))).toEqual(
      [],
    );
    expect(dropped).toEqual([]);
  });

  it("is the default for models whose native stream nothing shows, and api: native wins", async () => {
    const sent = wire(() => Response.json(ANSWER));
    const model = "zai.glm-4.7";
    const { api: _, ...glm } = bedrockTarget({ model });
    await bedrock.open(placeOf(glm), chatRequest(), callContext());
    await bedrock.open(placeOf(bedrockTarget({ model, api: "invoke" })), chatRequest(), callContext());
    expect(sent.map(({ url }) => url.split("/").at(-1))).toEqual(["converse", "invoke"]);
  });

  it.each([
    ["an exception", exceptionFrame("throttlingException", { message: "slow down" }), "rate_limit_exceeded"],
    ["an error frame", errorFrame("internalFailure", "oops"), "upstream_error"],
    ["damaged JSON", eventFrame("contentBlockDelta", '{"delta":{"te'), "upstream_stream_invalid"],
  ])("reports %s in the stream, and keeps the text before it", async (_, frame, code) => {
    wire(() => streamed(concat([...OPENING, frame])));
    const { deltas } = await call({}, { stream: true });
    expect(deltas.slice(0, 2)).toEqual([
      { type: "text", text: "Hel" },
      { type: "text", text: "lo" },
    ]);
    expect(deltas.at(-1)).toMatchObject({ type: "error", error: { code } });
  });

  it("does not take a stream without messageStop for complete", async () => {
    wire(() =>
      streamed(concat([...OPENING, event("metadata", { usage: { inputTokens: 3, outputTokens: 2 } })])),
    );
    const { deltas } = await call({}, { stream: true });
    expect(deltas.at(-1)).toMatchObject({ type: "error", error: { code: "upstream_truncated" } });
  });

  it("hands on what Bedrock refuses", async () => {
    const message = "This model doesn't support tool use in streaming mode.";
    const headers = { "x-amzn-errortype": "ValidationException" };
    wire(() => Response.json({ message }, { status: 400, headers }));
    const failure = await failureOf(() => call({ model: ARN }, { tools: [TOOL] }));
    expect(failure).toMatchObject({ code: "upstream_invalid_request", status: 400 });
    expect(failure.message).toContain(message);
  });
});

interface Case {
  readonly model_id: string;
  readonly expected: { readonly text: string; readonly finish_reason: string };
}

describe.skipIf(recorded.length === 0)("recorded streams, as bytes", () => {
  it.each(recorded)("$name", async ({ json, bin = "" }) => {
    const { model_id, expected } = json as Case;
    wire(() => streamed(Uint8Array.fromBase64(bin)));
    const { deltas } = await call({ model: model_id }, { stream: true });
    expect(foldDeltas(deltas)).toMatchObject({ text: expected.text, finishReason: expected.finish_reason });
  });
});
