/** Stored responses: what a chain keeps, and what becomes of a run whose object is cut off. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ResponseChain } from "../../../src/objects/responses/object.ts";
import { exchangeOf, makeResponse } from "../../../src/objects/responses/run.ts";
import { responseStore } from "../../../src/objects/responses/store.ts";
import { RouterError } from "../../../src/errors.ts";
import { bedrockTarget } from "../../support/bedrock.ts";
import { quietLog } from "../support.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      RESPONSES: DurableObjectNamespace<ResponseChain>;
    }
  }
}

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

const newChain = () => env.RESPONSES.get(env.RESPONSES.newUniqueId());

function withStore<T>(work: (store: ReturnType<typeof responseStore>) => T): Promise<T> {
  return runInDurableObject(newChain(), (_, { storage }) => work(responseStore(storage)));
}

const kept = (number: number, parent: number | undefined, text: string) => ({
  ...{ number, parent },
  ...{ input: `[{"in":"${text}"}]`, output: `[{"out":"${text}"}]`, response: `{"id":"${text}"}` },
});

describe("a chain", () => {
  it("is a tree: what was said until a response is on its own way only", () =>
    withStore((store) => {
      store.keep(kept(0, undefined, "a"));
      store.keep(kept(1, 0, "b"));
      store.keep(kept(2, 0, "c"));
      expect(store.history(2, 1000)).toEqual({ items: '[{"in":"a"},{"out":"a"},{"in":"c"},{"out":"c"}]' });
      expect(store.input(1, 1000)).toEqual({ items: '[{"in":"a"},{"out":"a"},{"in":"b"}]' });
      expect(store.item(1, 0)).toBe('{"out":"b"}');
      expect(store.reserve()).toBe(3);
    }));

  it("has no way through a response that was deleted, and forgets its words", () =>
    withStore((store) => {
      store.keep(kept(0, undefined, "a"));
      store.keep(kept(1, 0, "b"));
      expect(store.remove(0)).toBe(true);
      expect(store.remove(0)).toBe(false);
      expect(store.history(1, 1000)).toEqual({ missing: "unknown" });
      expect(store.response(0)).toBeUndefined();
      expect(store.item(0, 0)).toBeUndefined();
    }));

  it("gives no more than is asked for, and keeps texts of any length to the letter", () =>
    withStore((store) => {
      const long = "a😀".repeat(200_000);
      store.keep({ number: 0, parent: undefined, input: `["${long}"]`, output: "[]", response: "{}" });
      expect(store.history(0, 1000)).toEqual({ missing: "too long" });
      expect(store.history(0, 10_000_000)).toEqual({ items: `["${long}"]` });
    }));

  it("is full at 1,000 responses", () =>
    withStore((store) => {
      for (let number = 0; number < 1000; number++) {
        expect(store.keep(kept(number, number === 0 ? undefined : number - 1, "x"))).toBe(true);
      }
      expect(store.reserve()).toBeUndefined();
      expect(store.keep(kept(1000, 999, "x"))).toBe(false);
      expect(store.history(999, 1_000_000)).toHaveProperty("items");
    }));

  it("has the room again of what was told anew, and of what was deleted", () =>
    withStore((store) => {
      const long = "x".repeat(7_000_000);
      for (let at = 0; at < 20; at++) {
        expect(store.keep(kept(at, undefined, "small"))).toBe(true);
        expect(store.keep({ ...kept(at, undefined, "x"), input: `["${long}"]` })).toBe(true);
        expect(store.remove(at)).toBe(true);
      }
    }));

  it("is not opened by an older version than the one that wrote it", () =>
    runInDurableObject(newChain(), (_, { storage }) => {
      storage.kv.put("schema", 99);
      expect(() => responseStore(storage)).toThrow(/newer/);
    }));

  it("forgets everything when its time is over", async () => {
    const chain = newChain();
    await chain.keep(kept(0, undefined, "a"));
    await runInDurableObject(chain, (_, { storage }) => storage.kv.put("expires", Date.now() - 1));
    await runDurableObjectAlarm(chain);
    expect(await chain.response(0)).toBeUndefined();
    await runInDurableObject(chain, async (_, { storage }) => {
      expect([...(await storage.list()).keys()].filter((name) => name === "next")).toEqual([]);
    });
  });
});

describe("places for what runs in the background", () => {
  it("are four, and free themselves when their time is over", async () => {
    const places = newChain();
    const soon = Date.now() + 60_000;
    for (const id of ["a", "b", "c"]) expect(await places.acquire(id, soon)).toBeUndefined();
    expect(await places.acquire("d", Date.now() - 1)).toBeUndefined();
    expect(await places.acquire("e", soon)).toBeUndefined();
    expect(await places.acquire("f", soon)).toEqual(["a", "b", "c", "e"]);
    await places.release("a");
    expect(await places.acquire("f", soon)).toBeUndefined();
  });
});

describe("a run that is cancelled, or deleted, as its answer ends", () => {
  it("is cancelled: what is kept then would be there again", async () => {
    const abort = new AbortController();
    const caller = { client: "alice", host: "router.example", requestId: "req_1" };
    const body = JSON.stringify({ model: "claude", input: "Hi", background: true });
    const run = { chain: "0", number: 0, parent: undefined, body, input: "[]", caller };
    const head = [{ type: "text", text: "Hi" } as const, { type: "finish", reason: "stop" } as const];
    const target = bedrockTarget("anthropic.claude-haiku-4-5-20251001-v1:0");
    const route = { target, strategy: "named", reason: "", attempts: 1, trail: [], dropped: [] };
    const keep = vi.fn(() => true);
    const left = await makeResponse(exchangeOf(run), {
      ...{ run, prefixNames: undefined, targets: [target], keep, now: Date.now, signal: abort.signal },
      ...{ kept: () => {}, emit: () => {}, observed: () => ({ begun: () => {}, ended: () => {} }) },
      ask: async () => ({
        route,
        taken: [
          {
            head,
            rest: {
              async next() {
                abort.abort(new RouterError("turn_cancelled", "The run was cancelled."));
                return undefined;
              },
              cancel() {},
            },
          },
        ],
      }),
    });
    expect(left).toMatchObject({ status: "cancelled", error: null });
    expect(keep).not.toHaveBeenCalled();
  });
});

describe("a run that was cut off", () => {
  it("is failed once its object is there again, never in progress for ever", async () => {
    const chain = newChain();
    await runInDurableObject(chain, (_, { storage }) => {
      const store = responseStore(storage);
      store.keep({
        number: 0,
        parent: undefined,
        input: "[]",
        output: "[]",
        response: '{"id":"r","status":"in_progress"}',
      });
      store.running(0);
    });
    await evictDurableObject(chain);
    const response: unknown = JSON.parse((await chain.response(0)) ?? "null");
    expect(response).toMatchObject({ id: "r", status: "failed", error: { code: "server_error" } });
    const events = await (await chain.fetch("https://chain/?number=0&after=-1")).text();
    expect(events).toMatch(/^event: error\n.*\n\nevent: response\.failed\n.*"status":"failed".*\n\n$/);
  });
});
