/** What a row of the bench is, and the lines of the report that it gives. */
import type { Comparison } from "../support/rounds.ts";
import type { Stage } from "../support/stage.ts";

/** A group of measurements: a file of this folder, and an entry of the table in index.ts. */
export interface Row {
  /** For `--only`. */
  readonly name: string;
  /** Rounds when the command line does not say: few for what takes long. */
  readonly rounds: number;
  /** Left out unless asked for. */
  readonly optional?: boolean;
  /** What it has the upstream play through the shared router. */
  readonly plays: readonly string[];
  run(stage: Stage, effort: Effort): Promise<readonly Line[]>;
}

export interface Effort {
  readonly rounds: number;
  /** A quarter of the answers and of the waiting: to see that it runs, not for numbers. */
  readonly quick: boolean;
}

/** One line of the report. */
export interface Line {
  /** What was measured, e.g. `Bedrock stream, burst: CPU`. */
  readonly what: string;
  readonly unit: string;
  /** The router's. */
  readonly value: number;
  /** `value` is the CPU of one answer in milliseconds: what Cloudflare bills. */
  readonly answer?: boolean;
  /** What it is measured against, and that one's value. */
  readonly against?: string;
  readonly baseline?: number;
  readonly ratio?: number;
  readonly difference?: number;
  /** The same of the baseline against itself, least and most. */
  readonly self?: readonly [number, number];
  readonly target?: Target;
  readonly met?: boolean;
}

/** What a line is to reach. */
export interface Target {
  readonly of: "value" | "ratio" | "difference";
  readonly most?: number;
  readonly least?: number;
}

/** How a line is called. */
export type Title = Pick<Line, "what" | "unit" | "answer">;
export type TitleAgainst = Title & { readonly against: string };

/** A line about the router alone. */
export function valueLine(what: string, unit: string, value: number, target?: Target): Line {
  return judged({ what, unit, value, ...(target && { target }) });
}

/** A line about the router and a baseline; with a target of the difference that one is shown, else the ratio. */
export function comparisonLine(title: TitleAgainst, compared: Comparison, target?: Target): Line {
  const { ours, baseline, ratio, difference, selfRatio, selfDifference } = compared;
  const result =
    target?.of === "difference" ? { difference, self: selfDifference } : { ratio, self: selfRatio };
  return judged({ ...title, value: ours, baseline, ...result, ...(target && { target }) });
}

/** A line about the router and a baseline that were measured once each. */
export function pairLine(title: TitleAgainst, value: number, baseline: number, target?: Target): Line {
  return judged({ ...title, value, baseline, ratio: value / baseline, ...(target && { target }) });
}

function judged(line: Line): Line {
  const { target } = line;
  const result = target && line[target.of];
  if (!target || result === undefined) return line;
  const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = target;
  return { ...line, met: result <= most && result >= least };
}
