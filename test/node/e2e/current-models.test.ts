/** The models of November 2026, each by the surface that the table gives it, through the Worker and the emulator. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsBindings, openAiClient, type Stack, startStack } from "../../support/stack.ts";
import { anthropicClient, type Clients, speaker } from "./speakers.ts";

/** By model id: the end of the path at which the emulator is asked, with tools and a stream. */
const MODELS: Readonly<Record<string, RegExp>> = {
  "us.moonshotai.kimi-k3": /\/converse-stream$/,
  "us.moonshotai.kimi-k3.1": /\/converse-stream$/,
  "us.zai.glm-5.3": /\/converse-stream$/,
  "google.gemma-4-31b": /\/mantle\/openai\/v1\/chat\/completions$/,
  "google.gemma-4-26b-a4b": /\/mantle\/openai\/v1\/chat\/completions$/,
  "us.xai.grok-4.6": /\/converse-stream$/,
  "us.xai.grok-4.7": /\/converse-stream$/,
  "xai.grok-4.3": /\/mantle\/openai\/v1\/chat\/completions$/,
  "openai.gpt-5.4": /\/mantle\/openai\/v1\/responses$/,
  "openai.gpt-5.5": /\/mantle\/openai\/v1\/responses$/,
  "us.openai.gpt-5.6-luna": /\/converse-stream$/,
  "global.openai.gpt-6-astra": /\/converse-stream$/,
  "global.openai.gpt-6.1-terra": /\/converse-stream$/,
  "us.openai.gpt-6.2-sol": /\/converse-stream$/,
  "us.amazon.nova-2-lite-v1:0": /\/invoke-with-response-stream$/,
  "mistral.mistral-large-3-675b-instruct": /\/converse-stream$/,
  "mistral.magistral-small-2509": /\/converse-stream$/,
  "mistral.devstral-2-123b": /\/converse-stream$/,
  "mistral.ministral-3-8b-instruct": /\/converse-stream$/,
  "us.anthropic.claude-opus-5-5": /\/invoke-with-response-stream$/,
  "us.anthropic.claude-sonnet-5-5": /\/invoke-with-response-stream$/,
  "us.anthropic.claude-haiku-5-5": /\/invoke-with-response-stream$/,
  "us.anthropic.claude-fable-5-1": /\/invoke-with-response-stream$/,
  "us.anthropic.claude-fable-5-2": /\/invoke-with-response-stream$/,
  "anthropic.claude-mythos-5": /\/mantle\/anthropic\/v1\/messages$/,
};
const LLAMA_4 = "us.meta.llama4-maverick-17b-instruct-v1:0";

let stack: Stack;
let clients: Clients;
beforeAll(async () => {
  stack = await startStack({
    bindings: awsBindings,
    config: () => ({
      llms: {
        ...Object.fromEntries(Object.keys(MODELS).map((model) => [model, { provider: "bedrock", model }])),
        [LLAMA_4]: { provider: "bedrock", model: LLAMA_4, api: "converse" },
      },
    }),
  });
  clients = { openai: openAiClient(stack.url), anthropic: anthropicClient(stack.url) };
}, 60_000);
afterAll(() => stack?.close());

describe.each(Object.entries(MODELS))("%s", (model, path) => {
  it("streams, and calls a tool while it does", async () => {
    const asking = { model, streaming: true, tools: true, temperature: 0.3 };
    const talk = speaker("chat", clients);
    const { calls } = await talk.say("What is the weather in Paris?", asking);
    expect(calls).toMatchObject([{ name: "get_weather" }]);
    expect(stack.lastUpstream().path).toMatch(path);
    const { text } = await talk.result("18 °C, rain", asking);
    expect(text).toMatch(/The tool answered: ".*18 °C, rain.*"\./);
    // Nothing was refused on the way.
    expect(stack.emulator.requests.slice(-2).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe("Llama 4", () => {
  it("streams, and with tools answers as a whole", async () => {
    const talk = speaker("chat", clients);
    await talk.say("Hello", { model: LLAMA_4, streaming: true });
    expect(stack.lastUpstream().path).toMatch(/\/converse-stream$/);
    const { calls } = await talk.say("What is the weather in Paris?", {
      model: LLAMA_4,
      streaming: true,
      tools: true,
    });
    expect(calls).toMatchObject([{ name: "get_weather" }]);
    expect(stack.lastUpstream().path).toMatch(/\/converse$/);
  });
});
