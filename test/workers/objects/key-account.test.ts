/** What a key's object counts: limits that hold whatever comes at once, is cut off or is evicted. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CountedLimits, Verdict } from "../../../src/objects/key/account-object.ts";
import { keyBook } from "../../../src/objects/key/book.ts";
import { dayOf, KEEP_DAYS, keyCounts } from "../../../src/objects/key/counts.ts";
import type { KeyAccount } from "../../../src/objects/key/object.ts";
import { keyTables, MOST_LINES } from "../../../src/objects/key/tables.ts";
import { countingRows } from "./counting-rows.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      KEYS: DurableObjectNamespace<KeyAccount>;
    }
  }
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const HOLD_MS = 660_000;
/** In the middle of a day, a month and a minute. */
const NOON = Date.UTC(2026, 5, 15, 12, 0, 30);
const CENT = 10_000;

const newKey = () => env.KEYS.get(env.KEYS.newUniqueId());

/** The counts of an object that has just started, which are written when the test says. */
function openCounts(storage: DurableObjectStorage, now: number) {
  const book = keyBook(keyTables(storage), dayOf(now) - KEEP_DAYS, () => "lines");
  return { ...keyCounts(book, now), write: book.write };
}
type Counts = ReturnType<typeof openCounts>;

function withCounts<T>(work: (open: (now?: number) => Counts) => T): Promise<T> {
  return runInDurableObject(newKey(), (_, { storage }) => work((now = NOON) => openCounts(storage, now)));
}

const ask = (id: string, limits: CountedLimits, cost = 0, tokens = 0) => ({
  ...{ id, limits, cost, tokens, holdMs: HOLD_MS },
});
const isGranted = ({ kind }: Verdict) => kind === "granted";

describe("a limit of money", () => {
  it("lets exactly 20 of 100 requests at once pass that hold $0.05 each of $1.00", async () => {
    const key = newKey();
    const limits = { moneyDay: 100 * CENT };
    const verdicts = await Promise.all(
      Array.from({ length: 100 }, (_, index) => key.reserve(ask(`r${index}`, limits, 5 * CENT))),
    );
    expect(verdicts.filter(isGranted)).toHaveLength(20);
    expect(verdicts.find((verdict) => !isGranted(verdict))).toMatchObject({
      ...{ kind: "refused", limit: "moneyDay", most: 100 * CENT, used: 0, held: 100 * CENT },
    });
  });

  it("gives back what was not used, at once", () =>
    withCounts((open) => {
      const counts = open();
      const limits = { moneyDay: 10 };
      expect(isGranted(counts.reserve(ask("a", limits, 10), NOON))).toBe(true);
      expect(isGranted(counts.reserve(ask("b", limits, 1), NOON))).toBe(false);
      counts.settle("a", { cost: 4, tokens: 0 });
      expect(isGranted(counts.reserve(ask("b", limits, 6), NOON))).toBe(true);
      expect(counts.reserve(ask("c", limits, 1), NOON)).toMatchObject({ used: 4, held: 6 });
    }));

  it("begins anew with the day, and with the month, UTC", () =>
    withCounts((open) => {
      const counts = open();
      const limits = { moneyDay: 10, moneyMonth: 15 };
      counts.reserve(ask("a", limits, 10), NOON);
      counts.settle("a", { cost: 10, tokens: 0 });
      const midnight = Date.UTC(2026, 5, 16);
      expect(counts.reserve(ask("b", limits, 1), midnight - 1)).toMatchObject({
        ...{ limit: "moneyDay", resetAt: midnight, resetMs: 1 },
      });
      expect(isGranted(counts.reserve(ask("b", limits, 5), midnight))).toBe(true);
      const july = Date.UTC(2026, 6, 1);
      expect(counts.reserve(ask("c", limits, 1), july - 1)).toMatchObject({
        ...{ limit: "moneyMonth", resetAt: july, used: 10, held: 5 },
      });
      expect(isGranted(counts.reserve(ask("c", limits, 10), july))).toBe(true);
    }));

  it("counts an exchange in the day in which it began, also when it ends in the next", () =>
    withCounts((open) => {
      const counts = open();
      const limits = { moneyDay: 10 };
      const midnight = Date.UTC(2026, 5, 16);
      counts.reserve(ask("a", limits, 10), midnight - 1000);
      expect(isGranted(counts.reserve(ask("b", limits, 10), midnight))).toBe(true);
      counts.settle("a", { cost: 10, tokens: 0 });
      counts.settle("b", { cost: 7, tokens: 0 });
      expect(counts.reserve(ask("c", limits, 4), midnight)).toMatchObject({ used: 7, held: 0 });
    }));

  it("is passed only by what an answer cost above its estimate, and that is booked", () =>
    withCounts((open) => {
      const counts = open();
      const limits = { moneyDay: 10 };
      counts.reserve(ask("a", limits, 8), NOON);
      counts.settle("a", { cost: 12, tokens: 0 });
      expect(counts.reserve(ask("b", limits, 0), NOON)).toMatchObject({ used: 12 });
    }));
});

