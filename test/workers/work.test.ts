/**
 * What each event and each short request may take of the runtime, counted instead of timed: a promise more for each event or a
 * digest more for each request is seen here, where a measurement would drown it. The start and the streams: budgets.test.ts.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { claudeAnswer, claudeFrames, eventStream, fedBody, playUpstream } from "../support/upstream.ts";
import { ask, envOf, quietLog } from "./support.ts";

beforeEach(() => {
  quietLog();
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => {
  putBack();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Ends the count. */
let putBack = () => {};

/** How often the router makes each of these, or calls it; `promises` are those that it waits for with `then`. */
type Work = Readonly<Record<string, number>>;

const NOTHING: Work = {
  ...{ AbortController: 0, DataView: 0, Headers: 0, Request: 0, Response: 0, TextDecoder: 0, URL: 0 },
  ...{ Uint8Array: 0, parse: 0, stringify: 0, promises: 0, setTimeout: 0, digest: 0, importKey: 0, sign: 0 },
};

/** Whose line of a stack it is: behind the error itself, this question, the count and what is counted. */
const CALLER = 4;

/** Whether the router, or who signs for it, has called who asks: the test's own tools and doubles do, too. */
function isOurs(): boolean {
  const caller = (new Error().stack ?? "").split("\n")[CALLER] ?? "";
  return caller.includes("/src/") || caller.includes("aws4fetch");
}

/** Counts until it is asked. */
function watchWork(): () => Work {
  const counts: Record<string, number> = { ...NOTHING };
  const note = (name: string) => {
    if (isOurs()) counts[name] = (counts[name] ?? 0) + 1;
  };
  const types = { AbortController, DataView, Headers, Request, Response, TextDecoder, URL, Uint8Array };
  for (const [name, type] of Object.entries(types)) {
    const counting = new Proxy(type, {
      construct(target, args, own) {
        note(name);
        return Reflect.construct(target, args, own);
      },
    });
    vi.stubGlobal(name, counting);
  }
  const counted = <This, Args extends unknown[], Result>(
    name: string,
    work: (this: This, ...args: Args) => Result,
  ) =>
    function (this: This, ...args: Args): Result {
      note(name);
      return work.apply(this, args);
    };
  const { parse, stringify } = JSON;
  const { then } = Promise.prototype;
  const { digest, importKey, sign } = crypto.subtle;
  Object.assign(JSON, { parse: counted("parse", parse), stringify: counted("stringify", stringify) });
  Reflect.set(Promise.prototype, "then", counted("promises", then));
  Object.assign(crypto.subtle, {
    ...{ digest: counted("digest", digest), sign: counted("sign", sign) },
    importKey: counted("importKey", importKey),
  });
  vi.stubGlobal("setTimeout", counted("setTimeout", globalThis.setTimeout));
  putBack = () => {
    Object.assign(JSON, { parse, stringify });
    Reflect.set(Promise.prototype, "then", then);
    Object.assign(crypto.subtle, { digest, importKey, sign });
    vi.unstubAllGlobals();
  };
  return () => {
    putBack();
    return counts;
  };
}

const { setTimeout: arm } = globalThis;
/** Lets all happen that needs no timer. */
const turn = () => new Promise((resolve) => arm(resolve, 0));

/** What an earlier request has left to do, such as a note to a ledger, may fall into a count. What each event takes is in every one. */
const RETRIES = { retry: 3 };

const question = (stream: boolean) => ({
  method: "POST",
  body: { messages: [{ role: "user", content: "Hi" }], max_tokens: 100, stream },
});

describe("an event that comes by itself", () => {
  /** What a stream of so many texts takes, one every 20 ms. */
  async function workOf(texts: number, path: string): Promise<Work> {
    vi.useFakeTimers({ toFake: ["Date"] });
    const frames = claudeFrames(...Array.from({ length: texts }, (_, index) => `${index} `));
    const body = fedBody();
    playUpstream(eventStream(body));
    const work = watchWork();
    const answer = ask(envOf(), path, question(true)).then((response) => response.text());
    for (const frame of frames) {
      vi.setSystemTime(Date.now() + 20);
      body.push(frame);
      await turn();
    }
    body.end();
    const text = await answer;
    const counts = work();
    expect(text).toContain(`"${texts - 1} "`);
    return counts;
  }

  it.each([
    ["/v1/chat/completions", { parse: 1, stringify: 1 }],
    ["/v1/messages", {}],
  ])("takes a view of its bytes and two promises through %s, and no timer", RETRIES, async (path, texts) => {
    // What is loaded and compiled for the first.
    await workOf(1, path);
    const [few, many] = [await workOf(20, path), await workOf(120, path)];
    const each = Object.entries(many).map(([name, count]) => [name, (count - (few[name] ?? 0)) / 100]);
    expect(Object.fromEntries(each)).toEqual({ ...NOTHING, DataView: 1, promises: 2, ...texts });
  });
});

describe("a short request", () => {
  it("is read, signed and answered once, within two time limits", RETRIES, async () => {
    const env = envOf();
    const whole = async () => {
      playUpstream(claudeAnswer("Hello"));
      const work = watchWork();
      const answer = await (await ask(env, "/v1/chat/completions", question(false))).text();
      const counts = work();
      expect(answer).toContain("Hello");
      return counts;
    };
    await whole();
    expect(await whole()).toEqual({
      ...NOTHING,
      // The client's key, the body, and what is signed.
      ...{ digest: 3, importKey: 1, sign: 1 },
      // The signer's, but for one array and the decoder of the answer.
      ...{ URL: 1, Headers: 1, Uint8Array: 5, TextDecoder: 1 },
      // The request and the answer; the body, the line of the log, and two names.
      ...{ parse: 2, stringify: 4 },
      ...{ AbortController: 1, setTimeout: 2, promises: 14 },
    });
  });
});
