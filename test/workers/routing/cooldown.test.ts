import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rested, restHouse } from "../../../src/routing/cooldown.ts";

function houseAt(start = 1_000_000) {
  const clock = { now: start };
  return { clock, house: restHouse(() => clock.now) };
}

describe("restHouse", () => {
  it("lets a target rest after its third failure in a row", () => {
    const { house } = houseAt();
    house.failed("a");
    house.failed("a");
    expect(house.isResting("a")).toBe(false);
    house.failed("a");
    expect(house.isResting("a")).toBe(true);
    expect(house.isResting("b")).toBe(false);
  });

  it("forgets failures at the first success", () => {
    const { house } = houseAt();
    for (const outcome of ["failed", "failed", "succeeded", "failed", "failed"] as const) house[outcome]("a");
    expect(house.isResting("a")).toBe(false);
  });

  it("rests longer the more often it fails, up to a minute", () => {
    const { clock, house } = houseAt();
    const rests: number[] = [];
    for (let failure = 1; failure <= 10; failure++) {
      house.failed("a");
      rests.push(Math.max(0, house.restsUntil("a") - clock.now));
    }
    expect(rests).toEqual([0, 0, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000]);
  });

  it("is tried again when the rest is over, and rests at once if it fails again", () => {
    const { clock, house } = houseAt();
    for (let i = 0; i < 3; i++) house.failed("a");
    clock.now += 5_000;
    expect(house.isResting("a")).toBe(false);
    house.failed("a");
    expect(house.isResting("a")).toBe(true);
  });

  it("rests at least as long as the upstream asks, up to a minute", () => {
    const { clock, house } = houseAt();
    for (let i = 0; i < 3; i++) house.failed("a", 30_000);
    expect(house.restsUntil("a") - clock.now).toBe(30_000);
    for (let i = 0; i < 3; i++) house.failed("b", 3_600_000);
    expect(house.restsUntil("b") - clock.now).toBe(60_000);
  });
});

describe("rested", () => {
  it("keeps the order of those that are awake, and is never empty", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.func(fc.nat(4)), (names, failures) => {
        const { house } = houseAt();
        for (const name of names) for (let i = failures(name); i > 0; i--) house.failed(name);
        const left = rested(names, house, (name) => name);
        const awake = names.filter((name) => failures(name) < 3);
        if (awake.length > 0) expect(left).toEqual(awake);
        else expect(left).toHaveLength(1);
      }),
    );
  });

  it("tries the one whose rest ends first when all rest", () => {
    const { clock, house } = houseAt();
    for (let i = 0; i < 3; i++) house.failed("a");
    clock.now += 1_000;
    for (let i = 0; i < 3; i++) house.failed("b");
    expect(rested(["b", "a"], house, (name) => name)).toEqual(["a"]);
  });
});
