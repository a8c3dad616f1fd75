/** Every model family through OpenAI's own client, the Worker and the emulator, which refuses what Bedrock refuses. */
import { readFileSync } from "node:fs";
import type { ChatCompletionContentPart, ChatCompletionTool } from "openai/resources/chat/completions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, type JsonObject } from "../../../emulator/json.ts";
import { awsBindings, type Stack, startStack } from "../../support/stack.ts";
import { ask, failureOf, type Question, say } from "./ask.ts";

interface Row {
  /** The section under `llms`. */
  readonly config: { readonly model: string; readonly family?: string; readonly api?: "invoke" | "converse" };
  readonly tools: boolean;
  readonly images: boolean;
  /** The white space with which its answers begin. */
  readonly lead: string;
  /** What it shows of its thinking: always, or when asked. */
  readonly reasoning?: { readonly shows: RegExp; readonly effort?: "low" };
}

const IMPORTED = "arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123";
const THOUGHT = /^The user says: Why is the sky blue\? A short answer will do\.$/;
const THINKS = { reasoning: { shows: THOUGHT } } as const;
const THINKS_WHEN_ASKED = { reasoning: { shows: THOUGHT, effort: "low" } } as const;

type Abilities = Partial<Omit<Row, "config">>;

function row(model: string, abilities: Abilities, config: Omit<Row["config"], "model"> = {}): Row {
  return { config: { model, ...config }, tools: false, images: false, lead: "", ...abilities };
}

const TOOLS = { tools: true } as const;
const SEES = { tools: true, images: true } as const;
const NATIVE = { api: "invoke" } as const;
const CONVERSE = { api: "converse" } as const;

const ROWS: Readonly<Record<string, Row>> = {
  claude: row("us.anthropic.claude-sonnet-4-5-20250929-v1:0", { ...SEES, ...THINKS_WHEN_ASKED }),
  nova: row("amazon.nova-pro-v1:0", SEES),
  nova2: row("global.amazon.nova-2-lite-v1:0", {
    ...SEES,
    reasoning: { shows: /^\[REDACTED\]$/, effort: "low" },
  }),
  titan: row("amazon.titan-text-premier-v1:0", { lead: "\n" }),
  "command-r": row("cohere.command-r-v1:0", TOOLS),
  "gpt-oss": row("openai.gpt-oss-120b-1:0", { ...TOOLS, ...THINKS }),
  qwen3: row("qwen.qwen3-32b-v1:0", TOOLS),
  "qwen3-vl": row("qwen.qwen3-vl-235b-a22b", SEES),
  kimi: row("moonshot.kimi-k2-thinking", { ...TOOLS, ...THINKS }),
  "deepseek-v3": row("deepseek.v3-v1:0", TOOLS, NATIVE),
  glm: row("zai.glm-4.7", { ...TOOLS, ...THINKS }, NATIVE),
  minimax: row("minimax.minimax-m2", { ...TOOLS, ...THINKS }, NATIVE),
  nemotron: row("nvidia.nemotron-nano-9b-v2", { ...TOOLS, ...THINKS }, NATIVE),
  gemma: row("google.gemma-3-27b-it", SEES, NATIVE),
  jamba: row("ai21.jamba-1-5-large-v1:0", TOOLS),
  palmyra: row("us.writer.palmyra-x5-v1:0", TOOLS, NATIVE),
  "imported-chat": row(IMPORTED, SEES, { family: "openai" }),
  "imported-text": row(IMPORTED, {}, { family: "completion" }),
  llama2: row("meta.llama2-13b-chat-v1", {}),
  llama3: row("us.meta.llama3-3-70b-instruct-v1:0", {}),
  "llama3-vision": row("us.meta.llama3-2-90b-instruct-v1:0", { images: true }),
  llama4: row("us.meta.llama4-maverick-17b-instruct-v1:0", { images: true }),
  "mistral-text": row("mistral.mixtral-8x7b-instruct-v0:1", { lead: " " }),
  "mistral-both": row("mistral.mistral-large-2402-v1:0", { ...TOOLS, lead: " " }),
  "mistral-chat": row("mistral.mistral-large-2407-v1:0", TOOLS, NATIVE),
  magistral: row("mistral.magistral-small-2509", { ...SEES, ...THINKS }, NATIVE),
  "deepseek-r1": row("us.deepseek.r1-v1:0", THINKS),
  "claude-converse": row(
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    { ...SEES, ...THINKS_WHEN_ASKED },
    CONVERSE,
  ),
  "nova-converse": row("amazon.nova-pro-v1:0", SEES, CONVERSE),
  "llama-converse": row("us.meta.llama3-3-70b-instruct-v1:0", TOOLS, CONVERSE),
  "titan-converse": row("amazon.titan-text-premier-v1:0", {}, CONVERSE),
  "mistral-large-3": row("mistral.mistral-large-3-675b-instruct", SEES),
};
const NAMES = Object.keys(ROWS);
const named = (can: (row: Row) => boolean) => NAMES.filter((name) => can(rowOf(name)));
const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;

