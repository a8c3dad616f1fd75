/** OpenAI's embeddings. https://platform.openai.com/docs/api-reference/embeddings/create */
import type { Usage } from "../../../chat/delta.ts";
import type { EmbeddingInput, EmbeddingRequest } from "../../../chat/embedding.ts";
import {
  isUnset,
  requestBody,
  invalid,
  listAt,
  optionalNumber,
  optionalText,
  optionalWord,
  textAt,
} from "../../fields.ts";

/** OpenAI's own limit. */
const MOST_TEXTS = 2048;
const MOST_DIMENSIONS = 100_000;

/** @throws RouterError `invalid_value` with `param`. */
export function embeddingRequest(value: unknown): EmbeddingRequest {
  const body = requestBody(value);
  const model = textAt(body.model, "model");
  if (model === "") throw invalid("model", "name an embedding model");
  optionalText(body.user, "user");
  return {
    model,
    input: inputOf(body.input),
    dimensions: optionalNumber(body.dimensions, "dimensions", {
      least: 1,
      most: MOST_DIMENSIONS,
      whole: true,
    }),
    inputType: optionalText(body.input_type, "input_type"),
    encoding: optionalWord(body.encoding_format, "encoding_format", ["float", "base64"]) ?? "float",
    body,
  };
}

function inputOf(input: unknown): EmbeddingInput {
  if (isUnset(input)) throw invalid("input", "missing; send a text or a list of texts");
  if (typeof input === "string") return { kind: "texts", texts: [filled(input, "input")] };
  if (isTokens(input)) return { kind: "tokens", lists: [input] };
  const list = listAt(input, "input", MOST_TEXTS);
  if (list.length === 0) throw invalid("input", "the list is empty; send at least one text");
  if (list.every(isTokens)) return { kind: "tokens", lists: list };
  return {
    kind: "texts",
    texts: list.map((text, index) => filled(textAt(text, `input[${index}]`), `input[${index}]`)),
  };
}

function filled(text: string, param: string): string {
  if (text === "") throw invalid(param, "a text cannot be empty");
  return text;
}

/** Numbers of OpenAI's tokenizer, as LangChain for Python sends them unless told otherwise. */
function isTokens(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every((token) => typeof token === "number");
}

export interface EmbeddingList {
  /** The configured name. */
  readonly model: string;
  /** Each as it stands in a JSON text. */
  readonly vectors: readonly string[];
  readonly usage: Usage;
}

/** The answer's JSON in pieces: as one text it would be in hand a second time. */
export function* embeddingAnswer({ model, vectors, usage }: EmbeddingList): Generator<string> {
  yield '{"object":"list","data":[';
  for (const [index, vector] of vectors.entries()) {
    yield `${index === 0 ? "" : ","}{"object":"embedding","index":${index},"embedding":${vector}}`;
  }
  const { promptTokens } = usage;
  const counts = JSON.stringify({ prompt_tokens: promptTokens, total_tokens: promptTokens });
  yield `],"model":${JSON.stringify(model)},"usage":${counts}}`;
}
