import { describe, expect, it } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import {
  ask,
  bodyOf,
  call,
  callsOf,
  deltasOf,
  emulatorHere,
  eventsOf,
  HAIKU_3,
  messageText,
  OPUS_4_6,
  OPUS_4_7,
  parse,
  SONNET_4_5,
  textOf,
} from "./client.ts";

const emulator = emulatorHere();

const stream = async (body: JsonObject, model = SONNET_4_5): Promise<JsonObject[]> =>
  eventsOf(await call(emulator(), { model, body }));
const whole = async (body: JsonObject, model = SONNET_4_5): Promise<JsonObject> =>
  bodyOf(await call(emulator(), { model, body, stream: false }));
const stopOf = (events: readonly JsonObject[]): JsonObject =>
  asObject(events.find(({ type }) => type === "message_delta")?.delta);
const usageOf = (events: readonly JsonObject[]): JsonObject =>
  asObject(events.find(({ type }) => type === "message_delta")?.usage);

const tool = (name: string, properties: JsonObject, more: JsonObject = {}) => ({
  name,
  input_schema: { type: "object", properties, ...more },
});
const WEATHER = tool("get_weather", { city: { type: "string" } }, { required: ["city"] });
const TIME = tool("get_time", {});

describe("text", () => {
  it("is the same each time and mentions the system prompt only when asked", async () => {
    const body = ask("Who are you?", { system: "You are Grünkohl." });
    expect(textOf(await stream(body))).toBe(textOf(await stream(body)));
    expect(textOf(await stream(body))).not.toContain("Grünkohl");
    const asked = ask("[[system]] Who are you?", { system: [{ type: "text", text: "You are Grünkohl." }] });
    expect(textOf(await stream(asked))).toContain("My system prompt is: You are Grünkohl.");
  });

  it("comes in several deltas, also inside a grapheme", async () => {
    const question = "Is 👩‍👩‍👧‍👦 a family?";
    const deltas = deltasOf(await stream(ask(question))).map(({ text }) => asString(text));
    expect(deltas.join("")).toContain(question);
    expect(deltas.length).toBeGreaterThan(4);
    expect(deltas.some((delta) => delta.endsWith("👩"))).toBe(true);
  });

  it("answers the last text of merged user messages, with the directives of all", async () => {
    const content = ["[[repeat 2 so]] context", "Really?"].map((text) => ({ type: "text", text }));
    expect(textOf(await stream(ask("", { messages: [{ role: "user", content }] })))).toBe("so so ");
    const plain = content.slice(1).concat({ type: "text", text: "Truly?" });
    const answer = textOf(await stream(ask("", { messages: [{ role: "user", content: plain }] })));
    expect(answer).toContain('You asked: "Truly?"');
  });

  it("echoes what it received", async () => {
    const body = ask("[[echo]]", { system: "S", tools: [WEATHER], max_tokens: 4000 });
    const { system, messages, tools } = body;
    expect(parse(textOf(await stream(body)))).toEqual({ system, messages, tools });
    expect(parse(messageText(await whole(body)))).toEqual({ system, messages, tools });
  });

  it("repeats a word in as many deltas", async () => {
    const events = await stream(ask("[[repeat 300 word]]"));
    expect(deltasOf(events).map(({ text }) => text)).toEqual(Array(300).fill("word "));
  });

  it("describes images and documents", async () => {
    const data =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const png = { type: "image", source: { type: "base64", media_type: "image/png", data } };
    const messages = (content: unknown[]) => ask("", { messages: [{ role: "user", content }] });
    expect(textOf(await stream(messages([png, { type: "text", text: "What?" }])))).toMatch(
      /I see 1 image: image\/png, 70 bytes\. You asked: "What\?"/,
    );
    const note = { type: "document", source: { type: "text", media_type: "text/plain", data: "ü" } };
    expect(textOf(await stream(messages([png, note])))).toContain(
      "I see 2 attachments: image/png, 70 bytes; text/plain, 2 bytes.",
    );
  });

  it("stops at max_tokens", async () => {
    const events = await stream(ask("Tell me everything", { max_tokens: 5 }));
    expect(textOf(events)).toHaveLength(20);
    expect([stopOf(events).stop_reason, usageOf(events).output_tokens]).toEqual(["max_tokens", 5]);
  });

  it("stops before a stop sequence", async () => {
    const events = await stream(ask("one two three", { stop_sequences: ["never", "two"] }));
    expect(textOf(events)).toBe('You asked: "one ');
    expect(stopOf(events)).toEqual({ stop_reason: "stop_sequence", stop_sequence: "two" });
  });

  it("refuses when told to", async () => {
    const events = await stream(ask("[[refuse]]"));
    expect(events.map(({ type }) => type)).toEqual(["message_start", "message_delta", "message_stop"]);
    expect(stopOf(events)).toMatchObject({ stop_reason: "refusal", stop_details: { type: "refusal" } });
    expect(await whole(ask("[[refuse]]"))).toMatchObject({ content: [], stop_reason: "refusal" });
  });

  it("is JSON of the schema that was asked for", async () => {
    const schema = {
      type: "object",
      properties: { ok: { type: "boolean" } },
      required: ["ok"],
      additionalProperties: false,
    };
    const body = ask("Well?", { output_config: { format: { type: "json_schema", schema } } });
    expect(parse(textOf(await stream(body)))).toEqual({ ok: true });
  });
});

