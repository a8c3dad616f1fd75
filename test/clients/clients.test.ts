/**
 * Real clients, headless, against the router and emulated models of every kind. A client that cannot be installed or started is
 * a failure. A new one is a file in programs/, a kit in packages.ts and a row in table.ts.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLIENT_KEY, type Stack } from "../support/stack.ts";
import { installed } from "./install.ts";
import { sentOf, startModels, task, WITH_EYES } from "./models.ts";
import { ROWS } from "./table.ts";
import { newPlace, PICTURE } from "./run.ts";

const RUNS = ROWS.flatMap(({ dialect, program, models }) =>
  models.map((model) => [`${program.name} over ${dialect}`, model, program] as const),
);

let stack: Stack;
beforeAll(async () => {
  stack = await startModels();
}, 120_000);
afterAll(() => stack?.close());

// Each takes a core and seconds to start: the slow ones run on few models.
describe.concurrent("real clients", () => {
  it.concurrent.each(RUNS)("%s does a task of several steps on %s", async (_, model, program) => {
    const folder = await installed(program.kit);
    const place = newPlace();
    const router = { url: stack.url, key: CLIENT_KEY, model };
    const job = newName();
    const { code, stdout, stderr } = await program.tell(folder, place, router, task(program, place, job));
    expect(`${stdout}\n${stderr}`).toContain("step-3");
    expect(code).toBe(0);
    const sent = sentOf(stack, job);
    expect(sent.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
    // Two calls at once, a step that fails, and a last one: their results are all in the history.
    const last = sent.at(-1)?.text ?? "";
    for (const words of ["step-1", "step-2", "step-3"]) expect(last).toContain(words);
    if (program.look && WITH_EYES.has(model)) expect(last).toContain(PICTURE);

    if (program.goOn && program.shorten !== undefined) {
      expect((await program.goOn(folder, place, router, program.shorten)).code).toBe(0);
      const next = newName();
      const later = await program.goOn(folder, place, router, `Say ${next}`);
      expect([later.code, later.stdout]).toEqual([0, expect.stringContaining(next)]);
      const [asked] = sentOf(stack, next);
      expect(asked?.status).toBe(200);
      // Of the steps only what the summary says of them is left.
      expect(asked?.text).not.toContain("exit 3");
    }
    place.remove();
  });
});

/** A word that stands in nothing else. */
function newName(): string {
  return `job-${randomBytes(4).toString("hex")}`;
}
