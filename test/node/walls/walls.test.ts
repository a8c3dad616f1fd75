/** Nothing that one client sends may hurt another: each attack alone, and sixteen of it at once. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ATTACKS } from "./attacks.ts";
import { beside } from "./bystander.ts";
import { startWalls, type Walls } from "./harness.ts";

const AT_ONCE = 16;
const TIMEOUT_MS = 180_000;

let started: Walls | undefined;
beforeAll(async () => {
  started = await startWalls();
}, 120_000);
afterAll(() => started?.close());

describe.each(ATTACKS)("another client streams on beside $name", ({ run, atOnce = AT_ONCE }) => {
  it.each([
    ["alone", 1],
    [`${atOnce} at once`, atOnce],
  ])(
    "%s",
    async (_, count) => {
      const walls = started;
      if (!walls) throw new Error("not started");
      const seen = await beside(walls, async () => {
        await Promise.all(Array.from({ length: count }, () => run(walls)));
      });
      expect(seen.streams).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
