/**
 * Anthropic's own SDK against models of every kind: streamed and whole, thinking, tools, pictures, counts, and what its errors are
 * to it. Its accumulator throws on most faults of order; what it lets pass, foldMessage and the schemas do not.
 */
import Anthropic, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "@anthropic-ai/sdk";
import type {
  ContentBlock,
  Message,
  MessageCreateParamsNonStreaming,
  MessageParam,
} from "@anthropic-ai/sdk/resources/messages";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, objectsIn } from "../../../emulator/json.ts";
import { anthropicSchema, problemsOf, streamEvents } from "../../support/anthropic-schemas.ts";
import { foldMessage } from "../../support/messages-events.ts";
import { textsOf } from "../../support/recorded-requests.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const bedrock = (model: string, more: object = {}) => ({ provider: "bedrock", model, ...more });

interface Kind {
  /** Nova plans where it has tools, whether it is asked to or not. */
  readonly thinks: boolean;
  readonly sees: boolean;
}
/** By their configured names. */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ["claude", { thinks: true, sees: true }],
  ["claude-adaptive", { thinks: true, sees: true }],
  ["claude-by-converse", { thinks: true, sees: true }],
  ["claude-at-anthropic", { thinks: true, sees: true }],
  ["nova", { thinks: true, sees: true }],
  ["gpt-oss", { thinks: true, sees: false }],
  ["mistral", { thinks: false, sees: false }],
  ["gpt", { thinks: false, sees: true }],
]);
const MODELS = [...KINDS.keys()];
const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;
const WEATHER: Anthropic.Tool = {
  name: "get_weather",
  description: "The weather of a city",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const THINKING = { max_tokens: 4000, thinking: { type: "enabled", budget_tokens: 2000 } } as const;

type Question = Omit<MessageCreateParamsNonStreaming, "stream" | "max_tokens"> & { max_tokens?: number };

let stack: Stack;
let backup: Stack;
let client: Anthropic;
beforeAll(async () => {
  stack = await startStack({
    bindings: awsBindings,
    config: ({ url, openaiUrl, openaiKey, anthropicUrl, anthropicKey }) => {
      const own = { provider: "anthropic", model: "claude-sonnet-4-5-20250929", api_key: anthropicKey };
      return {
        router: { retry: 0, fallback_models: ["claude-at-anthropic"] },
        llms: {
          claude: bedrock(SONNET),
          "claude-adaptive": bedrock("global.anthropic.claude-opus-4-7"),
          "claude-by-converse": bedrock(SONNET, { api: "converse" }),
          "claude-at-anthropic": { ...own, base_url: anthropicUrl },
          nova: bedrock("amazon.nova-pro-v1:0"),
          "gpt-oss": bedrock("openai.gpt-oss-120b-1:0"),
          mistral: bedrock("mistral.mistral-large-2407-v1:0"),
          gpt: { provider: "acme", model: "emulated-small", base_url: openaiUrl, api_key: openaiKey },
          "down-on-bedrock": bedrock(SONNET, { base_url: `${url}/@unavailable` }),
        },
      };
    },
  });
  const { emulator } = stack;
  backup = await startStack({
    emulator,
    bindings: awsBindings,
    config: ({ anthropicUrl, anthropicKey, url }) => ({
      router: { retry: 0, fallback_models: ["claude"] },
      llms: {
        claude: bedrock(SONNET),
        "down-at-anthropic": {
          ...{ provider: "anthropic", model: "claude-sonnet-4-5-20250929", api_key: anthropicKey },
          base_url: anthropicUrl.replace(url, `${url}/@overloaded`),
        },
      },
    }),
  });
  client = clientOf(stack);
});
afterAll(async () => {
  await backup?.close();
  await stack?.close();
});

function clientOf({ url }: Stack, more: ConstructorParameters<typeof Anthropic>[0] = {}): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: CLIENT_KEY, maxRetries: 0, logLevel: "off", ...more });
}

const messageProblems = anthropicSchema("Message");

/** Asks by the SDK, and checks every event of a stream on the way. */
async function ask(question: Question, streamed: boolean, by = client): Promise<Message> {
  const asked = { max_tokens: 1000, ...question };
  if (!streamed) {
    const message = await by.messages.create(asked);
    expect(messageProblems(message)).toEqual([]);
    expect(message._request_id).toMatch(/^req_/);
    return message;
  }
  let raw: Promise<string> | undefined;
  const watching = by.withOptions({
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      raw = response.clone().text();
      return response;
    },
  });
  const message = await watching.messages.stream(asked).finalMessage();
  const events = streamEvents((await raw) ?? "");
  expect(problemsOf(events)).toEqual([]);
  expect(foldMessage(events).content).toEqual(message.content.map(plain));
  return message;
}

/** A block without what the SDK itself adds to it. */
function plain(block: ContentBlock): object {
  const { citations, caller, ...rest }: ContentBlock & { citations?: unknown; caller?: unknown } = block;
  return { ...rest, ...(citations != null && { citations }), ...(caller != null && { caller }) };
}