describe("a limit a minute", () => {
  it("counts requests from second 0 to 59, those that failed among them", () =>
    withCounts((open) => {
      const counts = open();
      const limits = { requestsMinute: 2 };
      const rates = { requests: { limit: 2, remaining: 1, resetMs: 30_000 } };
      expect(counts.reserve(ask("a", limits), NOON)).toEqual({ kind: "granted", rates });
      counts.settle("a", { cost: 0, tokens: 0 });
      counts.reserve(ask("b", limits), NOON);
      expect(counts.reserve(ask("c", limits), NOON + 29_999)).toMatchObject({
        ...{ kind: "refused", limit: "requestsMinute", resetMs: 1 },
      });
      expect(isGranted(counts.reserve(ask("c", limits), NOON + 30_000))).toBe(true);
    }));

  it("counts tokens as they are held, and then as they were used", () =>
    withCounts((open) => {
      const counts = open();
      const limits = { tokensMinute: 100 };
      counts.reserve(ask("a", limits, 0, 90), NOON);
      expect(isGranted(counts.reserve(ask("b", limits, 0, 20), NOON))).toBe(false);
      counts.settle("a", { cost: 0, tokens: 30 });
      expect(isGranted(counts.reserve(ask("b", limits, 0, 70), NOON))).toBe(true);
      expect(isGranted(counts.reserve(ask("c", limits, 0, 1), NOON))).toBe(false);
    }));

  it("does not count what another limit has refused", () =>
    withCounts((open) => {
      const counts = open();
      const limits = { requestsMinute: 1 };
      counts.reserve(ask("a", limits), NOON);
      counts.cancel("a");
      expect(isGranted(counts.reserve(ask("b", limits), NOON))).toBe(true);
    }));

  it("counts one request that reserves again, for more", () =>
    withCounts((open) => {
      const counts = open();
      const limits = { requestsMinute: 1, moneyDay: 10 };
      expect(isGranted(counts.reserve(ask("a", limits, 4), NOON))).toBe(true);
      expect(isGranted(counts.reserve(ask("a", limits, 6), NOON))).toBe(true);
      expect(isGranted(counts.reserve(ask("a", limits, 1), NOON))).toBe(false);
    }));
});

