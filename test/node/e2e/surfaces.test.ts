/**
 * Bedrock's other APIs: chat completions, Responses and Messages, on Bedrock Runtime and on mantle, and Responses of an
 * OpenAI-compatible upstream, each asked by a client of each dialect. The emulator checks every signature and key, and refuses what
 * Bedrock refuses of each API.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, asString, objectsIn } from "../../../emulator/json.ts";
import { awsBindings, openAiClient, type Stack, startStack } from "../../support/stack.ts";
import { anthropicClient, type Clients, DIALECTS, type Dialect, speaker } from "./speakers.ts";

interface Row {
  readonly config: { readonly model: string; readonly [key: string]: unknown };
  /** What reaches the emulator. */
  readonly path: string;
  readonly service?: "bedrock" | "bedrock-mantle";
  readonly speaks: Dialect;
  /** Takes a temperature. */
  readonly samples: boolean;
  /** Shows what it thinks, when asked with an effort. */
  readonly thinks: boolean;
}

/** Of a Bedrock API key, in the configuration's way. */
const API_KEY = "$" + "{API_KEY}";
const RUNTIME = "/openai/v1/";
const MANTLE = "/mantle/openai/v1/";
const closed = { samples: false, thinks: true } as const;

const ROWS: Readonly<Record<string, Row>> = {
  "gpt-oss by chat": {
    config: { model: "openai.gpt-oss-120b-1:0", api: "chat" },
    ...{
      path: `${RUNTIME}chat/completions`,
      service: "bedrock",
      speaks: "chat",
      samples: true,
      thinks: true,
    },
  },
  "gpt-5.6 by chat": {
    config: { model: "us.openai.gpt-5.6-sol", api: "chat" },
    ...{ path: `${RUNTIME}chat/completions`, service: "bedrock", speaks: "chat", ...closed },
  },
  "kimi-k3 by chat": {
    config: { model: "us.moonshotai.kimi-k3", api: "chat" },
    ...{ path: `${RUNTIME}chat/completions`, service: "bedrock", speaks: "chat", ...closed },
  },
  "gemma-4 on mantle": {
    config: { model: "google.gemma-4-31b" },
    path: `${MANTLE}chat/completions`,
    ...{ service: "bedrock-mantle", speaks: "chat", samples: true, thinks: false },
  },
  "gpt-oss on mantle": {
    config: { model: "openai.gpt-oss-120b", endpoint: "mantle" },
    path: "/mantle/v1/chat/completions",
    ...{ service: "bedrock-mantle", speaks: "chat", samples: true, thinks: true },
  },
  "grok-4.3 on mantle": {
    config: { model: "xai.grok-4.3" },
    path: `${MANTLE}chat/completions`,
    ...{ service: "bedrock-mantle", speaks: "chat", ...closed },
  },
  "gpt-6.1 by responses": {
    config: { model: "us.openai.gpt-6.1-sol", api: "responses" },
    ...{ path: `${RUNTIME}responses`, service: "bedrock", speaks: "responses", ...closed },
  },
  "gpt-5.5 on mantle": {
    config: { model: "openai.gpt-5.5" },
    path: `${MANTLE}responses`,
    ...{ service: "bedrock-mantle", speaks: "responses", ...closed },
  },
  "opus-5.5 by messages": {
    config: { model: "us.anthropic.claude-opus-5-5", api: "messages" },
    ...{ path: "/anthropic/v1/messages", service: "bedrock", speaks: "messages", ...closed },
  },
  "mythos-5 on mantle": {
    config: { model: "anthropic.claude-mythos-5" },
    path: "/mantle/anthropic/v1/messages",
    ...{ service: "bedrock-mantle", speaks: "messages", ...closed },
  },
  "opus-4.8 on mantle by key": {
    config: { model: "anthropic.claude-opus-4-8", endpoint: "mantle", aws_bearer_token: API_KEY },
    ...{ path: "/mantle/anthropic/v1/messages", speaks: "messages", ...closed },
  },
  "gpt-6 by chat, by key": {
    config: { model: "us.openai.gpt-6-sol", api: "chat", aws_bearer_token: API_KEY },
    ...{ path: `${RUNTIME}chat/completions`, speaks: "chat", ...closed },
  },
  "compatible by responses": {
    config: { model: "emulated-small", provider: "other", api: "responses" },
    ...{ path: `${RUNTIME}responses`, speaks: "responses", samples: true, thinks: true },
  },
};
const NAMES = Object.keys(ROWS);
const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;