function textOf({ content }: Message): string {
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

const user = (content: MessageParam["content"]): MessageParam => ({ role: "user", content });

describe.each(MODELS)("%s", (model) => {
  const { thinks, sees } = KINDS.get(model) ?? { thinks: false, sees: false };
  const name = model === "claude-at-anthropic" ? "claude-sonnet-4-5-20250929" : model;

  describe.each(WAYS)("%s", (_, streamed) => {
    it("answers, says why it ended and what it counted", async () => {
      const message = await ask({ model, messages: [user("How is the sea?")], system: "Be kind." }, streamed);
      expect(textOf(message)).toContain('You asked: "How is the sea?"');
      expect([message.model, message.stop_reason]).toEqual([name, "end_turn"]);
      expect(message.usage.input_tokens).toBeGreaterThan(0);
      expect(message.usage.output_tokens).toBeGreaterThan(0);
      const cut = await ask({ model, messages: [user("[[repeat 500 word]]")], max_tokens: 20 }, streamed);
      expect(cut.stop_reason).toBe("max_tokens");
    });

    it("runs a loop of two calls at once and a failed one, with its thinking where it has some", async () => {
      const messages = [user("What is the weather in Oslo and in Rome? Use get_weather for both")];
      const tools = [WEATHER];
      const first = await ask({ model, messages, tools, ...THINKING }, streamed);
      expect(first.stop_reason).toBe("tool_use");
      const calls = first.content.filter((block) => block.type === "tool_use");
      expect(calls.map(({ input }) => input)).toEqual([{ city: "Oslo" }, { city: "Rome" }]);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      const thought = first.content.filter(({ type }) => type === "thinking");
      expect(thought.length).toBe(thinks ? 1 : 0);
      for (const block of thought) expect(block).toMatchObject({ signature: expect.stringMatching(/./) });
      const [oslo = "", rome = ""] = calls.map(({ id }) => id);
      // In the order in which they came in, not in that of the calls.
      const results = user([
        { type: "tool_result", tool_use_id: rome, content: "no such city", is_error: true },
        { type: "tool_result", tool_use_id: oslo, content: [{ type: "text", text: "12 C and rain" }] },
      ]);
      const again: MessageParam[] = [...messages, { role: "assistant", content: first.content }, results];
      const second = await ask({ model, messages: again, tools, ...THINKING }, streamed);
      expect(second.stop_reason).toBe("end_turn");
      expect(textOf(second)).toMatch(/12 C and rain/);
      expect(textOf(second)).toMatch(/no such city/);
      const sent = textsOf(stack.lastUpstream().body);
      for (const block of thought) {
        const own = block.type === "thinking" ? block.signature : "";
        // Claude's own comes back to the byte; of the router's, what it stands for.
        if (model.startsWith("claude")) expect(sent).toContain(own);
        else expect(sent).not.toContain(own);
      }
    });

    it(
      sees ? "sees pictures, the user's and a tool's" : "is told of a tool's picture that it cannot see",
      async () => {
        const source = { type: "base64", media_type: "image/png", data: PNG } as const;
        const picture = { type: "image", source } as const;
        const shown = ask({ model, messages: [user([picture, { type: "text", text: "See?" }])] }, streamed);
        if (sees) expect(textOf(await shown)).toMatch(/I see 1 image: image\/png, 70 bytes/);
        else await expect(shown).rejects.toBeInstanceOf(BadRequestError);
        const call = {
          type: "tool_use",
          id: "toolu_1",
          name: "get_weather",
          input: { city: "Oslo" },
        } as const;
        const result: Anthropic.ToolResultBlockParam = {
          ...{ type: "tool_result", tool_use_id: "toolu_1", content: [picture] },
        };
        const messages: MessageParam[] = [
          user("Look"),
          { role: "assistant", content: [call] },
          user([result]),
        ];
        await ask({ model, messages, tools: [WEATHER] }, streamed);
        expect(textsOf(stack.lastUpstream().body).includes(PNG)).toBe(sees);
      },
    );
  });

  it("has its tokens counted, with tools and pictures", async () => {
    const messages = [user("Hello there")];
    const few = await client.messages.countTokens({ model, messages });
    const more = await client.messages.countTokens({ model, messages, tools: [WEATHER], system: "Be kind." });
    expect(few.input_tokens).toBeGreaterThan(0);
    expect(more.input_tokens).toBeGreaterThan(few.input_tokens);
  });
});

it("a stop sequence is named, a refusal told with its details", async () => {
  const stopped = await ask({ model: "claude", messages: [user("One two")], stop_sequences: ["two"] }, true);
  expect([stopped.stop_reason, stopped.stop_sequence]).toEqual(["stop_sequence", "two"]);
  const refused = await ask({ model: "claude", messages: [user("[[refuse]]")] }, true);
  expect(refused.stop_reason).toBe("refusal");
});

it("models are listed and found in the SDK's own form", async () => {
  const listed = await client.models.list();
  expect(listed.data.map(({ id }) => id)).toEqual(expect.arrayContaining(MODELS));
  expect(await client.models.retrieve("nova")).toMatchObject({ type: "model", id: "nova" });
  await expect(client.models.retrieve("none")).rejects.toBeInstanceOf(NotFoundError);
});

describe("Claude on Bedrock and at Anthropic stand in for each other", () => {
  const QUESTION = {
    messages: [user("What is the weather in Oslo? Use get_weather")],
    tools: [WEATHER],
    ...THINKING,
  };
  const WAYS_OUT = [
    ["Bedrock is down", () => stack, "down-on-bedrock", "/anthropic-api/", /\/model\//],
    ["Anthropic is down", () => backup, "down-at-anthropic", "/model/", /\/anthropic-api\//],
  ] as const;
  describe.each(WAYS)("%s", (_, streamed) => {
    it.each(WAYS_OUT)("%s: thinking and its signature go along", async (_name, where, model, path, first) => {
      const by = clientOf(where());
      const { emulator } = stack;
      const from = emulator.requests.length;
      const answer = await ask({ model, ...QUESTION }, streamed, by);
      const [thought] = answer.content;
      if (thought?.type !== "thinking") throw new Error("no thinking");
      const paths = emulator.requests.slice(from).map((request) => request.path);
      // One that has just failed may rest.
      expect([[true, false], [false]]).toContainEqual(paths.map((one) => first.test(one)));
      expect(stack.lastUpstream().path).toContain(path);
      const call = answer.content.find((block) => block.type === "tool_use");
      const results = user([{ type: "tool_result", tool_use_id: call?.id ?? "", content: "12 C" }]);
      const assistant: MessageParam = { role: "assistant", content: answer.content };
      const messages = [...QUESTION.messages, assistant, results];
      // What one of them signed goes to both, unchanged: the emulated model would refuse another signature.
      for (const to of [model, where() === stack ? "claude" : "down-at-anthropic"]) {
        const next = await ask({ ...QUESTION, model: to, messages }, streamed, by);
        expect(textOf(next)).toContain("12 C");
        const [, told] = objectsIn(asObject(stack.lastUpstream().body).messages);
        expect(objectsIn(told?.content)[0]).toEqual(plain(thought));
      }
    });
  });
});

// Last: a model that has failed rests, and no other request falls back on it.
describe("errors, as the SDK takes them", () => {
  const ERRORS = [
    ["a key that is wrong", AuthenticationError, 401, "authentication_error", false, "Hello", "wrong"],
    ["a refusal", BadRequestError, 400, "invalid_request_error", false, "[[fault: too-long]]", CLIENT_KEY],
    ["a throttle", RateLimitError, 429, "rate_limit_error", true, "[[fault: throttle 1]]", CLIENT_KEY],
    ["an overload", InternalServerError, 529, "overloaded_error", true, "[[fault: unavailable]]", CLIENT_KEY],
    ["a failure", InternalServerError, 500, "api_error", true, "[[fault: internal]]", CLIENT_KEY],
  ] as const;
  describe.each(WAYS)("%s", (_, streamed) => {
    it.each(ERRORS)("%s", async (_name, kind, status, type, again, words, apiKey) => {
      let calls = 0;
      const counting = clientOf(backup, {
        apiKey,
        maxRetries: 1,
        fetch: (input, init) => {
          calls += 1;
          return fetch(input, init);
        },
      });
      const question = { model: "claude", messages: [user(words)], max_tokens: 100 };
      const answer = streamed
        ? counting.messages.stream(question).finalMessage()
        : counting.messages.create(question);
      const thrown: unknown = await answer.then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!(thrown instanceof APIError)) throw new Error(`not an API error: ${thrown}`);
      expect(thrown).toBeInstanceOf(kind);
      expect([thrown.status, thrown.type, calls]).toEqual([status, type, again ? 2 : 1]);
      expect(asObject(thrown.error)).toMatchObject({
        type: "error",
        error: { type },
        request_id: thrown.requestID,
      });
    });
  });

  it("inside a stream end it with the type that says whether another try may help", async () => {
    const stream = client.messages.stream({
      ...{ model: "claude", max_tokens: 1000 },
      messages: [user("Tell me of the sea and the wind [[fault: exception throttlingException]]")],
    });
    let text = "";
    stream.on("text", (piece) => (text += piece));
    const thrown: unknown = await stream.finalMessage().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(thrown instanceof APIError)) throw new Error(`not an API error: ${thrown}`);
    expect([thrown.status, thrown.type]).toEqual([undefined, "overloaded_error"]);
    expect(text.length).toBeGreaterThan(5);
  });

  it("name the field, path first", async () => {
    const messages = [user("a"), user([{ type: "text", text: "b" }])];
    const asked = ask({ model: "claude", messages, max_tokens: 0 }, false);
    await expect(asked).rejects.toThrow(/max_tokens: /);
  });
});
