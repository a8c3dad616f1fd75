/** How hard a question looks, by a table of words and signs. No model is asked; English is what it knows best. */
import type { Tier } from "../../../config/types.ts";

/** What adds to the score, each up to a most. Together they can give {@link MOST}. */
const FEATURES = {
  length: 25,
  code: 25,
  reasoning: 20,
  constraints: 15,
  numbers: 15,
} as const;

export type Feature = keyof typeof FEATURES;

/** The highest score. */
export const MOST = 100;
/** From this many characters on a text counts as long. */
const LONG_CHARS = 4000;

/** By lower-case word: what it is a sign of, and how many points it gives. */
const WORDS: ReadonlyMap<string, readonly [Feature, number]> = new Map([
  ...words("reasoning", 10, "why prove proof derive explain compare contrast analyze analyse evaluate"),
  ...words(
    "reasoning",
    10,
    "design architecture optimize optimise refactor debug diagnose trade-offs tradeoffs",
  ),
  ...words(
    "reasoning",
    5,
    "how reason reasoning deduce infer conclude solve calculate compute determine estimate",
  ),
  ...words("reasoning", 5, "plan strategy implications assume assuming suppose hypothesis critique review"),
  ...words("code", 8, "function class import const return async await def lambda struct enum interface"),
  ...words(
    "code",
    8,
    "python javascript typescript java rust golang sql regex api json yaml kubernetes docker",
  ),
  ...words("code", 6, "code algorithm compile compiler exception stacktrace traceback script database query"),
  ...words(
    "constraints",
    4,
    "must should shall exactly only without except unless least most every each never",
  ),
  ...words(
    "constraints",
    4,
    "required requirements constraint constraints ensure format step steps following clue clues",
  ),
  ...words(
    "numbers",
    4,
    "equation integral derivative matrix probability theorem polynomial percent sum product",
  ),
  ...words("numbers", 4, "ratio average variance velocity mass energy angle triangle integer prime divided"),
]);

/** Words with their apostrophes and hyphens, numbers, and the signs that code and formulas are full of. */
const TOKEN = /[\p{L}_][\p{L}\p{M}\p{N}_'-]*|\p{N}+(?:[.,]\p{N}+)*|```|[{}[\]();=<>+*/^%|&$\\]/gu;

function words(feature: Feature, points: number, list: string): [string, [Feature, number]][] {
  return list.split(" ").map((word) => [word, [feature, points]]);
}

export interface Complexity {
  /** From 0 to {@link MOST}. */
  readonly score: number;
  /** What gave points, most first. */
  readonly parts: readonly (readonly [Feature, number])[];
}

/**
 * Scores a text.
 * @param query At most 500 characters.
 * @param chars How long the text was before it was cut to them.
 */
export function complexityOf(query: string, chars: number): Complexity {
  const points: Record<Feature, number> = { length: 0, code: 0, reasoning: 0, constraints: 0, numbers: 0 };
  points.length = FEATURES.length * Math.min(1, Math.sqrt(chars / LONG_CHARS));
  /** A word counts once: who repeats it asks for no more. */
  const seen = new Set<string>();
  for (const [token] of query.matchAll(TOKEN)) {
    const first = token.codePointAt(0) ?? 0;
    if (token === "```") points.code += 12;
    else if (/^\p{N}/u.test(token)) points.numbers += 2;
    else if (first < 0x80 && !/[A-Za-z_]/.test(token))
      points[SIGNS_OF_CODE.has(token) ? "code" : "numbers"] += 1.5;
    else {
      const word = token.toLowerCase();
      const sign = seen.has(word) ? undefined : WORDS.get(word);
      if (sign) points[sign[0]] += sign[1];
      seen.add(word);
    }
  }
  const parts = Object.entries(FEATURES).flatMap(([name, most]): [Feature, number][] => {
    const given = isFeature(name) ? Math.min(most, Math.round(points[name])) : 0;
    return isFeature(name) && given > 0 ? [[name, given]] : [];
  });
  return {
    score: parts.reduce((sum, [, given]) => sum + given, 0),
    parts: parts.toSorted(([, a], [, b]) => b - a),
  };
}

const SIGNS_OF_CODE: ReadonlySet<string> = new Set([..."{}[];|&<>"]);

function isFeature(name: string): name is Feature {
  return Object.hasOwn(FEATURES, name);
}

/** Where in the list the tier of a score stands: the first that it is below, else the last. */
export function tierOf(score: number, tiers: readonly Tier[]): number {
  const found = tiers.findIndex(({ below }) => below !== undefined && score < below);
  return found === -1 ? tiers.length - 1 : found;
}
