/** What an embedding or rerank model of Bedrock has to bring along, types and the checks that all of them share. */
import type { RerankRequest } from "../../chat/embedding.ts";
import { RouterError } from "../../errors.ts";
import type { JsonObject } from "../../lib/json.ts";

/** One kind of embedding model, spoken to by InvokeModel. */
export interface EmbeddingModel {
  /** What `family:` takes where the model id does not tell. */
  readonly name: string;
  /** How the plain model id begins. */
  readonly id: string;
  /** The most texts of one call. */
  readonly batch: number;
  /** Lengths of its vectors, its own first; where there is one, it cannot be asked for. */
  readonly dimensions: readonly [number, ...number[]];
  /** The most characters of a text, where it is certain that more are refused. */
  readonly mostChars?: number;
  /** The most tokens of a text. */
  readonly mostTokens: number | undefined;
  /** Its own words for what a text is, by what clients may write; undefined: it makes no difference. */
  readonly inputTypes?: InputTypes;
  body(texts: readonly string[], options: EmbeddingOptions): JsonObject;
  /** The vectors of an answer, unchecked; undefined where it holds none. */
  vectors(answer: JsonObject): readonly unknown[] | undefined;
  /** The tokens that the answer itself tells. */
  tokens?(answer: JsonObject): unknown;
  /** What it refuses within an answer that is a success otherwise. */
  refusal?(answer: JsonObject): string | undefined;
}

export type InputTypes = Readonly<Record<string, string>>;

export interface EmbeddingOptions {
  /** One of the model's, where the client asked for one. */
  readonly dimensions: number | undefined;
  /** The model's own word, where the client said what the texts are. */
  readonly inputType: string | undefined;
}

/** One kind of rerank model, spoken to by InvokeModel. */
export interface RerankModel {
  readonly name: string;
  readonly id: string;
  /** Fields of the client's that it takes beside query, documents and their number. */
  readonly extras: readonly string[];
  body(request: RerankRequest): JsonObject;
}

/** The length to ask for; undefined for the model's own. @throws RouterError with `param: dimensions` */
export function checkedDimensions(
  { dimensions }: EmbeddingModel,
  wanted: number | undefined,
  name: string,
): number | undefined {
  if (wanted === undefined) return undefined;
  if (!dimensions.includes(wanted)) {
    const takes = `the vectors of '${name}' have ${dimensions.join(" or ")} numbers`;
    throw new RouterError("invalid_value", `Invalid 'dimensions': ${takes}, not ${wanted}.`, {
      param: "dimensions",
    });
  }
  return dimensions.length === 1 ? undefined : wanted;
}

/** The model's word for what the texts are. @throws RouterError with `param: input_type` */
export function checkedInputType(
  { inputTypes }: EmbeddingModel,
  wanted: string | undefined,
  name: string,
): string | undefined {
  if (wanted === undefined || inputTypes === undefined) return undefined;
  const found = Object.entries(inputTypes).find(([word]) => word.toLowerCase() === wanted.toLowerCase());
  if (found) return found[1];
  const words = Object.keys(inputTypes).join(", ");
  throw new RouterError("invalid_value", `Invalid 'input_type': '${name}' takes one of ${words}.`, {
    param: "input_type",
  });
}

/** @throws RouterError with the `param` of a text that the model is certain to refuse. */
export function checkLengths(
  { mostChars }: EmbeddingModel,
  texts: readonly string[],
  name: string,
  paramOf: (index: number) => string,
): void {
  if (mostChars === undefined) return;
  for (const [index, text] of texts.entries()) {
    // Characters beyond 16 bits count once.
    if (text.length <= mostChars || [...text].length <= mostChars) continue;
    const param = paramOf(index);
    throw new RouterError(
      "context_length_exceeded",
      `Invalid '${param}': '${name}' takes texts of at most ${mostChars} characters, and this one has ${[...text].length}. Split it.`,
      { param },
    );
  }
}
