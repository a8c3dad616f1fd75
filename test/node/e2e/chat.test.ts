import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, type JsonObject } from "../../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";
import { ask, say } from "./ask.ts";

const MODELS = {
  sonnet: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  haiku: "anthropic.claude-3-haiku-20240307-v1:0",
  opus: "global.anthropic.claude-opus-4-6-v1",
} as const;
const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;

let stack: Stack;
beforeAll(async () => {
  const bedrock = (model: string) => ({ provider: "bedrock", model });
  stack = await startStack({
    bindings: awsBindings,
    config: (emulator) => ({
      llms: {
        sonnet: bedrock(MODELS.sonnet),
        haiku: { ...bedrock(MODELS.haiku), aws_region: "eu-central-1" },
        opus: bedrock(MODELS.opus),
        dripping: { ...bedrock(MODELS.sonnet), base_url: `${emulator.url}/@drip` },
      },
    }),
  });
}, 60_000);
afterAll(() => stack?.close());

function weatherTool(name = "get_weather", property = "city"): ChatCompletionTool {
  const parameters = { type: "object", properties: { [property]: { type: "string" } }, required: [property] };
  return { type: "function", function: { name, description: `The ${property}'s weather`, parameters } };
}

function body(): JsonObject {
  return asObject(stack.lastUpstream().body);
}

