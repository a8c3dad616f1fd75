import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { familyNames } from "../../../src/families/index.ts";
import { schema } from "../../support/openai-schemas.ts";
import { MODELS as REPRESENTATIVES } from "../../support/representative-models.ts";
import { awsBindings, type Stack, startStack } from "../../support/stack.ts";
import { ask, type Question, say } from "./ask.ts";
import { asClaudeReads, conversation } from "./conversations.ts";

const MODELS = ["sonnet", "haiku", "opus", "dripping", "gpt"];
const WEATHER = {
  type: "function" as const,
  function: {
    name: "get_weather",
    description: "Weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

/** A model or more of every family that has tools, Converse included, by a name that is also its configured one. */
const WITH_TOOLS = new Map(
  [...REPRESENTATIVES]
    .filter(([, { tools }]) => tools)
    .map(([name, row]) => [name.replaceAll(" ", "-"), row]),
);

let stack: Stack;
beforeAll(async () => {
  const bedrock = (model: string) => ({ provider: "bedrock", model });
  const sonnet = bedrock("us.anthropic.claude-sonnet-4-5-20250929-v1:0");
  stack = await startStack({
    bindings: awsBindings,
    config: (emulator) => ({
      // "auto" is for models that can answer anything.
      router: { weights: Object.fromEntries([...WITH_TOOLS.keys()].map((name) => [name, 0])) },
      llms: {
        sonnet,
        haiku: bedrock("anthropic.claude-3-haiku-20240307-v1:0"),
        opus: bedrock("global.anthropic.claude-opus-4-6-v1"),
        dripping: { ...sonnet, base_url: `${emulator.url}/@drip` },
        gpt: { provider: "ollama", model: "emulated-small", base_url: emulator.localUrl },
        ...Object.fromEntries(
          [...WITH_TOOLS].map(([name, { model, settings }]) => [
            name,
            {
              ...bedrock(model),
              ...(settings.api !== undefined && { api: settings.api }),
              ...(settings.family !== undefined && { family: settings.family }),
            },
          ]),
        ),
      },
    }),
  });
}, 60_000);
afterAll(() => stack?.close());

describe("any conversation", () => {
  it("reaches the model unchanged, and its words come back unchanged", async () => {
    await fc.assert(
      fc.asyncProperty(
        conversation,
        fc.boolean(),
        fc.constantFrom("sonnet", "haiku", "dripping"),
        async (messages, streaming, model) => {
          const { text } = await ask(stack.client, { model, messages }, streaming);
          expect(JSON.parse(text)).toEqual(asClaudeReads(messages));
        },
      ),
      { numRuns: 30 },
    );
  }, 60_000);
});

describe("OpenAI's client", () => {
  it("accumulates a stream into the answer", async () => {
    const stream = stack.client.chat.completions.stream({
      ...say("sonnet", "Weather in Oslo?"),
      tools: [WEATHER],
      stream_options: { include_usage: true },
    });
    let shown = "";
    stream.on("content", (delta) => (shown += delta));
    const { choices, usage } = await stream.finalChatCompletion();
    expect(choices[0]?.message).toMatchObject({ content: shown, tool_calls: [{ type: "function" }] });
    expect(choices[0]?.finish_reason).toBe("tool_calls");
    expect(usage?.total_tokens).toBeGreaterThan(0);
  });

  it("runs the tools of an agent to the end", async () => {
    const asked: unknown[] = [];
    const run = stack.client.chat.completions.runTools({
      ...say("sonnet", "What is the weather in Lima?"),
      stream: true,
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "Weather of a city",
            parse: JSON.parse,
            parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
            function: (args: unknown) => {
              asked.push(args);
              return "sunny";
            },
          },
        },
      ],
    });
    expect(await run.finalContent()).toContain('The tool answered: "sunny".');
    expect(asked).toEqual([{ city: "Lima" }]);
  });

  it("lists and finds the models", async () => {
    const page = await stack.client.models.list();
    expect(schema("ListModelsResponse")({ object: page.object, data: page.data })).toEqual([]);
    expect(page.data.map(({ id }) => id)).toEqual(["auto", ...MODELS, ...WITH_TOOLS.keys()]);
    expect(await stack.client.models.retrieve("opus")).toMatchObject({ id: "opus", object: "model" });
  });
});

/** What OpenClaw's agent sends: a request of our making, and one as it was recorded, where that is at hand. */
const FIXTURES = [
  ["a request of its shape", "../../fixtures/openclaw-request.json", "Say hello to Zürich 🇨🇭"],
  ["a recorded request", "../../../../shared/fixtures/openclaw-request.json", "What is in this folder?"],
] as const;

