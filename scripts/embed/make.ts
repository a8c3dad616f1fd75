/** Asks the embedding model for the vectors of a source, and puts them into a file. */
import type { Config } from "../../src/config/types.ts";
import type { ReadBinding } from "../../src/env.ts";
import { embed } from "../../src/routing/embed.ts";
import { writeLabelled } from "../../src/routing/strategies/judges/format.ts";
import { MOST_VECTOR_BYTES, type Source } from "./source.ts";

/** Texts of one request; several models take no more. */
const BATCH = 90;

export interface MakingContext {
  readonly config: Config;
  readonly binding: ReadBinding;
  /** Told how many texts have their vectors. */
  readonly progress?: (done: number) => void;
}

/**
 * The file of vectors.
 * @throws RouterError what the embedding model says; Error where the vectors are too large.
 */
export async function makeVectors(
  { header, texts, labelled, embeddingModel }: Source,
  { config, binding, progress }: MakingContext,
): Promise<Uint8Array> {
  const signal = new AbortController().signal;
  const vectors: number[][] = [];
  for (let from = 0; from < texts.length; from += BATCH) {
    const input = texts.slice(from, from + BATCH);
    const request = {
      ...({ model: embeddingModel.name, input: { kind: "texts", texts: input } } as const),
      ...({ dimensions: undefined, inputType: undefined, encoding: "float", body: { input } } as const),
    };
    const answer = await embed(request, { config, binding, signal, random: Math.random, now: Date.now });
    for (const vector of answer.vectors) vectors.push(numbersIn(JSON.parse(vector)));
    const bytes = texts.length * (vectors[0]?.length ?? 0);
    if (bytes > MOST_VECTOR_BYTES) {
      throw new Error(
        `${texts.length} vectors of ${vectors[0]?.length} numbers are larger than ${MOST_VECTOR_BYTES / 2 ** 20} MiB. Take fewer texts, or an embedding model with shorter vectors.`,
      );
    }
    progress?.(vectors.length);
  }
  return writeLabelled({ header, vectors, ...labelled });
}

function numbersIn(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}
