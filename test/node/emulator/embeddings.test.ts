/** The emulated models of vectors and of order: what they answer, and what they refuse. */
import { describe, expect, it } from "vitest";
import { asObject, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { bodyOf, call, emulatorHere, expectRefusal, malformed } from "./client.ts";

const emulator = emulatorHere();
const ask = (model: string, body: JsonObject, prefix = "") =>
  call(emulator(), { model, body, stream: false, prefix });

function numbers(value: unknown): number[] {
  expect(Array.isArray(value)).toBe(true);
  return Array.isArray(value) ? value.map(Number) : [];
}
const product = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, number, index) => sum + number * (b[index] ?? 0), 0);

const TITAN = "amazon.titan-embed-text-v2:0";
const COHERE = "cohere.embed-english-v3";
const NOVA = "amazon.nova-2-multimodal-embeddings-v1:0";
const novaBody = (value: string, more: JsonObject = {}) => ({
  taskType: "SINGLE_EMBEDDING",
  singleEmbeddingParams: {
    embeddingPurpose: "GENERIC_INDEX",
    text: { truncationMode: "NONE", value },
    ...more,
  },
});

describe("emulated embeddings", () => {
  it.each([
    [TITAN, { inputText: "Hello" }, 1024],
    [TITAN, { inputText: "Hello", dimensions: 256, normalize: true }, 256],
    ["amazon.titan-embed-text-v1", { inputText: "Hello" }, 1536],
    [
      "amazon.titan-embed-image-v1",
      { inputText: "Hello", embeddingConfig: { outputEmbeddingLength: 384 } },
      384,
    ],
  ])("%s answers with %j numbers", async (model, body, length) => {
    const answer = await bodyOf(await ask(model, body));
    expect(numbers(answer.embedding)).toHaveLength(length);
    expect(answer.inputTextTokenCount).toBeGreaterThan(0);
  });

  it("mean something: what is alike is near, in every length", async () => {
    for (const dimensions of [256, 512, 1024]) {
      const vector = async (inputText: string) =>
        numbers((await bodyOf(await ask(TITAN, { inputText, dimensions }))).embedding);
      const query = await vector("How do I reset my password?");
      const near = product(query, await vector("Steps to recover a forgotten password"));
      const far = product(query, await vector("The economy is in a recession"));
      expect(near).toBeGreaterThan(far + 0.1);
    }
  });

  it("come in the order of the texts, and are the same for the same text", async () => {
    const body = { texts: ["one", "two", "one"], input_type: "search_document" };
    const response = await ask(COHERE, body);
    expect(Number(response.headers.get("x-amzn-bedrock-input-token-count"))).toBeGreaterThan(0);
    const answer = await bodyOf(response);
    const [first, second, third] = Array.isArray(answer.embeddings) ? answer.embeddings.map(numbers) : [];
    expect(first).toEqual(third);
    expect(first).not.toEqual(second);
    const typed = await bodyOf(await ask("us.cohere.embed-v4:0", { ...body, embedding_types: ["float"] }));
    expect(asObject(typed.embeddings).float).toHaveLength(3);
  });

  it("of Nova and Marengo have their own forms", async () => {
    const nova = await bodyOf(await ask(NOVA, novaBody("Hello", { embeddingDimension: 384 })));
    expect(numbers(objectsIn(nova.embeddings)[0]?.embedding)).toHaveLength(384);
    const marengo = { inputType: "text", text: { inputText: "Hello" } };
    const answer = await bodyOf(await ask("us.twelvelabs.marengo-embed-3-0-v1:0", marengo));
    expect(numbers(objectsIn(answer.data)[0]?.embedding)).toHaveLength(512);
  });

  it.each([
    ["an empty text", TITAN, { inputText: "" }, malformed("#/inputText: expected minLength: 1, actual: 0")],
    [
      "a length that the model has not",
      TITAN,
      { inputText: "a", dimensions: 7 },
      malformed("#/dimensions: 7 is not a valid enum value"),
    ],
    [
      "a field of another model",
      "amazon.titan-embed-text-v1",
      { inputText: "a", dimensions: 256 },
      malformed("#: extraneous key [dimensions] is not permitted"),
    ],
    [
      "a text that is too long",
      TITAN,
      { inputText: "a".repeat(50_001) },
      malformed("#/inputText: expected maxLength: 50000, actual: 50001"),
    ],
    [
      "too many tokens",
      TITAN,
      { inputText: "word ".repeat(9_000) },
      /^Too many input tokens. Max input tokens: 8192/,
    ],
    ["no input type", COHERE, { texts: ["a"] }, malformed("#: required key [input_type] not found")],
    [
      "a long text",
      COHERE,
      { texts: ["a".repeat(2049)], input_type: "search_query" },
      malformed("#/texts/0: expected maxLength: 2048, actual: 2049"),
    ],
    [
      "97 texts",
      COHERE,
      { texts: Array.from({ length: 97 }, () => "a"), input_type: "search_query" },
      malformed("#/texts: expected maximum item count: 96, found: 97"),
    ],
    ["a long text for Nova", NOVA, novaBody("a".repeat(8193)), /exceeds the maximum length/],
  ])("refuse %s", async (_, model, body, message) => {
    await expectRefusal(await ask(model, body), message);
  });

  it("fail on demand", async () => {
    await expectRefusal(await ask(TITAN, { inputText: "a" }, "/@throttle"), /./, [429]);
    await expectRefusal(await ask(TITAN, { inputText: "[[fault: throttle]] a" }), /./, [429]);
  });
});

