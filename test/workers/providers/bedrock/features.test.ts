import { afterEach, describe, expect, it, vi } from "vitest";
import type { ReasoningBlock } from "../../../../src/chat/delta.ts";
import type { ReasoningMemory } from "../../../../src/contracts.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { bedrock } from "../../../../src/providers/bedrock/index.ts";
import { bedrockTarget, chat } from "../../../support/bedrock.ts";
import { deltasOf } from "../support.ts";
import { called, SONNET_4, tool } from "../../../support/claude-requests.ts";

afterEach(() => vi.restoreAllMocks());

const ANSWER = {
  type: "message",
  content: [{ type: "text", text: "hi" }],
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 1 },
};
const keys: Record<string, string> = { AWS_BEARER_TOKEN_BEDROCK: "token" };

async function call(
  body: JsonObject,
  more: object = {},
  reasoning?: ReasoningMemory,
  answer: object = ANSWER,
) {
  const sent: Request[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    sent.push(new Request(input, init));
    return Response.json(answer);
  });
  const upstream = await bedrock.open(
    { target: bedrockTarget(SONNET_4, more), id: "", ownKey: false },
    chat({ messages: [{ role: "user", content: "Hello" }], ...body }),
    { abort: new AbortController(), idleTimeoutMs: 1000, binding: (name) => keys[name], reasoning },
  );
  if (!sent[0]) throw new Error("was not sent");
  const deltas = await deltasOf(upstream);
  const wire: unknown = await sent[0].json();
  return { headers: sent[0].headers, body: JSON.stringify(wire), dropped: upstream.dropped, deltas };
}

describe("what the configuration of a model adds", () => {
  it("sends the guardrail in its headers", async () => {
    const { headers } = await call({}, { guardrail: { id: "g-1", version: "3", trace: "enabled_full" } });
    expect(headers.get("x-amzn-bedrock-guardrailidentifier")).toBe("g-1");
    expect(headers.get("x-amzn-bedrock-guardrailversion")).toBe("3");
    expect(headers.get("x-amzn-bedrock-trace")).toBe("ENABLED_FULL");
  });

  it("sends latency and service tier, the client's tier first", async () => {
    const more = { model: "us.amazon.nova-2-lite-v1:0", performance: "optimized", serviceTier: "flex" };
    const configured = await call({}, more);
    expect(configured.headers.get("x-amzn-bedrock-performanceconfig-latency")).toBe("optimized");
    expect(configured.headers.get("x-amzn-bedrock-service-tier")).toBe("flex");
    const asked = await call({ service_tier: "priority" }, more);
    expect(asked.headers.get("x-amzn-bedrock-service-tier")).toBe("priority");
    expect(asked.dropped).toEqual([]);
  });

  it("sends no tier to a model that has none, and reports the client's", async () => {
    const { headers, dropped } = await call({ service_tier: "priority" }, { serviceTier: "flex" });
    expect(headers.get("x-amzn-bedrock-service-tier")).toBeNull();
    expect(dropped).toEqual(["service_tier"]);
  });

  it("sends none of them unasked, and reports a tier that Bedrock does not have", async () => {
    const { headers, dropped } = await call({ service_tier: "scale" });
    expect([...headers.keys()].filter((name) => name.startsWith("x-amzn"))).toEqual([]);
    expect(dropped).toEqual(["service_tier"]);
  });

  it("sets cache points with cache: auto only", async () => {
    expect((await call({}, { cache: "auto" })).body).toContain('"cache_control":{"type":"ephemeral"}');
    expect((await call({})).body).not.toContain("cache_control");
  });

  it("does not report its own cache points where the model takes none", async () => {
    const model = "anthropic.claude-3-haiku-20240307-v1:0";
    expect((await call({}, { model, cache: "auto" })).dropped).toEqual([]);
    const text = { type: "text", text: "Hi", cache_control: { type: "ephemeral" } };
    const hinted = await call({ messages: [{ role: "user", content: [text] }] }, { model });
    expect(hinted.dropped).toEqual(["cache_control"]);
  });
});

