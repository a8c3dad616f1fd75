/**
 * Real inputs that failed once, in this router or in others, each held against what is right. They lie beside the project;
 * a clone that stands alone runs none.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import files from "virtual:cases";
import { type Case, caseOf } from "./case.ts";
import { CONFIGURATION } from "./configuration.ts";
import { CONVERSATIONS } from "./conversations.ts";
import { NUMBERS } from "./numbers.ts";
import { RETRIES } from "./retries.ts";
import { SCHEMAS } from "./schemas.ts";
import { SURROGATES } from "./surrogates.ts";

/** Holds a case against what is right. */
type Check = (read: Case) => void | Promise<void>;

const CHECKS: ReadonlyMap<string, Check> = new Map(
  [CONFIGURATION, CONVERSATIONS, NUMBERS, RETRIES, SCHEMAS, SURROGATES].flatMap((checks) =>
    Object.entries(checks),
  ),
);

const names = Object.keys(files);

afterEach(() => {
  vi.restoreAllMocks();
});

describe(`${names.length} real inputs that failed once`, () => {
  it("all have a check", () => {
    expect(names.filter((name) => !CHECKS.has(name))).toEqual([]);
  });

  it.each(names)("%s", async (name) => {
    await CHECKS.get(name)?.(caseOf(files[name]));
  });
});
