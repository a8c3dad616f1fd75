/** What a check is, and what comes of it. */
import type OpenAI from "openai";

/** The router under test, and what the checks have learnt of it so far. */
export interface Context {
  /** Without `/v1` and without a trailing slash. */
  readonly url: string;
  /** Undefined: the router needs none. */
  readonly key: string | undefined;
  /** How long one request may take. */
  readonly timeoutMs: number;
  /** OpenAI's own client, without its retries: one question is one request. */
  readonly client: OpenAI;
  /** `--models`; undefined for all. */
  readonly only: readonly string[] | undefined;
  /** The models to talk to, once the list is known; without `auto`. */
  models: readonly ListedModel[];
  /** Those that give vectors or an order instead. */
  others: readonly ListedModel[];
  /** Those that have answered a question as they should. */
  readonly answered: Set<string>;
}

/** An entry of `/v1/models`. */
export interface ListedModel {
  readonly id: string;
  /** `provider:` of the configuration. */
  readonly provider: string;
  /** Undefined where the router does not know. */
  readonly tools: boolean | undefined;
  /** `embedding` or `rerank`; undefined of a model to talk to. */
  readonly kind: string | undefined;
  /** The length of its vectors, where the router knows it. */
  readonly dimensions: number | undefined;
}

/** Something a person would do by hand after a deploy. A new one is a file and a line in checks/index.ts. */
export interface Check {
  readonly name: string;
  /** Its steps; called when those of the checks before it are over. */
  cases(context: Context): readonly Case[];
}

export interface Case {
  readonly name: string;
  /** Gives what came, in a few words. Throws a {@link Failure} when that is wrong. */
  run(): Promise<string | Verdict>;
}

/** An outcome that is neither plainly right nor wrong. */
export interface Verdict {
  /** `warn`: works, but somebody should know. `skip`: does not apply here. */
  readonly status: "warn" | "skip";
  readonly note: string;
}

interface FailureDetails {
  readonly advice?: string;
  readonly code?: string | undefined;
  /** What the router said of it, in its own words. */
  readonly reason?: string | undefined;
  /** Whatever is checked next would fail by it. */
  readonly final?: boolean;
}

/** What was expected, what came, and what to do about it. */
export class Failure extends Error {
  readonly expected: string;
  readonly got: string;
  readonly advice: string | undefined;
  /** The error code that came, if one did. */
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly final: boolean;

  constructor(expected: string, got: string, more: FailureDetails = {}) {
    super(`expected ${expected}, got ${got}`);
    this.expected = expected;
    this.got = got;
    this.advice = more.advice;
    this.code = more.code;
    this.reason = more.reason;
    this.final = more.final ?? false;
  }
}

/** One line of the report. */
export interface Result {
  readonly check: string;
  readonly case: string;
  readonly status: "pass" | "fail" | "warn" | "skip";
  /** What came, or why it was left out. */
  readonly note?: string;
  readonly expected?: string;
  readonly got?: string;
  readonly advice?: string;
  readonly code?: string;
  /** The failure that told of the same cause before. */
  readonly same_as?: string;
  readonly ms: number;
}

/** For a case that does not apply. */
export function skip(note: string): Verdict {
  return { status: "skip", note };
}

/** For a case that works in a way that somebody should know of. */
export function warn(note: string): Verdict {
  return { status: "warn", note };
}
