/** Bedrock's embedding models: what each takes, refuses and answers, from their pages in the user guide. */
import { invalid, malformed } from "../bedrock/errors.ts";
import {
  ANY_OBJECT,
  BOOLEAN,
  list,
  object,
  oneOf,
  type Shape,
  STRING,
  violations,
} from "../bedrock/schema.ts";
import { asObject, asString, type JsonObject, stringsIn } from "../json.ts";
import { textTokens, vectorOf } from "./vectors.ts";

export interface EmbeddingReply {
  readonly body: JsonObject;
  /** For the header, where the body does not tell. */
  readonly tokens: number;
}

export interface EmulatedEmbedding {
  /** How the plain model id begins. */
  readonly prefix: string;
  /** @throws the BedrockError of a refusal */
  answer(body: JsonObject): Promise<EmbeddingReply>;
  /** The first text, which may hold directives. */
  text(body: JsonObject): string;
}

const INTEGER: Shape = { kind: "integer" };
const MOST_TOKENS = 8192;

/** Throws what the schema check says. */
function check(body: JsonObject, shape: Shape): void {
  const found = violations(body, shape);
  if (found.length > 0) throw malformed(found);
}

function checkLength(text: string, pointer: string, most: number): void {
  if (text === "") throw malformed([`${pointer}: expected minLength: 1, actual: 0`]);
  if (text.length > most)
    throw malformed([`${pointer}: expected maxLength: ${most}, actual: ${text.length}`]);
}

function checkTokens(text: string, most = MOST_TOKENS): number {
  const tokens = textTokens([text]);
  if (tokens <= most) return tokens;
  throw invalid(`Too many input tokens. Max input tokens: ${most}, request input token count: ${tokens} `);
}

/** A number among those that the model has. */
function dimension(value: unknown, pointer: string, allowed: readonly number[]): number {
  const [first = 0] = allowed;
  if (value === undefined) return first;
  const found = allowed.find((number) => number === value);
  if (found === undefined) throw malformed([`${pointer}: ${String(value)} is not a valid enum value`]);
  return found;
}

const titanText =
  (dimensions: readonly number[], fields: JsonShapeFields): EmulatedEmbedding["answer"] =>
  async (body) => {
    check(body, object({ inputText: STRING }, fields));
    const text = asString(body.inputText);
    const length = dimension(body.dimensions, "#/dimensions", dimensions);
    checkLength(text, "#/inputText", 50_000);
    const tokens = checkTokens(text);
    const embedding = await vectorOf(text, length);
    const types = Array.isArray(body.embeddingTypes) ? stringsIn(body.embeddingTypes) : ["float"];
    const byType = {
      ...(types.includes("float") && { float: embedding }),
      ...(types.includes("binary") && { binary: embedding.map((number) => (number > 0 ? 1 : 0)) }),
    };
    return {
      body: {
        ...(types.includes("float") && { embedding }),
        inputTextTokenCount: tokens,
        ...("embeddingTypes" in fields && { embeddingsByType: byType }),
      },
      tokens,
    };
  };

type JsonShapeFields = Readonly<Record<string, Shape>>;

const inputText = (body: JsonObject): string => asString(body.inputText);

const titanV2: EmulatedEmbedding = {
  prefix: "amazon.titan-embed-text-v2",
  answer: titanText([1024, 512, 256], {
    dimensions: INTEGER,
    normalize: BOOLEAN,
    embeddingTypes: list(oneOf("float", "binary")),
  }),
  text: inputText,
};

const titanV1: EmulatedEmbedding = {
  prefix: "amazon.titan-embed-text-v1",
  answer: titanText([1536], {}),
  text: inputText,
};

const titanG1: EmulatedEmbedding = { ...titanV1, prefix: "amazon.titan-embed-g1-text" };

const titanImage: EmulatedEmbedding = {
  prefix: "amazon.titan-embed-image-v1",
  async answer(body) {
    const config = object({}, { outputEmbeddingLength: INTEGER });
    check(body, object({}, { inputText: STRING, inputImage: STRING, embeddingConfig: config }));
    const text = asString(body.inputText);
    if (text === "" && body.inputImage === undefined) {
      throw invalid("Malformed input request: At least one of inputText or inputImage is required.");
    }
    const wanted = asObject(body.embeddingConfig).outputEmbeddingLength;
    const length = dimension(wanted, "#/embeddingConfig/outputEmbeddingLength", [1024, 384, 256]);
    const tokens = checkTokens(text, 256);
    const embedding = await vectorOf(text || asString(body.inputImage).slice(0, 100), length);
    return { body: { embedding, inputTextTokenCount: tokens, message: null }, tokens };
  },
  text: inputText,
};

