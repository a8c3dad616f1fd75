import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import { ticketCounter } from "../../../src/objects/round-robin/client.ts";
import type { RoundRobin } from "../../../src/objects/round-robin/object.ts";
import { ticketBlock } from "../../../src/objects/round-robin/ticket-block.ts";
import { claudeAnswer, json, playUpstream, UNAVAILABLE } from "../../support/upstream.ts";
import { ask, CLAUDE, chat, envOf, errorOf, GPT, quietLog, RETRY_AT_ONCE } from "../support.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      ROUND_ROBIN: DurableObjectNamespace<RoundRobin>;
    }
  }
}

/** A counter whose memory can be lost; knows what it wrote. */
function losable() {
  const writes: number[] = [];
  const store = {
    read: () => writes.at(-1) ?? 0,
    write: (reserved: number) => void writes.push(reserved),
  };
  let block = ticketBlock(store);
  return {
    writes,
    take: (count: number, cycle: number) => block.take(count, cycle),
    peek: () => block.peek(),
    lose: () => {
      block = ticketBlock(store);
    },
  };
}

describe("ticketBlock", () => {
  it("writes once for a thousand tickets", () => {
    const { take, writes } = losable();
    for (let i = 0; i < 1000; i++) expect(take(1, 3)).toBe(i);
    expect(writes).toEqual([1003]);
    for (let i = 0; i < 10; i++) take(1, 3);
    expect(writes).toHaveLength(2);
  });

  it("gives no ticket twice, and none that is not covered by a write, whatever is lost and when", () => {
    const step = fc.oneof(fc.record({ count: fc.integer({ min: 1, max: 1000 }) }), fc.constant({ count: 0 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 10_000 }), (steps, cycle) => {
        const counter = losable();
        let end = 0;
        for (const { count } of steps) {
          if (count === 0) {
            counter.lose();
            continue;
          }
          const next = counter.peek();
          const first = counter.take(count, cycle);
          expect(first).toBe(next);
          expect(first).toBeGreaterThanOrEqual(end);
          end = first + count;
          expect(counter.writes.at(-1)).toBeGreaterThanOrEqual(end);
        }
      }),
    );
  });

  it("takes turns also when every ticket costs it its memory", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (cycle) => {
        const counter = losable();
        for (let turn = 0; turn < 2 * cycle && turn < 50; turn++) {
          expect(counter.take(1, cycle) % cycle).toBe(turn % cycle);
          counter.lose();
        }
      }),
    );
  });

  it("reads, and writes nothing, for a peek", () => {
    const counter = losable();
    expect([counter.peek(), counter.peek()]).toEqual([0, 0]);
    expect(counter.writes).toEqual([]);
  });
});

let names = 0;
/** A name that no other test has, so that its object is new. */
const newName = () => `test ${names++}`;
const stubOf = (name: string) => env.ROUND_ROBIN.get(env.ROUND_ROBIN.idFromName(name));

/** The counter as an isolate of its own has it. */
function isolateCounter() {
  const counter = ticketCounter({ ...env });
  if (!counter) throw new Error("the binding ROUND_ROBIN is missing");
  return counter;
}

describe("RoundRobin", () => {
  it("counts for all isolates together", async () => {
    const name = newName();
    const [one, other] = [isolateCounter(), isolateCounter()];
    expect([await one.take(name, 1, 3), await other.take(name, 5, 3), await one.take(name, 1, 3)]).toEqual([
      0, 1, 6,
    ]);
    expect(await other.peek(name)).toBe(7);
    expect(await one.take(newName(), 1, 3)).toBe(0);
  });

  it("keeps one number, in SQLite, and goes on behind it after an eviction", async () => {
    const name = newName();
    const counter = isolateCounter();
    for (let i = 0; i < 5; i++) await counter.take(name, 1, 4);
    const stored = await runInDurableObject(stubOf(name), (_, state) => {
      const { databaseSize } = state.storage.sql;
      return { entries: [...state.storage.kv.list()], databaseSize };
    });
    expect(stored.entries).toEqual([["reserved", 1001]]);
    expect(stored.databaseSize).toBeGreaterThan(0);
    await evictDurableObject(stubOf(name));
    expect(await counter.peek(name)).toBe(1001);
    expect(await counter.take(name, 1, 4)).toBe(1001);
  });

  it("is not there for a binding that is something else", () => {
    for (const binding of [undefined, null, "ROUND_ROBIN", {}, { get: () => {} }]) {
      expect(ticketCounter({ ROUND_ROBIN: binding })).toBeUndefined();
    }
    const bound: Env = { ...env };
    expect(ticketCounter(bound)).toBe(ticketCounter(bound));
  });
});

