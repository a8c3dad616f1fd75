import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { asObject } from "../../../emulator/json.ts";
import { loadConfig } from "../../../src/config/text.ts";
import type { Delta } from "../../../src/chat/delta.ts";
import { memoryCounter } from "../../../src/lib/memory.ts";
import { NEW_PEER, type Peer, peer } from "../../../src/objects/session/peer.ts";
import { MAX_MESSAGE_BYTES, parseMessage, Refused } from "../../../src/objects/session/protocol.ts";
import { openSession } from "../../../src/objects/session/session.ts";
import { sessionStore } from "../../../src/objects/session/store.ts";
import { MAX_WAITING, turnQueue } from "../../../src/objects/session/turn-queue.ts";
import type { Begun } from "../../../src/routing/attempt.ts";
import type { Answer } from "../../../src/routing/dispatch.ts";
import { bedrockTarget } from "../../support/bedrock.ts";
import { CLAUDE } from "../support.ts";
import { textOf } from "./sockets.ts";

function refusedBy(data: string | ArrayBuffer): Refused {
  try {
    parseMessage(data);
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown;
  }
  throw new Error("was not refused");
}

describe("parseMessage", () => {
  const user = (content: unknown) => ({ role: "user", content });
  it.each([
    [
      { messages: [1], model: "m", stream: false },
      { kind: "stateless", body: { model: "m", stream: true }, messages: [1] },
    ],
    [
      { message: "Hi", id: "a" },
      { kind: "session", id: "a", body: { stream: true }, input: [user("Hi")] },
    ],
    [
      { message: "Hi", system: "S" },
      { kind: "session", body: { stream: true }, input: [user("Hi")], system: "S" },
    ],
    [
      { message: [{ type: "text" }] },
      { kind: "session", body: { stream: true }, input: [user([{ type: "text" }])] },
    ],
    [{ message: { role: "tool" } }, { kind: "session", body: { stream: true }, input: [{ role: "tool" }] }],
    [
      { message: [{ role: "tool" }, { role: "user" }] },
      { kind: "session", body: { stream: true }, input: [{ role: "tool" }, { role: "user" }] },
    ],
    [
      { type: null, id: null, message: "Hi", messages: null, system: null },
      { kind: "session", body: { stream: true }, input: [user("Hi")] },
    ],
    [
      { type: null, message: null, messages: [1], system: null },
      { kind: "stateless", body: { stream: true }, messages: [1] },
    ],
    [{ type: "cancel", id: null }, { kind: "cancel" }],
    [{ type: "cancel" }, { kind: "cancel" }],
    [
      { type: "cancel", id: "x" },
      { kind: "cancel", id: "x" },
    ],
    [
      { type: "resume", after: 0 },
      { kind: "resume", after: 0 },
    ],
    [{ type: "reset" }, { kind: "reset" }],
    [
      { type: "ack", seq: 12 },
      { kind: "ack", seq: 12 },
    ],
  ])("reads %j", (message, expected) => {
    expect(parseMessage(JSON.stringify(message))).toEqual(expected);
  });

  it.each([
    [{}, "messages"],
    [{ messages: [], message: "" }, "message"],
    [{ messages: [], system: "" }, "system"],
    [{ message: "", system: 1 }, "system"],
    [{ message: 1 }, "message"],
    [{ message: [] }, "message"],
    [{ message: [{ type: "text" }, 1] }, "message"],
    [{ message: { role: "system", content: "" } }, "message"],
    [{ message: "", id: 1 }, "id"],
    [{ message: "", id: "" }, "id"],
    [{ message: "", id: "x".repeat(129) }, "id"],
    [{ type: "stop" }, "type"],
    [{ type: null }, "messages"],
    [{ message: null, messages: null }, "messages"],
    [{ type: "resume" }, "after"],
    [{ type: "resume", after: -1 }, "after"],
    [{ type: "resume", after: 1.5 }, "after"],
    [{ type: "ack", seq: "1" }, "seq"],
  ])("refuses %j, naming %s", (message, param) => {
    expect(refusedBy(JSON.stringify(message)).error).toMatchObject({ code: "invalid_value", param });
  });

  it.each(["", "{", "ping "])("refuses %j as no JSON", (text) => {
    expect(refusedBy(text).error.code).toBe("invalid_json");
  });

  it("takes a text that begins with a byte order mark", () => {
    expect(parseMessage('\ufeff{"message":"Hi"}').kind).toBe("session");
  });

  it.each(["[]", "1", "null"])("refuses %s as no object", (text) => {
    expect(refusedBy(text).error.code).toBe("invalid_value");
  });

  it("counts a message's limit in bytes", () => {
    const text = (letter: string, count: number) => JSON.stringify({ message: letter.repeat(count) });
    const around = text("", 0).length;
    expect(parseMessage(text("a", MAX_MESSAGE_BYTES - around)).kind).toBe("session");
    expect(refusedBy(text("a", MAX_MESSAGE_BYTES - around + 1)).error.code).toBe("request_too_large");
    expect(refusedBy(text("€", 350_000)).error.code).toBe("request_too_large");
  });

  it("takes or refuses any JSON, and tells the id where there is one", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          parseMessage(text);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Refused);
        }
      }),
    );
    expect(refusedBy('{"id":"a","message":1}').id).toBe("a");
  });
});