const INPUT_TYPES = ["search_document", "search_query", "classification", "clustering", "image"];
const COHERE_TYPES = ["float", "int8", "uint8", "binary", "ubinary"];

function cohere(prefix: string, newer: boolean): EmulatedEmbedding {
  return {
    prefix,
    async answer(body) {
      const types = list(oneOf(...COHERE_TYPES));
      const fields = { truncate: oneOf("NONE", "START", "END", "LEFT", "RIGHT"), embedding_types: types };
      const added = { output_dimension: INTEGER, max_tokens: INTEGER, inputs: list(ANY_OBJECT) };
      const optional = { texts: list(STRING), images: list(STRING), ...fields, ...(newer && added) };
      check(body, object({ input_type: oneOf(...INPUT_TYPES) }, optional));
      const texts = stringsIn(body.texts);
      if (texts.length === 0) throw invalid("Malformed input request: texts must be non-empty");
      if (texts.length > 96) {
        throw malformed([`#/texts: expected maximum item count: 96, found: ${texts.length}`]);
      }
      for (const [index, text] of texts.entries()) {
        if (!newer) checkLength(text, `#/texts/${index}`, 2048);
        else if (text === "") throw invalid("invalid request: texts cannot contain empty strings");
      }
      const allowed = newer ? [1536, 1024, 512, 256] : [1024];
      const length = dimension(body.output_dimension, "#/output_dimension", allowed);
      const vectors: number[][] = [];
      for (const text of texts) vectors.push(await vectorOf(text, length));
      const typed = Array.isArray(body.embedding_types);
      return {
        body: {
          id: "00000000-0000-4000-8000-000000000000",
          texts,
          embeddings: typed ? { float: vectors } : vectors,
          response_type: typed ? "embeddings_by_type" : "embeddings_floats",
        },
        tokens: textTokens(texts),
      };
    },
    text: (body) => stringsIn(body.texts)[0] ?? "",
  };
}

const PURPOSES = [
  ...["GENERIC_INDEX", "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL"],
  ...["DOCUMENT_RETRIEVAL", "AUDIO_RETRIEVAL", "CLASSIFICATION", "CLUSTERING"],
];

const nova: EmulatedEmbedding = {
  prefix: "amazon.nova-2-multimodal-embeddings",
  async answer(body) {
    const text = object({ truncationMode: oneOf("START", "END", "NONE"), value: STRING });
    const params = object(
      { embeddingPurpose: oneOf(...PURPOSES) },
      { embeddingDimension: INTEGER, text, image: ANY_OBJECT, audio: ANY_OBJECT, video: ANY_OBJECT },
    );
    const schemaVersion = oneOf("nova-multimodal-embed-v1");
    check(
      body,
      object({ taskType: oneOf("SINGLE_EMBEDDING"), singleEmbeddingParams: params }, { schemaVersion }),
    );
    const single = asObject(body.singleEmbeddingParams);
    const length = dimension(
      single.embeddingDimension,
      "#/singleEmbeddingParams/embeddingDimension",
      [3072, 1024, 384, 256],
    );
    const { value, truncationMode } = asObject(single.text);
    const words = asString(value);
    if (words === "")
      throw malformed(["#/singleEmbeddingParams/text/value: expected minLength: 1, actual: 0"]);
    if (words.length > 8192 && truncationMode === "NONE") {
      throw invalid("Text input exceeds the maximum length of 8192 characters.");
    }
    const embedding = await vectorOf(words.slice(0, 8192), length);
    const cut = words.length > 8192 && { truncatedCharLength: 8192 };
    return {
      body: { embeddings: [{ embeddingType: "TEXT", embedding, ...cut }] },
      tokens: textTokens([words]),
    };
  },
  text: (body) => asString(asObject(asObject(body.singleEmbeddingParams).text).value),
};

const marengo: EmulatedEmbedding = {
  prefix: "twelvelabs.marengo-embed-3",
  async answer(body) {
    check(body, object({ inputType: oneOf("text"), text: object({ inputText: STRING }) }));
    const text = asString(asObject(body.text).inputText);
    checkLength(text, "#/text/inputText", 2000);
    return { body: { data: [{ embedding: await vectorOf(text, 512) }] }, tokens: textTokens([text]) };
  },
  text: (body) => asString(asObject(body.text).inputText),
};

export const EMBEDDING_MODELS: readonly EmulatedEmbedding[] = [
  titanV2,
  titanV1,
  titanG1,
  titanImage,
  cohere("cohere.embed-english-v3", false),
  cohere("cohere.embed-multilingual-v3", false),
  cohere("cohere.embed-v4", true),
  nova,
  marengo,
];