describe("strategy round_robin", () => {
  // A busy machine must not look like an object that does not answer.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** What an isolate of its own has, with a pool of Bedrock's and another provider's models. */
  const isolate = (router: object, llms: object = { claude: CLAUDE, gpt: GPT, haiku: CLAUDE }) =>
    envOf({ router: { strategy: "round_robin", ...router }, llms }, { ROUND_ROBIN: env.ROUND_ROBIN });

  /** An upstream that answers every call in the format of whom it stands for. */
  const answerAll = () =>
    playUpstream(
      ...Array.from({ length: 300 }, () => (call: Parameters<typeof UNAVAILABLE>[0]) => {
        const native = json({ choices: [{ message: { role: "assistant", content: "Hi" } }] });
        return (call.url.includes("bedrock") ? claudeAnswer("Hi") : native)(call);
      }),
    );

  async function choices(env: Env, count: number): Promise<string[]> {
    const names: string[] = [];
    for (let i = 0; i < count; i++) {
      const response = await chat(env);
      expect(response.headers.get("x-router-strategy")).toBe("round_robin");
      await response.text();
      names.push(response.headers.get("x-router-model") ?? "");
    }
    return names;
  }

  function tally(names: readonly string[]): Record<string, number> {
    return Object.fromEntries(
      [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]),
    );
  }

  it.each([
    ["equal weights", {}, { claude: 32, gpt: 32, haiku: 32 }],
    ["weights", { weights: { claude: 5, gpt: 2, haiku: 1 } }, { claude: 60, gpt: 24, haiku: 12 }],
    ["a model left out", { weights: { claude: 0.25, gpt: 0.75, haiku: 0 } }, { claude: 24, gpt: 72 }],
  ])("is exact under 8 parallel clients in as many isolates, with %s", async (_, router, expected) => {
    answerAll();
    const all = await Promise.all(Array.from({ length: 8 }, () => choices(isolate(router), 12)));
    expect(tally(all.flat())).toEqual(expected);
  });

  it("is exact with a lease too, for which it asks the object less often", async () => {
    answerAll();
    const takes: number[] = [];
    const counted = {
      idFromName: (name: string) => env.ROUND_ROBIN.idFromName(name),
      get: (id: DurableObjectId) => ({
        take(count: number, cycle: number) {
          takes.push(count);
          return env.ROUND_ROBIN.get(id).take(count, cycle);
        },
      }),
    };
    const llms = { claude: CLAUDE, gpt: GPT, leased: GPT };
    const own = () => ({ ...isolate({ round_robin: { lease: 6 } }, llms), ROUND_ROBIN: counted });
    const all = await Promise.all([choices(own(), 12), choices(own(), 6), choices(own(), 24)]);
    expect(all.map(tally)).toEqual([4, 2, 8].map((share) => ({ claude: share, gpt: share, leased: share })));
    expect(takes).toEqual([6, 6, 6, 6, 6, 6, 6]);
  });

  it("takes no ticket for retries, fallbacks, named models and /v1/route", async () => {
    quietLog();
    const llms = { claude: CLAUDE, b: GPT, c: GPT };
    const own = isolate({ retry: RETRY_AT_ONCE, fallback_models: ["c"] }, llms);
    const answered = json({ choices: [] });
    const calls = playUpstream(answered, UNAVAILABLE, UNAVAILABLE, answered, answered);
    const model = async (body: object = {}) => (await chat(own, body)).headers.get("x-router-model");
    const next = async (): Promise<unknown> => {
      const body = { messages: [{ role: "user", content: "Hi" }] };
      return (await ask(own, "/v1/route", { method: "POST", body })).json();
    };
    expect(await next()).toMatchObject({
      model: "claude",
      order: ["claude", "b", "c"],
      strategy: "round_robin",
    });
    expect(await model({ model: "c" })).toBe("c");
    expect(await next()).toMatchObject({ model: "claude" });
    // Twice refused, then answered by the fallback.
    expect(await model()).toBe("c");
    expect(await next()).toMatchObject({ model: "b", order: ["b", "c", "claude"], fallbacks: ["c"] });
    expect(await model()).toBe("b");
    expect(calls).toHaveLength(5);
  });

  it("answers without its object, and says that it is degraded", async () => {
    answerAll();
    vi.spyOn(Math, "random").mockReturnValue(0);
    const broken = {
      idFromName: () => "id",
      get: () => ({
        take: () => Promise.reject(new Error("Durable Object is overloaded.")),
        peek: () => Promise.reject(new Error("Durable Object is overloaded.")),
      }),
    };
    const own = { ...isolate({}), ROUND_ROBIN: broken };
    const seen: string[] = [];
    for (let i = 0; i < 4; i++) {
      const { headers } = await chat(own);
      seen.push(`${headers.get("x-router-model")} ${headers.get("x-router-strategy")}`);
    }
    expect(seen).toEqual(["claude", "gpt", "haiku", "claude"].map((name) => `${name} round_robin; degraded`));
  });

  it("without the binding is an error with the lines for wrangler.toml; named models go on", async () => {
    quietLog();
    const own = { ...isolate({}), ROUND_ROBIN: undefined };
    const response = await chat(own);
    expect(response.status).toBe(500);
    const error = await errorOf(response);
    expect(error.code).toBe("binding_missing");
    expect(error.message).toContain('[[durable_objects.bindings]]\nname = "ROUND_ROBIN"');
    playUpstream(claudeAnswer("Hi"));
    expect((await chat(own, { model: "claude" })).status).toBe(200);
  });
});
