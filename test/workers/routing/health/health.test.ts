import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../../src/env.ts";
import { RouterError } from "../../../../src/errors.ts";
import { healthStore } from "../../../../src/objects/health/client.ts";
import type { PlaceHealth } from "../../../../src/objects/health/object.ts";
import { cooldownOf } from "../../../../src/routing/cooldown.ts";
import { noteHealth, type Shown, timesAt } from "../../../../src/routing/health/index.ts";
import type { Report } from "../../../../src/routing/health/report.ts";
import { placesOf } from "../../../../src/routing/places.ts";
import { configOf, prepareConfig } from "../../../../src/services.ts";
import { bindings } from "../../../../src/env.ts";
import {
  claudeFrames,
  eventStream,
  playUpstream,
  type Reply,
  UNAVAILABLE,
} from "../../../support/upstream.ts";
import { seeded } from "../../../support/routing.ts";
import { CLAUDE, chat, envOf, NO_RETRY, quietLog, settle } from "../../support.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      HEALTH: DurableObjectNamespace<PlaceHealth>;
    }
  }
}

beforeEach(() => void quietLog());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

let named = 0;
/** Bindings of an isolate of its own, with models that no other test has. */
function isolates(router: object = {}): { one: () => Env; names: string[] } {
  const names = ["quick", "slow"].map((name) => `${name}-${named++}`);
  const config = {
    router: { strategy: "fastest", retry: NO_RETRY, ...router },
    llms: Object.fromEntries(names.map((name) => [name, CLAUDE])),
  };
  const more = { HEALTH: env.HEALTH, ROUTER_API_KEYS: "one=sk-key-number-one,two=sk-key-number-two" };
  return { one: () => envOf(config, more), names };
}

/** What an isolate notes of a model's place, at a time. */
async function noting(own: Env, name: string) {
  await prepareConfig(own);
  const config = configOf(own);
  const target = config.targets.find((candidate) => candidate.name === name);
  const place = target && placesOf(target, bindings(own))[0];
  if (!place) throw new Error(`no model ${name}`);
  const work: Promise<unknown>[] = [];
  const note = (shown: Shown, client = "one", now = Date.now()) =>
    noteHealth(place, shown, {
      ...{ config, client, health: healthStore(own), now: () => now },
      background: (one) => void work.push(one),
    });
  return { note, place, config, told: () => work.length, done: () => Promise.all(work) };
}
const BROKEN = { failure: new RouterError("upstream_unavailable", "Try later.") };

describe("an isolate", () => {
  it("tells of a place every two seconds at most, and what it is told back counts", async () => {
    const { one, names } = isolates();
    const [name = ""] = names;
    const a = await noting(one(), name);
    const now = Date.now();
    for (let at = 0; at < 10; at++) a.note({ ms: 100 }, "one", now + at * 100);
    expect(a.told()).toBe(1);
    a.note({ ms: 100 }, "one", now + 2000);
    expect(a.told()).toBe(2);
    await a.done();
    const b = await noting(one(), name);
    expect(timesAt(b.place, b.config, now)).toBeUndefined();
    b.note({ ms: 300 }, "two", now + 2000);
    await b.done();
    expect(timesAt(b.place, b.config, now + 2000)).toEqual({ count: 12, p50: 100, p95: 300 });
  });

  it("goes by its own where it is told nothing", async () => {
    const { one, names } = isolates();
    const own = await noting({ ...one(), HEALTH: undefined }, names[0] ?? "");
    own.note({ ms: 70 });
    own.note({ ms: undefined });
    expect(timesAt(own.place, own.config, Date.now())).toEqual({ count: 1, p50: 70, p95: 70 });
    expect(own.told()).toBe(0);
  });

  it("lets a place rest that two clients have found broken in others", async () => {
    const { one, names } = isolates();
    const [name = ""] = names;
    for (const client of ["one", "two", "one"]) {
      const other = await noting(one(), name);
      other.note(BROKEN, client);
      await other.done();
    }
    const own = await noting(one(), name);
    expect(cooldownOf(own.config, "three").until(own.place)).toBe(0);
    own.note({ ms: undefined }, "three");
    await own.done();
    expect(cooldownOf(own.config, "three").until(own.place)).toBeGreaterThan(Date.now());
  });

  it("passes over what is no place's fault", async () => {
    const { one, names } = isolates();
    const reports: Report[] = [];
    const own = await noting(one(), names[0] ?? "");
    const health = {
      tell: async (_: string, report: Report) => {
        reports.push(report);
        return { restMs: 0, throttled: false };
      },
    };
    for (const code of [
      "upstream_invalid_request",
      "context_length_exceeded",
      "aws_credentials_missing",
    ] as const) {
      const context = { config: own.config, health, background: () => {}, now: Date.now };
      noteHealth(own.place, { failure: new RouterError(code, "No.") }, context);
    }
    expect(reports).toEqual([]);
  });
});

