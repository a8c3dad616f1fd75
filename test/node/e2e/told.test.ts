/**
 * Every exchange is told once, whichever door it came by: one line of the log, with its tokens. They are null for answers that
 * nobody is to read (`usage: unread`) and nowhere else. And every whole answer keeps its reasoning.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, eventually, type Stack, startStack } from "../../support/stack.ts";
import { connect, deltasOf } from "./ws-client.ts";

let stack: Stack;
/** The lines that tell of exchanges. */
const told: JsonObject[] = [];

beforeAll(async () => {
  stack = await startStack({
    bindings: (emulator) => ({
      ...awsBindings(emulator),
      ACME_API_KEY: emulator.openaiKey,
      ANTHROPIC_API_KEY: emulator.anthropicKey,
    }),
    hear({ message }) {
      if (message.startsWith("{") && message.includes('"door"')) told.push(asObject(JSON.parse(message)));
    },
    config: (emulator) => {
      const acme = { provider: "acme", base_url: emulator.openaiUrl };
      return {
        router: { retry: 0 },
        llms: {
          claude: { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" },
          nova: { provider: "bedrock", model: "us.amazon.nova-pro-v1:0" },
          "gpt-oss": { provider: "bedrock", model: "openai.gpt-oss-20b-1:0" },
          llama: { provider: "bedrock", model: "us.meta.llama3-3-70b-instruct-v1:0" },
          direct: {
            provider: "anthropic",
            model: "claude-sonnet-4-5",
            base_url: emulator.anthropicUrl,
          },
          gpt: { ...acme, model: "emulated-small" },
          unread: { ...acme, model: "emulated-small", usage: "unread" },
          titan: { provider: "bedrock", model: "amazon.titan-embed-text-v2:0" },
          cohere: { provider: "bedrock", model: "cohere.embed-multilingual-v3" },
          vectors: { ...acme, model: "emulated-embedding", kind: "embedding" },
          rerank: { provider: "bedrock", model: "cohere.rerank-v3-5:0" },
          order: { ...acme, model: "emulated-rerank", kind: "rerank" },
        },
      };
    },
  });
}, 60_000);
afterAll(() => stack?.close());

/** The chat models that are read. */
const MODELS = ["claude", "nova", "gpt-oss", "llama", "direct", "gpt"];
const QUESTION = "How are you?";
const said = (content: string) => [{ role: "user", content }];
const messages = said(QUESTION);

async function post(path: string, body: object): Promise<string> {
  const response = await fetch(`${stack.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  expect({ path, status: response.status, text: response.ok ? "" : text }).toMatchObject({
    status: 200,
    text: "",
  });
  return text;
}

async function turn(message: object, session?: string): Promise<void> {
  const socket = await connect(stack.url, session === undefined ? {} : { session });
  await socket.send(message);
  await socket.turn();
  await socket.close();
}

interface Door {
  /** What the line says of it. */
  readonly line: { readonly dialect: string; readonly door: string; readonly stream: boolean };
  ask(model: string, question: string): Promise<unknown>;
}

/** Each with its own way to write and to count an answer. */
const DOORS: Readonly<Record<string, Door>> = {
  ...Object.fromEntries(
    [false, true].flatMap((stream) => {
      const how = stream ? "streamed" : "whole";
      const via = (dialect: string, path: string, body: (question: string) => object): [string, Door] => [
        `${dialect}, ${how}`,
        {
          line: { dialect, door: "http", stream },
          ask: (model, question) => post(path, { model, stream, ...body(question) }),
        },
      ];
      return [
        via("openai-chat", "/v1/chat/completions", (question) => ({ messages: said(question) })),
        via("anthropic-messages", "/v1/messages", (question) => ({
          messages: said(question),
          max_tokens: 500,
        })),
        via("openai-responses", "/v1/responses", (input) => ({ input, store: false })),
      ];
    }),
  ),
  "openai-responses, kept": {
    line: { dialect: "openai-responses", door: "http", stream: false },
    ask: (model, input) => post("/v1/responses", { model, input }),
  },
  "openai-responses, in the background": {
    line: { dialect: "openai-responses", door: "background", stream: true },
    ask: (model, input) => post("/v1/responses", { model, input, background: true }),
  },
  "a socket, stateless": {
    line: { dialect: "openai-chat", door: "websocket", stream: true },
    ask: (model, question) => turn({ model, messages: said(question) }),
  },
  "a socket, in a session": {
    line: { dialect: "openai-chat", door: "websocket", stream: true },
    ask: (model, message) => turn({ model, message }, `told-${model}`),
  },
};

/** The one line of what was asked. */
async function lineOf(ask: () => Promise<unknown>): Promise<JsonObject> {
  const before = told.length;
  await ask();
  await eventually(() => told.length > before);
  const [line, ...others] = told.slice(before);
  expect(others).toEqual([]);
  return asObject(line);
}

const TOKENS = {
  prompt_tokens: expect.any(Number),
  completion_tokens: expect.any(Number),
  status: 200,
};

describe.each(Object.entries(DOORS))("%s", (_, { line, ask }) => {
  it.each(MODELS)("tells the tokens of %s, as the upstream counted them", async (model) => {
    const found = await lineOf(() => ask(model, QUESTION));
    expect(found).toMatchObject({ ...line, ...TOKENS, requested_model: model, model });
    expect(found.prompt_tokens).toBeGreaterThan(0);
    expect(found.completion_tokens).toBeGreaterThan(0);
    expect(found).not.toHaveProperty("estimated");
    expect(found).not.toHaveProperty("code");
  });
});

// A whole answer that breaks off is an error: nobody has answered.
const STREAMED = Object.entries(DOORS).filter(([, { line }]) => line.stream);

describe.each(STREAMED)("an answer that breaks off: %s", (_, { line, ask }) => {
  it.each(MODELS)("of %s is counted as far as it came, and called an estimate", async (model) => {
    const found = await lineOf(() => ask(model, "[[fault: cut]] [[repeat 40 word]]"));
    const { status: __, ...tokens } = TOKENS;
    expect(found).toMatchObject({ ...line, ...tokens, model, estimated: true, code: "upstream_truncated" });
    expect(found.prompt_tokens).toBeGreaterThan(0);
    expect(found.completion_tokens).toBeGreaterThan(0);
  });
});

it.each([false, true])("tells no tokens of an answer that nobody is to read (stream: %s)", async (stream) => {
  const found = await lineOf(() => post("/v1/chat/completions", { model: "unread", messages, stream }));
  expect(found).toMatchObject({ prompt_tokens: null, completion_tokens: null, cost_usd: null, status: 200 });
});

it.each([
  ["anthropic-messages", "/v1/messages", { max_tokens: 500, messages }],
  ["openai-responses", "/v1/responses", { input: QUESTION, store: false }],
])("tells the tokens of that model where its answer is translated: %s", async (dialect, path, body) => {
  for (const stream of [false, true]) {
    const found = await lineOf(() => post(path, { model: "unread", stream, ...body }));
    expect(found).toMatchObject({ ...TOKENS, dialect });
  }
});

it.each(["titan", "cohere", "vectors"])("embeddings: tells the tokens of %s", async (model) => {
  const found = await lineOf(() => post("/v1/embeddings", { model, input: ["one", "two"] }));
  expect(found).toMatchObject({ ...TOKENS, dialect: "embeddings", door: "http", completion_tokens: 0 });
  expect(found.prompt_tokens).toBeGreaterThan(0);
});

it.each(["rerank", "order"])("rerank: tells the tokens of %s", async (model) => {
  const found = await lineOf(() =>
    post("/v1/rerank", { model, query: "one", documents: ["one fish", "two fish"] }),
  );
  expect(found).toMatchObject({ ...TOKENS, dialect: "rerank", door: "http" });
});

describe("the reasoning of a whole answer", () => {
  const THOUGHT = /The user says: How are you\?/;

  it.each(["claude", "gpt-oss", "direct"])("is kept in each dialect: %s", async (model) => {
    const chat = await post("/v1/chat/completions", { model, messages, reasoning_effort: "low" });
    const [choice] = objectsIn(asObject(JSON.parse(chat)).choices);
    expect(asObject(asObject(choice).message).reasoning_content).toMatch(THOUGHT);
    const reasoning = { effort: "low", summary: "auto" };
    const response = await post("/v1/responses", { model, input: QUESTION, store: false, reasoning });
    const items = objectsIn(asObject(JSON.parse(response)).output);
    expect(JSON.stringify(items.filter(({ type }) => type === "reasoning"))).toMatch(THOUGHT);
    const thinking = { type: "enabled", budget_tokens: 1024 };
    const message = await post("/v1/messages", { model, messages, max_tokens: 4000, thinking });
    const blocks = objectsIn(asObject(JSON.parse(message)).content);
    expect(JSON.stringify(blocks.filter(({ type }) => type === "thinking"))).toMatch(THOUGHT);
  });

  it("is what the streams say, too", async () => {
    const socket = await connect(stack.url);
    await socket.send({ model: "claude", messages, reasoning_effort: "low" });
    const thought = deltasOf(await socket.turn()).map(({ reasoning_content: text }) => String(text ?? ""));
    expect(thought.join("")).toMatch(THOUGHT);
    await socket.close();
  });
});
