/** Every file of config/examples, as it stands there, behind real sockets: real requests, and what the file is about. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isMap, isScalar, parseDocument } from "yaml";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { loadConfig } from "../../../src/config/text.ts";
import { isBedrock } from "../../../src/config/provider.ts";
import { awsBindings, type Stack, startStack } from "../../support/stack.ts";
import { vectorsFor } from "../../support/vectors.ts";
import { ask, type Question, say } from "./ask.ts";

const FOLDER = join(import.meta.dirname, "../../../config/examples");
const FILES = globSync("*.yaml", { cwd: FOLDER }).sort();
/** Servers that want no key; the emulator's refuses one that it is shown. */
const KEYLESS = new Set(["ollama", "vllm", "lmstudio"]);
const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ paceMs: 0 });
});
afterAll(() => emulator?.close());
beforeEach(() => emulator.requests.splice(0));

function textOf(file: string): string {
  return readFileSync(join(FOLDER, file), "utf8");
}

/** The file with the addresses of other providers' servers led to the emulator. All else stands as it was. */
function ledToEmulator(text: string, moved: Readonly<Record<string, string>> = {}): string {
  const document = parseDocument(text);
  const llms = document.get("llms");
  if (!isMap(llms)) throw new Error("the example has no llms");
  for (const { key } of [...llms.items]) {
    const name = isScalar(key) ? String(key.value) : "";
    const provider = document.getIn(["llms", name, "provider"]);
    const own = KEYLESS.has(String(provider)) ? emulator.localUrl : emulator.openaiUrl;
    const url = moved[name] ?? (isBedrock(provider) ? undefined : own);
    if (url !== undefined) document.setIn(["llms", name, "base_url"], url);
  }
  // The emulator's embedding model computes: a loaded machine is slow.
  if (document.hasIn(["router", "embedding_model"])) document.setIn(["router", "embedding_timeout"], "20s");
  return String(document);
}

/** The router with an example as its ROUTER_CONFIG. */
function startExample(file: string, moved?: Readonly<Record<string, string>>): Promise<Stack> {
  const text = textOf(file);
  const isByMeaning = loadConfig(text, () => undefined).router.embeddingModel !== undefined;
  return startStack({
    emulator,
    ...(isByMeaning && { vectors: () => vectorsFor(emulator, text, join(FOLDER, file)) }),
    config: () => ({}),
    bindings: (running) => ({
      ...awsBindings(running),
      ROUTER_CONFIG: ledToEmulator(textOf(file), moved),
      NVIDIA_API_KEY: running.openaiKey,
      OPENAI_API_KEY: running.openaiKey,
    }),
  });
}

interface Answered {
  readonly model: string | null;
  readonly strategy: string | null;
  readonly attempts: string | null;
}

/** Asks and makes sure that it was answered whole. */
async function answered({ client }: Stack, question: Question, streaming = false): Promise<Answered> {
  const { headers, finish, text } = await ask(client, question, streaming);
  expect(finish).toBe("stop");
  expect(text).not.toBe("");
  const header = (name: string) => headers.get(`x-router-${name}`);
  return { model: header("model"), strategy: header("strategy"), attempts: header("attempts") };
}

async function modelFor(stack: Stack, question: Question | string): Promise<string | null> {
  return (await answered(stack, typeof question === "string" ? say("auto", question) : question)).model;
}

/** What an example is about. */
const SPECIAL: Readonly<Record<string, (stack: () => Stack) => void>> = {
  "bedrock.yaml": aboutBedrock,
  "llm.yaml": aboutLlm,
  "local.yaml": aboutLocal,
  "mixed.yaml": aboutMixed,
  "openclaw.yaml": aboutOpenClaw,
  "regions.yaml": aboutRegions,
  "round-robin.yaml": aboutRoundRobin,
  "rules.yaml": aboutRules,
  "semantic.yaml": aboutSemantic,
  "weights.yaml": aboutWeights,
};

it("there is a test for each", () => {
  expect(FILES).toEqual(Object.keys(SPECIAL).sort());
});

describe.each(FILES)("%s", (file) => {
  const config = loadConfig(textOf(file), () => undefined);
  const names = config.chatTargets.map(({ name }) => name);
  const all = config.targets.map(({ name }) => name);
  const auto = names.filter((name) => config.router.weights[name] !== 0);
  let stack: Stack;
  beforeAll(async () => {
    stack = await startExample(file);
  }, 60_000);
  afterAll(() => stack?.close());

  it("offers auto and every model", async () => {
    const models = await stack.client.models.list();
    expect(models.data.map(({ id }) => id).sort()).toEqual(["auto", ...all].sort());
  });

  it.each(WAYS)("answers for auto, %s", async (_, streaming) => {
    for (let i = 0; i < 4; i++) {
      const { model, strategy } = await answered(stack, say("auto", `Question ${i}`), streaming);
      expect(auto).toContain(model);
      expect(strategy?.split(";")[0]).toBe(config.router.strategy);
    }
  });

  it.each(names)("answers for %s", async (name) => {
    for (const [, streaming] of WAYS) {
      expect(await answered(stack, say(name, "Hello"), streaming)).toEqual({
        model: name,
        strategy: "named",
        attempts: "1",
      });
    }
    const target = config.targets.find((candidate) => candidate.name === name);
    const last = stack.lastUpstream();
    if (target?.kind === "bedrock") {
      expect(last).toMatchObject({ model: target.model, region: target.regions[0] ?? "us-east-1" });
    } else {
      expect(last.body).toMatchObject({ model: target?.model });
    }
  });

  SPECIAL[file]?.(() => stack);
});

