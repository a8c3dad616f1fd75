/** Every strategy over one pool of Bedrock's and other providers' models, with the model's name before each answer. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";
import { ask, say } from "./ask.ts";

const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;

const ROUTERS = {
  random: { strategy: "random", weights: { claude: 1, nvidia: 2, local: 1 } },
  round_robin: { strategy: "round_robin" },
  rules: {
    strategy: "rules",
    rules: [
      { keywords: ["code"], model: "claude" },
      { regex: "^sum \\d", model: "local" },
      { has_tools: true, model: "claude" },
      { default: "nvidia" },
    ],
  },
  // The emulator repeats what it is asked, so its answer holds the names that the user's words hold.
  llm: { strategy: "llm", model: "claude" },
  foreign_llm: { strategy: "llm", model: "nvidia" },
} as const;

let emulator: Emulator;
const stacks = new Map<string, Stack>();

beforeAll(async () => {
  emulator = await startEmulator({ paceMs: 0 });
  const config = (router: object) => ({
    serve: { show_model_prefix: true },
    router,
    llms: {
      claude: { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" },
      nvidia: {
        provider: "nvidia",
        model: "meta/llama",
        base_url: emulator.openaiUrl,
        api_key: emulator.openaiKey,
      },
      local: { provider: "ollama", model: "qwen3:8b", base_url: emulator.localUrl },
    },
  });
  for (const [name, router] of Object.entries(ROUTERS)) {
    stacks.set(name, await startStack({ emulator, bindings: awsBindings, config: () => config(router) }));
  }
}, 120_000);
afterAll(async () => {
  for (const stack of stacks.values()) await stack.close();
  await emulator?.close();
});

function stackOf(name: keyof typeof ROUTERS): Stack {
  const stack = stacks.get(name);
  if (!stack) throw new Error(`no stack ${name}`);
  return stack;
}

/** Who answered; the text must begin with just that name, in the answer's own words after it. */
async function whoAnswers(name: keyof typeof ROUTERS, text: string, streaming: boolean) {
  const stack = stackOf(name);
  const reply = await ask(stack.client, say("auto", text), streaming);
  const model = reply.headers.get("x-router-model");
  expect(reply.text).toMatch(new RegExp(`^\\[${model}\\] [^[]`));
  expect(reply.finish).toBe("stop");
  expect(stack.lastUpstream().path.startsWith("/model/")).toBe(model === "claude");
  return { model, strategy: reply.headers.get("x-router-strategy") };
}

describe.each(WAYS)("answers, %s", (_, streaming) => {
  it("come from any model with random", async () => {
    const seen = new Set<string | null>();
    for (let i = 0; i < 200 && seen.size < 3; i++) {
      const { model, strategy } = await whoAnswers("random", "Hello", streaming);
      expect(strategy).toBe("random");
      seen.add(model);
    }
    expect([...seen].sort()).toEqual(["claude", "local", "nvidia"]);
  });

  it("come from one model after the other with round_robin", async () => {
    const models: (string | null)[] = [];
    for (let i = 0; i < 6; i++) {
      const { model, strategy } = await whoAnswers("round_robin", "Hello", streaming);
      // On a busy machine the object may be late; the isolate then counts on its own.
      expect(strategy).toMatch(/^round_robin(; degraded)?$/);
      models.push(model);
    }
    expect(new Set(models)).toEqual(new Set(["claude", "nvidia", "local"]));
  });

  it.each([
    ["Write some code", "claude"],
    ["Sum 1 and 2", "local"],
    ["Hello", "nvidia"],
  ])("come from the model of the rule with rules: %s", async (text, model) => {
    expect(await whoAnswers("rules", text, streaming)).toEqual({ model, strategy: "rules" });
  });

  it.each([
    ["llm", "/model/"],
    ["foreign_llm", "/openai/"],
  ] as const)("come from the model that the router model names with %s", async (name, path) => {
    const before = emulator.requests.length;
    expect(await whoAnswers(name, "A question for the local one", streaming)).toEqual({
      model: "local",
      strategy: "llm",
    });
    const [asked, answered] = emulator.requests.slice(before);
    expect(asked?.path.startsWith(path)).toBe(true);
    expect(answered?.path.startsWith("/local/")).toBe(true);
  });
});

it("POST /v1/route explains without calling anyone", async () => {
  const before = emulator.requests.length;
  for (const name of ["round_robin", "llm"] as const) {
    const response = await fetch(`${stackOf(name).url}/v1/route`, {
      method: "POST",
      headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
      body: JSON.stringify(say("auto", "Hello")),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      object: "route",
      query: "Hello",
      reason: expect.stringMatching(/\S/),
    });
  }
  expect(emulator.requests).toHaveLength(before);
});
