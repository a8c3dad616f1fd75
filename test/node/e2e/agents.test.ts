import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { schema } from "../../support/openai-schemas.ts";
import { awsBindings, type Stack, startStack } from "../../support/stack.ts";
import { ask, say } from "./ask.ts";
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

let stack: Stack;
beforeAll(async () => {
  const bedrock = (model: string) => ({ provider: "bedrock", model });
  const sonnet = bedrock("us.anthropic.claude-sonnet-4-5-20250929-v1:0");
  stack = await startStack({
    bindings: awsBindings,
    config: (emulator) => ({
      llms: {
        sonnet,
        haiku: bedrock("anthropic.claude-3-haiku-20240307-v1:0"),
        opus: bedrock("global.anthropic.claude-opus-4-6-v1"),
        dripping: { ...sonnet, base_url: `${emulator.url}/@drip` },
        gpt: { provider: "ollama", model: "emulated-small", base_url: emulator.localUrl },
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
    expect(page.data.map(({ id }) => id)).toEqual(["auto", ...MODELS]);
    expect(await stack.client.models.retrieve("opus")).toMatchObject({ id: "opus", object: "model" });
  });
});

describe.each([
  ["the project's own fixture", "../../fixtures/openclaw-request.json", "Say hello to Zürich 🇨🇭"],
  ["a recorded request", "../../../../shared/fixtures/openclaw-request.json", "What is in this folder?"],
])("OpenClaw's agent: %s", (_, path, words) => {
  const file = join(import.meta.dirname, path);
  const recorded: JsonObject = existsSync(file) ? asObject(JSON.parse(readFileSync(file, "utf8"))) : {};

  it.skipIf(!existsSync(file)).each(["openclaw/auto", ...MODELS])("is answered by %s", async (model) => {
    const reply = await ask(stack.client, { ...say(model, ""), ...recorded, model }, true);
    expect(reply).toMatchObject({ text: expect.stringContaining(words), calls: [], finish: "stop" });
    expect(reply.headers.has("x-router-unknown-model")).toBe(false);
    expect(reply.usage?.prompt_tokens).toBeGreaterThan(100);
  });

  it.skipIf(!existsSync(file))("reaches the model whole, as one turn", async () => {
    await ask(stack.client, { ...say("", ""), ...recorded, model: "sonnet" }, true);
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
});
