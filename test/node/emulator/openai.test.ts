import OpenAI, { APIError } from "openai";
import { describe, expect, it } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { bodyOf, emulatorHere, parse } from "./client.ts";

const emulator = emulatorHere();

const ask = (content: unknown, more: JsonObject = {}): JsonObject => ({
  model: "vendor/some-model",
  messages: [{ role: "user", content }],
  ...more,
});

interface Options {
  readonly prefix?: string;
  readonly base?: string;
  readonly headers?: Record<string, string>;
}

function post(body: unknown, { prefix = "", base = "/openai/v1", headers }: Options = {}): Promise<Response> {
  return fetch(`${emulator().url}${prefix}${base}/chat/completions`, {
    method: "POST",
    headers: headers ?? { authorization: `Bearer ${emulator().openaiKey}` },
    body: JSON.stringify(body),
    redirect: "manual",
  });
}

/** The data of every SSE event. */
async function eventsOf(response: Response): Promise<string[]> {
  const lines = (await response.text()).split("\n\n");
  return lines.filter((line) => line !== "").map((line) => line.replace(/^data: /, ""));
}

const chunksOf = (events: readonly string[]): JsonObject[] =>
  events.filter((event) => event !== "[DONE]").map((event) => asObject(parse(event)));
const deltasOf = (chunks: readonly JsonObject[]): JsonObject[] =>
  chunks.flatMap(({ choices }) => objectsIn(choices)).map(({ delta }) => asObject(delta));
const textOf = (chunks: readonly JsonObject[]): string =>
  deltasOf(chunks)
    .map(({ content }) => asString(content))
    .join("");

const WEATHER = {
  type: "function",
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};
const TIME = { type: "function", function: { name: "get_time" } };