describe.each(FIXTURES)("OpenClaw's agent, %s", (_, path, words) => {
  const file = join(import.meta.dirname, path);
  const recorded: JsonObject = existsSync(file) ? asObject(JSON.parse(readFileSync(file, "utf8"))) : {};
  const asked = (model: string, messages = recorded.messages) =>
    ask(stack.client, { ...say(model, ""), ...recorded, model, messages: messagesIn(messages) }, true);

  it.skipIf(!existsSync(file)).each(["openclaw/auto", ...MODELS])("is answered by %s", async (model) => {
    const reply = await asked(model);
    expect(reply).toMatchObject({ text: expect.stringContaining(words), calls: [], finish: "stop" });
    expect(reply.headers.has("x-router-unknown-model")).toBe(false);
    expect(reply.usage?.prompt_tokens).toBeGreaterThan(5000);
  });

  it.skipIf(!existsSync(file))("reaches the model whole, as one turn", async () => {
    await asked("sonnet");
    const body = asObject(stack.lastUpstream().body);
    const [system, ...users] = objectsIn(recorded.messages);
    expect(objectsIn(body.system)[0]?.text).toBe(system?.content);
    const said = users.flatMap(({ content }) =>
      typeof content === "string" ? [content] : objectsIn(content).map(({ text }) => asString(text)),
    );
    const messages = objectsIn(body.messages);
    expect(messages.map(({ role }) => role)).toEqual(["user"]);
    expect(objectsIn(messages[0]?.content).map(({ text }) => text)).toEqual(said);
    const offered = objectsIn(recorded.tools).map((tool) => asObject(tool.function).name);
    expect(objectsIn(body.tools).map(({ name }) => name)).toEqual(offered);
    expect(body.max_tokens).toBe(recorded.max_completion_tokens);
  });

  /** A message to call a tool, its result, the answer: as OpenClaw sends it, the context block always last. */
  it.skipIf(!existsSync(file)).each([...WITH_TOOLS.keys(), "gpt"])(
    "has its tools called and its question answered by %s",
    async (model) => {
      const [system, question, ...context] = messagesIn(recorded.messages);
      if (!system || !question) throw new Error("the request has no question");
      const user = { ...question, content: asString(question.content).replace(words, "Please read Notes") };
      const first = await asked(model, [system, user, ...context]);
      expect(first).toMatchObject({ model: expect.any(String), finish: "tool_calls" });
      expect(first.calls).toMatchObject([{ name: "read", id: expect.stringMatching(/./) }]);
      const [call = { id: "", name: "", arguments: "" }] = first.calls;
      expect(JSON.parse(call.arguments)).toMatchObject({ path: "Notes" });
      // OpenClaw keeps only letters and digits of an id.
      const id = call.id.replace(/[^A-Za-z0-9]/g, "");
      const second = await asked(model, [
        system,
        user,
        {
          role: "assistant",
          content: first.text === "" ? null : first.text,
          tool_calls: [{ id, type: "function", function: { name: call.name, arguments: call.arguments } }],
        },
        { role: "tool", tool_call_id: id, content: "buy milk ☕" },
        ...context,
      ]);
      expect(second).toMatchObject({ calls: [], finish: "stop" });
      expect(second.text).toMatch(/The tool answered: ".*buy milk ☕.*"/);
      expect(second.usage?.prompt_tokens).toBeGreaterThan(first.usage?.prompt_tokens ?? Number.NaN);
    },
  );
});

it("every family that has tools is among those that ran them", () => {
  const without = ["completion", "deepseek-r1", "llama", "llama2", "llama4", "mistral-text", "titan"];
  const ran = new Set([...WITH_TOOLS.values()].map(({ family }) => family));
  expect([...ran, ...without].toSorted()).toEqual([...familyNames(), "converse"].toSorted());
});

it("is of a real one's size, with unions in the schemas of its tools", () => {
  const [[, path]] = FIXTURES;
  const text = readFileSync(join(import.meta.dirname, path), "utf8");
  const request = asObject(JSON.parse(text));
  const [system, ...users] = objectsIn(request.messages);
  expect(asString(system?.content).length).toBeGreaterThan(25_000);
  expect(users.map(({ role, content }) => [role, typeof content])).toEqual([
    ["user", "string"],
    ["user", "object"],
  ]);
  expect(request).toMatchObject({ tool_choice: "auto", max_completion_tokens: expect.any(Number) });
  expect(objectsIn(request.tools)).toHaveLength(12);
  const schemas = JSON.stringify(request.tools);
  for (const kind of [
    '"anyOf":[',
    '"type":["integer","null"]',
    '"const":',
    '"patternProperties":',
    '"enum":',
  ]) {
    expect(schemas).toContain(kind);
  }
});

/** The messages of a request that came from a file. */
function messagesIn(messages: unknown): Question["messages"] {
  return objectsIn(messages).filter(isMessage);
}

function isMessage(message: JsonObject): message is JsonObject & Question["messages"][number] {
  return ["system", "user", "assistant", "tool"].includes(asString(message.role));
}