function rowOf(name: string): Row {
  const found = ROWS[name];
  if (found === undefined) throw new Error(`no row ${name}`);
  return found;
}

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    bindings: awsBindings,
    config: () => ({
      llms: Object.fromEntries(
        Object.entries(ROWS).map(([name, { config }]) => [name, { provider: "bedrock", ...config }]),
      ),
    }),
  });
}, 60_000);
afterAll(() => stack?.close());

const WEATHER: ChatCompletionTool = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const REBOOT: ChatCompletionTool = {
  type: "function",
  function: { name: "reboot", description: "Restarts" },
};

const PNG = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(92, 7)]);

function withPart(model: string, part: ChatCompletionContentPart): Question {
  return { model, messages: [{ role: "user", content: [{ type: "text", text: "What is this?" }, part] }] };
}

/** The question with the parameter, or a parameter that OpenAI's types do not know. */
function asking(question: Question, more: JsonObject): Question {
  return Object.assign({ ...question }, more);
}

describe.each(NAMES)("%s", (model) => {
  const { tools, images, lead, reasoning } = rowOf(model);
  const thinksUnasked = reasoning !== undefined && reasoning.effort === undefined;

  it.each(WAYS)("answers with text and usage, %s", async (_, streaming) => {
    const said = 'Żółć 👩‍👩‍👧‍👦 e\u0301 日本語 "quotes" \\n end';
    const question = { ...say(model, said), ...(streaming && { stream_options: { include_usage: true } }) };
    const reply = await ask(stack.client, question, streaming);
    expect(reply).toMatchObject({
      text: `${lead}You asked: "${said}" That is all the emulator knows.`,
      finish: "stop",
    });
    expect(reply).toMatchObject({ model, calls: [], refusal: "" });
    const { prompt_tokens = 0, completion_tokens = 0, total_tokens } = reply.usage ?? {};
    expect(prompt_tokens).toBeGreaterThan(0);
    expect(completion_tokens).toBe(Math.ceil((reply.text.trimStart().length + reply.reasoning.length) / 4));
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
    expect(reply.reasoning === "").toBe(!thinksUnasked);
    expect(reply.headers.get("x-router-dropped-params")).toBeNull();
  });

  it.each(WAYS)("reads the whole conversation, %s", async (_, streaming) => {
    const messages: Question["messages"] = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "One" },
      { role: "assistant", content: "Two" },
      {
        role: "user",
        content: [
          { type: "text", text: "Three, " },
          { type: "text", text: "[[system]]four" },
        ],
      },
    ];
    const { text } = await ask(stack.client, { model, messages }, streaming);
    expect(text).toContain("four");
    const sent = JSON.stringify(stack.lastUpstream().body);
    const order = ["One", "Two", "Three, "].map((said) => sent.indexOf(said));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
    expect(sent).toContain("Be brief.");
  });

  it.each(WAYS)("ends before a stop sequence, %s", async (_, streaming) => {
    const question = { ...say(model, "one two three"), stop: ["two"] };
    const reply = await ask(stack.client, question, streaming);
    expect(reply.finish).toBe("stop");
    // What thinks first says the same words there.
    if (thinksUnasked) expect(reply.text).not.toContain("two");
    else expect(reply.text).toBe(`${lead}You asked: "one `);
  });

  it.each(WAYS)("ends at max_tokens with length, %s", async (_, streaming) => {
    const question = { ...say(model, "Tell me a very long story"), max_tokens: 3 };
    const reply = await ask(stack.client, question, streaming);
    expect(reply.finish).toBe("length");
    expect(reply.reasoning.length + reply.text.trimStart().length).toBeLessThanOrEqual(12);
    if (!thinksUnasked) expect(reply.text).toBe(`${lead}You asked: "`);
  });

  it("takes temperature and top_p, and says what it lowered or left out", async () => {
    const question = { ...say(model, "Hi"), temperature: 1.9, top_p: 0.7, seed: 7, store: true };
    const { headers } = await ask(stack.client, question, true);
    const dropped = headers.get("x-router-dropped-params")?.split(", ") ?? [];
    const sent = JSON.stringify(stack.lastUpstream().body);
    expect(dropped).toContain("store");
    expect(sent.includes("1.9")).toBe(!dropped.includes("temperature"));
    expect(sent.includes("0.7")).toBe(!dropped.includes("top_p"));
    expect(sent.includes('"seed":7')).toBe(!dropped.includes("seed"));
  });

  it("refuses what it cannot do, naming the field", async () => {
    const refusals: [JsonObject, string][] = [
      [{ logit_bias: { "50256": -100 } }, "logit_bias"],
      [{ logprobs: true }, "logprobs"],
      [{ modalities: ["text", "audio"] }, "modalities"],
      ...(tools ? [] : ([[{ tools: [WEATHER] }, "tools"]] satisfies [JsonObject, string][])),
    ];
    for (const [more, param] of refusals) {
      const error = await failureOf(ask(stack.client, asking(say(model, "Hi"), more), true));
      expect(error).toMatchObject({ status: 400, code: "unsupported_parameter", param });
    }
    const audio = { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } } as const;
    const error = await failureOf(ask(stack.client, withPart(model, audio), false));
    const expected = { status: 400, code: "unsupported_content", param: "messages[0].content[1]" };
    expect(error).toMatchObject(expected);
  });

  it("sees an image, or says that it cannot", async () => {
    const url = `data:image/png;base64,${PNG.toString("base64")}`;
    const question = withPart(model, { type: "image_url", image_url: { url } });
    if (images) {
      const { text } = await ask(stack.client, question, true);
      expect(text).toContain("I see 1 image: image/png, 100 bytes.");
    } else {
      const error = await failureOf(ask(stack.client, question, true));
      const expected = { status: 400, code: "unsupported_content", param: "messages[0].content[1]" };
      expect(error).toMatchObject(expected);
    }
  });
});

