/** Runs the table of checks, one case after the other. */
import OpenAI from "openai";
import { CHECKS } from "./checks/index.ts";
import { asFailure, Unreachable } from "./http.ts";
import type { Options } from "./options.ts";
import type { Case, Context, Failure, Result } from "./types.ts";

/** @param told Hears of each result as soon as it is there. */
export async function runChecks(options: Options, told: (result: Result) => void): Promise<Result[]> {
  const context = contextFor(options);
  const results: Result[] = [];
  /** Who told first of a cause. */
  const causes = new Map<string, string>();
  for (const check of CHECKS) {
    for (const one of check.cases(context)) {
      const { result: alone, failure } = await runCase(check.name, one);
      const result = { ...alone, ...sameAs(alone, failure, causes) };
      results.push(result);
      told(result);
      // Where nothing answers at all, or no key does, the other checks would only say so again.
      if (failure?.final || (failure instanceof Unreachable && results.length === 1)) return results;
    }
  }
  return results;
}

/** Names the failure that had the same cause before, or keeps this one as the first. */
function sameAs(
  { check, case: name }: Result,
  failure: Failure | undefined,
  causes: Map<string, string>,
): { readonly same_as?: string } {
  if (failure?.reason === undefined) return {};
  // A cause that models share, such as missing credentials, is told of each with its own name.
  const cause = failure.reason.replaceAll(`'${name}'`, "'…'").replaceAll(`llms.${name}.`, "llms.….");
  const first = causes.get(cause);
  if (first !== undefined) return { same_as: first };
  causes.set(cause, `${check}: ${name}`);
  return {};
}

async function runCase(
  check: string,
  { name, run }: Case,
): Promise<{ readonly result: Result; readonly failure?: Failure }> {
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
    return { result };
  } catch (thrown) {
    const failure = asFailure(thrown, "an answer");
    const { expected, got, advice, code } = failure;
    const result = done({
      status: "fail",
      expected,
      got,
      ...(advice !== undefined && { advice }),
      ...(advice === undefined && code !== undefined && { advice: `docs/errors.md explains ${code}.` }),
      ...(code !== undefined && { code }),
    });
    return { result, failure };
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
  return { url, key, timeoutMs, client, only, models: [], others: [], answered: new Set() };
}
