/** Strategies semantic and knn through the whole stack, with the emulator's embedding model, which is real. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { makeVectors } from "../../../scripts/embed/make.ts";
import { sourceOf, vectorsProblem } from "../../../scripts/embed/source.ts";
import { loadConfig } from "../../../src/config/text.ts";
import { bindings } from "../../../src/env.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";
import { vectorsFor } from "../../support/vectors.ts";
import { ask, say } from "./ask.ts";

const ADMIN_KEY = "sk-admin-key-of-the-tests";
const TITAN = "amazon.titan-embed-text-v2:0";
/** The emulated model computes: a loaded machine is slow. */
const PATIENT = { embedding_timeout: "20s" };
const ROUTES = [
  {
    name: "cooking",
    model: "cook",
    examples: ["How long do I boil eggs?", "A recipe for bread", "What goes into a soup?"],
  },
  {
    name: "astronomy",
    model: "star",
    examples: ["How far away is the moon?", "What is a black hole?", "Name the planets"],
  },
];
const SEMANTIC = {
  strategy: "semantic",
  routes: ROUTES,
  default: "spare",
  embedding_model: "titan",
  ...PATIENT,
};
/** LLMRouter's form: a line for each query and model. */
const LABELLED = ROUTES.flatMap(({ model, examples }) =>
  examples.flatMap((query) =>
    ["cook", "star"].map((name) => ({
      ...{ task_name: "test", query, model_name: name, embedding_id: 1 },
      performance: name === model ? 0.9 : 0.2,
    })),
  ),
);
const KNN = {
  strategy: "knn",
  knn: { data: "labelled.jsonl", k: 3 },
  default: "spare",
  embedding_model: "titan",
  ...PATIENT,
};
const QUESTIONS = [
  ["How do I bake a cake without eggs?", "cook"],
  ["Is there water on Mars?", "star"],
] as const;

let emulator: Emulator;
let folder: string;
const open: Stack[] = [];

beforeAll(async () => {
  emulator = await startEmulator({ paceMs: 0 });
  folder = await mkdtemp(join(tmpdir(), "edge-router-meaning-"));
  await writeFile(join(folder, "labelled.jsonl"), LABELLED.map((row) => JSON.stringify(row)).join("\n"));
});
afterAll(async () => {
  for (const stack of open) await stack.close();
  await emulator?.close();
  await rm(folder, { recursive: true });
});

/** @param titan What the embedding model has beside its id. */
function configOf(router: JsonObject, titan: JsonObject = {}): JsonObject {
  const nova = { provider: "bedrock", model: "amazon.nova-lite-v1:0" };
  return {
    router,
    llms: { cook: nova, star: nova, spare: nova, titan: { provider: "bedrock", model: TITAN, ...titan } },
  };
}

/** A router with the vectors of `made`, which are its own unless given. */
async function start(config: JsonObject, made = config): Promise<Stack> {
  const stack = await startStack({
    emulator,
    config: () => config,
    bindings: (running) => ({ ...awsBindings(running), ROUTER_ADMIN_KEY: ADMIN_KEY }),
    vectors: () => vectorsFor(emulator, JSON.stringify(made), join(folder, "router.yaml")),
  });
  open.push(stack);
  return stack;
}

async function answered({ client }: Stack, text: string) {
  const { headers } = await ask(client, say("auto", text), false);
  const header = (name: string) => headers.get(`x-router-${name}`);
  return { model: header("model"), strategy: header("strategy"), reason: header("reason") };
}

/** How often the embedding model was asked since. */
function embeddingsSince(before: number): number {
  return emulator.requests.slice(before).filter(({ model }) => model === TITAN).length;
}

