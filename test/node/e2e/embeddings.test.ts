/** Vectors and orders through the whole stack, with OpenAI's own client, held against the upstream's own answers. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import type OpenAI from "openai";
import { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";
import { bodyOf, call } from "../emulator/client.ts";

const nova = (value: string) => ({
  taskType: "SINGLE_EMBEDDING",
  singleEmbeddingParams: { embeddingPurpose: "GENERIC_INDEX", text: { truncationMode: "NONE", value } },
});
const cohere = (text: string) => ({ texts: [text], input_type: "search_document" });
const first = (list: unknown) => (Array.isArray(list) ? list[0] : undefined);

/** Each kind of model on Bedrock: its id, what a text is asked with, where the vector stands. */
const KINDS: Readonly<
  Record<string, readonly [string, (text: string) => JsonObject, (answer: JsonObject) => unknown]>
> = {
  titan: ["amazon.titan-embed-text-v2:0", (inputText) => ({ inputText }), ({ embedding }) => embedding],
  "titan-v1": ["amazon.titan-embed-text-v1", (inputText) => ({ inputText }), ({ embedding }) => embedding],
  "titan-image": [
    "amazon.titan-embed-image-v1",
    (inputText) => ({ inputText }),
    ({ embedding }) => embedding,
  ],
  "cohere-v3": ["cohere.embed-multilingual-v3", cohere, ({ embeddings }) => first(embeddings)],
  "cohere-v4": ["us.cohere.embed-v4:0", cohere, ({ embeddings }) => first(embeddings)],
  nova: [
    "amazon.nova-2-multimodal-embeddings-v1:0",
    nova,
    ({ embeddings }) => asObject(first(embeddings)).embedding,
  ],
  marengo: [
    "us.twelvelabs.marengo-embed-3-0-v1:0",
    (inputText) => ({ inputType: "text", text: { inputText } }),
    ({ data }) => asObject(first(data)).embedding,
  ],
};
/** Models of an OpenAI-compatible upstream: one answers as it is asked, the others always in the same form. */
const UPSTREAM = { served: "emulated-embedding", floats: "emulated-floats", encoded: "emulated-base64" };
const WORDS = ["river", "password", "invoice", "guitar", "planet", "bread"];

let stack: Stack;
let client: OpenAI;
beforeAll(async () => {
  stack = await startStack({
    bindings: awsBindings,
    config: (emulator) => {
      const acme = { provider: "acme", base_url: emulator.openaiUrl, api_key: emulator.openaiKey };
      const bedrock = { provider: "bedrock" };
      const titan = { ...bedrock, model: "amazon.titan-embed-text-v2:0" };
      const kinds = Object.entries(KINDS).map(([name, [model]]) => [name, { ...bedrock, model }]);
      const served = Object.entries(UPSTREAM).map(([name, model]) => [
        name,
        { ...acme, model, kind: "embedding" },
      ]);
      return {
        serve: { max_subrequests: 60 },
        router: { retry: { attempts: 2, base_ms: 1, max_ms: 1 }, fallback_models: ["chat"] },
        llms: {
          chat: { ...acme, model: "emulated-small" },
          ...Object.fromEntries([...kinds, ...served]),
          flaky: { ...titan, base_url: `${emulator.url}/@flaky-2.vectors:throttle` },
          regions: {
            ...titan,
            base_url: `${emulator.url}/@not-here:eu-west-3`,
            aws_region: ["eu-west-3", "eu-west-1"],
          },
          broken: { ...titan, base_url: `${emulator.url}/@internal` },
          "cohere-rerank": { ...bedrock, model: "cohere.rerank-v3-5:0" },
          "amazon-rerank": { ...bedrock, model: "amazon.rerank-v1:0" },
          "served-rerank": { ...acme, model: "emulated-rerank" },
        },
      };
    },
  });
  client = stack.client;
}, 60_000);
afterAll(() => stack?.close());

