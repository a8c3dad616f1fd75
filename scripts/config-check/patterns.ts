/** The patterns of `router.rules`: by their form where that is enough, else by trying them. */
import type { PatternCheck } from "../../src/config/rules.ts";
import { slowness, WANTED } from "../../src/config/pattern/look.ts";
import { slowAmong } from "./slow-patterns.ts";

/** They are held against the query: at most 500 characters. */
const TRIAL = { chars: 500, limitMs: 100 };

export interface PatternTrial {
  readonly problem: PatternCheck;
  /** What is fast enough but would be refused in ROUTER_CONFIG, where nobody tries it. */
  readonly warnings: string[];
}

/** What `router.rules` may hold in a file that is checked before it is used. */
export function patternTrial(): PatternTrial {
  const warnings: string[] = [];
  return {
    warnings,
    problem(source) {
      const why = slowness(source);
      if (why === undefined) return undefined;
      if (slowAmong([{ source, flags: "i" }], TRIAL).length > 0) {
        return `the pattern ${why}: it took more than ${TRIAL.limitMs} ms on a text of ${TRIAL.chars} characters that almost matches; ${WANTED}`;
      }
      warnings.push(
        `router.rules: the pattern ${JSON.stringify(source)} ${why}; it is fast enough here, but ROUTER_CONFIG refuses it`,
      );
      return undefined;
    },
  };
}