describe("reasoning between the steps of a tool loop", () => {
  const thought: ReasoningBlock = { kind: "signed", text: "hm", signature: "c2ln" };
  const block = { type: "thinking", thinking: "hm", signature: "c2ln" };
  const step = { messages: called(), tools: [tool("look")], reasoning_effort: "high" };

  function memory(found: Map<string, ReasoningBlock[]> | Error) {
    const saved: [string, string, readonly ReasoningBlock[]][] = [];
    const load = vi.fn(async () => {
      if (found instanceof Error) throw found;
      return found;
    });
    const save: ReasoningMemory["save"] = (...entry) => void saved.push(entry);
    return { load, save, saved };
  }

  it("is put back where it was kept", async () => {
    const kept = memory(new Map([["c1", [thought]]]));
    const { body, dropped } = await call(step, {}, kept);
    expect(kept.load).toHaveBeenCalledWith(SONNET_4, ["c1"]);
    expect(body).toContain('"signature":"c2ln"');
    expect(body).toContain('"type":"enabled"');
    expect(dropped).toEqual([]);
  });

  it("is put back for an agent that adds to the results and strips the ids", async () => {
    const kept = memory(new Map([["toolubdrk01", [thought]]]));
    await call(step, {}, kept, {
      ...ANSWER,
      content: [block, { type: "tool_use", id: "toolu_bdrk_01", name: "look", input: {} }],
      stop_reason: "tool_use",
    });
    expect(kept.saved).toEqual([[SONNET_4, "toolubdrk01", [thought]]]);
    const stripped = JSON.parse(JSON.stringify(called()).replaceAll('"c1"', '"toolubdrk01"'));
    const context = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>x<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";
    const { body, dropped } = await call(
      { ...step, messages: [...stripped, { role: "user", content: context }] },
      {},
      kept,
    );
    expect(kept.load).toHaveBeenCalledWith(SONNET_4, ["toolubdrk01"]);
    expect(body).toContain('"signature":"c2ln"');
    expect(dropped).toEqual([]);
  });

  it.each([
    ["is missing", new Map<string, ReasoningBlock[]>()],
    ["cannot be read", new Error("storage is down")],
  ])("goes on without thinking where it %s, and says so", async (_, found) => {
    const { body, dropped } = await call(step, {}, memory(found));
    expect(body).not.toContain('"thinking"');
    expect(dropped).toEqual(["reasoning_effort"]);
  });

  it("is not looked up where it is of no use", async () => {
    const kept = memory(new Map());
    await call({ ...step, reasoning_effort: null }, {}, kept);
    await call({ reasoning_effort: "high" }, {}, kept);
    expect(kept.load).not.toHaveBeenCalled();
  });

  it("is not looked up for more steps than anybody makes", async () => {
    const kept = memory(new Map());
    const steps = (count: number) => {
      const calls = Array.from({ length: count }, (_, at) =>
        JSON.parse(JSON.stringify(called().slice(1)).replaceAll('"c1"', `"c${at}"`)),
      );
      return [...called().slice(0, 1), ...calls.flat()];
    };
    await call({ ...step, messages: steps(1000) }, {}, kept);
    expect(kept.load).toHaveBeenCalledOnce();
    await call({ ...step, messages: steps(1001) }, {}, kept);
    expect(kept.load).toHaveBeenCalledOnce();
  });

  it("is kept under the first call of an answer that ends in calls, and only then", async () => {
    const kept = memory(new Map());
    const use = (id: string) => ({ type: "tool_use", id, name: "look", input: {} });
    const asks = { ...ANSWER, content: [block, use("t1"), use("t2")], stop_reason: "tool_use" };
    await call(step, {}, kept, asks);
    expect(kept.saved).toEqual([[SONNET_4, "t1", [thought]]]);
    await call({ reasoning_effort: "high" }, {}, kept, { ...ANSWER, content: [block, ...ANSWER.content] });
    expect(kept.saved).toHaveLength(1);
  });
});