/** What the upstream itself answers for a text. */
async function direct(name: string, text: string): Promise<number[]> {
  const kind = KINDS[name];
  if (kind) {
    const [model, body, vector] = kind;
    const found = vector(
      await bodyOf(await call(stack.emulator, { model, body: body(text), stream: false })),
    );
    return Array.isArray(found) ? found.map(Number) : [];
  }
  const response = await fetch(`${stack.emulator.openaiUrl}/embeddings`, {
    method: "POST",
    headers: { authorization: `Bearer ${stack.emulator.openaiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "emulated-embedding", input: text }),
  });
  const { embedding } = objectsIn(asObject(await response.json()).data)[0] ?? {};
  return Array.isArray(embedding) ? embedding.map(Number) : [];
}

/** The router's answer as it is on the wire. */
async function raw(
  path: string,
  body: JsonObject,
): Promise<{ status: number; headers: Headers; json: JsonObject }> {
  const response = await fetch(`${stack.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const json = asObject(await response.json());
  return { status: response.status, headers: response.headers, json };
}

async function errorOf(body: JsonObject, path = "/v1/embeddings") {
  const { status, json } = await raw(path, body);
  const { param, code, message } = asObject(json.error);
  return { status, param, code, message: String(message) };
}

type Refused = readonly [body: JsonObject, param: string, message?: RegExp];

/** The field first, because the title of a test names it, and not the whole body. */
function cases(list: readonly Refused[]): [string, { body: JsonObject; message: RegExp }][] {
  return list.map(([body, param, message = /./]) => [param, { body, message }]);
}

describe("vectors", () => {
  it.each([...Object.keys(KINDS), ...Object.keys(UPSTREAM)])(
    "of %s are the upstream's to the bit, through both encodings",
    async (model) => {
      const wanted = await direct(model, "a river");
      expect(wanted.length).toBeGreaterThanOrEqual(256);
      // The client asks for base64 unless it is told otherwise.
      const encoded = await client.embeddings.create({ model, input: "a river" });
      expect(encoded.data.map(({ embedding }) => [...embedding])).toEqual([wanted]);
      const numbers = await client.embeddings.create({ model, input: ["a river"], encoding_format: "float" });
      expect(numbers.data).toEqual([{ object: "embedding", index: 0, embedding: wanted }]);
      expect(numbers.model).toBe(model);
      expect(numbers.usage.prompt_tokens).toBeGreaterThan(0);
      expect(numbers.usage.total_tokens).toBe(numbers.usage.prompt_tokens);
      const { json } = await raw("/embeddings", { model, input: "a river", encoding_format: "base64" });
      expect(typeof objectsIn(json.data)[0]?.embedding).toBe("string");
    },
  );

  it("keep the order, the number and the tokens of any list", async () => {
    const one = new Map<string, readonly number[]>();
    const tokens = new Map<string, number>();
    for (const word of WORDS) {
      const { data, usage } = await client.embeddings.create({
        model: "titan",
        input: word,
        dimensions: 256,
      });
      one.set(word, data[0]?.embedding ?? []);
      tokens.set(word, usage.prompt_tokens);
    }
    const lists = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(lists, fc.constantFrom("float" as const, "base64" as const), async (input, format) => {
        const { data, usage } = await client.embeddings.create({
          model: "titan",
          input,
          dimensions: 256,
          ...(format === "float" && { encoding_format: format }),
        });
        expect(data.map(({ index }) => index)).toEqual(input.map((_, index) => index));
        expect(data.map(({ embedding }) => embedding)).toEqual(input.map((word) => one.get(word)));
        expect(usage.prompt_tokens).toBe(
          input.reduce((sum, word) => sum + (tokens.get(word) ?? Number.NaN), 0),
        );
      }),
      { numRuns: 8 },
    );
  });

  it("are asked for six at a time, a text a call", async () => {
    stack.emulator.requests.length = 0;
    const input = Array.from({ length: 60 }, (_, n) => `${WORDS[n % 6]} [[pace 5]]`);
    const { data } = await client.embeddings.create({ model: "titan", input, dimensions: 256 });
    expect(data).toHaveLength(60);
    const { requests } = stack.emulator;
    expect(requests).toHaveLength(60);
    expect(Math.max(...requests.map(({ atOnce }) => atOnce))).toBe(6);
  });

  it("are asked for in batches where the model takes them", async () => {
    stack.emulator.requests.length = 0;
    const input = Array.from({ length: 100 }, (_, n) => WORDS[n % 6] ?? "");
    const { data } = await client.embeddings.create({ model: "cohere-v3", input });
    expect(
      stack.emulator.requests
        .map(({ body }) => asObject(body).texts)
        .map((texts) => Array.isArray(texts) && texts.length)
        .sort(),
    ).toEqual([4, 96]);
    expect(data[97]?.embedding).toEqual(data[1]?.embedding);
    expect(data[97]?.embedding).not.toEqual(data[2]?.embedding);
  });

  it("come whole in an answer of many pieces", async () => {
    const input = Array.from({ length: 2048 }, (_, n) => WORDS[n % 6] ?? "");
    const { data } = await client.embeddings.create({ model: "served", input });
    expect(data).toHaveLength(2048);
    expect(data[2047]?.embedding).toEqual(data[1]?.embedding);
  });

  it("are of the lengths that are asked for", async () => {
    for (const [model, dimensions] of [
      ["titan", 512],
      ["cohere-v4", 512],
      ["nova", 384],
      ["titan-image", 384],
      ["served", 64],
      ["marengo", 512],
    ] as const) {
      const { data } = await client.embeddings.create({ model, input: "river", dimensions });
      expect(data[0]?.embedding, model).toHaveLength(dimensions);
    }
  });

  it("of a question may differ from those of an answer", async () => {
    for (const [model, word, sent] of [
      ["cohere-v3", "query", "search_query"],
      ["nova", "query", "TEXT_RETRIEVAL"],
      ["cohere-v4", "clustering", "clustering"],
    ]) {
      await raw("/v1/embeddings", { model, input: "river", input_type: word });
      expect(JSON.stringify(stack.lastUpstream().body)).toContain(`"${sent}"`);
    }
    const { headers } = await raw("/v1/embeddings", {
      model: "titan",
      input: "river",
      input_type: "query",
      user: "u",
    });
    expect(headers.get("x-router-dropped-params")).toBe("input_type");
  });

  it("come where a client writes null for what it does not set", async () => {
    for (const model of ["titan", "served"]) {
      const unset = { dimensions: null, encoding_format: null, user: null };
      const { status } = await raw("/v1/embeddings", { model, input: "river", ...unset });
      expect([model, status]).toEqual([model, 200]);
    }
  });

  it("come from the same model after failures, from another region too", async () => {
    const retried = await raw("/v1/embeddings", { model: "flaky", input: "river" });
    expect([retried.status, retried.headers.get("x-router-attempts")]).toEqual([200, "3"]);
    const moved = await raw("/v1/embeddings", { model: "regions", input: "river" });
    expect([moved.status, moved.headers.get("x-router-model")]).toEqual([200, "regions"]);
    expect(stack.lastUpstream().region).toBe("eu-west-1");
  });

  it("do not come from another model: the first failure ends what is left", async () => {
    stack.emulator.requests.length = 0;
    const { status, code } = await errorOf({
      model: "broken",
      input: Array.from({ length: 60 }, () => "river"),
    });
    expect([status, code]).toEqual([500, "upstream_error"]);
    expect(stack.emulator.requests.length).toBeLessThanOrEqual(18);
    expect(stack.emulator.requests.every(({ path }) => path.includes("titan"))).toBe(true);
  });

  it.each(
    cases([
      [{}, "model"],
      [{ model: "titan" }, "input"],
      [{ model: "titan", input: "" }, "input"],
      [{ model: "titan", input: [] }, "input"],
      [{ model: "titan", input: ["a", ""] }, "input[1]"],
      [{ model: "titan", input: ["a", 1] }, "input[1]"],
      [{ model: "titan", input: [1, 2] }, "input", /check_embedding_ctx_length=False/],
      [{ model: "cohere-v3", input: [[1, 2], [3]] }, "input", /check_embedding_ctx_length=False/],
      [{ model: "titan", input: Array.from({ length: 2049 }, () => "a") }, "input", /2048/],
      [{ model: "titan", input: Array.from({ length: 61 }, () => "a") }, "input", /at most 60 texts/],
      [
        { model: "cohere-v4", input: Array.from({ length: 2048 }, () => "a") },
        "input",
        /16 MiB.*at most \d+/,
      ],
      [{ model: "served", input: "a", dimensions: 9000 }, "dimensions"],
      [{ model: "titan", input: "a", dimensions: 7 }, "dimensions", /1024 or 512 or 256/],
      [{ model: "titan-v1", input: "a", dimensions: 512 }, "dimensions", /1536/],
      [{ model: "titan", input: "a", encoding_format: "int8" }, "encoding_format"],
      [{ model: "cohere-v3", input: "a", input_type: "poem" }, "input_type", /search_query/],
      [{ model: "cohere-v3", input: ["a", "b".repeat(2049)] }, "input[1]", /2048 characters/],
      [{ model: "cohere-v3", input: "b".repeat(2049) }, "input", /'input'.*2048 characters/],
      [{ model: "titan", input: ["a", "word ".repeat(9000)] }, "input[1]", /maximum context length/],
      [{ model: "titan", input: "word ".repeat(9000) }, "input", /^Invalid 'input': input exceeds/],
      [{ model: "chat", input: "a" }, "model", /POST \/v1\/chat\/completions/],
      [{ model: "auto", input: "a" }, "model", /titan/],
      [{ model: "cohere-rerank", input: "a" }, "model", /POST \/v1\/rerank/],
    ]),
  )("refuse what is wrong with %s, case %#", async (param, { body, message }) => {
    const error = await errorOf(body);
    expect([error.status, error.param]).toEqual([400, param]);
    expect(error.message).toMatch(message);
  });

  it("are none of a model that nobody configured", async () => {
    expect(await errorOf({ model: "ada", input: "a" })).toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });

  it("hand tokens on to an upstream that may take them", async () => {
    const { status, message } = await errorOf({ model: "served", input: [[1, 2], [3]] });
    expect([status, message]).toEqual([400, expect.stringContaining("this server takes no tokens")]);
    expect(stack.lastUpstream().body).toMatchObject({ model: "emulated-embedding", input: [[1, 2], [3]] });
  });

  it("do not chat", async () => {
    const asked = client.chat.completions.create({
      model: "titan",
      messages: [{ role: "user", content: "Hi" }],
    });
    const error = await asked.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({
      status: 400,
      param: "model",
      message: expect.stringContaining("/v1/embeddings"),
    });
    for (let n = 0; n < 10; n++) {
      const { model } = await client.chat.completions.create({
        model: "auto",
        messages: [{ role: "user", content: "Hi" }],
      });
      expect(model).toBe("emulated-small");
    }
  });

  it("are listed with their kind", async () => {
    const listed: unknown[] = [];
    for await (const model of client.models.list()) listed.push(model);
    expect(listed).toContainEqual(
      expect.objectContaining({ id: "titan", kind: "embedding", dimensions: [1024, 512, 256] }),
    );
    expect(listed).toContainEqual(expect.objectContaining({ id: "amazon-rerank", kind: "rerank" }));
  });

  const fixtures = new URL("../../../../shared/fixtures/dialects/", import.meta.url);
  it("are given to the clients whose requests were recorded", async () => {
    const names = existsSync(fixtures)
      ? readdirSync(fixtures).filter((name) => /-embeddings[-.]/.test(name) && !name.startsWith("answer"))
      : [];
    for (const name of names) {
      const { path, body } = asObject(JSON.parse(readFileSync(new URL(name, fixtures), "utf8")));
      const sent = { ...asObject(body), model: "titan" };
      const { status, json } = await raw(String(path), sent);
      if (name.includes("tokens")) expect(status, name).toBe(400);
      else
        expect([status, objectsIn(json.data).length], name).toEqual([
          200,
          [asObject(body).input].flat().length,
        ]);
    }
    console.log(`embeddings: ${names.length} recorded requests`);
  });
});

describe("orders", () => {
  const documents = [
    "Bread is baked from flour and water.",
    "To reset a forgotten password, open the account page.",
    "The planet has two moons.",
  ];
  const query = "I forgot my password";

  it.each(["cohere-rerank", "amazon-rerank", "served-rerank"])(
    "of %s name the documents, best first",
    async (model) => {
      const { status, headers, json } = await raw("/v1/rerank", {
        model,
        query,
        documents,
        top_n: 2,
        return_documents: true,
      });
      expect(status).toBe(200);
      const results = objectsIn(json.results);
      expect(results).toHaveLength(2);
      expect(results[0]).toMatchObject({ index: 1, document: { text: documents[1] } });
      expect(Number(results[0]?.relevance_score)).toBeGreaterThan(Number(results[1]?.relevance_score));
      expect(json).toMatchObject({ model, meta: { billed_units: { search_units: 1 } } });
      expect(asObject(json.usage).total_tokens).toBeGreaterThan(0);
      expect(headers.get("x-router-model")).toBe(model);
      const all = await raw("/rerank", { model, query, documents: documents.map((text) => ({ text })) });
      expect(objectsIn(all.json.results).map(({ index }) => index)[0]).toBe(1);
      expect(objectsIn(all.json.results)[0]).not.toHaveProperty("document");
      expect(objectsIn(all.json.results)).toHaveLength(3);
    },
  );

  it.each(
    cases([
      [{ model: "amazon-rerank", query: "", documents }, "query"],
      [{ model: "amazon-rerank", query, documents: [] }, "documents"],
      [{ model: "amazon-rerank", query, documents: ["a", 1] }, "documents[1]"],
      [{ model: "amazon-rerank", query, documents: [{ title: "a" }] }, "documents[0].text"],
      [{ model: "amazon-rerank", query, documents, top_n: 0 }, "top_n"],
      [{ model: "titan", query, documents }, "model"],
      [{ model: "chat", query, documents }, "model"],
    ]),
  )("refuse what is wrong with %s, case %#", async (param, { body }) => {
    expect(await errorOf(body, "/v1/rerank")).toMatchObject({ status: 400, param });
  });
});