describe.each(WAYS)("an answer, %s", (_, streaming) => {
  it("is the model's text under the configured name", async () => {
    const reply = await ask(stack.client, say("sonnet", "Hello edge"), streaming);
    expect(reply).toMatchObject({ text: expect.stringContaining('"Hello edge"'), finish: "stop" });
    expect(reply.model).toBe("sonnet");
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      "x-router-model": "sonnet",
      "x-router-strategy": "named",
      "x-router-reason": expect.stringMatching(/^[\x20-\x7e]+$/),
      "x-router-trail": expect.stringMatching(/^[\w-]+: ok \d+ ms$/),
      "x-router-attempts": "1",
      "x-request-id": expect.stringMatching(/^req_[0-9a-f]{32}$/),
    });
  });

  it("gives the model the whole conversation, the system text that begins it apart", async () => {
    const { text } = await ask(
      stack.client,
      {
        model: "haiku",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "One" },
          { role: "assistant", content: "Two" },
          { role: "developer", content: "Answer in French." },
          { role: "user", content: "Three [[echo]]" },
        ],
      },
      streaming,
    );
    expect(JSON.parse(text)).toEqual({
      system: [{ type: "text", text: "Be brief." }],
      messages: [
        { role: "user", content: [{ type: "text", text: "One" }] },
        { role: "assistant", content: [{ type: "text", text: "Two" }] },
        {
          role: "user",
          content: [
            { type: "text", text: "<system-reminder>\nAnswer in French.\n</system-reminder>" },
            { type: "text", text: "Three [[echo]]" },
          ],
        },
      ],
    });
  });

  it("calls a tool, takes its result and answers", async () => {
    const tools = [weatherTool()];
    const question = { role: "user" as const, content: "What is the weather in Paris?" };
    const first = await ask(stack.client, { model: "sonnet", messages: [question], tools }, streaming);
    expect(first.finish).toBe("tool_calls");
    expect(first.calls).toMatchObject([{ name: "get_weather", arguments: expect.any(String) }]);
    expect(JSON.parse(first.calls[0]?.arguments ?? "")).toEqual({ city: "Paris" });
    const id = first.calls[0]?.id ?? "";
    const call = { id, type: "function" as const, function: first.calls[0] ?? { name: "", arguments: "" } };
    const second = await ask(
      stack.client,
      {
        model: "sonnet",
        tools,
        messages: [
          question,
          { role: "assistant", content: first.text, tool_calls: [call] },
          { role: "tool", tool_call_id: id, content: "18 °C, rain ☔" },
        ],
      },
      streaming,
    );
    expect(second.text).toContain('The tool answered: "18 °C, rain ☔".');
    expect(second).toMatchObject({ calls: [], finish: "stop" });
  });

  it("calls two tools at once, or one where the client wants no more", async () => {
    const question = { ...say("sonnet", "Weather in both Paris and Rome?"), tools: [weatherTool()] };
    const both = await ask(stack.client, question, streaming);
    expect(both.calls.map((call) => JSON.parse(call.arguments))).toEqual([
      { city: "Paris" },
      { city: "Rome" },
    ]);
    expect(new Set(both.calls.map((call) => call.id)).size).toBe(2);
    const one = await ask(stack.client, { ...question, parallel_tool_calls: false }, streaming);
    expect(one.calls).toHaveLength(1);
  });

  it("obeys tool_choice", async () => {
    const tools = [weatherTool("get_time"), weatherTool("get_weather")];
    const choose = (tool_choice: "none" | "required" | { type: "function"; function: { name: string } }) =>
      ask(stack.client, { ...say("sonnet", "Is it weather there?"), tools, tool_choice }, streaming);
    expect(await choose("none")).toMatchObject({ calls: [], finish: "stop" });
    expect(await choose("required")).toMatchObject({ calls: [{ name: "get_weather" }] });
    const named = await choose({ type: "function", function: { name: "get_time" } });
    expect(named).toMatchObject({ calls: [{ name: "get_time" }], finish: "tool_calls" });
  });

  it("has empty JSON for the arguments of a tool that takes none", async () => {
    const tools: ChatCompletionTool[] = [{ type: "function", function: { name: "reboot" } }];
    const reply = await ask(stack.client, { ...say("haiku", "Please reboot"), tools }, streaming);
    expect(reply.calls).toMatchObject([{ name: "reboot", arguments: "{}" }]);
  });

  it("is JSON of the schema that the client gave", async () => {
    const answer = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const jsonSchema = { name: "place", strict: true, schema: { ...answer, additionalProperties: false } };
    for (const model of ["sonnet", "haiku"]) {
      const response_format = { type: "json_schema" as const, json_schema: jsonSchema };
      const reply = await ask(
        stack.client,
        { ...say(model, "Where is Big Ben?"), response_format },
        streaming,
      );
      expect(JSON.parse(reply.text)).toEqual({ city: expect.any(String) });
      expect(reply).toMatchObject({ finish: "stop", calls: [] });
    }
  });

  it("is about an image in a data URL", async () => {
    const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(92, 7)]);
    const url = `data:image/png;base64,${png.toString("base64")}`;
    const content = [
      { type: "text" as const, text: "What is this?" },
      { type: "image_url" as const, image_url: { url } },
    ];
    const reply = await ask(
      stack.client,
      { model: "sonnet", messages: [{ role: "user", content }] },
      streaming,
    );
    expect(reply.text).toContain("I see 1 image: image/png, 100 bytes.");
  });

  it("ends before a stop sequence", async () => {
    const { text, finish } = await ask(
      stack.client,
      { ...say("sonnet", "one two three"), stop: ["two"] },
      streaming,
    );
    expect(text).toBe('You asked: "one ');
    expect(finish).toBe("stop");
  });

  it.each(["max_tokens", "max_completion_tokens"])("ends at %s with length", async (field) => {
    const { text, finish } = await ask(
      stack.client,
      { ...say("sonnet", "Tell me a very long story"), [field]: 3 },
      streaming,
    );
    expect(text).toBe('You asked: "');
    expect(finish).toBe("length");
  });

  it("is empty but for the refusal when the model declines", async () => {
    const reply = await ask(stack.client, say("sonnet", "[[refuse]]"), streaming);
    expect(reply).toMatchObject({ text: "", finish: "content_filter" });
    expect(reply.refusal).toBe("The emulator was asked to refuse.");
  });

  it.each(["sonnet", "opus"])("shows what %s thinks beside the text", async (model) => {
    const reply = await ask(
      stack.client,
      { ...say(model, "Why is the sky blue?"), reasoning_effort: "low" },
      streaming,
    );
    expect(reply.reasoning).toBe("The user says: Why is the sky blue? A short answer will do.");
    expect(reply.text).toMatch(/^You asked: "Why is the sky blue\?"/);
  });

  it("keeps every character, however bytes and deltas are cut", async () => {
    const said = 'Żółć 👩‍👩‍👧‍👦🏳️‍🌈 नमस्ते \u2028\u2029 e\u0301 𝔘𝔫𝔦 日本語 "quotes" \\n \t end';
    for (const model of ["sonnet", "dripping"]) {
      const { text } = await ask(stack.client, say(model, said), streaming);
      expect(text).toBe(`You asked: "${said}" That is all the emulator knows.`);
      expect(text.isWellFormed()).toBe(true);
    }
  });

  it("says which parameters were left out", async () => {
    const { headers } = await ask(
      stack.client,
      { ...say("sonnet", "Hi"), frequency_penalty: 0.5, seed: 7, top_p: 0.9, temperature: 0.2 },
      streaming,
    );
    expect(headers.get("x-router-dropped-params")).toBe("frequency_penalty, seed, top_p");
    expect(body()).toMatchObject({ temperature: 0.2 });
  });

  it.each([
    ["auto", { "x-router-strategy": "random" }],
    ["openclaw/auto", { "x-router-strategy": "random" }],
    ["openclaw/opus", { "x-router-strategy": "named", "x-router-model": "opus" }],
    [MODELS.haiku, { "x-router-strategy": "named", "x-router-model": "haiku" }],
    ["gpt-99", { "x-router-strategy": "random", "x-router-unknown-model": "gpt-99" }],
  ])("serves the model name %s", async (model, expected) => {
    const reply = await ask(stack.client, say(model, "Hi"), streaming);
    expect(Object.fromEntries(reply.headers)).toMatchObject(expected);
    expect(reply.model).toBe(reply.headers.get("x-router-model"));
    expect(reply.headers.has("x-router-unknown-model")).toBe(model === "gpt-99");
  });
});

