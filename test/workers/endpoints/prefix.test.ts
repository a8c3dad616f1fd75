import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  bodyOf,
  claudeAnswer,
  claudeFrames,
  endFrames,
  eventStream,
  exceptionFrame,
  json,
  playUpstream,
  type Reply,
  START,
  sse,
  textFrame,
  toolFrames,
} from "../../support/upstream.ts";
import { streamedAnswer, wireCompletion } from "../../support/wire.ts";
import { CLAUDE, chat, envOf, GPT, quietLog } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

const OTHER = { ...CLAUDE, model: "anthropic.claude-3-haiku-20240307-v1:0" };
const MODELS = { claude: CLAUDE, haiku: OTHER, gpt: GPT };
const shown = (more: object = {}) => envOf({ llms: MODELS, serve: { show_model_prefix: true }, ...more });

async function whole(reply: Reply, body: object = {}): Promise<string | null> {
  playUpstream(reply);
  const response = await chat(shown(), { model: "claude", ...body });
  return wireCompletion(await response.json()).choices[0].message.content;
}

async function streamed(frames: readonly Uint8Array[], body: object = {}) {
  playUpstream(eventStream(frames));
  const response = await chat(shown(), { model: "claude", stream: true, ...body });
  return streamedAnswer(await response.text());
}

const TOOL = { type: "function", function: { name: "read", parameters: { type: "object" } } };

