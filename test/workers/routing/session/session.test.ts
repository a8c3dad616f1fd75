import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../../src/env.ts";
import type { StickySession } from "../../../../src/objects/sticky/object.ts";
import { sessionStore } from "../../../../src/objects/sticky/client.ts";
import {
  claudeAnswer,
  json,
  playUpstream,
  type Reply,
  THROTTLED,
  UNAVAILABLE,
} from "../../../support/upstream.ts";
import { ask, CLAUDE, chat, envOf, GPT, NO_RETRY, quietLog, settle } from "../../support.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      STICKY: DurableObjectNamespace<StickySession>;
    }
  }
}

beforeEach(() => {
  quietLog();
  // A busy machine must not look like an object that does not answer.
  const wait = setTimeout;
  vi.stubGlobal("setTimeout", (run: () => void, ms = 0) => wait(run, ms === 250 ? 60_000 : ms));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const LLMS = { a: CLAUDE, b: { ...CLAUDE }, c: { ...CLAUDE } };
const GPT_ANSWER = json({ choices: [{ message: { role: "assistant", content: "Hi" } }] });

/** Bindings of an isolate of its own: it shares its objects with the others, and no memory. */
function isolate(router: object = {}, { llms = LLMS, more = {} }: { llms?: object; more?: Env } = {}): Env {
  const config = { router: { sticky: "session", retry: NO_RETRY, ...router }, llms };
  return envOf(config, { STICKY: env.STICKY, ...more });
}

let sessions = 0;
const fresh = () => `session ${sessions++}`;
const LATER = [
  { role: "user", content: "Hi" },
  { role: "assistant", content: "Hello" },
  { role: "user", content: "Go on" },
];

/** Whatever is asked of any model is answered, but where `failing` says how not. */
function answerAll(
  failing: (url: string) => Reply | undefined = () => undefined,
): readonly { url: string }[] {
  const reply: Reply = (call) => {
    const otherwise = call.url.includes("bedrock") ? claudeAnswer("Hi") : GPT_ANSWER;
    return (failing(call.url) ?? otherwise)(call);
  };
  return playUpstream(...Array.from({ length: 2000 }, () => reply));
}

interface Served {
  readonly model: string;
  readonly place: string;
  readonly strategy: string;
  readonly reason: string;
}

async function served(own: Env, session: string | undefined, body: object = {}): Promise<Served> {
  const headers = session === undefined ? {} : { "x-session-id": session };
  const response = await chat(own, { messages: LATER, ...body }, { headers });
  expect(response.status).toBe(200);
  await response.text();
  await settle();
  const last = (response.headers.get("x-router-trail") ?? "").split("; ").at(-1) ?? "";
  return {
    model: response.headers.get("x-router-model") ?? "",
    place: /\((.*)\)/.exec(last)?.[1] ?? "",
    strategy: response.headers.get("x-router-strategy") ?? "",
    reason: response.headers.get("x-router-reason") ?? "",
  };
}

describe("a session's model", () => {
  it("is drawn, and is the same in every isolate", async () => {
    answerAll();
    const router = { weights: { a: 1, b: 2, c: 0 } };
    const own = isolate(router);
    const models = new Set<string>();
    for (let at = 0; at < 16; at++) {
      const session = fresh();
      const { model } = await served(own, session);
      models.add(model);
      expect((await served(isolate(router), session)).model).toBe(model);
    }
    expect(models).toEqual(new Set(["a", "b"]));
  });

  it("belongs to the key: another's session of the same name is another", async () => {
    answerAll();
    const own = isolate({}, { more: { ROUTER_API_KEYS: "one=sk-key-number-one,two=sk-key-number-two" } });
    const models = async (key: string) => {
      const found: (string | null)[] = [];
      for (let at = 0; at < 24; at++) {
        const options = { key, headers: { "x-session-id": `shared ${at}` } };
        found.push((await chat(own, {}, options)).headers.get("x-router-model"));
      }
      return found;
    };
    expect(await models("sk-key-number-one")).not.toEqual(await models("sk-key-number-two"));
  });

  it("moves once when it fails, in all isolates, and does not come back", async () => {
    const session = fresh();
    let down: string | undefined;
    answerAll((url) => (down !== undefined && url.includes(down) ? UNAVAILABLE : undefined));
    const llms = {
      ...{ a: { ...GPT, base_url: "https://a.example/v1" }, b: { ...GPT, base_url: "https://b.example/v1" } },
      c: { ...GPT, base_url: "https://c.example/v1" },
    };
    const router = { fallback_models: ["a", "b", "c"] };
    const own = isolate(router, { llms });
    const home = (await served(own, session)).model;
    down = `${home}.example`;
    const moved = await served(own, session);
    expect(moved.model).not.toBe(home);
    down = undefined;
    expect(await served(own, session)).toMatchObject({ model: moved.model, strategy: "random; sticky" });
    // An isolate that has not heard of it asks.
    expect(await served(isolate(router, { llms }), session)).toMatchObject({
      ...{ model: moved.model, strategy: "random; sticky" },
    });
  });

  it("moves up where its window is too small, and stays there", async () => {
    answerAll();
    const llms = {
      small: { ...GPT, context_limit: 3000 },
      other: { ...GPT, context_limit: 3000 },
      large: { ...GPT, context_limit: 100_000 },
    };
    const router = { weights: { small: 1000, other: 1000, large: 1 } };
    const own = isolate(router, { llms });
    const session = fresh();
    expect((await served(own, session)).model).not.toBe("large");
    const long = { messages: [...LATER, { role: "user", content: "word ".repeat(4000) }] };
    expect((await served(own, session, long)).model).toBe("large");
    expect((await served(own, session)).model).toBe("large");
    expect((await served(isolate(router, { llms }), session)).model).toBe("large");
  });

  it.each([
    ["rules", { rules: [{ keywords: ["code"], model: "b" }, { default: "c" }] }],
    ["round_robin", {}],
  ])("stays whom the strategy chose first: %s", async (strategy, more) => {
    answerAll();
    const router = { strategy, ...more };
    const bound = { more: { ROUND_ROBIN: env.ROUND_ROBIN } };
    const own = isolate(router, bound);
    const session = fresh();
    const { model } = await served(own, session, { messages: [{ role: "user", content: "Some code" }] });
    for (const one of [own, own, isolate(router, bound)]) {
      expect(await served(one, session)).toMatchObject({ model, strategy: `${strategy}; sticky` });
    }
  });

  it("is of no concern to a request that names one, nor the other way round", async () => {
    answerAll();
    const own = isolate();
    const session = fresh();
    const { model } = await served(own, session);
    const other = model === "a" ? "b" : "a";
    expect(await served(own, session, { model: other })).toMatchObject({ model: other, strategy: "named" });
    expect((await served(own, session)).model).toBe(model);
  });
});

describe("a session's place", () => {
  const REGIONS = { claude: { ...CLAUDE, aws_region: ["eu-central-1", "us-east-1"] } };

  it("is the region that answered, once the first has failed", async () => {
    const session = fresh();
    let down = false;
    answerAll((url) => (down && url.includes("eu-central-1") ? THROTTLED : undefined));
    const own = isolate({}, { llms: REGIONS });
    expect((await served(own, session)).place).toBe("eu-central-1");
    down = true;
    expect((await served(own, session)).place).toBe("us-east-1");
    down = false;
    for (const one of [own, isolate({}, { llms: REGIONS })]) {
      expect((await served(one, session)).place).toBe("us-east-1");
      expect((await served(one, session, { model: "claude" })).place).toBe("eu-central-1");
      expect((await served(one, session, { model: "claude" })).reason).toBe(
        "The request names it. The session stays at eu-central-1.",
      );
      expect((await served(one, fresh())).place).toBe("eu-central-1");
    }
  });

  it("is one of several API keys, the same in every isolate; keys are shared out among sessions", async () => {
    answerAll();
    const llms = { gpt: { provider: "acme", model: "acme/gpt", base_url: "https://acme.example/v1" } };
    const config = { router: { sticky: "session" }, llms, api_keys: { acme: ["k1", "k2", "k3"] } };
    const own = () => envOf(config, { STICKY: env.STICKY });
    const one = own();
    const places = new Set<string>();
    for (let at = 0; at < 12; at++) {
      const session = fresh();
      const { place } = await served(one, session);
      places.add(place);
      expect((await served(one, session)).place).toBe(place);
      expect((await served(own(), session)).place).toBe(place);
      expect((await served(own(), session, { model: "gpt" })).place).toMatch(/^key [123]$/);
    }
    expect(places.size).toBe(3);
  });
});

describe("the objects of sessions", () => {
  /** The namespace, and what was asked of it. */
  function watched(find?: () => Promise<undefined>) {
    const asked: string[] = [];
    const STICKY = {
      idFromName: (name: string) => env.STICKY.idFromName(name),
      get: (id: DurableObjectId) => ({
        find: () => {
          asked.push("find");
          return find ? find() : env.STICKY.get(id).find();
        },
        keep: (seat: Parameters<StickySession["keep"]>[0]) => {
          asked.push("keep");
          return env.STICKY.get(id).keep(seat);
        },
      }),
    };
    return { asked, STICKY };
  }

  it("are asked once an hour and isolate, not for conversations that begin, and told only of what moved", async () => {
    answerAll();
    const { asked, STICKY } = watched();
    const own = isolate({}, { more: { STICKY } });
    const begins = { messages: [{ role: "user", content: `Something new ${fresh()}` }] };
    await served(own, undefined, begins);
    await served(own, undefined, begins);
    expect(asked).toEqual([]);
    const session = fresh();
    for (let turn = 0; turn < 5; turn++) await served(own, session);
    expect(asked).toEqual(["find"]);
  });

  it("are not asked where there is one place only", async () => {
    answerAll();
    const { asked, STICKY } = watched();
    const own = isolate({}, { llms: { claude: CLAUDE, gpt: GPT }, more: { STICKY } });
    await served(own, fresh(), { model: "gpt" });
    await served(isolate({}, { llms: { claude: CLAUDE }, more: { STICKY } }), fresh());
    expect(asked).toEqual([]);
  });

  it("are waited for 250 ms at most, and missed by nobody", async () => {
    answerAll();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const silent = watched(() => new Promise(() => {}));
    const own = isolate({}, { more: { STICKY: silent.STICKY } });
    const answer = chat(own, { messages: LATER }, { headers: { "x-session-id": fresh() } });
    await vi.waitFor(() => expect(silent.asked).toEqual(["find"]));
    await vi.advanceTimersByTimeAsync(249);
    await vi.advanceTimersByTimeAsync(1);
    expect((await answer).status).toBe(200);
    vi.useRealTimers();
    const broken = watched(() => Promise.reject(new Error("Durable Object is overloaded.")));
    const session = fresh();
    const { model } = await served(isolate({}, { more: { STICKY: broken.STICKY } }), session);
    expect((await served(isolate({}, { more: { STICKY: undefined } }), session)).model).toBe(model);
  });

  it("forget an hour after they were told", async () => {
    const stub = env.STICKY.get(env.STICKY.idFromName(fresh()));
    expect(await stub.find()).toBeUndefined();
    const now = Date.now();
    await stub.keep({ target: "a", place: "eu-west-1" });
    await evictDurableObject(stub);
    expect(await stub.find()).toEqual({ target: "a", place: "eu-west-1" });
    const alarm = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
    expect((alarm ?? 0) - now).toBeGreaterThanOrEqual(3_600_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await stub.find()).toBeUndefined();
  });

  it("are none where the binding is something else", () => {
    for (const STICKY of [undefined, null, "STICKY", {}]) expect(sessionStore({ STICKY })).toBeUndefined();
  });

  it("learn nothing of POST /v1/route", async () => {
    answerAll();
    const { asked, STICKY } = watched();
    const own = isolate({ strategy: "rules", rules: [{ default: "b" }] }, { more: { STICKY } });
    const session = { headers: { "x-session-id": fresh() } };
    const body = { messages: [{ role: "user", content: "Hi" }] };
    const explain = async (): Promise<unknown> =>
      (await ask(own, "/v1/route", { method: "POST", body, ...session })).json();
    expect(await explain()).toMatchObject({ model: "b", strategy: "rules" });
    expect(asked).toEqual(["find"]);
    await chat(own, {}, session);
    expect(await explain()).toMatchObject({ model: "b", strategy: "rules; sticky" });
  });
});