function aboutBedrock(stack: () => Stack): void {
  it("sends Llama through Converse, and sets Claude's cache points", async () => {
    await answered(stack(), say("llama", "Hello"));
    expect(stack().lastUpstream().path).toMatch(/\/converse$/);
    await answered(stack(), say("claude-sonnet", "Hello"));
    expect(stack().lastUpstream().path).toMatch(/\/invoke$/);
    expect(JSON.stringify(stack().lastUpstream().body)).toContain('"cache_control"');
  });
}

function aboutMixed(stack: () => Stack): void {
  it("calls each provider with its own credentials", async () => {
    await answered(stack(), say("claude-haiku", "Hello"));
    expect(stack().lastUpstream().headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /);
    for (const name of ["llama-70b", "gpt"]) {
      await answered(stack(), say(name, "Hello"));
      expect(stack().lastUpstream().headers.authorization).toBe(`Bearer ${emulator.openaiKey}`);
    }
  });

  it("falls back from Bedrock to another provider", async () => {
    const broken = await startExample("mixed.yaml", { "claude-haiku": `${emulator.url}/@unavailable` });
    try {
      expect(await answered(broken, say("claude-haiku", "Hello"))).toMatchObject({
        model: "llama-70b",
        attempts: "3",
      });
    } finally {
      await broken.close();
    }
  }, 60_000);
}

function aboutWeights(stack: () => Stack): void {
  it("shares the requests out by weight", async () => {
    const counts = new Map<string | null, number>();
    for (let batch = 0; batch < 15; batch++) {
      const models = await Promise.all(
        Array.from({ length: 20 }, (_, i) => modelFor(stack(), `Question ${batch}.${i}`)),
      );
      for (const model of models) counts.set(model, (counts.get(model) ?? 0) + 1);
    }
    // Of 300 wanted 210, 60, 30; each bound is five standard deviations away or more.
    expect(counts.get("nova-lite")).toBeGreaterThan(165);
    expect(counts.get("claude-haiku")).toBeGreaterThan(20);
    expect(counts.get("claude-sonnet")).toBeGreaterThan(3);
    expect(counts.get("claude-opus")).toBeUndefined();
  });

  it("keeps a turn on its model", async () => {
    const models = new Set<string | null>();
    for (let i = 0; i < 20; i++) models.add(await modelFor(stack(), "The same words"));
    expect(models.size).toBe(1);
  });
}

function aboutRoundRobin(stack: () => Stack): void {
  it("gives two turns of three to one model and one to the other", async () => {
    const counts = { "claude-haiku": 0, "nova-lite": 0 };
    // A round in which the Durable Object was late proves nothing, so there may be a few.
    for (let round = 0; round < 5; round++) {
      const turns = [];
      for (let i = 0; i < 6; i++) turns.push(await answered(stack(), say("auto", "Hello")));
      if (turns.some(({ strategy }) => strategy !== "round_robin")) continue;
      for (const { model } of turns) {
        if (model === "claude-haiku" || model === "nova-lite") counts[model]++;
      }
      break;
    }
    expect(counts).toEqual({ "claude-haiku": 4, "nova-lite": 2 });
  });
}

const PNG =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const TOOL = {
  type: "function" as const,
  function: { name: "look_up", parameters: { type: "object", properties: {} } },
};
const LONG = "Please read this. ".repeat(30);

function aboutRules(stack: () => Stack): void {
  const picture: Question = {
    model: "auto",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this code?" },
          { type: "image_url", image_url: { url: PNG } },
        ],
      },
    ],
  };
  const toolless = { ...say("auto", LONG), tools: [TOOL], tool_choice: "none" as const };
  const support = { ...say("auto", "Hello"), metadata: { team: "support" } };
  it.each<[string, Question, string]>([
    ["an image", picture, "claude-haiku"],
    ["a keyword", say("auto", "Refactor it"), "claude-sonnet"],
    ["a pattern", say("auto", "Derive it"), "claude-sonnet"],
    ["a word that the pattern only begins", say("auto", "Something derived"), "nova-micro"],
    ["a long question with tools", toolless, "claude-sonnet"],
    ["a long question without", say("auto", LONG), "nova-micro"],
    ["metadata", support, "claude-haiku"],
    ["none of it", say("auto", "Hello"), "nova-micro"],
  ])("chooses by %s", async (_, question, model) => {
    expect(await modelFor(stack(), question)).toBe(model);
  });
}