describe("serve.show_model_prefix", () => {
  it("is off unless it is set", async () => {
    playUpstream(claudeAnswer("Hello"), eventStream(claudeFrames("Hello")));
    const answer = await chat(envOf());
    expect(wireCompletion(await answer.json()).choices[0].message.content).toBe("Hello");
    const stream = await chat(envOf(), { stream: true });
    expect(streamedAnswer(await stream.text()).text).toBe("Hello");
  });

  it("puts the configured name before the first text, whole and streamed", async () => {
    expect(await whole(claudeAnswer("Hello"))).toBe("[claude] Hello");
    expect(await streamed(claudeFrames("Hel", "lo"))).toMatchObject({
      text: "[claude] Hello",
      finish: "stop",
      done: true,
    });
  });

  it("names the model that answers, not the one that was asked for", async () => {
    playUpstream(claudeAnswer("Hello"));
    const router = { weights: { claude: 0, gpt: 0 } };
    const response = await chat(shown({ router }), { model: "auto" });
    expect(wireCompletion(await response.json()).choices[0].message.content).toBe("[haiku] Hello");
  });

  it("takes out the model's own copy of exactly that prefix, however it is divided", async () => {
    expect(await whole(claudeAnswer("[claude] Hello"))).toBe("[claude] Hello");
    for (const pieces of [["[claude] Hello"], ["[", "cla", "ude]", " ", "Hello"], [..."[claude] Hello"]]) {
      expect((await streamed(claudeFrames(...pieces))).text).toBe("[claude] Hello");
    }
    for (const other of ["[haiku] Hello", "[Claude] Hello", "[claude]Hello", "[cla"]) {
      expect(await whole(claudeAnswer(other))).toBe(`[claude] ${other}`);
      expect((await streamed(claudeFrames(...other))).text).toBe(`[claude] ${other}`);
    }
  });

  it("is not on tool calls", async () => {
    const frames = [START, ...toolFrames(0, "read", "{}"), ...endFrames("tool_use")];
    expect(await streamed(frames, { tools: [TOOL] })).toMatchObject({
      text: "",
      calls: [{ name: "read", args: "{}" }],
      finish: "tool_calls",
      done: true,
    });
    const call = { type: "tool_use", id: "t", name: "read", input: {} };
    const reply = json({ type: "message", content: [call], stop_reason: "tool_use" });
    expect(await whole(reply, { tools: [TOOL] })).toBeNull();
  });

  it.each([
    { type: "json_object" },
    { type: "json_schema", json_schema: { name: "x", schema: { type: "object", properties: {} } } },
  ])("is not on JSON that response_format asks for: %j", async (response_format) => {
    const schema = { response_format };
    expect((await streamed(claudeFrames('{"a"', ":1}"), schema)).text).toBe('{"a":1}');
    expect(await whole(claudeAnswer('{"a":1}'), schema)).toBe('{"a":1}');
  });

  it("is on text that response_format asks for", async () => {
    expect(await whole(claudeAnswer("Hi"), { response_format: { type: "text" } })).toBe("[claude] Hi");
  });

  it("shows all text that came before a failure", async () => {
    const frames = [START, textFrame("[cla"), exceptionFrame("serviceUnavailableException", "Try later.")];
    const read = await streamed([new Uint8Array(await new Blob([...frames]).arrayBuffer())]);
    expect(read).toMatchObject({
      text: "[claude] [cla",
      done: false,
      error: { code: "upstream_unavailable" },
    });
  });

  const history = [
    { role: "user", content: "[claude] is my text" },
    { role: "assistant", content: "[claude] One" },
    { role: "user", content: "more" },
    { role: "assistant", content: "[haiku] Two" },
    { role: "user", content: "more" },
    { role: "assistant", content: "[stranger] [claude] Three" },
    { role: "user", content: "more" },
  ];
  const texts = (body: unknown) =>
    [...JSON.stringify(body).matchAll(/\[\w+\] [\w[]|"(?:One|Two)"/g)].map(([found]) => found);

  it("takes earlier answers' prefixes out of the history, for Bedrock and for others", async () => {
    const calls = playUpstream(claudeAnswer("x"), json({ choices: [] }));
    for (const model of ["claude", "gpt"]) {
      await chat(shown(), { model, messages: history });
    }
    for (const { body } of calls) {
      expect(texts(body)).toEqual(["[claude] i", '"One"', '"Two"', "[stranger] ["]);
    }
  });

  it("leaves the history alone while it is off", async () => {
    const calls = playUpstream(claudeAnswer("x"), json({ choices: [] }));
    for (const model of ["claude", "gpt"]) await chat(envOf({ llms: MODELS }), { model, messages: history });
    for (const { body } of calls) {
      expect(texts(body)).toEqual(["[claude] i", "[claude] O", "[haiku] T", "[stranger] ["]);
    }
  });
});

describe("the prefix on an OpenAI-compatible upstream's answer", () => {
  const chunk = (delta: object, more: object = {}) =>
    `data: ${JSON.stringify({ id: "x", model: "acme/gpt", choices: [{ index: 0, delta, ...more }], extra: 1 })}\n\n`;
  const stream = [
    chunk({ role: "assistant", content: "" }),
    chunk({ content: "Hel" }),
    chunk({ content: "lo" }),
  ];
  const events = [...stream, chunk({}, { finish_reason: "stop" }), "data: [DONE]\n\n"].join("");

  it("is put into the whole body, what the router does not know of it kept", async () => {
    const answer = (content: string) => ({
      id: "x",
      model: "acme/gpt",
      choices: [{ index: 0, message: { role: "assistant", content, y: 1 } }],
      z: null,
    });
    playUpstream(json(answer("Hello")));
    const response = await chat(shown(), { model: "gpt" });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toMatchObject({
      model: "gpt",
      choices: [{ index: 0, message: { role: "assistant", content: "[gpt] Hello", y: 1 } }],
    });
  });

  it("is put into the stream, what the router does not know of it kept", async () => {
    playUpstream(sse(events));
    const response = await chat(shown(), { model: "gpt", stream: true });
    const text = await response.text();
    expect(text.match(/"content":"[^"]*"/g)?.join()).toBe(
      '"content":"","content":"[gpt] Hel","content":"lo"',
    );
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(text.match(/"extra":1/g)).toHaveLength(3);
  });

  it("leaves the body alone where JSON is asked for: handed on as it came", async () => {
    const body = bodyOf([new TextEncoder().encode(events)]);
    playUpstream(sse(body));
    const asked = { model: "gpt", stream: true, response_format: { type: "json_object" } };
    const response = await chat(shown(), asked);
    expect(await response.text()).toBe(events);
  });

  it("stands before an error event when the stream breaks off", async () => {
    const body = bodyOf([new TextEncoder().encode(stream.join(""))], false);
    playUpstream(sse(body));
    const response = await chat(shown(), { model: "gpt", stream: true });
    body.fail(new TypeError("Network connection lost."));
    const text = await response.text();
    expect(text.match(/"content":"[^"]*"/g)?.join()).toBe(
      '"content":"","content":"[gpt] Hel","content":"lo"',
    );
    expect(text.split("\n\n").at(-2)).toContain("upstream_truncated");
  });

  it("is left out where several answers come in one: they are handed on as they came", async () => {
    const two = { choices: [0, 1].map((index) => ({ index, message: { content: `${index}` } })) };
    playUpstream(json(two));
    expect(await (await chat(shown(), { model: "gpt", n: 2 })).json()).toEqual(two);
  });
});
