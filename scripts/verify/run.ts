/** Runs the table of checks, one case after the other. */
import OpenAI from "openai";
import { CHECKS } from "./checks/index.ts";
import { asFailure, Unreachable } from "./http.ts";
import type { Options } from "./options.ts";
import type { Case, Context, Result } from "./types.ts";

/** @param told Hears of each result as soon as it is there. */
export async function runChecks(options: Options, told: (result: Result) => void): Promise<Result[]> {
  const context = contextFor(options);
  const results: Result[] = [];
  for (const check of CHECKS) {
    for (const one of check.cases(context)) {
      const { result, unreachable } = await runCase(check.name, one);
      results.push(result);
      told(result);
      // Where nothing answers at all, the other checks would only say so again.
      if (unreachable && results.length === 1) return results;
    }
  }
  return results;
}

async function runCase(
  check: string,
  { name, run }: Case,
): Promise<{ readonly result: Result; readonly unreachable: boolean }> {
  const started = performance.now();
  const done = (rest: Omit<Result, "check" | "case" | "ms">): Result => ({
    check,
    case: name,
    ...rest,
    ms: Math.round(performance.now() - started),
  });
  try {
    const verdict = await run();
    const result = done(typeof verdict === "string" ? { status: "pass", note: verdict } : verdict);
    return { result, unreachable: false };
  } catch (thrown) {
    const { expected, got, advice, code } = asFailure(thrown, "an answer");
    const result = done({
      status: "fail",
      expected,
      got,
      ...(advice !== undefined && { advice }),
      ...(advice === undefined && code !== undefined && { advice: `docs/errors.md explains ${code}.` }),
      ...(code !== undefined && { code }),
    });
    return { result, unreachable: thrown instanceof Unreachable };
  }
}

function contextFor({ url, key, only, timeoutMs }: Options): Context {
  const client = new OpenAI({
    baseURL: `${url}/v1`,
    // The client wants one, even where the router does not.
    apiKey: key ?? "none",
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: "off",
  });
  return { url, key, timeoutMs, client, only, models: [], answered: new Set() };
}
