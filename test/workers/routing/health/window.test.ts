import { describe, expect, it } from "vitest";
import type { Failed, Report } from "../../../../src/routing/health/report.ts";
import { healthWindow } from "../../../../src/routing/health/window.ts";

const SECOND = 1000;
const report = (isolate: string, more: Partial<Report> = {}): Report => ({
  ...{ isolate, times: [], failures: [], answered: [] },
  ...more,
});
const failed = (client: string, count: number): Failed[] => Array.from({ length: count }, () => ({ client }));
const timed = (client: string, ...list: number[]) => list.map((ms) => ({ client, ms }));

describe("what fails", () => {
  it("as one client alone sees it is nobody else's concern, while others have answers", () => {
    const { tell } = healthWindow();
    tell(report("one", { answered: ["well"] }), 0);
    for (let at = 1; at <= 20; at++) {
      const isolate = `isolate ${at % 4}`;
      expect(tell(report(isolate, { failures: failed("ill", 5) }), at * SECOND).restMs).toBe(0);
    }
  });

  it("as two clients see it makes the place rest for all", () => {
    const { tell } = healthWindow();
    expect(tell(report("one", { failures: failed("a", 2) }), 0).restMs).toBe(0);
    expect(tell(report("one", { failures: failed("b", 1) }), SECOND).restMs).toBe(5 * SECOND);
    expect(tell(report("other"), 3 * SECOND).restMs).toBe(3 * SECOND);
    expect(tell(report("other"), 7 * SECOND).restMs).toBe(0);
  });

  it("counts from two isolates where there is one client only", () => {
    const { tell } = healthWindow();
    expect(tell(report("one", { failures: failed("a", 5), answered: ["a"] }), 0).restMs).toBe(0);
    expect(tell(report("other", { failures: failed("a", 1) }), SECOND).restMs).toBe(5 * SECOND);
  });

  it("is forgotten after half a minute", () => {
    const { tell } = healthWindow();
    tell(report("one", { failures: failed("a", 2) }), 0);
    expect(tell(report("one", { failures: failed("b", 1) }), 31 * SECOND).restMs).toBe(0);
  });

  it("because it has too much to do is true for all; as long as it says, a minute at most", () => {
    const throttled = (throttledMs: number) => ({ failures: [{ client: "a", throttledMs }] });
    const { tell } = healthWindow();
    expect(tell(report("one", throttled(0)), 0)).toMatchObject({ restMs: 0, throttled: true });
    expect(tell(report("one", throttled(0)), 1).restMs).toBe(0);
    expect(tell(report("one", throttled(8 * SECOND)), 2).restMs).toBe(8 * SECOND);
    expect(tell(report("one", throttled(900 * SECOND)), 3).restMs).toBe(60 * SECOND);
    expect(tell(report("one"), 40 * SECOND)).toMatchObject({ throttled: false });
  });
});

describe("times", () => {
  it("are of the newest, and forgotten after ten minutes", () => {
    const { tell } = healthWindow();
    const list = Array.from({ length: 20 }, (_, index) => (index + 1) * 10);
    expect(tell(report("one", { times: timed("a", ...list) }), 0).times).toEqual({
      ...{ count: 20, p50: 100, p95: 190 },
    });
    expect(tell(report("one"), 599 * SECOND).times?.count).toBe(20);
    expect(tell(report("one"), 601 * SECOND).times).toBeUndefined();
  });

  it("count at most twenty of a client a minute: who asks most is not everybody", () => {
    const { tell } = healthWindow();
    const slow = Array.from({ length: 100 }, () => 9000);
    tell(report("one", { times: timed("slow", ...slow) }), 0);
    tell(report("other", { times: timed("slow", ...slow) }), SECOND);
    const others = ["a", "b", "c"].flatMap((client) =>
      timed(client, ...Array.from({ length: 10 }, () => 100)),
    );
    expect(tell(report("one", { times: others }), 2 * SECOND).times).toMatchObject({ count: 50, p50: 100 });
    expect(tell(report("one", { times: timed("slow", 1) }), 62 * SECOND).times?.count).toBe(51);
  });

  it("are kept to so many, however many are told", () => {
    const { tell } = healthWindow();
    for (let client = 0; client < 100; client++) {
      tell(report("one", { times: timed(`client ${client}`, 1, 2, 3, 4, 5) }), client);
    }
    expect(tell(report("one"), 200).times?.count).toBe(200);
  });
});