describe("answers", () => {
  it("streams with the model as sent, fields of its own, and [DONE]", async () => {
    const response = await post(ask("Who are you?", { stream: true }));
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = await eventsOf(response);
    expect(events.at(-1)).toBe("[DONE]");
    const chunks = chunksOf(events);
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({
        object: "chat.completion.chunk",
        model: "vendor/some-model",
        system_fingerprint: "fp_emulator",
        x_extra: {},
      });
      expect(chunk).not.toHaveProperty("usage");
    }
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(deltasOf(chunks)[0]).toEqual({ role: "assistant", content: "" });
    expect(textOf(chunks)).toContain('You asked: "Who are you?"');
    expect(objectsIn(chunks.at(-1)?.choices)[0]).toMatchObject({ delta: {}, finish_reason: "stop" });
  });

  it("sends the usage chunk only when asked", async () => {
    const stream_options = { include_usage: true };
    const chunks = chunksOf(await eventsOf(await post(ask("Hi", { stream: true, stream_options }))));
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it("answers in one body too", async () => {
    const streamed = textOf(chunksOf(await eventsOf(await post(ask("Hi", { stream: true })))));
    expect(await bodyOf(await post(ask("Hi")))).toMatchObject({
      object: "chat.completion",
      model: "vendor/some-model",
      x_extra: {},
      choices: [{ message: { role: "assistant", content: streamed, refusal: null }, finish_reason: "stop" }],
      usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
    });
  });

  it("calls tools and answers their results", async () => {
    const tools = [WEATHER, TIME];
    const question = ask("The weather in Oslo and the time?", { tools, stream: true });
    const chunks = chunksOf(await eventsOf(await post(question)));
    const calls = deltasOf(chunks).flatMap(({ tool_calls }) => objectsIn(tool_calls));
    const joined = [0, 1].map((index) => {
      const own = calls.filter((call) => call.index === index).map((call) => asObject(call.function));
      return [own[0]?.name, own.map((part) => asString(part.arguments)).join("")];
    });
    expect(joined).toEqual([
      ["get_weather", '{"city": "Oslo"}'],
      ["get_time", "{}"],
    ]);
    expect(calls[0]).toEqual({
      index: 0,
      id: expect.stringMatching(/^call_/),
      type: "function",
      function: { name: "get_weather", arguments: "" },
    });
    expect(objectsIn(chunks.at(-1)?.choices)[0]?.finish_reason).toBe("tool_calls");

    const { choices } = await bodyOf(await post({ ...question, stream: false, parallel_tool_calls: false }));
    const message = asObject(objectsIn(choices)[0]?.message);
    expect(objectsIn(message.tool_calls)).toHaveLength(1);
    const result = { role: "tool", tool_call_id: objectsIn(message.tool_calls)[0]?.id, content: "12 C" };
    const messages = [...objectsIn(question.messages), message, result];
    const answer = await bodyOf(await post({ ...question, stream: false, messages }));
    expect(JSON.stringify(answer.choices)).toContain('The tool answered: \\"12 C\\"');
  });

  it.each([
    ["required", "required", 1],
    ["a function", { type: "function", function: { name: "get_time" } }, 1],
    ["none", "none", 0],
  ])("honours tool_choice %s", async (_, tool_choice, count) => {
    const question = tool_choice === "none" ? "The weather?" : "Hello";
    const { choices } = await bodyOf(await post(ask(question, { tools: [WEATHER, TIME], tool_choice })));
    expect(objectsIn(asObject(objectsIn(choices)[0]?.message).tool_calls)).toHaveLength(count);
  });

  it("honours limits, stop sequences, JSON formats and directives", async () => {
    const contentOf = async (body: JsonObject) => {
      const [choice] = objectsIn((await bodyOf(await post(body))).choices);
      return [asObject(choice?.message).content, choice?.finish_reason];
    };
    expect(await contentOf(ask("Hi", { max_tokens: 2 }))).toEqual(["You aske", "length"]);
    expect(await contentOf(ask("Hi", { max_completion_tokens: 1, max_tokens: 9 }))).toEqual([
      "You ",
      "length",
    ]);
    expect(await contentOf(ask("Hi", { stop: "ask" }))).toEqual(["You ", "stop"]);
    expect(await contentOf(ask("[[refuse]]"))).toEqual(["", "content_filter"]);
    expect(await contentOf(ask([{ type: "text", text: "[[repeat 3 so]]" }]))).toEqual(["so so so ", "stop"]);
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const response_format = { type: "json_schema", json_schema: { name: "x", schema } };
    expect(await contentOf(ask("Give me 7", { response_format }))).toEqual(['{"n": 7}', "stop"]);
    const url = { type: "image_url", image_url: { url: "data:image/png;base64,aGVsbG8=" } };
    expect((await contentOf(ask([url])))[0]).toContain("I see 1 image: image/png, 5 bytes.");
    const messages = [
      { role: "developer", content: "Be kind." },
      { role: "user", content: "[[system]] Hm" },
    ];
    expect((await contentOf(ask("", { messages })))[0]).toContain("My system prompt is: Be kind.");
  });

  it("satisfies the openai client", async () => {
    const client = new OpenAI({ baseURL: emulator().openaiUrl, apiKey: emulator().openaiKey, maxRetries: 0 });
    const models = await client.models.list();
    expect(models.data[0]).toMatchObject({ object: "model", owned_by: "emulator" });
    const messages = [{ role: "user" as const, content: "Hi" }];
    const stream = client.chat.completions.stream({ model: "m", messages });
    expect(await stream.finalContent()).toContain('You asked: "Hi"');
  });
});

describe("refusals", () => {
  it("wants its key, or no key at all", async () => {
    const errors = async (options: Options) => {
      const response = await post(ask("Hi"), options);
      return [response.status, asObject((await bodyOf(response)).error).code];
    };
    expect(await errors({ headers: {} })).toEqual([401, "invalid_api_key"]);
    expect(await errors({ headers: { authorization: "Bearer nope" } })).toEqual([401, "invalid_api_key"]);
    expect(await errors({ base: "/local/v1" })).toEqual([400, null]);
    expect((await post(ask("Hi"), { base: "/local/v1", headers: {} })).status).toBe(200);
  });

  it("refuses what is no chat completion", async () => {
    const param = async (body: unknown) => {
      const response = await post(body);
      return [response.status, asObject((await bodyOf(response)).error).param];
    };
    expect(await param([])).toEqual([400, null]);
    expect(await param({ messages: [{ role: "user", content: "x" }] })).toEqual([400, "model"]);
    expect(await param({ model: "m", messages: [] })).toEqual([400, "messages"]);
    const headers = { authorization: `Bearer ${emulator().openaiKey}` };
    expect(
      (await fetch(`${emulator().openaiUrl}/images/generations`, { method: "POST", headers })).status,
    ).toBe(404);
  });
});

describe("faults", () => {
  it.each([
    ["throttle:4", 429, "rate_limit_exceeded"],
    ["400", 400, "invalid_value"],
    ["401", 401, "invalid_api_key"],
    ["402", 402, "insufficient_quota"],
    ["403", 403, null],
    ["404", 404, "model_not_found"],
    ["413", 413, null],
    ["422", 422, null],
    ["500", 500, null],
    ["503", 503, null],
    ["too-long", 400, "context_length_exceeded"],
  ])("%s by prefix and by directive", async (fault, status, code) => {
    for (const response of [
      await post(ask("x"), { prefix: `/@${fault}` }),
      await post(ask(`[[fault: ${fault}]]`)),
    ]) {
      expect(response.status).toBe(status);
      expect(response.headers.get("retry-after")).toBe(fault === "throttle:4" ? "4" : null);
      expect((await bodyOf(response)).error).toEqual({
        message: expect.stringMatching(/./),
        type: expect.stringMatching(/./),
        param: expect.toBeOneOf([null, expect.any(String)]),
        code,
      });
    }
  });

  it("error-mid and cut-clean end a stream without [DONE]", async () => {
    const body = ask("Hi", { stream: true });
    const failed = await eventsOf(await post(body, { prefix: "/@error-mid" }));
    expect(textOf(chunksOf(failed))).not.toBe("");
    expect(asObject(parse(failed.at(-1) ?? "")).error).toMatchObject({ type: "server_error", code: null });
    const cut = await eventsOf(await post(body, { prefix: "/@cut-clean" }));
    expect(textOf(chunksOf(cut))).not.toBe("");
    expect(cut).not.toContain("[DONE]");
    expect((await post(ask("Hi"), { prefix: "/@error-mid" })).status).toBe(500);
    const client = new OpenAI({
      baseURL: `${emulator().url}/@error-mid/openai/v1`,
      apiKey: emulator().openaiKey,
    });
    const stream = client.chat.completions.stream({
      model: "m",
      messages: [{ role: "user", content: "Hi" }],
    });
    await expect(stream.finalContent()).rejects.toThrow(APIError);
  });

  it("html, slow, reset, reset-mid, hang", async () => {
    const html = await post(ask("x"), { prefix: "/@html" });
    expect([html.status, html.headers.get("content-type")]).toEqual([502, "text/html"]);
    expect((await post(ask("x"), { prefix: "/@slow:1" })).status).toBe(200);
    await expect(post(ask("x"), { prefix: "/@reset" })).rejects.toThrow("fetch failed");
    const reset = await post(ask("x", { stream: true }), { prefix: "/@reset-mid" });
    await expect(reset.text()).rejects.toThrow("terminated");
    const client = new AbortController();
    const hanging = fetch(`${emulator().url}/@hang/local/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify(ask("x")),
      signal: client.signal,
    });
    hanging.catch(() => {});
    await expect.poll(() => emulator().requests.at(-1)?.fault).toBe("hang");
    client.abort();
    await expect(hanging).rejects.toThrow();
    await expect.poll(() => emulator().requests.at(-1)?.outcome).toBe("aborted-by-client");
  });

  it("flaky counts here too, and unknown faults are named", async () => {
    const statuses = [];
    for (let turn = 0; turn < 3; turn++) {
      statuses.push((await post(ask("x"), { prefix: "/@flaky-1.openai:500" })).status);
    }
    expect(statuses).toEqual([500, 200, 200]);
    const response = await post(ask("x"), { prefix: "/@nonsense" });
    expect(asObject((await bodyOf(response)).error).message).toMatch(/no fault "nonsense".*error-mid/);
  });
});