describe("what nobody settles", () => {
  it("is booked in full when its time is over, and corrected by whoever tells it late", () =>
    withCounts((open) => {
      const counts = open();
      const limits = { moneyDay: 10 };
      counts.reserve(ask("a", limits, 8), NOON);
      expect(counts.nextDue()).toBe(NOON + HOLD_MS);
      counts.expire(NOON + HOLD_MS - 1);
      expect(counts.reserve(ask("b", limits, 3), NOON)).toMatchObject({ used: 0, held: 8 });
      counts.expire(NOON + HOLD_MS);
      expect(counts.reserve(ask("b", limits, 3), NOON)).toMatchObject({ used: 8, held: 0 });
      counts.settle("a", { cost: 2, tokens: 0 });
      counts.settle("a", { cost: 2, tokens: 0 });
      expect(isGranted(counts.reserve(ask("b", limits, 8), NOON))).toBe(true);
      counts.settle("b", { cost: 0, tokens: 0 });
      expect(counts.nextDue()).toBeUndefined();
    }));

  it("stays booked where its exchange goes on after all, and reserves again", () =>
    withCounts((open) => {
      const counts = open();
      const limits = { moneyDay: 20 };
      const late = NOON + HOLD_MS;
      counts.reserve(ask("a", limits, 8), NOON);
      // The machine has slept, and its alarm came first.
      counts.expire(late);
      expect(isGranted(counts.reserve(ask("a", limits, 5), late))).toBe(true);
      expect(counts.usage(late)).toMatchObject({ day: { cost: 8 }, held: 5 });
      counts.settle("a", { cost: 3, tokens: 0 });
      expect(counts.usage(late)).toMatchObject({ day: { cost: 11 }, held: 0 });
      expect(counts.nextDue()).toBeUndefined();
    }));

  it("keeps nothing for ever: not what was booked, nor days that no month knows", () =>
    runInDurableObject(newKey(), (_, { storage }) => {
      const counts = openCounts(storage, NOON);
      counts.reserve(ask("a", {}, 8), NOON);
      counts.expire(NOON + HOLD_MS);
      counts.write();
      counts.expire(NOON + 100 * DAY_MS);
      counts.write();
      const rows = (table: string) => storage.sql.exec(`SELECT * FROM ${table}`).toArray();
      expect(rows("reservations")).toEqual([]);
      expect(rows("days")).toEqual([]);
    }));

  it("is found by the alarm, in an object whose memory is lost: the limit holds", async () => {
    const key = newKey();
    const limits = { moneyDay: 10 };
    await key.reserve({ ...ask("a", limits, 8), holdMs: 1 });
    await evictDurableObject(key);
    expect(await key.reserve(ask("b", limits, 3))).toMatchObject({ kind: "refused", held: 8 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await runDurableObjectAlarm(key);
    expect(await key.reserve(ask("b", limits, 3))).toMatchObject({ kind: "refused", used: 8, held: 0 });
  });
});

describe("the tables", () => {
  it("take four rows an exchange that comes by itself, its line in the place of an old one", () =>
    runInDurableObject(newKey(), (_, { storage }) => {
      const { rows, counted } = countingRows(storage);
      const counts = openCounts(counted, NOON);
      const exchange = (id: string) => {
        counts.reserve(ask(id, { moneyDay: 1e9 }, 1), NOON);
        counts.write();
        counts.settle(id, { cost: 1, tokens: 1 });
        counts.write();
      };
      for (let at = 0; at < MOST_LINES + 1; at++) exchange(`r${at}`);
      const before = rows();
      for (let at = 0; at < 100; at++) exchange(`s${at}`);
      expect(rows() - before).toBe(400);
    }));

  it("take fewer where exchanges come together: those that begin and end between two writes hold nothing", () =>
    runInDurableObject(newKey(), (_, { storage }) => {
      const { rows, counted } = countingRows(storage);
      const counts = openCounts(counted, NOON);
      counts.reserve(ask("first", {}, 1), NOON);
      counts.write();
      const before = rows();
      for (let at = 0; at < 10; at++) {
        counts.reserve(ask(`r${at}`, {}, 1), NOON);
        counts.settle(`r${at}`, { cost: 1, tokens: 1 });
      }
      counts.write();
      // Ten lines, and the day.
      expect(rows() - before).toBe(11);
    }));

  it("of the first form are brought up to this one, with what they count", () =>
    runInDurableObject(newKey(), (_, { storage }) => {
      const { sql, kv } = storage;
      sql.exec(`CREATE TABLE reservations (
        id TEXT PRIMARY KEY, day INTEGER NOT NULL, minute INTEGER NOT NULL, cost INTEGER NOT NULL,
        tokens INTEGER NOT NULL, due INTEGER NOT NULL, unsettled INTEGER NOT NULL
      ) WITHOUT ROWID`);
      sql.exec(`CREATE TABLE days (
        day INTEGER PRIMARY KEY, cost INTEGER NOT NULL, tokens INTEGER NOT NULL, requests INTEGER NOT NULL,
        minute INTEGER NOT NULL, minute_tokens INTEGER NOT NULL, minute_requests INTEGER NOT NULL
      )`);
      const day = dayOf(NOON);
      const minute = Math.floor(NOON / MINUTE_MS);
      sql.exec("INSERT INTO days VALUES (?, 5, 3, 1, ?, 3, 1)", day, minute);
      sql.exec("INSERT INTO reservations VALUES ('a', ?, ?, 4, 2, ?, 0)", day, minute, NOON + HOLD_MS);
      kv.put("schema", 1);
      const counts = openCounts(storage, NOON);
      const limits = { moneyDay: 10, requestsMinute: 2 };
      expect(counts.reserve(ask("b", limits, 2), NOON)).toMatchObject({ used: 5, held: 4 });
      counts.settle("a", { cost: 1, tokens: 1 });
      counts.write();
      expect(counts.usage(NOON)).toMatchObject({ day: { cost: 6, tokens: 4, requests: 2 }, held: 0 });
      expect(kv.get("schema")).toBe(2);
      expect(keyTables(storage).lines(1e9, 9)).toMatchObject([{ number: 1, id: "a" }]);
    }));

  it("are not opened by an older version than the one that wrote them", () =>
    runInDurableObject(newKey(), (_, { storage }) => {
      storage.kv.put("schema", 99);
      expect(() => keyTables(storage)).toThrow(/newer/);
    }));
});

describe("10,000 exchanges, some of them never settled", () => {
  it("add up to the micro-dollar, and nothing stays held", () =>
    runInDurableObject(newKey(), (_, { storage }) => {
      let counts = openCounts(storage, NOON);
      let now = NOON;
      let seed = 11;
      const chance = () => {
        seed = (seed * 16_807) % 2_147_483_647;
        return seed / 2_147_483_647;
      };
      let told = 0;
      for (let at = 0; at < 10_000; at++) {
        const most = Math.ceil(chance() * 50_000);
        const id = `r${at}`;
        counts.reserve(ask(id, { moneyMonth: 1e12 }, most, 1), now);
        if (chance() < 0.3) counts.write();
        if (chance() < 0.01) {
          counts.write();
          counts = openCounts(storage, now);
        }
        // Of an isolate that is gone nobody hears: it is booked in full.
        const lost = chance() < 0.05;
        const cost = lost ? most : Math.floor(chance() * most);
        if (!lost) counts.settle(id, { cost, tokens: 1 });
        told += cost;
        now += Math.floor(chance() * 200_000);
        if (at % 100 === 99) counts.expire(now);
      }
      counts.expire(now + HOLD_MS);
      counts.write();
      const { used, requests, held } = storage.sql
        .exec<Record<"used" | "requests" | "held", number>>(
          `SELECT sum(cost) AS used, sum(requests) AS requests,
            (SELECT count(*) FROM reservations WHERE unsettled = 0) AS held FROM days`,
        )
        .one();
      expect({ used, requests, held }).toEqual({ used: told, requests: 10_000, held: 0 });
    }));
});

/** What may happen to a key, in any order. */
type Step =
  | { readonly kind: "reserve"; readonly cost: number; readonly tokens: number }
  | { readonly kind: "settle" | "cancel"; readonly at: number; readonly share: number }
  /** What was not written by then is lost, and nobody was told that it counts. */
  | { readonly kind: "evict" | "write" }
  | { readonly kind: "pass"; readonly ms: number };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("reserve" as const), cost: fc.nat(400), tokens: fc.nat(400) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("settle" as const, "settle" as const, "cancel" as const),
      ...{ at: fc.nat(1000), share: fc.double({ min: 0, max: 1, noNaN: true }) },
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("write" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("evict" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 20_000, MINUTE_MS, HOLD_MS, DAY_MS),
    }),
  },
);

