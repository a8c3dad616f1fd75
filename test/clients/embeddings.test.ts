/** Real clients of embeddings and rerank: libraries that search with vectors, each asking in its own encoding, and OpenClaw's memory. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planDirective } from "../../emulator/answer/plan.ts";
import { asObject, objectsIn } from "../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../support/stack.ts";
import { installed } from "./install.ts";
import { library } from "./programs/library.ts";
import { configure, runOpenclaw, tellArgs } from "./programs/openclaw.ts";
import { newPlace } from "./run.ts";

const NOTES = [
  "Bread is baked from flour, water and salt at 230 degrees.",
  "The spare key of the summer house lies under the blue flower pot.",
  "The planet Mars has two small moons.",
];
const KEY_NOTE = 1;
/** None of these words stands in the note: only its meaning finds it. */
const QUERY = "how do I get into my holiday home";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    bindings: awsBindings,
    config: (emulator) => ({
      llms: {
        claude: { provider: "bedrock", model: "global.anthropic.claude-sonnet-5-5" },
        titan: { provider: "bedrock", model: "amazon.titan-embed-text-v2:0" },
        cohere: { provider: "bedrock", model: "us.cohere.embed-v4:0" },
        "cohere-rerank": { provider: "bedrock", model: "cohere.rerank-v3-5:0" },
        "amazon-rerank": { provider: "bedrock", model: "amazon.rerank-v1:0" },
        // It answers numbers, whatever it is asked for.
        floats: {
          ...{ provider: "acme", model: "emulated-floats", kind: "embedding" },
          ...{ base_url: emulator.openaiUrl, api_key: emulator.openaiKey },
        },
      },
    }),
  });
}, 120_000);
afterAll(() => stack?.close());

const LIBRARIES = [
  library({ name: "OpenAI's SDK", kit: "openai-sdk", script: "embeddings-openai-sdk.mjs" }),
  library({ name: "the AI SDK", kit: "ai-sdk-openai", script: "embeddings-ai-sdk.mjs" }),
  library({ name: "LangChain", kit: "langchain", script: "embeddings-langchain.mjs" }),
];
const RERANKER = library({ name: "the AI SDK", kit: "ai-sdk-cohere", script: "rerank-ai-sdk.mjs" });
const LENGTHS = { titan: 1024, cohere: 1536, floats: 512 } as const;
const MODELS = ["titan", "cohere", "floats"] as const;

describe.concurrent("vectors", () => {
  for (const program of LIBRARIES) {
    it.concurrent.each(MODELS)(`of %s let ${program.name} find by meaning`, async (model) => {
      const folder = await installed(program.kit);
      const place = newPlace();
      const words = JSON.stringify({ documents: NOTES, query: QUERY });
      const router = { url: stack.url, key: CLIENT_KEY, model };
      const { code, stdout, stderr } = await program.tell(folder, place, router, words);
      expect([code, stderr]).toEqual([0, ""]);
      const { vectors, question } = asObject(JSON.parse(stdout));
      const documents = Array.isArray(vectors) ? vectors.map(numbersIn) : [];
      expect(documents.map(({ length }) => length)).toEqual(NOTES.map(() => LENGTHS[model]));
      const scores = documents.map((vector) => product(vector, numbersIn(question)));
      expect(scores.indexOf(Math.max(...scores))).toBe(KEY_NOTE);
      place.remove();
    });
  }
});

describe.concurrent("an order", () => {
  it.concurrent.each(["cohere-rerank", "amazon-rerank"])(
    "by %s reaches the AI SDK's provider for Cohere",
    async (model) => {
      const folder = await installed(RERANKER.kit);
      const place = newPlace();
      const words = JSON.stringify({ documents: NOTES, query: QUERY });
      const router = { url: stack.url, key: CLIENT_KEY, model };
      const { code, stdout, stderr } = await RERANKER.tell(folder, place, router, words);
      expect([code, stderr]).toEqual([0, ""]);
      const ranking = objectsIn(asObject(JSON.parse(stdout)).ranking);
      expect(ranking).toHaveLength(2);
      expect(ranking[0]).toMatchObject({ originalIndex: KEY_NOTE, document: NOTES[KEY_NOTE] });
      expect(Number(ranking[0]?.score)).toBeGreaterThan(Number(ranking[1]?.score));
      place.remove();
    },
  );
});

/** The router as a provider that OpenClaw has for its agent anyway, and as one for its memory alone. */
const MEMORIES = {
  titan: () => ({ provider: "edge", model: "titan" }),
  cohere: () => ({
    ...{ provider: "openai-compatible", model: "cohere" },
    ...{ queryInputType: "query", documentInputType: "passage" },
    remote: { baseUrl: `${stack.url}/v1/`, apiKey: CLIENT_KEY },
  }),
};

describe.concurrent("OpenClaw's memory", () => {
  it.concurrent.each(["titan", "cohere"] as const)("is indexed and searched with %s", async (model) => {
    const folder = await installed("openclaw");
    const place = newPlace();
    const notes = join(place.work, "memory");
    mkdirSync(notes);
    // Its own for each model, so that the emulator's requests can be told apart.
    for (const [index, note] of NOTES.entries())
      writeFileSync(join(notes, `2026-11-0${index + 1}.md`), `# Notes for ${model}\n\n${note}\n`);
    const search = { ...MEMORIES[model](), query: { minScore: 0 } };
    const query = `${QUERY}, please`;
    const router = { url: stack.url, key: CLIENT_KEY, model: "claude" };
    configure(place, router, "openai-completions", { memory: { search } });

    const indexed = await runOpenclaw(folder, place, ["memory", "index", "--force"]);
    expect([indexed.code, indexed.stdout]).toEqual([0, expect.stringContaining("3 files indexed")]);
    const found = await runOpenclaw(folder, place, ["memory", "search", query, "--json"]);
    expect(found.code, found.stderr).toBe(0);
    const results = objectsIn(asObject(JSON.parse(found.stdout)).results);
    expect(results).toHaveLength(NOTES.length);
    expect(results[0]).toMatchObject({ snippet: expect.stringContaining("spare key"), textScore: 0 });
    expect(Number(results[0]?.vectorScore)).toBeGreaterThan(Number(results[1]?.vectorScore));

    if (model === "cohere") {
      expect(inputTypesOf("# Notes for cohere")).toEqual(new Set(["search_document"]));
      expect(inputTypesOf(query)).toEqual(new Set(["search_query"]));
    } else {
      // By its agent, too.
      const call = { name: "tool_call", input: { id: "memory_search", args: { query } } };
      const words = `Look it up. ${planDirective([{ calls: [call] }])}`;
      const told = await runOpenclaw(folder, place, tellArgs(words));
      expect([told.code, told.stdout]).toEqual([0, expect.stringContaining("blue flower pot")]);
      expect(told.stdout + told.stderr).not.toMatch(/degraded/);
    }
    place.remove();
  });
});

/** As what the texts with these words in them were embedded. */
function inputTypesOf(words: string): ReadonlySet<unknown> {
  const bodies = stack.emulator.requests.map(({ body }) => asObject(body));
  const those = bodies.filter(({ texts }) => JSON.stringify(texts ?? null).includes(words));
  return new Set(those.map(({ input_type }) => input_type));
}

function numbersIn(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, number, index) => sum + number * (b[index] ?? 0), 0);
}