describe("turnQueue", () => {
  function setup() {
    const events: string[] = [];
    const ends = new Map<string, () => void>();
    const queue = turnQueue<{ id: string }>({
      run: ({ id }, signal) =>
        new Promise((resolve) => {
          events.push(`run ${id}`);
          ends.set(id, resolve);
          signal.addEventListener("abort", () => {
            events.push(`abort ${id} ${signal.reason.code}`);
            resolve();
          });
        }),
      dropped: ({ id }, why) => events.push(`drop ${id} ${why.code}`),
    });
    return { events, queue, end: (id: string) => ends.get(id)?.() };
  }

  it("runs one after the other", async () => {
    const { events, queue, end } = setup();
    for (const id of ["a", "b"]) queue.submit({ id });
    expect(events).toEqual(["run a"]);
    expect(queue.current?.id).toBe("a");
    expect(queue.find("b")).toEqual({ id: "b" });
    end("a");
    await vi.waitFor(() => expect(events).toEqual(["run a", "run b"]));
    end("b");
    await queue.idle();
    expect(queue.all()).toEqual([]);
    expect(queue.find("a")).toBeUndefined();
  });

  it("refuses the ninth that would wait", () => {
    const { queue } = setup();
    for (let i = 0; i <= MAX_WAITING; i++) queue.submit({ id: `${i}` });
    expect(() => queue.check()).toThrow(expect.objectContaining({ code: "too_many_turns" }));
    expect(() => queue.submit({ id: "x" })).toThrow(expect.objectContaining({ code: "too_many_turns" }));
    expect(queue.all()).toHaveLength(MAX_WAITING + 1);
  });

  it("cancels the one that runs, one that waits, or all", async () => {
    const { events, queue } = setup();
    for (const id of ["a", "b", "c", "d"]) queue.submit({ id });
    expect([queue.cancel("c"), queue.cancel("z"), queue.cancel()]).toEqual([true, false, true]);
    await vi.waitFor(() => expect(events.at(-1)).toBe("run b"));
    queue.clear();
    await queue.idle();
    expect(events).toEqual([
      "run a",
      "drop c turn_cancelled",
      "abort a turn_cancelled",
      "run b",
      "abort b turn_cancelled",
      "drop d turn_cancelled",
    ]);
    expect(queue.cancel()).toBe(false);
  });
});

const CONFIG = loadConfig(JSON.stringify({ llms: { claude: CLAUDE } }), () => undefined);
const CALLER = { client: "alice", host: "localhost", requestId: "req_1", named: true };

/** An answer of these texts, one a read; before each, `step` decides what happens to the client. */
function steppedAnswer(texts: readonly string[], step: (index: number) => void): Answer<Begun> {
  let index = 0;
  const route = {
    target: bedrockTarget(CLAUDE.model, { name: "claude" }),
    strategy: "random",
    reason: "The request names it.",
    attempts: 1,
    trail: [],
    dropped: [],
  };
  const next = async (): Promise<Delta[] | undefined> => {
    const text = texts[index];
    step(index++);
    if (text !== undefined) return [{ type: "text", text }];
    return index === texts.length + 1 ? [{ type: "finish", reason: "stop" }] : undefined;
  };
  return { route, taken: [{ head: [], rest: { next, cancel: () => {} } }] };
}

describe("a client that drops at random points and resumes", () => {
  it("assembles exactly the answer", async () => {
    const stub = env.CHAT_SESSION.get(env.CHAT_SESSION.idFromName("property"));
    const action = fc.constantFrom("stay", "stay", "drop", "return");
    const plan = fc.array(fc.tuple(fc.string({ minLength: 1 }), action), { maxLength: 30 });
    await runInDurableObject(stub, (_, { storage }) =>
      fc.assert(
        fc.asyncProperty(plan, async (steps) => {
          await storage.deleteAll();
          const received: string[] = [];
          const peers = new Set<Peer>();
          const lastSeq = () =>
            Number(asObject(JSON.parse(received.findLast((f) => f !== "[DONE]") ?? "{}")).seq ?? 0);
          const join = (): Peer => {
            const wire = { send: (text: string) => void received.push(text), close: () => {} };
            const one = peer(
              wire,
              { sum: { bytes: 0 }, transit: memoryCounter().transit("alice") },
              NEW_PEER,
              () => {},
            );
            peers.add(one);
            return one;
          };
          const comeBack = (): void => {
            if (received.at(-1) === "[DONE]" || peers.size > 0) return;
            session.receive(join(), CALLER, JSON.stringify({ type: "resume", after: lastSeq() }));
          };
          const act = (index: number): void => {
            const [, what] = steps[index] ?? [];
            if (what === "drop") peers.clear();
            else if (what === "return") comeBack();
          };
          let work: Promise<void> | undefined;
          const session = openSession({
            named: true,
            store: sessionStore(storage),
            peers: () => peers,
            config: () => CONFIG,
            asking: () => ({
              ask: async () =>
                steppedAnswer(
                  steps.map(([text]) => text),
                  act,
                ),
              settling: () => undefined,
            }),
            hold: () => memoryCounter().hold("alice"),
            observe: () => ({ begun: () => {}, ended: () => {} }),
            began: (begun) => {
              work = begun;
            },
            failed: (error) => expect(error).toBeUndefined(),
            now: Date.now,
          });
          session.receive(join(), CALLER, JSON.stringify({ message: "Hi", model: "claude" }));
          await work;
          comeBack();
          const chunks = received.slice(0, -1).map((text) => asObject(JSON.parse(text)));
          expect(received.at(-1)).toBe("[DONE]");
          expect(chunks.map(({ seq }) => seq)).toEqual(chunks.map((_, index) => index + 1));
          expect(textOf(chunks)).toBe(steps.map(([text]) => text).join(""));
        }),
        { numRuns: 60 },
      ),
    );
  });
});