describe("tool calls", () => {
  it("are made when the question mentions the tool, with arguments from the question", async () => {
    const events = await stream(ask("What is the weather in San Francisco?", { tools: [WEATHER, TIME] }));
    expect(callsOf(events)).toEqual([{ name: "get_weather", json: '{"city": "San Francisco"}' }]);
    expect(stopOf(events).stop_reason).toBe("tool_use");
    expect(textOf(events)).toBe("I'll look that up with get_weather.");
    const pieces = deltasOf(events).filter(({ type }) => type === "input_json_delta");
    expect(pieces[0]).toEqual({ type: "input_json_delta", partial_json: "" });
    expect(pieces.length).toBeGreaterThan(2);
    const starts = events.filter(({ type }) => type === "content_block_start");
    expect(starts.at(-1)).toMatchObject({
      index: 1,
      content_block: { type: "tool_use", id: expect.stringMatching(/^toolu_bdrk_01\w{22}$/), input: {} },
    });
    const message = await whole(ask("What is the weather in Oslo?", { tools: [WEATHER] }));
    expect(objectsIn(message.content).at(-1)).toMatchObject({ type: "tool_use", input: { city: "Oslo" } });
  });

  it("are not made for other questions, nor with choice none", async () => {
    const idle = ask("How are you?", { tools: [WEATHER] });
    expect(callsOf(await stream(idle))).toEqual([]);
    const none = ask("The weather?", { tools: [WEATHER], tool_choice: { type: "none" } });
    expect(callsOf(await stream(none))).toEqual([]);
  });

  it("are made without a word when forced", async () => {
    for (const tool_choice of [{ type: "any" }, { type: "tool", name: "get_weather" }]) {
      const events = await stream(ask("Hello Bergen", { tools: [WEATHER, TIME], tool_choice }));
      expect([textOf(events), callsOf(events)]).toEqual([
        "",
        [{ name: "get_weather", json: '{"city": "Bergen"}' }],
      ]);
    }
  });

  it("come in pairs for `both` and for two tools, unless parallel use is off", async () => {
    const both = ask("The weather in both Oslo and Bergen, please", { tools: [WEATHER] });
    expect(callsOf(await stream(both)).map(({ json }) => parse(json))).toEqual([
      { city: "Oslo" },
      { city: "Bergen" },
    ]);
    const two = ask("The weather and the time", { tools: [WEATHER, TIME] });
    expect(callsOf(await stream(two)).map(({ name }) => name)).toEqual(["get_weather", "get_time"]);
    const tool_choice = { type: "auto", disable_parallel_tool_use: true };
    expect(callsOf(await stream({ ...both, tool_choice }))).toHaveLength(1);
  });

  it("stream an empty string for a tool without parameters", async () => {
    const events = await stream(ask("What time is it?", { tools: [TIME] }));
    expect(callsOf(events)).toEqual([{ name: "get_time", json: "" }]);
    const message = await whole(ask("What time is it?", { tools: [TIME] }));
    expect(objectsIn(message.content).at(-1)).toMatchObject({ name: "get_time", input: {} });
  });

  it("count for more in the model's usage than in Bedrock's metrics", async () => {
    const events = await stream(ask("The weather?", { tools: [WEATHER] }));
    const metrics = asObject(events.at(-1)?.["amazon-bedrock-invocationMetrics"]);
    expect(Number(usageOf(events).output_tokens)).toBeGreaterThan(Number(metrics.outputTokenCount));
  });

  it("are cut by max_tokens like everything else", async () => {
    const body = ask("The weather in Oslo?", {
      tools: [WEATHER],
      tool_choice: { type: "any" },
      max_tokens: 2,
    });
    const events = await stream(body);
    expect(callsOf(events)).toEqual([{ name: "get_weather", json: '{"city":' }]);
    expect(stopOf(events).stop_reason).toBe("max_tokens");
  });

  it("lead to an answer once their results are there", async () => {
    const question = { role: "user", content: "The weather in both Oslo and Bergen?" };
    const [first, second] = ["toolu_1", "toolu_2"].map((id) => ({
      type: "tool_use",
      id,
      name: "get_weather",
      input: {},
    }));
    const results = [
      { type: "tool_result", tool_use_id: "toolu_1", content: "12 C" },
      { type: "tool_result", tool_use_id: "toolu_2", content: [{ type: "text", text: "rain" }] },
    ];
    const messages = [
      question,
      { role: "assistant", content: [first, second] },
      { role: "user", content: results },
    ];
    const events = await stream(ask("", { messages, tools: [WEATHER] }));
    expect(callsOf(events)).toEqual([]);
    expect(textOf(events)).toMatch(/"12 C".*"rain".*both Oslo and Bergen\?/);
    expect(stopOf(events).stop_reason).toBe("end_turn");
  });
});