let stack: Stack;
let clients: Clients;
beforeAll(async () => {
  stack = await startStack({
    bindings: (emulator) => ({ ...awsBindings(emulator), API_KEY: emulator.bearerToken }),
    config: ({ url, openaiUrl, openaiKey }) => ({
      api_keys: { other: openaiKey },
      llms: Object.fromEntries(
        Object.entries(ROWS).flatMap(([name, { config, path }]) => {
          const { provider = "bedrock" } = config;
          const whole = { provider, ...(provider === "other" && { base_url: openaiUrl }), ...config };
          const base = path.startsWith("/mantle") ? `${url}/@error-mid/mantle` : `${url}/@error-mid`;
          const broken = { ...whole, base_url: provider === "other" ? `${base}/openai/v1` : base };
          const cut = { ...whole, base_url: broken.base_url.replace("@error-mid", "@cut-clean") };
          return [
            [name, whole],
            [`${name}, broken`, broken],
            [`${name}, cut`, cut],
          ];
        }),
      ),
    }),
  });
  clients = { openai: openAiClient(stack.url), anthropic: anthropicClient(stack.url) };
}, 60_000);
afterAll(() => stack?.close());

const rowOf = (name: string): Row => {
  const row = ROWS[name];
  if (!row) throw new Error(`no row ${name}`);
  return row;
};
const droppedIn = (headers: Headers) => headers.get("x-router-dropped-params")?.split(", ") ?? [];

describe.each(NAMES)("%s", (model) => {
  const { path, service, speaks, samples, thinks, config } = rowOf(model);

  describe.each(DIALECTS)("for a client of %s", (dialect) => {
    it.each(WAYS)("answers, %s", async (_, streaming) => {
      const talk = speaker(dialect, clients);
      const said = await talk.say('Żółć 👩‍👩‍👧‍👦 "quotes" \\n end', { model, streaming });
      expect(said.text).toBe('You asked: "Żółć 👩‍👩‍👧‍👦 "quotes" \\n end" That is all the emulator knows.');
      const sent = stack.lastUpstream();
      expect(sent).toMatchObject({ path, status: 200, outcome: "complete", body: { model: config.model } });
      expect(sent.service).toBe(service);
      if (speaks === "responses") expect(sent.body).toMatchObject({ store: false });
    });

    it.each(WAYS)("calls a tool, takes its result and answers, %s", async (_, streaming) => {
      const asking = { model, streaming, tools: true };
      const talk = speaker(dialect, clients);
      const { calls } = await talk.say("What is the weather in Paris?", asking);
      expect(calls).toMatchObject([{ id: expect.stringMatching(/./), name: "get_weather" }]);
      expect(JSON.parse(calls[0]?.arguments ?? "")).toEqual({ city: "Paris" });
      const { text } = await talk.result("18 °C, rain ☔", asking);
      expect(text).toMatch(/The tool answered: ".*18 °C, rain ☔.*"\./);
    });

    it.each(WAYS)("is told what the model does not take, %s", async (_, streaming) => {
      const talk = speaker(dialect, clients);
      const { headers } = await talk.say("Hello", { model, streaming, temperature: 0.5 });
      expect(droppedIn(headers).includes("temperature")).toBe(!samples);
      expect(JSON.stringify(stack.lastUpstream().body).includes('"temperature":0.5')).toBe(samples);
    });

    it.skipIf(!thinks).each(WAYS)("sees it think, and brings that back, %s", async (_, streaming) => {
      const asking = { model, streaming, tools: true, effort: "low" as const };
      const talk = speaker(dialect, clients);
      const first = await talk.say("What is the weather in Paris?", asking);
      expect(first.reasoning).toContain("What is the weather in Paris?");
      await talk.result("18 °C", asking);
      const sent = asObject(stack.lastUpstream().body);
      // Chat completions have no place for it.
      if (speaks === "responses") {
        const item = objectsIn(sent.input).find(({ type }) => type === "reasoning");
        expect(asString(item?.encrypted_content)).toMatch(/^[A-Za-z0-9+/]+=*$/);
      }
      if (speaks === "messages") {
        const blocks = objectsIn(sent.messages).flatMap(({ content }) => objectsIn(content));
        expect(blocks.find(({ type }) => type === "thinking")).toMatchObject({
          signature: expect.any(String),
        });
      }
    });

    it.skipIf(dialect === "responses").each(WAYS)("ends at a stop sequence, %s", async (_, streaming) => {
      const talk = speaker(dialect, clients);
      const { text } = await talk.say("one two three", { model, streaming, stop: "two" });
      expect(text).toBe('You asked: "one ');
    });

    it.each(WAYS)("never takes half an answer for a whole one, %s", async (_, streaming) => {
      for (const fault of ["broken", "cut"]) {
        const talk = speaker(dialect, clients);
        const question = "Tell me of the sea, the wind, the stars, the moon, the tides and the way home";
        await expect(talk.say(question, { model: `${model}, ${fault}`, streaming })).rejects.toThrow();
      }
    });
  });
});

