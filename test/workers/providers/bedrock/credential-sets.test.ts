import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RouterError } from "../../../../src/errors.ts";
import { credentialSets, type Issued } from "../../../../src/providers/bedrock/credentials/sets.ts";
import type { SigningKeys } from "../../../../src/providers/bedrock/credentials/source.ts";

const HOUR_MS = 3_600_000;
let logged: string[];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
  logged = [];
  vi.spyOn(console, "warn").mockImplementation((line) => void logged.push(String(line)));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** An STS of the test's own: how long an answer takes, and what it is. */
function giver({ tookMs = 100, lifetimeMs = HOUR_MS } = {}) {
  const given = new Map<string, number>();
  const sts = {
    calls: 0,
    tookMs,
    refuse: undefined as (() => RouterError) | undefined,
    /** Fails for keys that AWS would not take at this moment. */
    check(keys: SigningKeys) {
      expect(given.get(keys.sessionToken ?? "")).toBeGreaterThan(Date.now());
    },
    async ask(signal: AbortSignal): Promise<Issued> {
      const number = ++sts.calls;
      await new Promise((resolve, reject) => {
        setTimeout(resolve, sts.tookMs);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
      if (sts.refuse) throw sts.refuse();
      given.set(`token-${number}`, Date.now() + lifetimeMs);
      const keys = {
        kind: "sigv4",
        accessKeyId: "ASIA",
        secretAccessKey: "s",
        sessionToken: `token-${number}`,
      };
      return { keys: { ...keys, kind: "sigv4" }, lifetimeMs };
    },
  };
  return sts;
}

const here = () =>
  credentialSets(
    () => Date.now(),
    () => 0.5,
  );
const waiting = (signal = new AbortController().signal) => ({ signal });
const denied = () => new RouterError("aws_role_refused", "No.");
const down = () => new RouterError("upstream_unavailable", "Down.");

async function settled<T>(work: readonly (T | Promise<T>)[], ms: number) {
  const all = Promise.allSettled(work);
  await vi.advanceTimersByTimeAsync(ms);
  return all;
}

describe("credential sets", () => {
  it("serve 1,000 requests across two expiries, with one call for the first and one for each expiry", async () => {
    const sets = here();
    const sts = giver();
    let served = 0;
    // Ten at once, every 100 s: almost three hours.
    for (let round = 0; round < 100; round++) {
      const answers = await settled(
        Array.from({ length: 10 }, () => sets.find("role", sts.ask, waiting())),
        100_000,
      );
      for (const answer of answers) {
        if (answer.status === "rejected") throw answer.reason;
        served++;
      }
      sts.check(await sets.find("role", sts.ask, waiting()));
    }
    expect(served).toBe(1000);
    expect(Date.now() - 1_800_000_000_000).toBeGreaterThan(2 * HOUR_MS);
    // The start, and the renewals before the end of the first and the second; the third comes before the last round.
    expect(sts.calls).toBe(4);
  });

  it("are asked for once by all who come while the first waits", async () => {
    const sets = here();
    const sts = giver({ tookMs: 700 });
    const answers = await settled(
      Array.from({ length: 8 }, () => sets.find("role", sts.ask, waiting())),
      2000,
    );
    expect(answers.every(({ status }) => status === "fulfilled")).toBe(true);
    expect(sts.calls).toBe(1);
  });

  it("are asked for by four at most, however slow STS is", async () => {
    const sets = here();
    const sts = giver({ tookMs: 4500 });
    const answers = await settled(
      Array.from({ length: 8 }, () => sets.find("role", sts.ask, waiting())),
      10_000,
    );
    expect(answers.every(({ status }) => status === "fulfilled")).toBe(true);
    expect(sts.calls).toBe(4);
  });

  it("are fetched by the next where the first has left, and its leaving is no failure", async () => {
    const sets = here();
    const sts = giver({ tookMs: 500 });
    const left = new AbortController();
    const first = sets.find("role", sts.ask, waiting(left.signal));
    const second = sets.find("role", sts.ask, waiting());
    const both = Promise.allSettled([first, second]);
    await vi.advanceTimersByTimeAsync(100);
    left.abort(new RouterError("client_closed_request", "Gone."));
    await vi.advanceTimersByTimeAsync(2000);
    expect((await both).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(sts.calls).toBe(2);
  });

  it("take a fetch whose request has died for one of five seconds", async () => {
    const sets = here();
    const sts = giver();
    void sets.find("role", () => new Promise<Issued>(() => {}), waiting());
    const next = Promise.resolve(sets.find("role", sts.ask, waiting()));
    await vi.advanceTimersByTimeAsync(1200);
    sts.check(await next);
    expect(sts.calls).toBe(1);
  });

  it("tell a refusal to all who waited, and ask again a second later", async () => {
    const sets = here();
    const sts = giver();
    sts.refuse = denied;
    const refused = await settled(
      Array.from({ length: 20 }, () => sets.find("role", sts.ask, waiting())),
      500,
    );
    const reasons = refused.map((one) => (one.status === "rejected" ? one.reason : undefined));
    expect(
      reasons.every((reason) => reason instanceof RouterError && reason.code === "aws_role_refused"),
    ).toBe(true);
    // An error belongs to one request.
    expect(new Set(reasons).size).toBe(20);
    expect(sts.calls).toBe(1);
    await expect(sets.find("role", sts.ask, waiting())).rejects.toThrow("No.");
    expect(sts.calls).toBe(1);
    sts.refuse = undefined;
    await vi.advanceTimersByTimeAsync(1000);
    const next = Promise.resolve(sets.find("role", sts.ask, waiting()));
    await vi.advanceTimersByTimeAsync(200);
    sts.check(await next);
  });

  it("leave it to a further attempt to ask again where STS was down", async () => {
    const sets = here();
    const sts = giver();
    sts.refuse = down;
    await settled([sets.find("role", sts.ask, waiting())], 200);
    sts.refuse = undefined;
    const next = Promise.resolve(sets.find("role", sts.ask, waiting()));
    await vi.advanceTimersByTimeAsync(200);
    sts.check(await next);
    expect(sts.calls).toBe(2);
  });

  it("go on serving while a renewal fails, and say so in the log", async () => {
    const sets = here();
    const sts = giver();
    const background: Promise<unknown>[] = [];
    const caller = { ...waiting(), background: (work: Promise<unknown>) => void background.push(work) };
    await settled([sets.find("role", sts.ask, caller)], 200);
    sts.refuse = down;
    await vi.advanceTimersByTimeAsync(HOUR_MS - 4 * 60_000);
    for (let second = 0; second < 200; second++) {
      sts.check(await sets.find("role", sts.ask, caller));
      await vi.advanceTimersByTimeAsync(1000);
    }
    // Every 30 s, not at every request.
    expect(background.length).toBeGreaterThan(3);
    expect(background.length).toBeLessThan(9);
    expect(sts.calls).toBe(1 + background.length);
    expect(logged[0]).toContain("not renewed: Down.");
    sts.refuse = undefined;
    await vi.advanceTimersByTimeAsync(30_000);
    sts.check(await sets.find("role", sts.ask, caller));
    await vi.advanceTimersByTimeAsync(1000);
    const calls = sts.calls;
    await vi.advanceTimersByTimeAsync(60_000);
    sts.check(await sets.find("role", sts.ask, caller));
    expect(sts.calls).toBe(calls);
  });

  it("are dropped and fetched once, however many have found them expired", async () => {
    const sets = here();
    const sts = giver();
    await settled([sets.find("role", sts.ask, waiting())], 200);
    const old = await sets.find("role", sts.ask, waiting());
    const renewed = Array.from({ length: 10 }, () => {
      sets.drop("role", old);
      return sets.find("role", sts.ask, waiting());
    });
    await settled(renewed, 500);
    // Who comes late has the old ones still; they drop nothing any more.
    sets.drop("role", old);
    const late = await sets.find("role", sts.ask, waiting());
    expect(late.sessionToken).toBe("token-2");
    expect(sts.calls).toBe(2);
  });

  it("are a hundred at most: those that were used longest ago are forgotten", async () => {
    const sets = here();
    const sts = giver({ tookMs: 0 });
    const find = async (id: string) => (await settled([sets.find(id, sts.ask, waiting())], 10))[0];
    for (let number = 0; number < 100; number++) await find(`role ${number}`);
    await find("role 0");
    expect(sts.calls).toBe(100);
    await find("role 100");
    await find("role 0");
    expect(sts.calls).toBe(101);
    await find("role 1");
    expect(sts.calls).toBe(102);
  });
});