async function explained({ url }: Stack, text: string, key: string, query = ""): Promise<JsonObject> {
  const response = await fetch(`${url}/v1/route${query}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content: text }] }),
  });
  expect(response.status).toBe(200);
  return asObject(await response.json());
}

describe.each([
  ["semantic", SEMANTIC],
  ["knn, with LLMRouter's data", KNN],
] as const)("%s", (_, router) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await start(configOf(router));
  }, 120_000);

  it.each(QUESTIONS)("sends %j to %s, and asks for its vector once", async (text, model) => {
    const before = emulator.requests.length;
    const first = await answered(stack, text);
    expect(first).toMatchObject({ model, strategy: router.strategy });
    expect(embeddingsSince(before)).toBe(1);
    expect(await answered(stack, text)).toEqual(first);
    expect(embeddingsSince(before)).toBe(1);
  });

  it("tells neighbours by number and similarity, and nothing of any text", async () => {
    const { reason } = await answered(stack, QUESTIONS[0][0]);
    expect(reason).toMatch(/similarity 0\.\d+/);
    expect(reason).not.toMatch(/eggs|bread|soup/);
  });

  it("asks for no vector to explain, unless it may, and shows texts to the admin alone", async () => {
    const text = `What is a galaxy, for ${router.strategy}?`;
    const before = emulator.requests.length;
    const unasked = await explained(stack, text, CLIENT_KEY);
    expect(unasked).toMatchObject({ model: null, order: [] });
    expect(String(unasked.reason)).toContain("?live=1");
    expect(emulator.requests.length).toBe(before);
    const live = await explained(stack, text, CLIENT_KEY, "?live=1");
    expect(live).toMatchObject({ model: "star" });
    expect(emulator.requests.length).toBe(before + 1);
    const { details } = await explained(stack, text, ADMIN_KEY);
    const texts = [asObject(details).routes, asObject(details).neighbours]
      .flatMap(objectsIn)
      .map((told) => told.text);
    expect(texts.join()).toMatch(/black hole|planets|moon/);
    expect(JSON.stringify(live)).not.toMatch(/black hole|planets|the moon/);
    expect(emulator.requests.length).toBe(before + 1);
  });
});

describe("an embedding model that fails", () => {
  it.each([
    ["refuses", { base_url: "@access-denied" }, {}, "aws_access_denied"],
    ["is not there", { base_url: "@unavailable" }, {}, "upstream_"],
    ["is too slow", { base_url: "@hang" }, { embedding_timeout: "50ms" }, "upstream_timeout"],
  ])(
    "because it %s leads to the default, with a note, and rests after the third time",
    async (_, titan, router, code) => {
      const base_url = `${emulator.url}/${titan.base_url}`;
      const stack = await start(configOf({ ...SEMANTIC, ...router }, { base_url }), configOf(SEMANTIC));
      const reasons: (string | null)[] = [];
      const before = emulator.requests.length;
      for (let n = 0; n < 5; n++) {
        const { model, strategy, reason } = await answered(stack, `How do I bake cake number ${n}?`);
        expect({ model, strategy }).toEqual({ model: "spare", strategy: "semantic; fallback" });
        reasons.push(reason);
      }
      for (const reason of reasons.slice(0, 3))
        expect(reason).toMatch(
          new RegExp(`^The default, because the embedding model 'titan' failed \\(${code}`),
        );
      expect(reasons.slice(3)).toEqual(
        Array(2).fill("The default, because the embedding model 'titan' failed (upstream_unavailable)."),
      );
      expect(embeddingsSince(before)).toBe(3);
    },
    120_000,
  );
});

describe("vectors that do not belong to the configuration", () => {
  const others = ROUTES.map((route) => ({ ...route, examples: ["Something else"] }));

  it("are a broken configuration that names the command", async () => {
    const stack = await start(configOf(SEMANTIC), configOf({ ...SEMANTIC, routes: others }));
    await expect(answered(stack, "Hello")).rejects.toThrow(
      /500 The vectors beside the Worker were made of other examples than the configuration has\. Run npm run embed/,
    );
    // A model that is named needs none.
    const named = await ask(stack.client, say("cook", "Hello"), false);
    expect(named.headers.get("x-router-model")).toBe("cook");
  }, 120_000);

  it("are a problem of the build", async () => {
    const binding = bindings(awsBindings(emulator));
    const file = join(folder, "router.yaml");
    const read = (config: JsonObject) => loadConfig(JSON.stringify(config), binding);
    const sourceFor = async (config: JsonObject) => {
      const found = await sourceOf(read(config), file);
      if (found.source === undefined) throw new Error(found.problems.join());
      return found.source;
    };
    const semantic = await sourceFor(configOf(SEMANTIC));
    const knn = await sourceFor(configOf(KNN));
    const made = await makeVectors(semantic, { config: read(configOf(SEMANTIC)), binding });
    expect(vectorsProblem(made, semantic)).toBeUndefined();
    expect(vectorsProblem(undefined, semantic)).toMatch(/there are none; run npm run embed$/);
    expect(vectorsProblem(new Uint8Array(50), semantic)).toMatch(/is none; run npm run embed$/);
    expect(vectorsProblem(made, knn)).toMatch(/other labelled queries than router\.knn\.data has/);
    const elsewhere = await sourceFor(configOf(SEMANTIC, { model: "amazon.titan-embed-text-v1" }));
    expect(vectorsProblem(made, elsewhere)).toMatch(
      /router\.embedding_model is amazon\.titan-embed-text-v1, and the vectors were made by amazon\.titan-embed-text-v2:0/,
    );
    const edited = [{ ...ROUTES[0], examples: ["x"] }, ROUTES[1]];
    expect(vectorsProblem(made, await sourceFor(configOf({ ...SEMANTIC, routes: edited })))).toMatch(
      /other examples/,
    );
  });

  it.each([
    ["that is missing", undefined, /labelled\.jsonl is not there/],
    ["without scores", '{"query": "a"}\n{"query": "b", "scores": {}}', /line 1: it has no scores/],
    ["without queries", '{"scores": {"cook": 1}}', /line 1: it has no query/],
    [
      "with scores that are none",
      '{"query": "a", "scores": {"cook": "good"}}',
      /the score of "cook" is no number/,
    ],
    ["of no JSON", "hello", /line 1: it is no JSON object/],
    [
      "of unknown models alone",
      '{"query": "a", "scores": {"gpt-9": 1}}',
      /scores of gpt-9, and none of these is a model/,
    ],
    ["that is empty", "\n", /holds no labelled queries/],
  ])("nor data %s", async (_, text, problem) => {
    const own = await mkdtemp(join(folder, "data-"));
    if (text !== undefined) await writeFile(join(own, "labelled.jsonl"), text);
    const config = loadConfig(JSON.stringify(configOf(KNN)), bindings(awsBindings(emulator)));
    const { source, problems } = await sourceOf(config, join(own, "router.yaml"));
    expect(source).toBeUndefined();
    expect(problems.join("\n")).toMatch(problem);
  });

  it("nor scores of models that are not configured: a warning", async () => {
    const config = loadConfig(JSON.stringify(configOf(KNN)), bindings(awsBindings(emulator)));
    const own = await mkdtemp(join(folder, "data-"));
    const rows = [{ query: "a", scores: { cook: 1, "gpt-9": 0.5 } }];
    await writeFile(join(own, "labelled.jsonl"), JSON.stringify(rows));
    const { warnings, problems } = await sourceOf(config, join(own, "router.yaml"));
    expect(problems).toEqual([]);
    expect(warnings.join("\n")).toMatch(/scores of gpt-9 have no effect/);
    expect(warnings.join("\n")).toMatch(/there are no scores of star, spare/);
  });
});