describe("usage", () => {
  it.each(WAYS)("counts prompt and answer, %s", async (_, streaming) => {
    const { usage } = await ask(
      stack.client,
      { ...say("haiku", "12345678"), ...(streaming && { stream_options: { include_usage: true } }) },
      streaming,
    );
    const answer = 'You asked: "12345678" That is all the emulator knows.';
    const completion_tokens = Math.ceil(answer.length / 4);
    expect(usage).toEqual({ prompt_tokens: 2, completion_tokens, total_tokens: 2 + completion_tokens });
  });

  it("comes in a chunk of its own, and only when the client asks", async () => {
    const chunksOf = async (more: Partial<ChatCompletionCreateParamsStreaming>) => {
      const stream = await stack.client.chat.completions.create({
        ...say("haiku", "Hi"),
        ...more,
        stream: true,
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    };
    const asked = await chunksOf({ stream_options: { include_usage: true } });
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    for (const chunk of asked.slice(0, -1)) expect(chunk.usage).toBeNull();
    for (const more of [{}, { stream_options: { include_usage: false } }]) {
      for (const chunk of await chunksOf(more)) expect(chunk).not.toHaveProperty("usage");
    }
  });

  it.each(WAYS)("tells what was written to and read from the prompt cache, %s", async (way, streaming) => {
    const cached = {
      type: "text" as const,
      text: `${way} `.repeat(1000),
      cache_control: { type: "ephemeral" },
    };
    const question = {
      model: "sonnet",
      messages: [
        { role: "system" as const, content: [cached] },
        { role: "user" as const, content: "Hi" },
      ],
      ...(streaming && { stream_options: { include_usage: true } }),
    };
    const tokens = Math.ceil(cached.text.length / 4);
    const details = async () => {
      const { usage } = await ask(stack.client, question, streaming);
      expect(usage?.prompt_tokens).toBe(tokens + 1);
      return usage?.prompt_tokens_details;
    };
    expect(await details()).toEqual({ cached_tokens: 0, cache_write_tokens: tokens });
    expect(await details()).toEqual({ cached_tokens: tokens, cache_write_tokens: 0 });
  });
});

it("ends a complete stream with [DONE] and nothing after it", async () => {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ ...say("sonnet", "Hi"), stream: true }),
  });
  expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
  const lines = (await response.text()).split("\n\n");
  expect(lines.slice(-2)).toEqual(["data: [DONE]", ""]);
  expect(lines.slice(0, -1).every((line) => line.startsWith("data: "))).toBe(true);
});