describe.each(NAMES)("several answers of %s", (model) => {
  const asked = { model, messages: [{ role: "user" as const, content: "Hello" }], n: 3 };

  it("are one completion, whichever API makes them, with the usage of all", async () => {
    const { completions } = clients.openai.chat;
    const one = await completions.create({ ...asked, n: 1 });
    stack.emulator.requests.length = 0;
    const { choices, usage } = await completions.create(asked);
    const text = 'You asked: "Hello" That is all the emulator knows.';
    expect(
      choices.map(({ index, message, finish_reason }) => [index, message.content, finish_reason]),
    ).toEqual([0, 1, 2].map((index) => [index, text, "stop"]));
    expect(usage?.total_tokens).toBe(3 * (one.usage?.total_tokens ?? Number.NaN));
    expect(stack.emulator.requests).toHaveLength(3);
    for (const { body } of stack.emulator.requests) expect(body).not.toHaveProperty("n");
  });

  it("are refused by name in a stream, before anyone is asked", async () => {
    stack.emulator.requests.length = 0;
    await expect(clients.openai.chat.completions.create({ ...asked, stream: true })).rejects.toMatchObject({
      ...{ status: 400, code: "unsupported_parameter", param: "n" },
    });
    expect(stack.emulator.requests).toEqual([]);
  });
});

describe("a relay", () => {
  it("hands on what the router does not know, and hides the usage that only the router asked for", async () => {
    const body = { model: "gpt-oss by chat", messages: [{ role: "user", content: "Hello" }], stream: true };
    const headers = { "content-type": "application/json", authorization: `Bearer ${clients.openai.apiKey}` };
    const response = await fetch(`${stack.url}/v1/chat/completions`, {
      ...{ method: "POST", headers, body: JSON.stringify(body) },
    });
    const text = await response.text();
    expect(text).toContain('"x_extra":{"region":"emulated"');
    expect(text).not.toContain('"choices":[],"usage"');
    expect(text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    expect(stack.lastUpstream().body).toMatchObject({ stream_options: { include_usage: true } });
  });

  it("of Responses keeps the upstream's own ids and members", async () => {
    const events = await clients.openai.responses.create({
      ...{ model: "gpt-5.5 on mantle", input: "Hello", store: false, stream: true },
    });
    const types: string[] = [];
    let last: object = {};
    for await (const event of events) {
      types.push(event.type);
      if (event.type === "response.completed") last = event.response;
    }
    expect(types.slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
    expect(last).toMatchObject({ x_extra: "kept", model: "openai.gpt-5.5" });
  });

  it("is none where the router keeps the answer, which goes on all the same", async () => {
    const { responses } = clients.openai;
    const first = await responses.create({
      ...{ model: "gpt-5.5 on mantle", input: "Hello", reasoning: { effort: "low" } },
    });
    expect(first).not.toHaveProperty("x_extra");
    expect(stack.lastUpstream().body).toMatchObject({
      store: false,
      include: ["reasoning.encrypted_content"],
    });
    const second = await responses.create({
      ...{ model: "gpt-5.5 on mantle", input: "And now?", previous_response_id: first.id },
    });
    expect(second.output_text).toContain("And now?");
    const items = objectsIn(asObject(stack.lastUpstream().body).input);
    expect(items.map(({ type }) => type)).toEqual(["message", "reasoning", "message", "message"]);
  });
});

describe("reasoning of another model", () => {
  it("that a model cannot read is left out in a second attempt, unseen by the client", async () => {
    const input = [
      { type: "message" as const, role: "user" as const, content: "Hello" },
      { type: "reasoning" as const, id: "rs_1", summary: [], encrypted_content: "not-of-this-service" },
      { type: "message" as const, role: "user" as const, content: "And?" },
    ];
    const answer = await clients.openai.responses.create({ model: "gpt-5.5 on mantle", input, store: false });
    expect(answer.output_text).toContain("And?");
    expect(stack.emulator.requests.slice(-2).map(({ status }) => status)).toEqual([400, 200]);
  });
});

describe("tokens", () => {
  it.each([
    ["mythos-5 on mantle", true],
    ["opus-4.8 on mantle by key", true],
    ["opus-5.5 by messages", false],
  ])("of %s are counted there: %s", async (model, counted) => {
    const { data, response } = await clients.anthropic.messages
      .countTokens({ model, messages: [{ role: "user", content: "Hello there" }] })
      .withResponse();
    expect(data.input_tokens).toBeGreaterThan(0);
    expect(response.headers.get("x-router-estimated")).toBe(counted ? null : "input_tokens");
    if (counted) expect(stack.lastUpstream().path).toBe("/mantle/anthropic/v1/messages/count_tokens");
  });
});