describe("emulated rerank", () => {
  const documents = ["The economy is in a recession", "Steps to recover a forgotten password"];
  const query = "How do I reset my password?";

  it("puts the document first that answers the question", async () => {
    for (const [model, body] of [
      ["cohere.rerank-v3-5:0", { api_version: 2, query, documents }],
      ["amazon.rerank-v1:0", { query, documents }],
    ] as const) {
      const answer = await bodyOf(await ask(model, body));
      expect(objectsIn(answer.results).map(({ index }) => index)).toEqual([1, 0]);
    }
  });

  it("refuses what its models refuse", async () => {
    await expectRefusal(
      await ask("cohere.rerank-v3-5:0", { query, documents }),
      malformed("#: required key [api_version] not found"),
    );
    await expectRefusal(
      await ask("amazon.rerank-v1:0", { query, documents, max_tokens_per_doc: 5 }),
      malformed("#: extraneous key [max_tokens_per_doc] is not permitted"),
    );
  });
});

describe("an OpenAI-compatible upstream with vectors", () => {
  const post = async (path: string, body: JsonObject) => {
    const { openaiUrl, openaiKey } = emulator();
    const headers = { authorization: `Bearer ${openaiKey}`, "content-type": "application/json" };
    return fetch(openaiUrl + path, { method: "POST", headers, body: JSON.stringify(body) });
  };
  const vectorsOf = async (body: JsonObject) =>
    objectsIn((await bodyOf(await post("/embeddings", body))).data).map(({ embedding }) => embedding);

  it("answers in the encoding that was asked for, but for the server that knows numbers only", async () => {
    const input = ["Hello"];
    const [floats] = await vectorsOf({ model: "emulated-embedding", input });
    const [text] = await vectorsOf({ model: "emulated-embedding", input, encoding_format: "base64" });
    const bytes = Buffer.from(String(text), "base64");
    const decoded = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
    expect(decoded).toEqual(floats);
    const [stubborn] = await vectorsOf({ model: "emulated-floats", input, encoding_format: "base64" });
    expect(stubborn).toEqual(floats);
  });

  it("refuses tokens and empty texts", async () => {
    expect((await post("/embeddings", { model: "emulated-embedding", input: [[1, 2]] })).status).toBe(400);
    expect((await post("/embeddings", { model: "emulated-embedding", input: [""] })).status).toBe(400);
  });

  it("reranks in Cohere's form", async () => {
    const body = {
      model: "emulated-rerank",
      query: "pets",
      documents: ["dogs and cats", "tax law"],
      top_n: 1,
    };
    const answer = await bodyOf(await post("/rerank", body));
    expect(objectsIn(answer.results)).toMatchObject([{ index: 0 }]);
  });
});
