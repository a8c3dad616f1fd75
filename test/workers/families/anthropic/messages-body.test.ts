/** Messages bodies for Claude on Bedrock: the client's own JSON with a list of edits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatRequest } from "../../../../src/chat/request.ts";
import { carry } from "../../../../src/chat/carrier.ts";
import { parseMessages } from "../../../../src/dialects/anthropic-messages/client/parse.ts";
import { RouterError } from "../../../../src/errors.ts";
import { messagesCall } from "../../../../src/families/anthropic/api.ts";
import { anthropic } from "../../../../src/families/anthropic/index.ts";
import { editBody, isEditable } from "../../../../src/families/anthropic/messages/body.ts";
import { claudeModel } from "../../../../src/families/models/index.ts";
import type { JsonObject } from "../../../../src/lib/json.ts";
import { bedrockTarget } from "../../../support/bedrock.ts";

const SONNET_45 = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const OPUS_45 = "anthropic.claude-opus-4-5-20251101-v1:0";
const OPUS_46 = "anthropic.claude-opus-4-6-v1";
const OPUS_47 = "anthropic.claude-opus-4-7";
const OPUS_48 = "anthropic.claude-opus-4-8";
const OPUS_5 = "anthropic.claude-opus-5";
const FABLE_5 = "anthropic.claude-fable-5";

interface Asked {
  readonly model?: string;
  readonly betas?: string;
  readonly cache?: "auto" | "off";
  readonly maxTokens?: number;
  readonly surface?: "invoke" | "messages" | "anthropic";
}

function requestOf(body: JsonObject | string, betas = ""): ChatRequest {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return parseMessages(JSON.parse(text), new Headers({ "anthropic-beta": betas }), { text });
}

function edited(
  body: JsonObject | string,
  { model = SONNET_45, betas, cache, maxTokens, surface = "invoke" }: Asked = {},
) {
  const request = requestOf(body, betas);
  const options = { surface, modelId: model, maxTokens: maxTokens ?? request.maxTokens ?? 1, cache };
  const { text, dropped, betas: head } = editBody(request, claudeModel(model), options);
  const sent: JsonObject = JSON.parse(text);
  return { text, sent, dropped, head };
}

const HELLO = { role: "user", content: "Hello" };
const ask = (more: JsonObject = {}): JsonObject => ({
  model: "m",
  max_tokens: 4000,
  messages: [HELLO],
  ...more,
});
const WEATHER = { name: "get_weather", input_schema: { type: "object", properties: {} } };
const VERSION = { anthropic_version: "bedrock-2023-05-31" };

describe("the top level", () => {
  it("loses model and stream, and gets Bedrock's version", () => {
    const { sent, dropped } = edited(ask({ stream: true, system: "Be brief." }));
    expect(sent).toEqual({ max_tokens: 4000, messages: [HELLO], system: "Be brief.", ...VERSION });
    expect(dropped).toEqual([]);
  });

  it("names what Bedrock does not know", () => {
    const more = {
      service_tier: "auto",
      container: "c",
      mcp_servers: [],
      speed: "fast",
      metadata: { user_id: '{"a":"b"}' },
    };
    const { sent, dropped } = edited(ask(more));
    expect(sent).toEqual({ max_tokens: 4000, messages: [HELLO], ...VERSION });
    expect(dropped).toEqual(["service_tier", "container", "mcp_servers", "speed", "metadata.user_id"]);
  });

  it("keeps a user id that Bedrock takes", () => {
    expect(edited(ask({ metadata: { user_id: "user 1_a@b" } })).sent.metadata).toEqual({
      user_id: "user 1_a@b",
    });
  });

  it("asks for as many tokens as the model puts out, and says so", () => {
    const { sent, dropped } = edited(ask({ max_tokens: 128_000 }), { maxTokens: 64_000 });
    expect([sent.max_tokens, dropped]).toEqual([64_000, ["max_tokens"]]);
  });

  it("keeps the sampling that the model takes", () => {
    const sampling = { temperature: 0.5, top_p: 0.9, top_k: 5 };
    expect(edited(ask(sampling), { model: OPUS_47 }).dropped).toEqual(["temperature", "top_p", "top_k"]);
    const { sent, dropped } = edited(ask(sampling));
    expect([sent.temperature, sent.top_p, sent.top_k, dropped]).toEqual([0.5, undefined, 5, ["top_p"]]);
    const thinking = { type: "enabled", budget_tokens: 1024 };
    expect(edited(ask({ ...sampling, thinking })).dropped).toEqual(["temperature", "top_p", "top_k"]);
  });

  it("leaves out stop sequences of white space", () => {
    const { sent, dropped } = edited(ask({ stop_sequences: ["END", "\n", "  "] }));
    expect([sent.stop_sequences, dropped]).toEqual([["END"], ["stop_sequences"]]);
  });
});

describe("what clients write for nothing", () => {
  const said = (content: unknown) => ({ role: "assistant", content });
  const text = (words: string) => ({ type: "text", text: words });
  const call = { type: "tool_use", id: "t", name: "get_weather", input: {} };
  const tools = [WEATHER];

  it("goes where it is a text block, as Claude itself and other models leave them in a history", () => {
    const answered = (content: unknown, more: object = {}) => ({
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "t", content, ...more }],
    });
    const messages = [
      { role: "user", content: [text("Hello"), text(" "), text("")] },
      said([text("\n\n"), call]),
      answered([text(""), text("12")]),
      said("\n"),
      said([text("")]),
      said([]),
      HELLO,
    ];
    const { sent } = edited(ask({ tools, messages, system: [text(""), text("Be brief."), text(" ")] }));
    expect(sent.messages).toEqual([
      { role: "user", content: [text("Hello")] },
      said([call]),
      answered([text("12")]),
      HELLO,
    ]);
    expect(sent.system).toEqual([text("Be brief.")]);
    expect(edited(ask({ system: [text(" ")] })).sent).not.toHaveProperty("system");
    for (const nothing of [undefined, null, "", [], [text(" ")]]) {
      const failed = answered(nothing, { is_error: true });
      expect(edited(ask({ tools, messages: [HELLO, said([call]), failed] })).sent.messages).toEqual([
        HELLO,
        said([call]),
        answered("(no output)", { is_error: true }),
      ]);
    }
  });

  it("stays where it is all that the user says to Anthropic's own API, which refuses it", () => {
    const messages = [HELLO, said("\n"), said("Hi"), { role: "user", content: [text(" ")] }];
    const { sent } = edited(ask({ messages }), { surface: "anthropic" });
    expect(sent.messages).toEqual([HELLO, said("Hi"), messages[3]]);
  });

  it("does not keep a turn's thinking from being its beginning", () => {
    const thinking = { type: "enabled", budget_tokens: 2000 };
    const thought = { type: "thinking", thinking: "x", signature: "EqQB" };
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "12" }] };
    const messages = [HELLO, said([text("\n"), thought, call]), result];
    const { sent } = edited(ask({ tools, thinking, messages }));
    expect([sent.thinking, sent.messages]).toEqual([thinking, [HELLO, said([thought, call]), result]]);
  });

  it.each(["invoke", "anthropic"] as const)("goes where it is null, for %s", (surface) => {
    const unset = {
      ...{ system: null, tool_choice: null, thinking: null, output_config: null, stop_sequences: null },
      ...{ temperature: null, metadata: null, context_management: null },
    };
    expect(edited(ask(unset), { surface }).sent).toEqual(edited(ask(), { surface }).sent);
    const messages = [
      { role: "user", content: [{ ...text("Hello"), citations: null, cache_control: null }] },
      said([{ ...call, input: null, cache_control: null }]),
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: null, is_error: null }] },
    ];
    expect(edited(ask({ tools, messages }), { surface }).sent.messages).toEqual([
      { role: "user", content: [text("Hello")] },
      said([call]),
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t" }] },
    ]);
  });

  it("goes where it is a null of thinking or of the choice", () => {
    const thinking = { type: "adaptive", display: null };
    const choice = { type: "auto", name: null, disable_parallel_tool_use: null };
    const { sent } = edited(ask({ tools, thinking, tool_choice: choice }), { model: OPUS_47 });
    expect([sent.thinking, sent.tool_choice]).toEqual([{ type: "adaptive" }, { type: "auto" }]);
    const off = { type: "disabled", budget_tokens: null, display: null };
    expect(edited(ask({ thinking: off })).sent.thinking).toEqual({ type: "disabled" });
  });

  it("goes where it is a tool's null", () => {
    const tool = { ...WEATHER, type: null, description: null, strict: null, cache_control: null };
    expect(edited(ask({ tools: [tool] })).sent.tools).toEqual([WEATHER]);
  });
});

it("what Anthropic's own answers tell of who called and what was found stays with Anthropic", () => {
  const found = { type: "web_search_result_location", url: "https://x.example", encrypted_index: "E" };
  const cited = { type: "char_location", cited_text: "a", document_index: 0 };
  const said = (citations: unknown[]) => ({ type: "text", text: "So it is.", citations });
  const call = { type: "tool_use", id: "t", name: "get_weather", input: {} };
  const messages = [
    HELLO,
    { role: "assistant", content: [said([found]), said([cited]), { ...call, caller: { type: "direct" } }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "12" }] },
  ];
  const body = ask({ tools: [WEATHER], messages });
  const { citations: _, ...plain } = said([found]);
  const kept = { role: "assistant", content: [plain, said([cited]), call] };
  expect(edited(body).sent.messages).toEqual([HELLO, kept, messages[2]]);
  expect(edited(body, { surface: "anthropic" }).sent.messages).toEqual(messages);
});

describe("a conversation that Claude would refuse as it stands", () => {
  const call = (id: string, name = "get_weather") => ({ type: "tool_use", id, name, input: {} });
  const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "12" });
  const said = (...content: unknown[]) => ({ role: "assistant", content });
  const told = (...content: unknown[]) => ({ role: "user", content });
  const isSound = (...messages: unknown[]) =>
    isEditable(requestOf(ask({ tools: [WEATHER], messages })), claudeModel(SONNET_45));
  const aside = { type: "text", text: "And?" };

  it.each([
    ["ids of other models", [HELLO, said(call("functions.f:0")), told(result("functions.f:0"))]],
    ["one id for two calls", [HELLO, said(call("a"), call("a")), told(result("a"), result("a"))]],
    ["names that no tool may have", [HELLO, said(call("a", "server.tool")), told(result("a"))]],
    ["a call without a result", [HELLO, said(call("a"), call("b")), told(result("a"))]],
    ["a call at the end", [HELLO, said(call("a"))]],
    ["two results for a call", [HELLO, said(call("a")), told(result("a"), result("a"))]],
    ["a result behind words", [HELLO, said(call("a")), told(aside), told(result("a"))]],
    ["a user who says nothing", [HELLO, said(aside), told({ type: "text", text: " " })]],
    ["the assistant first", [said(aside), HELLO]],
  ])("is written anew: %s", (_what, messages) => {
    expect(isSound(...messages)).toBe(false);
  });

  it("is none of those that Claude takes", () => {
    const parallel = [said(call("a")), said(aside, call("b")), told(result("b")), told(result("a"), aside)];
    const again = [
      said(call("a")),
      { role: "system", content: "Now" },
      told(result("a")),
      said(aside),
      HELLO,
    ];
    expect(isSound(HELLO, ...parallel, ...again)).toBe(true);
    expect(isSound({ role: "system", content: "First" }, HELLO, said(aside))).toBe(true);
  });

  it("keeps its betas that are about no field", () => {
    const betas = "context-1m-2025-08-07,interleaved-thinking-2025-05-14,effort-2025-11-24,unheard-of";
    const messages = [HELLO, said(call("a")), HELLO];
    const { body } = anthropic.encode(requestOf(ask({ messages }), betas), bedrockTarget(SONNET_45));
    expect(body.anthropic_beta).toEqual(["context-1m-2025-08-07", "interleaved-thinking-2025-05-14"]);
    const answered = {
      type: "tool_result",
      tool_use_id: "a",
      content: "No result was provided for this tool call.",
    };
    expect(body.messages).toEqual([
      told({ type: "text", text: "Hello" }),
      said(call("a")),
      told({ ...answered, is_error: true }, { type: "text", text: "Hello" }),
    ]);
    const api = messagesCall(requestOf(ask({ messages }), betas), { id: SONNET_45, surface: "messages" });
    expect([api.betas, api.text.includes("anthropic_beta")]).toEqual([body.anthropic_beta, false]);
  });
});

describe("bytes", () => {
  it("of what is not on the list cross as they are", () => {
    const messages = String.raw`[ {"role":"user","content":"\u0041\/ é"} ,{"role":"assistant","content":[{"type":"thinking","thinking":" x ","signature":"Eq Q\nB=="},{"type":"tool_use","id":"t1","name":"f","input":{"2":9007199254740993,"1":1.50e+3, "n":-0}}]},{"content":[{"tool_use_id":"t1","type":"tool_result","content":"ok"}],"role":"user"}]`;
    const tools =
      '[{"input_schema":{"type":"object","properties":{"z":{"maximum":18446744073709551615},"a":{}}},"name":"f"}]';
    const { text } = edited(`{"stream":true,"messages":${messages},"tools":${tools},"max_tokens":100}`);
    expect(text).toBe(
      `{"messages":${messages},"tools":${tools},"max_tokens":100,"anthropic_version":"bedrock-2023-05-31"}`,
    );
  });

  it("of the blocks beside an edited one, too", () => {
    const call = '{"type":"tool_use","id":"t1","name":"f","input":{"n":9007199254740993}}';
    const thought = '{"type":"thinking","thinking":"x","signature":""}';
    const messages = `[{"role":"user","content":"Hi"},{"role":"assistant","content":[${thought}, ${call}]}]`;
    const { text } = edited(
      `{"max_tokens":9,"tools":[${JSON.stringify({ ...WEATHER, name: "f" })}],"messages":${messages}}`,
    );
    expect(text).toContain(`"content":[${call}]`);
    expect(text).not.toContain("signature");
  });

  it("are the same for any inputs of calls, signatures and schemas, whatever is edited around them", () => {
    const digits = fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }).map(String);
    const input = fc
      .tuple(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }), digits), { maxLength: 4 }),
        fc.string({ unit: "binary" }),
      )
      .map(
        ([numbers, text]) =>
          `{${[...numbers.map(([key, n]) => `"${key}":${n}`), `"text":${JSON.stringify(text)}`].join(" , ")}}`,
      );
    const signature = fc.string({ unit: fc.constantFrom("E", "q", "=", " ", "\n", "\\", '"'), minLength: 1 });
    fc.assert(
      fc.property(input, signature, fc.constantFrom(SONNET_45, OPUS_47, OPUS_48), (args, signed, model) => {
        const thought = `{"type":"thinking","thinking":"", "signature":${JSON.stringify(signed)}}`;
        const call = `{"type":"tool_use","id":"t1","name":"f","input":${args},"cache_control":{"type":"ephemeral","scope":"global"}}`;
        const result =
          '{"type":"tool_result","tool_use_id":"t1","content":[{"type":"tool_reference","tool_name":"f"}]}';
        const messages = `[{"role":"user","content":"Hi"},{"role":"system","content":"S"},{"role":"assistant","content":[${thought},${call}]},{"role":"user","content":[${result}]}]`;
        const tools = `[{"name":"f","eager_input_streaming":true,"input_schema":{"type":"object","default":${args}}}]`;
        const { text } = edited(
          `{"max_tokens":2000,"tools":${tools},"messages":${messages},"speed":"fast"}`,
          { model },
        );
        expect(text).toContain(
          `${thought},{"type":"tool_use","id":"t1","name":"f","input":${args},"cache_control":{"type":"ephemeral"}}`,
        );
        expect(text).toContain(`"input_schema":{"type":"object","default":${args}}`);
      }),
      { numRuns: 40 },
    );
  });
});

describe("system messages between the others", () => {
  const loop = [
    HELLO,
    { role: "system", content: "First." },
    { role: "assistant", content: [{ type: "tool_use", id: "t", name: "get_weather", input: {} }] },
    { role: "system", content: [{ type: "text", text: "Second.", cache_control: { type: "ephemeral" } }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "12" }] },
  ];
  const reminder = (text: string, more: JsonObject = {}) => ({
    role: "user",
    content: [{ type: "text", text: `<system-reminder>\n${text}\n</system-reminder>`, ...more }],
  });

  it("stay where they are for models that take them, but before what the user says next", () => {
    const { sent } = edited(ask({ tools: [WEATHER], messages: loop }), { model: OPUS_48 });
    const mark = { cache_control: { type: "ephemeral" } };
    expect(sent.messages).toEqual([loop[0], loop[1], loop[2], loop[4], reminder("Second.", mark)]);
  });

  it("are folded, too, where such a model takes none", () => {
    const said = { role: "assistant", content: "Yes?" };
    const [first, second] = ["A", "B"].map((content) => ({ role: "system", content }));
    const messages = (...list: unknown[]) =>
      edited(ask({ messages: list }), { model: FABLE_5 }).sent.messages;
    expect(messages(first, HELLO)).toEqual([HELLO, reminder("A")]);
    expect(messages(HELLO, first, second, HELLO)).toEqual([HELLO, reminder("A"), reminder("B"), HELLO]);
    expect(messages(HELLO, said, first, HELLO)).toEqual([HELLO, said, HELLO, reminder("A")]);
    const taken = [HELLO, first, second, said, HELLO, first];
    expect(messages(...taken)).toEqual(taken);
  });

  it("are folded behind the user's turn and its tool results, with their mark, for the others", () => {
    const { sent } = edited(ask({ tools: [WEATHER], messages: loop }));
    const mark = { cache_control: { type: "ephemeral" } };
    expect(sent.messages).toEqual([loop[0], reminder("First."), loop[2], loop[4], reminder("Second.", mark)]);
  });

  it("lose what needs a beta that is not there", () => {
    const message = {
      role: "system",
      content: [
        { type: "tool_addition", tool_name: "x" },
        { type: "text", text: "S" },
      ],
      output_config: { effort: "low" },
    };
    const without = edited(ask({ messages: [HELLO, message] }), { model: OPUS_48 });
    expect(without.sent.messages).toEqual([
      HELLO,
      { role: "system", content: [{ type: "text", text: "S" }] },
    ]);
    const betas = "mid-conversation-tool-changes-2026-07-01,mid-conversation-output-config-2026-07-01";
    const withBoth = edited(ask({ messages: [HELLO, message] }), { model: OPUS_48, betas });
    expect(withBoth.sent.messages).toEqual([HELLO, message]);
    expect(withBoth.sent.anthropic_beta).toEqual(betas.split(","));
  });
});

describe("thinking", () => {
  const thinkingOf = (thinking: JsonObject, model: string, more: JsonObject = {}) => {
    const { sent, dropped } = edited(ask({ thinking, ...more }), { model });
    return [sent.thinking, sent.output_config, dropped];
  };
  const enabled = { type: "enabled", budget_tokens: 2000 };
  const adaptive = { type: "adaptive", display: "omitted" };
  const disabled = { type: "disabled" };

  it.each([
    ["a budget for a model with budgets", enabled, SONNET_45, {}, [enabled, undefined, []]],
    [
      "adaptive for a model with budgets",
      adaptive,
      SONNET_45,
      {},
      [{ type: "enabled", budget_tokens: 3200, display: "omitted" }, undefined, []],
    ],
    [
      "its effort as a budget",
      { type: "adaptive" },
      SONNET_45,
      { output_config: { effort: "low" } },
      [{ type: "enabled", budget_tokens: 2048 }, undefined, []],
    ],
    [
      "no room for a budget",
      { type: "adaptive" },
      SONNET_45,
      { max_tokens: 500 },
      [undefined, undefined, ["thinking"]],
    ],
    ["both for the 4.6 generation: a budget", enabled, OPUS_46, {}, [enabled, undefined, []]],
    ["both for the 4.6 generation: adaptive", adaptive, OPUS_46, {}, [adaptive, undefined, []]],
    [
      "a budget for adaptive models",
      enabled,
      OPUS_47,
      {},
      [{ type: "adaptive", display: "summarized" }, { effort: "low" }, []],
    ],
    [
      "a larger budget",
      { ...enabled, budget_tokens: 16_000 },
      OPUS_5,
      { max_tokens: 20_000 },
      [{ type: "adaptive", display: "summarized" }, { effort: "high" }, []],
    ],
    [
      "adaptive for adaptive models",
      adaptive,
      OPUS_47,
      { output_config: { effort: "xhigh" } },
      [adaptive, { effort: "xhigh" }, []],
    ],
    [
      "an effort that the model lacks",
      adaptive,
      OPUS_46,
      { output_config: { effort: "xhigh" } },
      [adaptive, { effort: "high" }, ["output_config.effort"]],
    ],
    ["disabled where it is off anyway", disabled, SONNET_45, {}, [disabled, undefined, []]],
    [
      "disabled with too much effort",
      disabled,
      OPUS_5,
      { output_config: { effort: "max" } },
      [disabled, { effort: "high" }, ["output_config.effort"]],
    ],
    ["disabled where nothing turns it off", disabled, FABLE_5, {}, [undefined, undefined, ["thinking"]]],
    [
      "updates without their beta",
      { type: "adaptive", display: "updates" },
      OPUS_5,
      {},
      [{ type: "adaptive", display: "summarized" }, undefined, []],
    ],
    [
      "a budget with a forced tool",
      enabled,
      SONNET_45,
      { tools: [WEATHER], tool_choice: { type: "any" } },
      [undefined, undefined, ["thinking"]],
    ],
    [
      "no thinking and an effort that only thinking may have",
      disabled,
      OPUS_47,
      { output_config: { effort: "max" } },
      [disabled, { effort: "high" }, ["output_config.effort"]],
    ],
    [
      "adaptive with a forced tool",
      adaptive,
      OPUS_5,
      { tools: [WEATHER], tool_choice: { type: "any" } },
      [adaptive, undefined, []],
    ],
  ])("%s", (_name, thinking, model, more, expected) => {
    expect(thinkingOf(thinking, model, more)).toEqual(expected);
  });

  it("is off where the turn was begun by another model", () => {
    const own = { type: "thinking", thinking: "x", signature: carry({ model: "gpt-oss", blocks: [] }) };
    const call = { type: "tool_use", id: "t", name: "get_weather", input: {} };
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "12" }] };
    const turn = (content: unknown[]) => [HELLO, { role: "assistant", content }, result];
    const foreign = edited(ask({ thinking: enabled, tools: [WEATHER], messages: turn([own, call]) }));
    expect([foreign.sent.thinking, foreign.sent.messages]).toEqual([undefined, turn([call])]);
    const signed = { type: "thinking", thinking: "x", signature: "EqQB" };
    const native = edited(ask({ thinking: enabled, tools: [WEATHER], messages: turn([signed, call]) }));
    expect([native.sent.thinking, native.sent.messages]).toEqual([enabled, turn([signed, call])]);
  });

  it("that nobody signed goes, and a message of nothing else with it", () => {
    const thought = { type: "thinking", thinking: "x", signature: "" };
    const { sent } = edited(ask({ messages: [HELLO, { role: "assistant", content: [thought] }, HELLO] }));
    expect(sent.messages).toEqual([HELLO, HELLO]);
  });
});

describe("cache marks", () => {
  const short = { type: "ephemeral" };
  const hour = { type: "ephemeral", ttl: "1h" };
  const marked = (text: string, mark: JsonObject) => ({ type: "text", text, cache_control: mark });

  it("at the top move to the last block that can carry one", () => {
    const { sent, dropped } = edited(ask({ cache_control: short, messages: [HELLO] }));
    expect(sent.messages).toEqual([{ role: "user", content: [marked("Hello", short)] }]);
    expect(sent.cache_control).toBeUndefined();
    expect(dropped).toEqual([]);
  });

  it("are at most four, the last ones", () => {
    const system = ["a", "b", "c"].map((text) => marked(text, short));
    const messages = [{ role: "user", content: [marked("d", short), marked("e", short)] }];
    const { sent, dropped } = edited(ask({ system, messages }));
    expect(sent.system).toEqual([{ type: "text", text: "a" }, system[1], system[2]]);
    expect(sent.messages).toEqual(messages);
    expect(dropped).toEqual(["cache_control"]);
  });

  it("of an hour stand before those of five minutes, where the model has them", () => {
    const messages = [{ role: "user", content: [marked("a", hour), marked("b", short), marked("c", hour)] }];
    const { sent, dropped } = edited(ask({ messages }));
    expect(sent.messages).toEqual([
      { role: "user", content: [marked("a", hour), marked("b", short), marked("c", short)] },
    ]);
    expect(dropped).toEqual(["cache_control"]);
  });

  it("stand on calls, results and tools; the router sets them where the client does not", () => {
    const call = { type: "tool_use", id: "t", name: "get_weather", input: {}, cache_control: short };
    const result = { type: "tool_result", tool_use_id: "t", content: "12", cache_control: short };
    const messages = [HELLO, { role: "assistant", content: [call] }, { role: "user", content: [result] }];
    const body = ask({ tools: [{ ...WEATHER, cache_control: short }], messages });
    expect(edited(body).sent).toMatchObject({ tools: body.tools, messages });
    expect(edited(body, { cache: "off" }).text).not.toContain("cache_control");
    const automatic = edited(ask({ system: "S", tools: [WEATHER] }), { cache: "auto" });
    expect(automatic.sent).toMatchObject({
      system: [marked("S", short)],
      tools: [{ ...WEATHER, cache_control: short }],
      messages: [{ role: "user", content: [marked("Hello", short)] }],
    });
  });
});

describe("schemas that Claude refuses", () => {
  const sentSchemas = (...schemas: JsonObject[]) => {
    const tools = schemas.map((schema, index) => ({ name: `t${index}`, input_schema: schema }));
    const { sent, dropped, text } = edited(ask({ tools }));
    const list: unknown = sent.tools;
    return { list, dropped, text };
  };
  const RIGHT = {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: { a: { type: "number", minimum: 1e3 }, b: { $ref: "#/$defs/x" } },
    $defs: { x: { type: "string" } },
    required: ["a"],
    additionalProperties: false,
  };

  it("are mended, and the others stay as they were written", () => {
    const { list, dropped, text } = sentSchemas(
      RIGHT,
      { type: "object", properties: { n: { type: "number", minimum: 0, exclusiveMinimum: true } } },
      { type: "object", properties: { pair: { type: "array", items: [{ type: "string" }] } } },
      { type: "object", properties: [] },
      { anyOf: [{ required: ["a"] }, { required: ["b"] }], properties: { a: {}, b: {} } },
    );
    expect(text).toContain(`"input_schema":${JSON.stringify(RIGHT)}`);
    expect(list).toEqual([
      { name: "t0", input_schema: RIGHT },
      {
        name: "t1",
        input_schema: { type: "object", properties: { n: { type: "number", exclusiveMinimum: 0 } } },
      },
      {
        name: "t2",
        input_schema: {
          type: "object",
          properties: { pair: { type: "array", prefixItems: [{ type: "string" }] } },
        },
      },
      { name: "t3", input_schema: expect.objectContaining({ type: "object" }) },
      { name: "t4", input_schema: expect.objectContaining({ type: "object", properties: { a: {}, b: {} } }) },
    ]);
    expect(JSON.stringify(list)).not.toContain("anyOf");
    expect(dropped).toEqual([]);
  });

  it("cost only their own tool where no input fits, which is told", () => {
    const { list, dropped } = sentSchemas(RIGHT, { type: "string" });
    expect(list).toEqual([{ name: "t0", input_schema: RIGHT }]);
    expect(dropped).toEqual(["tools.t1"]);
    const tools = [
      { name: "t0", input_schema: RIGHT },
      { name: "t1", input_schema: { type: "string" } },
    ];
    for (const type of ["any", "tool"]) {
      expect(() => edited(ask({ tool_choice: { type, name: "t1" } }))).toThrow(
        expect.objectContaining({ code: "invalid_value", param: "tool_choice" }),
      );
    }
    expect(() => edited(ask({ tools, tool_choice: { type: "tool", name: "t1" } }))).toThrow(
      expect.objectContaining({ code: "unsupported_parameter", param: "tool_choice" }),
    );
  });

  it("go through the core where members have names that Claude refuses: there they are translated there and back", () => {
    const tools = [{ name: "t", input_schema: { type: "object", properties: { "a b": {} } } }];
    const model = claudeModel(SONNET_45);
    expect(isEditable(requestOf(ask({ tools })), model)).toBe(false);
    for (const name of ["server.tool", "wetter_für", "n".repeat(65)])
      expect(isEditable(requestOf(ask({ tools: [{ ...WEATHER, name }] })), model)).toBe(false);
    expect(isEditable(requestOf(ask({ tools: [WEATHER] })), model)).toBe(true);
    expect(isEditable(requestOf(ask({ tools })), model, { surface: "anthropic" })).toBe(true);
  });
});

describe("tools", () => {
  const deferred = { ...WEATHER, defer_loading: true };
  const placeholder = { ...WEATHER, name: "DeferredToolPlaceholder", defer_loading: true };

  it("lose fields that Bedrock does not know", () => {
    const tool = {
      ...WEATHER,
      type: "custom",
      strict: true,
      eager_input_streaming: true,
      input_examples: [],
      allowed_callers: ["direct"],
    };
    const { sent, dropped } = edited(ask({ tools: [tool] }), { model: OPUS_47 });
    expect(sent.tools).toEqual([{ ...WEATHER, type: "custom" }]);
    expect(dropped).toEqual(["strict", "eager_input_streaming", "input_examples", "allowed_callers"]);
    expect(edited(ask({ tools: [{ ...WEATHER, strict: true }] })).sent.tools).toEqual([
      { ...WEATHER, strict: true },
    ]);
  });

  it("that are deferred stay so with the beta, under the name that Bedrock knows", () => {
    const { sent } = edited(ask({ tools: [WEATHER, { ...deferred, name: "b" }, placeholder] }), {
      betas: "advanced-tool-use-2025-11-20, claude-code-20250219",
    });
    expect(sent.tools).toEqual([WEATHER, { ...deferred, name: "b" }, placeholder]);
    expect(sent.anthropic_beta).toEqual(["tool-search-tool-2025-10-19"]);
  });

  it("that are deferred are all there without it; references become text", () => {
    const call = { type: "tool_use", id: "t", name: "get_weather", input: {} };
    const result = {
      type: "tool_result",
      tool_use_id: "t",
      content: [{ type: "tool_reference", tool_name: "b" }],
    };
    const messages = [HELLO, { role: "assistant", content: [call] }, { role: "user", content: [result] }];
    const { sent } = edited(ask({ tools: [WEATHER, { ...deferred, name: "b" }, placeholder], messages }));
    expect(sent.tools).toEqual([WEATHER, { ...WEATHER, name: "b" }]);
    expect(sent.messages).toMatchObject([
      {},
      {},
      { content: [{ content: [{ type: "text", text: "Found: b" }] }] },
    ]);
  });

  it("of Anthropic's servers are named beside others, and refused alone", () => {
    const search = { type: "web_search_20250305", name: "web_search", max_uses: 8 };
    const { sent, dropped } = edited(ask({ tools: [search, WEATHER] }));
    expect([sent.tools, dropped]).toEqual([[WEATHER], ["web_search_20250305"]]);
    expect(() => edited(ask({ tools: [search] }))).toThrow(
      /tool type 'web_search_20250305' is not supported/,
    );
    expect(() => edited(ask({ tools: [search] }))).toThrow(RouterError);
  });

  it("of types that Claude knows cross with their beta", () => {
    const tools = [
      { type: "memory_20250818", name: "memory" },
      { type: "bash_20250124", name: "bash" },
    ];
    const { sent } = edited(ask({ tools }));
    expect([sent.tools, sent.anthropic_beta]).toEqual([tools, ["context-management-2025-06-27"]]);
  });

  it("are declared for a history that calls some", () => {
    const call = { type: "tool_use", id: "t", name: "get_weather", input: {} };
    const result = { type: "tool_result", tool_use_id: "t", content: "12" };
    const messages = [HELLO, { role: "assistant", content: [call] }, { role: "user", content: [result] }];
    const { sent } = edited(ask({ tools: [], messages }));
    expect(sent).toMatchObject({ tools: [{ name: "get_weather" }], tool_choice: { type: "none" } });
  });
});

describe("betas", () => {
  it("cross by an allow-list, and only with what they are about", () => {
    const betas =
      "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24,oauth-2025-04-20,something-new-2099-01-01";
    expect(edited(ask(), { betas }).sent.anthropic_beta).toEqual(["interleaved-thinking-2025-05-14"]);
    const full = ask({
      thinking: { type: "adaptive" },
      output_config: { effort: "medium" },
      context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
    });
    const { sent } = edited(full, { model: OPUS_46, betas });
    expect(sent.anthropic_beta).toEqual([
      "interleaved-thinking-2025-05-14",
      "context-management-2025-06-27",
      "effort-2025-11-24",
    ]);
    expect(sent.context_management).toEqual(full.context_management);
    expect(edited(full, { model: OPUS_46 }).dropped).toEqual(["context_management"]);
  });

  it("let nothing clear thinking that is off", () => {
    const edits = [{ type: "clear_thinking_20251015", keep: "all" }, { type: "clear_tool_uses_20250919" }];
    const body = ask({ context_management: { edits } });
    const { sent, dropped } = edited(body, { betas: "context-management-2025-06-27" });
    expect([sent.context_management, dropped]).toEqual([{ edits: [edits[1]] }, []]);
  });
});

describe("media", () => {
  it("that are links become data, and files of the Files API are refused by name", () => {
    const image = (source: JsonObject) => ({ role: "user", content: [{ type: "image", source }] });
    const request = requestOf(ask({ messages: [image({ type: "url", url: "https://example.com/a.png" })] }));
    const fetched = {
      ...request,
      messages: request.messages.map((message) => ({
        ...message,
        content: message.content.map((part) =>
          part.type === "image_url" ? { ...part, url: "data:image/png;base64,AAAA" } : part,
        ),
      })),
    } as ChatRequest;
    const { text } = editBody(fetched, claudeModel(SONNET_45), {
      ...{ surface: "invoke", modelId: "m", maxTokens: 1, cache: undefined },
    });
    expect(JSON.parse(text).messages).toEqual([
      image({ type: "base64", media_type: "image/png", data: "AAAA" }),
    ]);
    const file = ask({ messages: [image({ type: "file", file_id: "f" })] });
    expect(() => edited(file)).toThrow(/Files API/);
  });
});

describe("other APIs that take the body", () => {
  const search = { type: "web_search_20250305", name: "web_search" };
  const body = ask({
    stream: true,
    service_tier: "auto",
    metadata: { user_id: '{"a":1}' },
    tools: [{ ...WEATHER, eager_input_streaming: true }, search],
    cache_control: { type: "ephemeral" },
    thinking: { type: "adaptive" },
    messages: [
      {
        role: "user",
        content: [{ type: "image", source: { type: "url", url: "https://example.com/a.png" } }],
      },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "x", signature: "" },
          { type: "text", text: "y" },
        ],
      },
      { role: "system", content: "S" },
      HELLO,
    ],
  });

  it("Bedrock's Messages endpoints name the model and the stream in it, and the betas in the head", () => {
    const { sent, head } = edited(ask({ stream: true }), {
      surface: "messages",
      betas: "interleaved-thinking-2025-05-14,oauth-2025-04-20",
    });
    expect(sent).toEqual({ model: SONNET_45, stream: true, max_tokens: 4000, messages: [HELLO] });
    expect(head).toEqual(["interleaved-thinking-2025-05-14"]);
  });

  it("Anthropic's own gets all but what its model does not take", () => {
    const { sent, head, dropped } = edited(body, {
      surface: "anthropic",
      betas: "some-beta-2027-01-01,oauth-2025-04-20",
    });
    const [image, , , hello] = body.messages as JsonObject[];
    expect(sent).toEqual({
      ...body,
      model: SONNET_45,
      thinking: { type: "enabled", budget_tokens: 3200 },
      messages: [
        image,
        { role: "assistant", content: [{ type: "text", text: "y" }] },
        hello,
        { role: "user", content: [{ type: "text", text: "<system-reminder>\nS\n</system-reminder>" }] },
      ],
    });
    expect([head, dropped]).toEqual([["some-beta-2027-01-01"], []]);
    const effort = edited(ask({ output_config: { task_budget: { total: 1 }, effort: "high" } }), {
      surface: "anthropic",
    });
    expect(effort.sent.output_config).toEqual({ task_budget: { total: 1 } });
  });
});

describe("structured output", () => {
  const format = { type: "json_schema", schema: { type: "object", properties: {} } };

  it("crosses from either of its places", () => {
    expect(edited(ask({ output_config: { format } }), { model: OPUS_45 }).sent.output_config).toEqual({
      format,
    });
    expect(edited(ask({ output_format: format }), { model: OPUS_45 }).sent.output_config).toEqual({ format });
  });
});
