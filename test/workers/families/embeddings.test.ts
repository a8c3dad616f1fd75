import { describe, expect, it } from "vitest";
import type { EmbeddingRequest, RerankRequest } from "../../../src/chat/embedding.ts";
import { checkedRanking } from "../../../src/chat/ranking.ts";
import { checkedVectors, vectorJson } from "../../../src/chat/vectors.ts";
import {
  embeddingBatches,
  embeddingModel,
  familyProblem,
  rerankCall,
  rerankModel,
  taskFacts,
  taskOf,
} from "../../../src/families/index.ts";
import { bedrockTarget, thrownBy } from "../../support/bedrock.ts";

const PREFIXED = "arn:aws:bedrock:us-east-1::foundation-model/";
const HIDDEN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";

function asked(texts: readonly string[], more: Partial<EmbeddingRequest> = {}): EmbeddingRequest {
  return {
    ...{ model: "m", input: { kind: "texts", texts }, dimensions: undefined, inputType: undefined },
    ...{ encoding: "float", body: {}, ...more },
  };
}

function bodies(model: string, texts: readonly string[], more: Partial<EmbeddingRequest> = {}) {
  const found = embeddingModel({ model });
  if (!found) throw new Error(`no embedding model: ${model}`);
  return embeddingBatches(found, asked(texts, more), "m").batches;
}

describe("models of vectors and orders", () => {
  it.each([
    ["amazon.titan-embed-text-v2:0", "embedding"],
    ["amazon.titan-embed-g1-text-02", "embedding"],
    ["us.cohere.embed-v4:0", "embedding"],
    [`${PREFIXED}cohere.embed-english-v3`, "embedding"],
    ["eu.twelvelabs.marengo-embed-3-0-v1:0", "embedding"],
    ["amazon.nova-2-multimodal-embeddings-v1:0", "embedding"],
    ["cohere.rerank-v3-5:0", "rerank"],
    ["amazon.rerank-v1:0", "rerank"],
    ["cohere.embed-v5:0", "embedding"],
    ["twelvelabs.marengo-embed-2-7-v1:0", undefined],
    ["us.amazon.nova-lite-v1:0", undefined],
    ["amazon.titan-text-lite-v1", undefined],
    ["cohere.command-r-v1:0", undefined],
    [HIDDEN, undefined],
  ])("%s is of kind %s", (model, task) => {
    expect(taskOf(model, undefined)).toBe(task);
  });

  it("are told by family where the id hides them", () => {
    expect(taskOf(HIDDEN, "cohere-embed-v4")).toBe("embedding");
    expect(
      taskFacts(bedrockTarget(HIDDEN, { family: "cohere-embed-v4", task: "embedding" })).dimensions,
    ).toContain(1536);
    expect(familyProblem(bedrockTarget(HIDDEN, { task: "embedding" }))).toMatch(/titan-embed-v2/);
    expect(familyProblem(bedrockTarget(HIDDEN, { task: "rerank", family: "amazon-rerank" }))).toBeUndefined();
  });
});

describe("bodies", () => {
  it.each([
    ["amazon.titan-embed-text-v2:0", { dimensions: 256 }, { inputText: "a", dimensions: 256 }],
    ["amazon.titan-embed-text-v1", { dimensions: 1536 }, { inputText: "a" }],
    [
      "amazon.titan-embed-image-v1",
      { dimensions: 384 },
      { inputText: "a", embeddingConfig: { outputEmbeddingLength: 384 } },
    ],
    ["cohere.embed-english-v3", {}, { texts: ["a"], input_type: "search_document" }],
    ["cohere.embed-english-v3", { inputType: "Query" }, { texts: ["a"], input_type: "search_query" }],
    [
      "us.cohere.embed-v4:0",
      { dimensions: 512 },
      { texts: ["a"], input_type: "search_document", output_dimension: 512 },
    ],
    [
      "amazon.nova-2-multimodal-embeddings-v1:0",
      { inputType: "query", dimensions: 1024 },
      {
        schemaVersion: "nova-multimodal-embed-v1",
        taskType: "SINGLE_EMBEDDING",
        singleEmbeddingParams: {
          embeddingPurpose: "TEXT_RETRIEVAL",
          embeddingDimension: 1024,
          text: { truncationMode: "NONE", value: "a" },
        },
      },
    ],
    ["us.twelvelabs.marengo-embed-3-0-v1:0", {}, { inputType: "text", text: { inputText: "a" } }],
  ])("of %s with %j", (model, more, body) => {
    expect(bodies(model, ["a"], more).map((batch) => batch.body)).toEqual([body]);
  });

  it("hold as many texts as the model takes, in order", () => {
    const texts = Array.from({ length: 200 }, (_, n) => `text ${n}`);
    const batches = bodies("cohere.embed-english-v3", texts);
    expect(batches.map(({ first, texts: number }) => [first, number])).toEqual([
      [0, 96],
      [96, 96],
      [192, 8],
    ]);
    expect(batches.flatMap(({ body }) => body.texts)).toEqual(texts);
    expect(bodies("amazon.titan-embed-text-v1", texts)).toHaveLength(200);
  });

  it("count characters beyond 16 bits once", () => {
    expect(bodies("cohere.embed-english-v3", ["😀".repeat(2048)])).toHaveLength(1);
    expect(thrownBy(() => bodies("cohere.embed-english-v3", ["a", "😀".repeat(2049)]))).toMatchObject({
      param: "input[1]",
    });
  });

  it("of a rerank model hold what it takes", () => {
    const request: RerankRequest = {
      ...{ model: "m", query: "q", documents: ["a", "b"], top: 5 },
      body: { max_tokens_per_doc: 9, rank_fields: ["x"] },
    };
    const call = (model: string) => {
      const found = rerankModel({ model });
      if (!found) throw new Error("no rerank model");
      const { call: made, dropped } = rerankCall(found, request);
      return [made.body, dropped];
    };
    const documents = ["a", "b"];
    expect(call("cohere.rerank-v3-5:0")).toEqual([
      { api_version: 2, query: "q", documents, top_n: 2, max_tokens_per_doc: 9 },
      ["rank_fields"],
    ]);
    expect(call("amazon.rerank-v1:0")).toEqual([
      { query: "q", documents },
      ["max_tokens_per_doc", "rank_fields"],
    ]);
  });
});

