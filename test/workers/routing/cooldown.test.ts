import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Place } from "../../../src/contracts.ts";
import { cooldown, ready } from "../../../src/routing/cooldown.ts";
import { nvidiaTarget } from "../../support/routing.ts";

function cooldownAt(start = 1_000_000) {
  const clock = { now: start };
  return { clock, known: cooldown(() => clock.now) };
}
const at = (id: string): Place => ({ target: nvidiaTarget("it"), id, ownKey: false });
const [a, b] = [at("a"), at("b")];

describe("cooldown", () => {
  it("begins with a place's third failure in a row, for that place alone", () => {
    const { known } = cooldownAt();
    known.failed(a);
    known.failed(a);
    expect(known.until(a)).toBe(0);
    known.failed(a);
    expect(known.until(a)).toBeGreaterThan(0);
    expect(known.until(b)).toBe(0);
    expect(known.until({ ...a, target: nvidiaTarget("other") })).toBe(0);
  });

  it("forgets failures at the first success", () => {
    const { known } = cooldownAt();
    for (const outcome of ["failed", "failed", "succeeded", "failed", "failed"] as const) known[outcome](a);
    expect(known.until(a)).toBe(0);
  });

  it("is longer the more often a place fails, up to a minute", () => {
    const { clock, known } = cooldownAt();
    const waits: number[] = [];
    for (let failure = 1; failure <= 10; failure++) {
      known.failed(a);
      waits.push(Math.max(0, known.until(a) - clock.now));
    }
    expect(waits).toEqual([0, 0, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000]);
  });

  it("ends, and begins at once if the place fails again", () => {
    const { clock, known } = cooldownAt();
    for (let i = 0; i < 3; i++) known.failed(a);
    clock.now += 5_000;
    expect(known.until(a)).toBe(0);
    known.failed(a);
    expect(known.until(a)).toBeGreaterThan(0);
  });

  it("is at least as long as the upstream asks, up to a minute", () => {
    const { clock, known } = cooldownAt();
    for (let i = 0; i < 3; i++) known.failed(a, 30_000);
    expect(known.until(a) - clock.now).toBe(30_000);
    for (let i = 0; i < 3; i++) known.failed(b, 3_600_000);
    expect(known.until(b) - clock.now).toBe(60_000);
  });

  it("begins at once where a key rests", () => {
    const { clock, known } = cooldownAt();
    known.rest(a, 300_000);
    expect(known.until(a) - clock.now).toBe(300_000);
  });
});

describe("ready", () => {
  it("keeps the order of those that are, and is never empty", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.func(fc.nat(4)), (names, failures) => {
        const { known } = cooldownAt();
        for (const name of names) for (let i = failures(name); i > 0; i--) known.failed(at(name));
        const left = ready(names.map(at), known).map(({ id }) => id);
        const awake = names.filter((name) => failures(name) < 3);
        if (awake.length > 0) expect(left).toEqual(awake);
        else expect(left).toHaveLength(1);
      }),
    );
  });

  it("is the place whose cooldown ends first where all cool down", () => {
    const { clock, known } = cooldownAt();
    for (let i = 0; i < 3; i++) known.failed(a);
    clock.now += 1_000;
    for (let i = 0; i < 3; i++) known.failed(b);
    expect(ready([b, a], known)).toEqual([a]);
  });
});
