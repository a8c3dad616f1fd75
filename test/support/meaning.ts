/** Vectors for the strategies' tests: of letters, so that texts of the same words are alike. */
import type { RouterConfig } from "../../src/config/types.ts";
import type { FurtherModules } from "../../src/routing/strategies/strategy.ts";
import { type Labels, sourceDigest, writeLabelled } from "../../src/routing/strategies/judges/format.ts";
import { routeTexts } from "../../src/routing/strategies/judges/labels.ts";
import { FURTHER } from "./routing.ts";

/** The id of the models that make these vectors. */
export const EMBEDDER = { kind: "embedding", provider: "nvidia", model: "letters" } as const;

/** How often each letter is in a text; the last number keeps it from being nothing. */
export function letters(text: string): Float32Array {
  const counts = new Float32Array(27).fill(0.1);
  for (const letter of text.toLowerCase()) {
    const index = letter.charCodeAt(0) - 97;
    if (index >= 0 && index < 26) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

/** What `npm run embed` would make of the routes. */
export async function routeVectors(router: RouterConfig, model = "letters"): Promise<ArrayBuffer> {
  const texts = routeTexts(router);
  const header = { kind: "semantic", model, models: [], digest: await sourceDigest(model, texts) } as const;
  return bufferOf({ header, vectors: texts.flat().map(letters), scores: [], texts: [] });
}

/** What it would make of labelled queries. */
export async function queryVectors(
  queries: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Promise<ArrayBuffer> {
  const texts = Object.keys(queries);
  const models = [...new Set(Object.values(queries).flatMap(Object.keys))];
  const scores = Object.values(queries).map((row) => models.map((model) => row[model]));
  const header = { kind: "knn", model: "letters", models, digest: "" } as const;
  return bufferOf({ header, vectors: texts.map(letters), scores, texts });
}

function bufferOf(labels: Labels): ArrayBuffer {
  const { buffer } = writeLabelled(labels);
  if (buffer instanceof ArrayBuffer) return buffer;
  throw new TypeError("shared memory");
}

/** The strategies' modules with these vectors. */
export function furtherWith(vectors: ArrayBuffer): FurtherModules {
  return { ...FURTHER, vectors: async () => vectors };
}