describe("answers", () => {
  const [titan] = bodies("amazon.titan-embed-text-v2:0", ["a"]);
  const [image] = bodies("amazon.titan-embed-image-v1", ["a"]);
  const [cohere] = bodies("cohere.embed-english-v3", ["a", "b"]);
  const none = new Headers();
  const told = new Headers({ "x-amzn-bedrock-input-token-count": "7" });

  it("give vectors and tokens, of the body or the header", () => {
    expect(titan?.read({ embedding: [1, 2], inputTextTokenCount: 3 }, told)).toEqual({
      vectors: [[1, 2]],
      tokens: 3,
    });
    expect(cohere?.read({ embeddings: [[1], [2]] }, told)).toEqual({ vectors: [[1], [2]], tokens: 7 });
    expect(cohere?.read({ embeddings: { float: [[1], [2]] } }, none)).toEqual({
      vectors: [[1], [2]],
      tokens: undefined,
    });
  });

  it("that are not what was asked for are none", () => {
    for (const answer of [
      undefined,
      {},
      { embeddings: [[1]] },
      { embeddings: [[1], []] },
      { embeddings: [[1], ["a"]] },
      { embeddings: [[1], [2, 3]] },
    ]) {
      expect(cohere?.read(answer, none)).toBeUndefined();
    }
  });

  it("with a message in a 200 are refusals", () => {
    expect(thrownBy(() => image?.read({ embedding: null, message: "Not like this" }, none))).toMatchObject({
      code: "upstream_invalid_request",
    });
    expect(image?.read({ embedding: [1], message: null }, none)?.vectors).toEqual([[1]]);
  });
});

describe("vectors", () => {
  /** 0.5, -0.25, 0.125 as float32, little-endian. */
  const ENCODED = "AAAAPwAAgL4AAAA+";

  it("are written in either form, from either form", () => {
    expect(vectorJson([0.5, -0.25, 0.125], "base64")).toBe(`"${ENCODED}"`);
    expect(vectorJson(ENCODED, "base64")).toBe(`"${ENCODED}"`);
    expect(vectorJson(ENCODED, "float")).toBe("[0.5,-0.25,0.125]");
    expect(vectorJson([0.1, 1e-7], "float")).toBe("[0.1,1e-7]");
  });

  it("are checked", () => {
    expect(checkedVectors([ENCODED, [1, 2, 3]], 2)).toHaveLength(2);
    for (const wrong of [
      [],
      [[]],
      [""],
      ["AAA"],
      ["AAAAPw"],
      ["not base64!"],
      ["AAAAPwA="],
      ["AADAfw=="],
      [[Number.NaN]],
      [null],
    ]) {
      expect(checkedVectors(wrong, 1), JSON.stringify(wrong)).toBeUndefined();
    }
  });

  it("have an order only where every document is named once", () => {
    const one = { index: 0, relevance_score: 0.1 };
    expect(checkedRanking([one, { index: 1, score: 0.9 }], 2)).toEqual([
      { index: 1, score: 0.9 },
      { index: 0, score: 0.1 },
    ]);
    for (const wrong of [[], [one, one], [{ ...one, index: 2 }], [{ index: 0 }], [one, null], undefined]) {
      expect(checkedRanking(wrong, 2)).toBeUndefined();
    }
  });
});
