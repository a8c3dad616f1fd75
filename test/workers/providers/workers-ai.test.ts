/** Workers AI by its binding, for which a stand-in answers in the shapes that are documented. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asObject, objectsIn } from "../../../emulator/json.ts";
import { loadConfig } from "../../../src/config/text.ts";
import { ask, envOf, errorOf, GPT, KEY, NO_RETRY, quietLog } from "../support.ts";

const CONFIG = {
  router: { retry: NO_RETRY },
  llms: {
    gpt: GPT,
    bge: { provider: "workers-ai", model: "@cf/baai/bge-base-en-v1.5" },
    qwen: { provider: "workers-ai", model: "@cf/qwen/qwen3-embedding-0.6b" },
    ranker: { provider: "workers-ai", model: "@cf/baai/bge-reranker-base" },
  },
};

/** Numbers that float32 has. */
const vectorOf = (text: string): number[] =>
  Array.from({ length: 768 }, (_, n) => Math.fround(Math.sin(text.length + n)));

let asked: { model: string; inputs: Record<string, unknown> }[] = [];
let underWay = 0;
let mostUnderWay = 0;

const AI = {
  async run(model: string, inputs: Record<string, unknown>): Promise<unknown> {
    asked.push({ model, inputs });
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 1));
    underWay--;
    if (Array.isArray(inputs.contexts)) {
      const response = inputs.contexts.map((_, id) => ({ id, score: id === 1 ? 0.9 : 0.1 + id / 100 }));
      return { response: response.slice(0, Number(inputs.top_k ?? response.length)) };
    }
    const { text, queries, documents } = inputs;
    const texts = [text ?? queries ?? documents].flat().map(String);
    if (texts.includes("no model")) throw new Error("5007: No such model @cf/none or task");
    if (texts.includes("used up"))
      throw new Error("3036: You have used up your daily free allocation of 10,000 neurons.");
    if (texts.includes("strange")) return { shape: [1, 768] };
    const data = texts.map(vectorOf);
    return { shape: [data.length, 768], data, pooling: "mean" };
  },
};

const env = envOf(CONFIG, { AI, ROUTER_API_KEYS: `alice=${KEY}` });
const embed = (body: object, where = env) => ask(where, "/v1/embeddings", { method: "POST", body });

let lines: string[] = [];
beforeEach(() => {
  quietLog();
  lines = [];
  asked = [];
  mostUnderWay = 0;
  vi.spyOn(console, "log").mockImplementation((line: unknown) => void lines.push(String(line)));
});
afterEach(() => void vi.restoreAllMocks());

describe("vectors of Workers AI", () => {
  it.each(["float", "base64"])("are the binding's to the bit, in order, as %s", async (encoding_format) => {
    const input = ["a", "bb", "ccc"];
    const response = await embed({ model: "bge", input, encoding_format, user: "u", input_type: "query" });
    expect([response.status, response.headers.get("x-router-dropped-params")]).toEqual([200, "input_type"]);
    const { data, usage, model } = asObject(await response.json());
    const vectors = objectsIn(data).map(({ embedding }) =>
      typeof embedding === "string"
        ? [...new Float32Array(Uint8Array.fromBase64(embedding).buffer)]
        : embedding,
    );
    expect(vectors).toEqual(input.map(vectorOf));
    expect(model).toBe("bge");
    expect(usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
    expect(asked).toEqual([{ model: "@cf/baai/bge-base-en-v1.5", inputs: { text: input } }]);
  });

  it("are asked for a hundred texts a call, six calls at once at the most", async () => {
    const input = Array.from({ length: 950 }, (_, n) => "x".repeat(1 + (n % 7)));
    const { data } = asObject(await (await embed({ model: "bge", input, encoding_format: "base64" })).json());
    expect(objectsIn(data)).toHaveLength(950);
    expect(asked.map(({ inputs }) => (Array.isArray(inputs.text) ? inputs.text.length : 0))).toEqual([
      ...Array.from({ length: 9 }, () => 100),
      50,
    ]);
    expect(mostUnderWay).toBe(6);
  });

  it("of a question are asked for apart where the model does so", async () => {
    await (await embed({ model: "qwen", input: "a", input_type: "query" })).text();
    await (await embed({ model: "qwen", input: "a" })).text();
    expect(asked.map(({ inputs }) => inputs)).toEqual([{ queries: ["a"] }, { documents: ["a"] }]);
  });

  it.each([
    [{ input: [1, 2] }, 400, "invalid_value", "input"],
    [{ input: "a", dimensions: 64 }, 400, "invalid_value", "dimensions"],
    [{ input: "no model" }, 500, "config_invalid", null],
    [{ input: "used up" }, 429, "rate_limit_exceeded", null],
    [{ input: "strange" }, 500, "upstream_stream_invalid", null],
  ])("fail by name, case %#", async (body, status, code, param) => {
    const response = await embed({ model: "bge", ...body });
    expect([response.status, await errorOf(response)]).toEqual([
      status,
      expect.objectContaining({ code, param }),
    ]);
  });

  it("need the binding, and say how to add it", async () => {
    const error = await errorOf(await embed({ model: "bge", input: "a" }, envOf(CONFIG)));
    expect(error).toMatchObject({
      code: "binding_missing",
      message: expect.stringContaining('binding = "AI"'),
    });
  });

  it("are counted in the log line, and nothing of the texts is in it", async () => {
    await (await embed({ model: "bge", input: ["the user's own words"] })).text();
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect(lines[0]).not.toContain("own words");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      ...{ client: "alice", requested_model: "bge", model: "bge", status: 200, stream: false },
    });
  });
});

describe("orders of Workers AI", () => {
  it("name the documents, best first", async () => {
    const body = { model: "ranker", query: "q", documents: ["a", "b", "c"], top_n: 2 };
    const response = await ask(env, "/v1/rerank", { method: "POST", body });
    const { results } = asObject(await response.json());
    expect(results).toHaveLength(2);
    expect(objectsIn(results)[0]).toMatchObject({ index: 1, relevance_score: 0.9 });
    const contexts = [{ text: "a" }, { text: "b" }, { text: "c" }];
    expect(asked[0]?.inputs).toEqual({ query: "q", contexts, top_k: 2 });
  });
});

describe("a model of Workers AI", () => {
  it("that holds conversations is refused by the configuration, with what to do instead", () => {
    const llms = { chat: { provider: "workers-ai", model: "@cf/meta/llama-3.3-70b-instruct-fp8-fast" } };
    expect(() => loadConfig(JSON.stringify({ llms }), () => undefined)).toThrow(
      /llms\.chat\.kind.*OpenAI-compatible API/s,
    );
  });
});
