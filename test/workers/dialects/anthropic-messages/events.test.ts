/** Deltas as the events of a Messages stream, and as a whole message. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carried } from "../../../../src/chat/carrier.ts";
import type { Delta } from "../../../../src/chat/delta.ts";
import { foldDeltas } from "../../../../src/chat/fold.ts";
import { anthropicMessages } from "../../../../src/dialects/anthropic-messages/client/index.ts";
import { RouterError } from "../../../../src/errors.ts";
import { asObject, type JsonObject } from "../../../../src/lib/json.ts";
import { foldMessage, type WireEvent } from "../../../support/messages-events.ts";

const IDENTITY = { id: "0".repeat(32), created: 1, model: "the-model" };
const SHOWN = { thinking: { type: "enabled", budget_tokens: 1024 } };
const OMITTED = { thinking: { type: "adaptive", display: "omitted" } };

function exchange(more: JsonObject = {}) {
  const messages = [{ role: "user", content: "Hello there, how are you?" }];
  return anthropicMessages.parse({ model: "m", max_tokens: 10, messages, ...more }, new Headers());
}

function events(deltas: readonly Delta[], more: JsonObject = {}): WireEvent[] {
  const encoder = exchange(more).stream(IDENTITY);
  const out: WireEvent[] = [];
  const emit = (data: string, event?: string) => out.push({ event, data: JSON.parse(data) });
  for (const delta of deltas) encoder.push(delta, emit);
  encoder.end(emit);
  return out;
}

const whole = (deltas: readonly Delta[], more: JsonObject = {}): JsonObject =>
  exchange(more).whole(IDENTITY, [foldDeltas(deltas)]);
const text = (said: string): Delta => ({ type: "text", text: said });
const reasoning = (thought: string): Delta => ({ type: "reasoning", text: thought });
const finish = (reason: "stop" | "length" | "tool_calls" | "content_filter", more = {}): Delta => ({
  type: "finish",
  reason,
  ...more,
});
const start = (index: number, name = "f"): Delta => ({
  type: "tool_start",
  index,
  id: `call_${index}`,
  name,
});
const args = (index: number, json: string): Delta => ({ type: "tool_arguments", index, text: json });
const signed = (thought: string, signature: string): Delta => ({
  type: "reasoning_block",
  block: { kind: "signed", text: thought, signature },
});
const usage = {
  promptTokens: 100,
  completionTokens: 7,
  cachedTokens: 60,
  cacheWriteTokens: 30,
  cacheWrite1hTokens: 10,
};

/** Streamed and whole, which have to say the same. */
function both(deltas: readonly Delta[], more: JsonObject = {}): JsonObject {
  const streamed = foldMessage(events(deltas, more));
  const { usage: _counts, ...rest } = whole(deltas, more);
  expect(streamed).toMatchObject(rest);
  return streamed;
}

