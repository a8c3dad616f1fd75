/**
 * What a new isolate costs, counted instead of timed: in the Worker as it is built, by V8's own count of the functions that
 * run. A module costs by its bytes even where nobody imports it, at its import by what it runs, and a function at its first
 * call by its length.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { asObject, stringsIn } from "../../../emulator/json.ts";
import type { Counted, IsolateCosts } from "../../support/isolate-costs.ts";
import { workerBuild } from "../../support/worker-build.ts";

const COUNTER = join(import.meta.dirname, "../../support/isolate-costs.ts");

/** While its modules are evaluated: mostly rows of the table of models, endpoints and the shape of a chat request. */
const CALLS_AT_IMPORT = 2_000;
/** From a chat request to a whole answer of Claude on Bedrock. */
const FUNCTIONS_TO_FIRST_ANSWER = 510;
const BYTES_TO_FIRST_ANSWER = 98_000;
/** The same again, when all is there. */
const CALLS_TO_LATER_ANSWER = 1_000;
const MODULES = 460;

describe("a new isolate", () => {
  let costs: IsolateCosts;
  let sources: string[];

  beforeAll(async () => {
    const built = await workerBuild();
    const map: unknown = JSON.parse(await readFile(join(built, "index.js.map"), "utf8"));
    sources = stringsIn(asObject(map).sources);
    costs = await counted(built);
  }, 120_000);

  it(`calls at most ${CALLS_AT_IMPORT} functions while it starts`, () => {
    expect(costs.imported.calls).toBeGreaterThan(100);
    expect(costs.imported.calls).toBeLessThanOrEqual(CALLS_AT_IMPORT);
  });

  it(`compiles at most ${FUNCTIONS_TO_FIRST_ANSWER} functions of ${BYTES_TO_FIRST_ANSWER} characters for its first answer`, () => {
    expect(costs.first.functions).toBeGreaterThan(100);
    expect(costs.first.functions).toBeLessThanOrEqual(FUNCTIONS_TO_FIRST_ANSWER);
    expect(costs.first.bytes).toBeLessThanOrEqual(BYTES_TO_FIRST_ANSWER);
  });

  it(`calls at most ${CALLS_TO_LATER_ANSWER} functions for a later one`, () => {
    expect(costs.later.calls).toBeGreaterThan(100);
    expect(costs.later.calls).toBeLessThan(costs.first.calls);
    expect(costs.later.calls).toBeLessThanOrEqual(CALLS_TO_LATER_ANSWER);
  });

  it(`evaluates at most ${MODULES} modules: three packages, and nothing that reads or checks a configuration`, () => {
    const packages = sources.flatMap(
      (source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [],
    );
    expect([...new Set(packages)].sort()).toEqual(["aws4fetch", "eventsource-parser", "hono"]);
    expect(sources.length).toBeLessThanOrEqual(MODULES);
    const readers = sources.filter((source) => /src\/config\/(?:fields|form|section|yaml)\.ts$/.test(source));
    expect(readers).toEqual([]);
  });
});

/** In a process of its own: here the Worker would run as Vite rewrites it. */
async function counted(built: string): Promise<IsolateCosts> {
  const { stdout } = await promisify(execFile)(process.execPath, [COUNTER, built]);
  const costs = asObject(JSON.parse(stdout));
  return { imported: countOf(costs.imported), first: countOf(costs.first), later: countOf(costs.later) };
}

function countOf(value: unknown): Counted {
  const { functions, calls, bytes } = asObject(value);
  return { functions: Number(functions), calls: Number(calls), bytes: Number(bytes) };
}