describe("one client", () => {
  const KEYS = { one: "sk-key-number-one", two: "sk-key-number-two" };
  async function asked(own: Env, key: keyof typeof KEYS, text: string, more: object = {}) {
    const body = { model: "auto", stream: true, messages: [{ role: "user", content: text }], ...more };
    const response = await chat(own, body, { key: KEYS[key] });
    await response.text();
    await settle();
    return { status: response.status, trail: response.headers.get("x-router-trail") ?? "" };
  }

  it("whose prompts fail changes nothing for others, in no isolate; for itself the model rests", async () => {
    const { one, names } = isolates({ weights: {} });
    const [name = ""] = names;
    const fails: Reply = (call) =>
      call.text.includes("break it") ? UNAVAILABLE(call) : eventStream(claudeFrames("Hi"))(call);
    playUpstream(...Array.from({ length: 200 }, () => fails));
    const all = [one(), one(), one()];
    for (const own of all) await asked(own, "two", "Hello", { model: name });
    for (let round = 0; round < 4; round++) {
      for (const own of all) expect((await asked(own, "one", "break it", { model: name })).status).toBe(500);
    }
    for (const own of [...all, one()]) {
      const { config, place } = await noting(own, name);
      expect(cooldownOf(config, "two").until(place)).toBe(0);
      expect(await asked(own, "two", "Hello", { model: name })).toMatchObject({ status: 200 });
    }
    const first = all[0];
    if (!first) throw new Error("no isolate");
    for (let round = 0; round < 3; round++) await asked(first, "one", "break it", { model: name });
    expect(cooldownOf(configOf(first), "one").until((await noting(first, name)).place)).toBeGreaterThan(
      Date.now(),
    );
    expect(cooldownOf(configOf(first), "two").until((await noting(first, name)).place)).toBe(0);
  });

  it("with long prompts changes no measurement, nor do whole answers", async () => {
    const { one, names } = isolates();
    const [name = ""] = names;
    playUpstream(...Array.from({ length: 20 }, (): Reply => (call) => eventStream(claudeFrames("Hi"))(call)));
    const own = one();
    await asked(own, "one", "word ".repeat(8000), { model: name });
    const { place } = await noting(own, name);
    expect(timesAt(place, configOf(own), Date.now())).toBeUndefined();
    await asked(own, "one", "short", { model: name });
    expect(timesAt(place, configOf(own), Date.now())).toMatchObject({ count: 1 });
  });
});

it("strategy fastest finds the quicker model, by what other isolates have measured", async () => {
  const { one, names } = isolates();
  const [quick = "", slow = ""] = names;
  const random = seeded(9);
  // Never the one of a hundred that is sent elsewhere.
  vi.spyOn(Math, "random").mockImplementation(() => 0.01 + 0.99 * random());
  const other = one();
  for (const [name, ms] of [
    [quick, 100],
    [slow, 800],
  ] as const) {
    const { note, done } = await noting(other, name);
    for (let at = 0; at < 5; at++) note({ ms }, "one", Date.now() + at * 2000);
    await done();
  }
  playUpstream(...Array.from({ length: 600 }, (): Reply => (call) => eventStream(claudeFrames("Hi"))(call)));
  const own = one();
  // Until it was told of both places it goes by what it has measured itself: nobody waits for the objects' answers.
  await vi.waitFor(
    async () => {
      const models: (string | null)[] = [];
      for (let at = 0; at < 12; at++) {
        const response = await chat(own, { stream: true }, { key: "sk-key-number-one" });
        await response.text();
        await settle();
        models.push(response.headers.get("x-router-model"));
      }
      expect(new Set(models)).toEqual(new Set([quick]));
    },
    { timeout: 30_000, interval: 100 },
  );
});