describe("blocks", () => {
  it("text, with the counts as Anthropic counts", () => {
    const message = both([text("Hel"), text("lo"), { type: "usage", usage }, finish("stop")]);
    expect(message).toMatchObject({
      id: `msg_${IDENTITY.id}`,
      model: "the-model",
      content: [{ type: "text", text: "Hello" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: {
        input_tokens: 10,
        cache_read_input_tokens: 60,
        cache_creation_input_tokens: 30,
        output_tokens: 7,
      },
    });
    expect(whole([text("Hi"), { type: "usage", usage }, finish("stop")]).usage).toMatchObject({
      input_tokens: 10,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
    });
  });

  it("begin with what the prompt cost, where the model tells it early; else with a guess", () => {
    const startOf = (deltas: readonly Delta[]) => asObject(events(deltas)[0]?.data.message)?.usage;
    expect(startOf([{ type: "usage", usage }, text("Hi"), finish("stop")])).toMatchObject({
      input_tokens: 10,
    });
    expect(startOf([text("Hi"), finish("stop")])).toMatchObject({ input_tokens: 7, output_tokens: 0 });
  });

  it("thinking that the model signed, streamed or at once, with its signature in one event", () => {
    const deltas = [
      reasoning("Let "),
      reasoning("me."),
      signed("Let me.", "EqQB"),
      text("Hi"),
      finish("stop"),
    ];
    const content = [
      { type: "thinking", thinking: "Let me.", signature: "EqQB" },
      { type: "text", text: "Hi" },
    ];
    expect(both(deltas, SHOWN).content).toEqual(content);
    expect(both(deltas.slice(2), SHOWN).content).toEqual(content);
  });

  it("thinking that is left out keeps its signature", () => {
    const deltas = [signed("", "EqQB"), text("Hi"), finish("stop")];
    expect(both(deltas, OMITTED).content).toMatchObject([
      { type: "thinking", thinking: "", signature: "EqQB" },
      {},
    ]);
    expect(both(deltas).content).toMatchObject([{ type: "thinking", thinking: "", signature: "EqQB" }, {}]);
  });

  it("redacted thinking", () => {
    const block: Delta = { type: "reasoning_block", block: { kind: "redacted", data: "D" } };
    expect(both([block, text("Hi"), finish("stop")], SHOWN).content).toMatchObject([
      { type: "redacted_thinking", data: "D" },
      {},
    ]);
  });

  it("thinking of a model that signs nothing has the router's signature, which holds what the model wants back", () => {
    const block: Delta = { type: "reasoning_block", block: { kind: "text", text: "Hm." } };
    const [thought] = both([reasoning("Hm."), block, text("Hi"), finish("stop")], SHOWN)
      .content as JsonObject[];
    expect(thought?.thinking).toBe("Hm.");
    expect(carried(String(thought?.signature))).toEqual({
      model: "the-model",
      blocks: [{ kind: "text", text: "Hm." }],
    });
    const [hidden] = both([reasoning("Hm."), block, text("Hi"), finish("stop")], OMITTED)
      .content as JsonObject[];
    expect([hidden?.thinking, carried(String(hidden?.signature))?.blocks]).toEqual([
      "",
      [{ kind: "text", text: "Hm." }],
    ]);
    const [unkept] = both([reasoning("Hm."), text("Hi"), finish("stop")], SHOWN).content as JsonObject[];
    expect([unkept?.thinking, carried(String(unkept?.signature))?.blocks]).toEqual(["Hm.", []]);
  });

  it("thinking that nobody asked for is not shown", () => {
    const block: Delta = { type: "reasoning_block", block: { kind: "text", text: "Hm." } };
    expect(both([reasoning("Hm."), block, text("Hi"), finish("stop")]).content).toEqual([
      { type: "text", text: "Hi" },
    ]);
  });

  it("calls, with ids of the form that Anthropic's clients check", () => {
    const call: Delta = { type: "tool_start", index: 0, id: "functions.f:0", name: "f" };
    const message = both([
      text("Look."),
      call,
      args(0, '{"a"'),
      args(0, ":1}"),
      start(1),
      args(1, "{}"),
      finish("tool_calls"),
    ]);
    expect(message.content).toEqual([
      { type: "text", text: "Look." },
      { type: "tool_use", id: `toolu_${IDENTITY.id}0`, name: "f", input: { a: 1 } },
      { type: "tool_use", id: "call_1", name: "f", input: {} },
    ]);
    expect(message.stop_reason).toBe("tool_use");
  });

  it("arguments that arrive mixed are put in order, whatever the mix", () => {
    const calls = ['{"city":"Os\\"lo}","n":[1,{"a":2}]}', "{}", '{"deep":{"er":"]"}}'];
    const pieces = calls.map((json, index) => [...json].map((character) => args(index, character)));
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(3)), (choices) => {
        const left = pieces.map((list, index) => [start(index), ...list]);
        const deltas: Delta[] = [text("A")];
        while (left.some((list) => list.length > 0)) {
          const open = left.filter((list) => list.length > 0);
          const next = open[choices.next().value % open.length]?.shift();
          if (next) deltas.push(next);
        }
        const { content } = foldMessage(events([...deltas, finish("tool_calls")]));
        const inputs = (content as JsonObject[])
          .filter(({ type }) => type === "tool_use")
          .map(({ input }) => input);
        const names = (content as JsonObject[]).flatMap(({ id }) => id ?? []);
        expect(names.map((id) => inputs[names.indexOf(id)])).toEqual(
          names.map((id) => JSON.parse(calls[Number(String(id).at(-1))] ?? "")),
        );
        expect(names.length).toBe(3);
      }),
    );
  });

  it("one call after the other is told as it comes", () => {
    const encoder = exchange().stream(IDENTITY);
    const seen: string[] = [];
    const emit = (data: string) => seen.push(data);
    for (const delta of [start(0), args(0, "{}"), start(1), args(1, '{"a":')]) encoder.push(delta, emit);
    expect(seen.at(-1)).toContain('"partial_json":"{\\"a\\":"');
  });
});