describe.each(named(({ tools }) => tools))("%s with tools", (model) => {
  it.each(WAYS)("calls a tool, takes its result and answers, %s", async (_, streaming) => {
    const tools = [WEATHER, REBOOT];
    const question = { role: "user" as const, content: "What is the weather in Paris?" };
    const first = await ask(stack.client, { model, messages: [question], tools }, streaming);
    expect(first.finish).toBe("tool_calls");
    expect(first.calls).toMatchObject([{ id: expect.stringMatching(/./), name: "get_weather" }]);
    const [call = { id: "", name: "", arguments: "" }] = first.calls;
    expect(JSON.parse(call.arguments)).toEqual({ city: "Paris" });
    const assistant = {
      role: "assistant" as const,
      content: first.text === "" ? null : first.text,
      tool_calls: [{ id: call.id, type: "function" as const, function: call }],
    };
    const result = { role: "tool" as const, tool_call_id: call.id, content: "18 °C, rain ☔" };
    const messages = [question, assistant, result];
    const second = await ask(stack.client, { model, tools, messages }, streaming);
    expect(second).toMatchObject({ calls: [], finish: "stop" });
    expect(second.text).toMatch(/The tool answered: ".*18 °C, rain ☔.*"\./);
  });

  it.each(WAYS)("calls two tools at once, and one without arguments, %s", async (_, streaming) => {
    const both = { ...say(model, "Weather in both Paris and Rome?"), tools: [WEATHER] };
    const reply = await ask(stack.client, both, streaming);
    expect(reply.calls.map((call) => JSON.parse(call.arguments))).toEqual([
      { city: "Paris" },
      { city: "Rome" },
    ]);
    expect(new Set(reply.calls.map(({ id }) => id)).size).toBe(2);
    const bare = await ask(stack.client, { ...say(model, "Please reboot"), tools: [REBOOT] }, streaming);
    expect(bare.calls).toMatchObject([{ name: "reboot", arguments: "{}" }]);
  });

  it("is not made to call by tool_choice none", async () => {
    const question = { ...say(model, "Please reboot"), tools: [REBOOT], tool_choice: "none" as const };
    expect(await ask(stack.client, question, true)).toMatchObject({ calls: [], finish: "stop" });
  });

  it("calls when it must, or says that it cannot be made to", async () => {
    const question = { ...say(model, "Hello there"), tools: [REBOOT], tool_choice: "required" as const };
    const outcome = await ask(stack.client, question, true).catch((error: unknown) => error);
    if (outcome instanceof Error) {
      expect(outcome).toMatchObject({ status: 400, code: "unsupported_parameter", param: "tool_choice" });
    } else expect(outcome).toMatchObject({ calls: [{ name: "reboot" }], finish: "tool_calls" });
  });

  it("answers the OpenClaw agent", async () => {
    const fixture = new URL("../../fixtures/openclaw-request.json", import.meta.url);
    const request = asObject(JSON.parse(readFileSync(fixture, "utf8")));
    const reply = await ask(stack.client, asking(say(model, ""), { ...request, model }), true);
    expect(reply.finish).toMatch(/^(?:stop|tool_calls)$/);
    expect(reply.text.length + reply.calls.length).toBeGreaterThan(0);
    expect(reply.usage?.prompt_tokens).toBeGreaterThan(0);
    const sent = JSON.stringify(stack.lastUpstream().body);
    for (const said of [
      "personal assistant running inside OpenClaw",
      "Say hello to Zürich 🇨🇭",
      "exec",
      "read",
    ]) {
      expect(sent).toContain(said);
    }
  });
});

describe.each(named(({ reasoning }) => reasoning !== undefined))("%s thinking", (model) => {
  it.each(WAYS)("shows its reasoning in reasoning_content only, %s", async (_, streaming) => {
    const { shows = /^$/, effort } = rowOf(model).reasoning ?? {};
    const question = {
      ...say(model, "Why is the sky blue?"),
      ...(effort && { reasoning_effort: effort }),
    };
    const reply = await ask(stack.client, question, streaming);
    expect(reply.reasoning.trim()).toMatch(shows);
    expect(reply.text).toBe('You asked: "Why is the sky blue?" That is all the emulator knows.');
  });
});