describe("thinking", () => {
  const kinds = (events: readonly JsonObject[]) =>
    events
      .filter(({ type }) => type === "content_block_start")
      .map(({ content_block }) => asObject(content_block).type);
  const thought = (events: readonly JsonObject[]) =>
    deltasOf(events)
      .map(({ thinking }) => asString(thinking))
      .join("");

  it.each([
    ["a budget", SONNET_4_5, { type: "enabled", budget_tokens: 1024 }],
    ["adaptive", OPUS_4_6, { type: "adaptive" }],
    ["adaptive, asked to be shown", OPUS_4_7, { type: "adaptive", display: "summarized" }],
  ])("comes first and is signed: %s", async (_, model, thinking) => {
    const body = ask("Why?", { thinking, max_tokens: 2000 });
    const events = await stream(body, model);
    expect(kinds(events)).toEqual(["thinking", "text"]);
    expect(thought(events)).toContain("Why?");
    const signatures = deltasOf(events).filter(({ type }) => type === "signature_delta");
    expect(signatures).toEqual([{ type: "signature_delta", signature: expect.stringMatching(/^\S{20,}$/) }]);
    const message = await whole(body, model);
    expect(objectsIn(message.content)[0]).toEqual({
      type: "thinking",
      thinking: thought(events),
      signature: signatures[0]?.signature,
    });
  });

  it("is signed but not shown from 4.7 on", async () => {
    const events = await stream(ask("Why?", { thinking: { type: "adaptive" } }), OPUS_4_7);
    expect([kinds(events), thought(events)]).toEqual([["thinking", "text"], ""]);
  });

  it("is taken back with its signature in a tool loop", async () => {
    const thinking = { type: "enabled", budget_tokens: 1024 };
    const first = ask("The weather?", { thinking, max_tokens: 2000, tools: [WEATHER] });
    const { content } = await whole(first);
    const id = objectsIn(content).at(-1)?.id;
    const messages = [
      ...objectsIn(first.messages),
      { role: "assistant", content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "12 C" }] },
    ];
    expect(messageText(await whole({ ...first, messages }))).toContain('"12 C"');
  });
});

describe("prompt cache", () => {
  const cached = (text: string) => ({ type: "text", text, cache_control: { type: "ephemeral" } });
  const usage = async (system: JsonObject[], messages: JsonObject[], model = SONNET_4_5) =>
    asObject((await whole(ask("", { system, messages }), model)).usage);
  const turn = (role: string, block: JsonObject) => ({ role, content: [block] });

  it("writes a prefix, then reads it, also when the conversation goes on", async () => {
    const system = [cached(`first ${"x".repeat(8000)}`)];
    const question = turn("user", { type: "text", text: "y".repeat(400) });
    expect(await usage(system, [question])).toMatchObject({
      input_tokens: 100,
      cache_creation_input_tokens: 2002,
      cache_read_input_tokens: 0,
    });
    const longer = [turn("user", cached("y".repeat(400))), turn("assistant", { type: "text", text: "z" })];
    expect(await usage(system, longer)).toMatchObject({
      input_tokens: 1,
      cache_creation_input_tokens: 100,
      cache_read_input_tokens: 2002,
    });
    expect(await usage(system, [question])).toMatchObject({
      cache_creation_input_tokens: 0,
      input_tokens: 100,
    });
  });

  it("has a minimum, per model, and tells metrics and headers", async () => {
    const system = [cached(`second ${"x".repeat(8000)}`)];
    const body = ask("Hello", { system });
    const haiku = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
    const none = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
    expect((await whole(body, haiku)).usage).toMatchObject(none);
    const response = await call(emulator(), { model: SONNET_4_5, body, stream: false });
    expect(response.headers.get("x-amzn-bedrock-cache-write-input-token-count")).toBe("2002");
    expect(response.headers.get("x-amzn-bedrock-cache-read-input-token-count")).toBe("0");
    const events = await stream(body);
    expect(asObject(asObject(events[0]?.message).usage)).toMatchObject({ cache_read_input_tokens: 2002 });
    expect(events.at(-1)?.["amazon-bedrock-invocationMetrics"]).toMatchObject({
      cacheReadInputTokenCount: 2002,
      cacheWriteInputTokenCount: 0,
    });
  });

  it("is not mentioned by models without one", async () => {
    expect(asObject((await whole(ask("Hello"), HAIKU_3)).usage)).not.toHaveProperty(
      "cache_read_input_tokens",
    );
  });
});