function aboutSemantic(stack: () => Stack): void {
  it.each([
    ["My program crashes with a null pointer exception, what now?", "claude-sonnet", "programming"],
    ["Integrate x cubed from zero to two", "claude-sonnet", "mathematics"],
    ["Hi there, how is it going?", "nova-lite", "small talk"],
    ["What is good morning in Dutch?", "claude-haiku", "translation"],
  ])("sends %j to %s, by route %s", async (text, model, route) => {
    const { headers } = await ask(stack().client, say("auto", text), false);
    expect(headers.get("x-router-model")).toBe(model);
    expect(headers.get("x-router-reason")).toMatch(new RegExp(`^Route '${route}' \\(score 0\\.`));
  });

  it("sends what is like no example to the default", async () => {
    const { headers } = await ask(stack().client, say("auto", "Who won the world cup in 1990?"), false);
    expect(headers.get("x-router-model")).toBe("claude-haiku");
    expect(headers.get("x-router-reason")).toContain("is below router.threshold");
  });
}

function aboutLlm(stack: () => Stack): void {
  it.each(["claude-haiku", "claude-sonnet"])("asks its own model, which names %s", async (name) => {
    // The emulated model takes the one of whose name and description the question has most.
    expect(await answered(stack(), say("auto", `This is for ${name}`))).toMatchObject({
      model: name,
      strategy: "llm",
    });
    const [asked, answer] = emulator.requests;
    expect(asked).toMatchObject({ model: "us.amazon.nova-micro-v1:0", region: "us-east-1" });
    expect(JSON.stringify(asked?.body)).toContain("Coding, agents, long documents, hard questions");
    expect(answer?.model).toMatch(/^global\.anthropic\./);
  });

  it("lets the first model answer when it is told no name", async () => {
    expect(await answered(stack(), say("auto", "Hello [[repeat 3 hm]]"))).toMatchObject({
      model: "claude-haiku",
      strategy: "llm; fallback",
    });
  });
}

function aboutRegions(stack: () => Stack): void {
  const regions = () => emulator.requests.map(({ region }) => region);

  it("goes on in the next region, and in the one after", async () => {
    const question = say("claude-sonnet", "Hello [[fault: not-here eu-central-1]]");
    expect(await answered(stack(), question)).toMatchObject({ model: "claude-sonnet", attempts: "2" });
    expect(regions()).toEqual(["eu-central-1", "eu-west-1"]);
  });

  it("tries again in the same region what may pass", async () => {
    const question = say("nova-lite", "Hello [[fault: flaky-1.regions:throttle]]");
    expect(await answered(stack(), question)).toMatchObject({ model: "nova-lite", attempts: "2" });
    expect(regions()).toEqual(["eu-central-1", "eu-central-1"]);
  });

  it("falls back when no region answers", async () => {
    const broken = await startExample("regions.yaml", { "claude-sonnet": `${emulator.url}/@internal` });
    try {
      const { model, attempts } = await answered(broken, say("claude-sonnet", "Hello"), true);
      expect({ model, attempts }).toEqual({ model: "nova-lite", attempts: "7" });
      expect(regions()).toEqual([
        ...["eu-central-1", "eu-central-1", "eu-west-1", "eu-west-1", "eu-north-1", "eu-north-1"],
        "eu-central-1",
      ]);
    } finally {
      await broken.close();
    }
  }, 60_000);
}

function aboutLocal(stack: () => Stack): void {
  it("needs no key, and sends none", async () => {
    await answered(stack(), say("coder", "Hello"));
    expect(stack().lastUpstream().headers).not.toHaveProperty("authorization");
  });

  it("sends code to the coder", async () => {
    expect(await modelFor(stack(), "Some python")).toBe("coder");
    expect(await modelFor(stack(), "Hello")).toBe("qwen");
  });
}

function aboutOpenClaw(stack: () => Stack): void {
  it.each([
    ["Please refactor the parser", "claude-sonnet"],
    ["ping", "nova-lite"],
    ["What is the capital of France, and since when?", "claude-haiku"],
  ])("chooses for %j", async (text, model) => {
    expect(await modelFor(stack(), text)).toBe(model);
  });

  it("answers what OpenClaw sends, with the system prompt cached", async () => {
    const path = join(import.meta.dirname, "../../fixtures/openclaw-request.json");
    const request: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!isQuestion(request)) throw new TypeError("not a chat completion request");
    const { data, response } = await stack()
      .client.chat.completions.create({ ...request, model: "openclaw/claude-sonnet" })
      .withResponse();
    let text = "";
    for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).not.toBe("");
    expect(response.headers.get("x-router-model")).toBe("claude-sonnet");
    expect(JSON.stringify(stack().lastUpstream().body)).toContain('"cache_control"');
  });

  it("goes to the other region of Claude", async () => {
    const question = say("claude-sonnet", "Hello [[fault: not-here us-east-1]]");
    expect(await answered(stack(), question)).toMatchObject({ model: "claude-sonnet", attempts: "2" });
    expect(emulator.requests.map(({ region }) => region)).toEqual(["us-east-1", "us-west-2"]);
  });
}

function isQuestion(value: unknown): value is Question & { stream: true } {
  return typeof value === "object" && value !== null && "messages" in value && "stream" in value;
}
