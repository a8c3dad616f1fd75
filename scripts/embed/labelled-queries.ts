/** Files of labelled queries: which model was how good at what. */
import { isObject, type JsonObject } from "../../emulator/json.ts";
import { shortened } from "../../src/routing/query.ts";

export interface LabelledQueries {
  /** As the router looks at them: at most 500 characters each, none twice. */
  readonly texts: readonly string[];
  /** Whose scores there are, by name. */
  readonly models: readonly string[];
  /** By text and model; undefined where there is none. */
  readonly scores: readonly (readonly (number | undefined)[])[];
}

export interface ReadQueries {
  readonly queries: LabelledQueries;
  /** Lines that are of no use, as sentences; the first ones. */
  readonly problems: readonly string[];
}

const MOST_PROBLEMS = 5;

/**
 * Reads a file of one JSON object a line, or one list of them. An object is `{query, scores: {model: 0.5}}`, or LLMRouter's
 * `{query, model_name, performance}`, of which there is one for each query and model; what else it has does not count. Scores
 * of the same model for the same text are averaged.
 */
export function readQueries(text: string): ReadQueries {
  const problems: string[] = [];
  const found = new Map<string, Map<string, number[]>>();
  const models = new Set<string>();
  for (const { where, value } of entriesIn(text)) {
    const read = readEntry(value);
    if (typeof read === "string") {
      problems.push(`${where}: ${read}`);
      continue;
    }
    const scores = found.get(read.query) ?? new Map<string, number[]>();
    found.set(read.query, scores);
    for (const [model, score] of read.scores) {
      models.add(model);
      scores.set(model, [...(scores.get(model) ?? []), score]);
    }
  }
  const names = [...models].sort();
  const more = problems.length - MOST_PROBLEMS;
  return {
    queries: {
      texts: [...found.keys()],
      models: names,
      scores: [...found.values()].map((scores) => names.map((name) => meanOf(scores.get(name)))),
    },
    problems: [...problems.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`and ${more} lines more`] : [])],
  };
}

interface Entry {
  readonly query: string;
  readonly scores: readonly (readonly [string, number])[];
}

/** What is wrong with it where it is of no use. */
function readEntry(value: unknown): Entry | string {
  if (!isObject(value)) return "it is no JSON object";
  const { query } = value;
  if (typeof query !== "string" || query.trim() === "") return "it has no query";
  const scores = scoresIn(value);
  if (scores.length === 0) return "it has no scores: {model: number}, nor model_name and performance";
  const wrong = scores.find(
    ([, score]) => typeof score !== "number" || !Number.isFinite(score) || Math.abs(score) > 1e6,
  );
  if (wrong) return `the score of ${JSON.stringify(wrong[0].slice(0, 60))} is no number`;
  return { query: shortened(query.trim()), scores: scores.map(([model, score]) => [model, Number(score)]) };
}

function scoresIn({ scores, model_name: model, performance }: JsonObject): [string, unknown][] {
  if (isObject(scores)) return Object.entries(scores);
  return typeof model === "string" && performance !== undefined ? [[model, performance]] : [];
}

/** Lines are told apart from a list by their first character. */
function* entriesIn(text: string): Generator<{ where: string; value: unknown }> {
  if (text.trimStart().startsWith("[")) {
    const list: unknown = parsed(text);
    for (const [index, value] of (Array.isArray(list) ? list : [list]).entries())
      yield { where: `entry ${index + 1}`, value };
    return;
  }
  for (const [index, line] of text.split("\n").entries())
    if (line.trim() !== "") yield { where: `line ${index + 1}`, value: parsed(line) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function meanOf(scores: readonly number[] | undefined): number | undefined {
  return scores && scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