describe("any order of reserving, settling, cutting off and evicting", () => {
  it("passes no limit, loses no micro-dollar, and leaves nothing held", () =>
    runInDurableObject(newKey(), (_, { storage }) => {
      fc.assert(
        fc.property(fc.array(STEP, { maxLength: 80 }), (steps) => {
          storage.sql.exec("DROP TABLE IF EXISTS reservations");
          storage.sql.exec("DROP TABLE IF EXISTS days");
          storage.sql.exec("DROP TABLE IF EXISTS lines");
          storage.kv.delete("schema");
          const limits = { moneyDay: 1000, moneyMonth: 2500, requestsMinute: 6, tokensMinute: 1200 };
          let now = NOON;
          let counts = openCounts(storage, now);
          let open = new Map<string, { cost: number; tokens: number; at: number }>();
          let booked: { cost: number; at: number }[] = [];
          let minutes: { tokens: number; at: number }[] = [];
          let written = structuredClone({ open, booked, minutes });
          const write = () => {
            counts.write();
            written = structuredClone({ open, booked, minutes });
          };
          const dayOf = (ms: number) => Math.floor(ms / DAY_MS);
          let ids = 0;
          const settle = (id: string, cost: number, tokens: number) => {
            const held = open.get(id);
            if (!held) return;
            open.delete(id);
            counts.settle(id, { cost, tokens });
            booked.push({ cost, at: held.at });
            minutes.push({ tokens, at: held.at });
          };
          for (const step of steps) {
            const [id] = [...open.keys()].slice("at" in step ? step.at % Math.max(1, open.size) : 0);
            if (step.kind === "pass") {
              now += step.ms;
              counts.expire(now);
              for (const [late, { cost, tokens, at }] of open) {
                if (at + HOLD_MS > now) continue;
                open.delete(late);
                booked.push({ cost, at });
                minutes.push({ tokens, at });
              }
            } else if (step.kind === "write") write();
            else if (step.kind === "evict") {
              counts = openCounts(storage, now);
              ({ open, booked, minutes } = structuredClone(written));
            } else if (step.kind === "reserve") {
              const { cost, tokens } = step;
              const spent = (same: (at: number) => boolean) =>
                [...booked, ...open.values()].reduce((sum, one) => sum + (same(one.at) ? one.cost : 0), 0);
              const inMinute = [...minutes, ...open.values()].filter(
                ({ at }) => Math.floor(at / MINUTE_MS) === Math.floor(now / MINUTE_MS),
              );
              const fits =
                spent((at) => dayOf(at) === dayOf(now)) + cost <= 1000 &&
                spent((at) => new Date(at).getUTCMonth() === new Date(now).getUTCMonth()) + cost <= 2500 &&
                inMinute.length < 6 &&
                inMinute.reduce((sum, one) => sum + one.tokens, 0) + tokens <= 1200;
              const verdict = counts.reserve(ask(`r${ids}`, limits, cost, tokens), now);
              expect(isGranted(verdict)).toBe(fits);
              if (fits) open.set(`r${ids}`, { cost, tokens, at: now });
              ids += 1;
            } else if (id !== undefined && step.kind === "settle") {
              const { cost, tokens } = open.get(id) ?? { cost: 0, tokens: 0 };
              settle(id, Math.round(cost * step.share), Math.round(tokens * step.share));
            } else if (id !== undefined) {
              open.delete(id);
              counts.cancel(id);
            }
          }
          for (const id of [...open.keys()]) settle(id, 0, 0);
          write();
          const { held, used } = storage.sql
            .exec<{ held: number; used: number }>(
              `SELECT (SELECT count(*) FROM reservations WHERE unsettled = 0) AS held,
                (SELECT coalesce(sum(cost), 0) FROM days) AS used`,
            )
            .one();
          expect(held).toBe(0);
          const kept = dayOf(now) - 62;
          expect(used).toBe(booked.reduce((sum, { cost, at }) => sum + (dayOf(at) >= kept ? cost : 0), 0));
        }),
        { numRuns: 150 },
      );
    }));
});