describe("the end", () => {
  it.each([
    [finish("length"), "max_tokens"],
    [finish("length", { native: "model_context_window_exceeded" }), "model_context_window_exceeded"],
    [finish("stop", { native: "end_turn" }), "end_turn"],
  ])("%j", (end, reason) => {
    expect(both([text("Hi"), end])).toMatchObject({ stop_reason: reason, stop_sequence: null });
  });

  it("names the stop sequence, where the model does or there is but one", () => {
    const stop_sequences = ["banana"];
    expect(both([text("Hi"), finish("stop", { stop: "END" })])).toMatchObject({
      stop_reason: "stop_sequence",
      stop_sequence: "END",
    });
    expect(both([text("Hi"), finish("stop", { native: "stop_sequence" })], { stop_sequences })).toMatchObject(
      {
        stop_reason: "stop_sequence",
        stop_sequence: "banana",
      },
    );
  });

  it("tells why a model declined; one that does so in its own words has said them to the user", () => {
    const refusal: Delta = { type: "refusal", text: "I cannot." };
    expect(both([refusal, finish("content_filter")])).toMatchObject({
      content: [],
      stop_reason: "refusal",
      stop_details: { type: "refusal", category: null, explanation: "I cannot." },
    });
    expect(both([refusal, finish("stop")])).toMatchObject({
      content: [{ type: "text", text: "I cannot." }],
      stop_reason: "refusal",
    });
  });

  it("of an answer that was cut is an error event, and nothing after it", () => {
    const error = new RouterError("upstream_truncated", "It broke off.");
    const list = events([text("Hi"), { type: "error", error }, finish("stop")]);
    expect(list.at(-1)).toEqual({
      event: "error",
      data: { type: "error", error: { type: "overloaded_error", message: "It broke off." } },
    });
    expect(list.some(({ event }) => event === "message_stop")).toBe(false);
    expect(() => whole([text("Hi"), { type: "error", error }])).toThrow("It broke off.");
  });

  it("is only told once it came: without it the answer is not complete", () => {
    const encoder = exchange().stream(IDENTITY);
    const seen: string[] = [];
    encoder.push(text("Hi"), (data) => seen.push(data));
    encoder.end((data) => seen.push(data));
    expect(encoder.complete).toBe(false);
    expect(seen.join()).not.toContain("message_stop");
  });

  it("a silence is filled with a ping", () => {
    expect(exchange().stream(IDENTITY).silence()).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  });
});

describe("an error before the stream", () => {
  const REQUEST = "req_1";
  const shape = (error: RouterError) => anthropicMessages.error(error, REQUEST);
  it.each([
    ["invalid_api_key", 401, "authentication_error", "false"],
    ["origin_not_allowed", 403, "permission_error", "false"],
    ["model_not_found", 404, "not_found_error", "false"],
    ["request_too_large", 413, "request_too_large", "false"],
    ["invalid_json", 400, "invalid_request_error", "false"],
    ["context_length_exceeded", 400, "invalid_request_error", "false"],
    ["method_not_allowed", 405, "invalid_request_error", "false"],
    ["rate_limit_exceeded", 429, "rate_limit_error", "true"],
    ["too_many_turns", 429, "rate_limit_error", "false"],
    ["upstream_timeout", 504, "timeout_error", "true"],
    ["upstream_unavailable", 529, "overloaded_error", "true"],
    ["upstream_not_ready", 529, "overloaded_error", "true"],
    ["internal_error", 500, "api_error", "false"],
    ["config_invalid", 500, "api_error", "false"],
  ] as const)("%s is %i %s", (code, status, type, retry) => {
    const { headers, ...rest } = shape(new RouterError(code, "Why."));
    expect(rest).toEqual({
      status,
      body: { type: "error", error: { type, message: "Why." }, request_id: REQUEST },
    });
    expect(headers).toMatchObject({ "request-id": REQUEST, "x-should-retry": retry });
    expect(headers["retry-after"] !== undefined).toBe(
      status === 429 && retry === "true" ? true : status >= 504,
    );
  });

  it("has the path of the field first", () => {
    const messageOf = (text: string) =>
      asObject(shape(new RouterError("invalid_value", text, { param: "messages.0" })).body.error)?.message;
    expect(messageOf("Invalid 'messages.0': too long.")).toBe("messages.0: too long.");
    expect(messageOf("messages.0: too long.")).toBe("messages.0: too long.");
    expect(messageOf("Too long.")).toBe("messages.0: Too long.");
  });

  it("of an upstream that speaks another dialect keeps its words and its status", () => {
    const passthrough = { status: 422, body: '{"error":{"message":"bad tool","type":"x"}}' };
    expect(shape(new RouterError("upstream_invalid_request", "m", { passthrough }))).toMatchObject({
      status: 422,
      body: { error: { type: "invalid_request_error", message: "bad tool" } },
    });
  });
});

it("calls get ids that the conversation does not know yet", () => {
  const named = (index: number): Delta => ({ type: "tool_start", index, id: "call_0", name: "f" });
  const messages = [
    { role: "user", content: "Call" },
    { role: "assistant", content: [{ type: "tool_use", id: "call_0", name: "f", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "call_0", content: "a" }] },
  ];
  const ids = [{ id: `toolu_${IDENTITY.id}0` }, { id: `toolu_${IDENTITY.id}1` }];
  expect(both([named(0), named(1), finish("tool_calls")], { messages }).content).toMatchObject(ids);
  expect(both([named(0), named(1), finish("tool_calls")]).content).toMatchObject([{ id: "call_0" }, ids[0]]);
});
