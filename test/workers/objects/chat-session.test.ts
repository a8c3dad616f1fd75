import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asObject } from "../../../emulator/json.ts";
import type { ChatSession } from "../../../src/objects/session/object.ts";
import { claudeFrames, eventStream, playUpstream, textFrame } from "../../support/upstream.ts";
import { ask, envOf, errorOf, ORIGIN, quietLog, rebind } from "../support.ts";
import {
  begun,
  CONFIG,
  codeOf,
  configure,
  connect,
  feed,
  finish,
  KEYS,
  messagesOf,
  newSession,
  routerEnv,
  say,
  seqsOf,
  socketOf,
  stubOf,
  textOf,
  upgrade,
} from "./sockets.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

describe("GET /v1/chat/ws", () => {
  it.each(["/v1/chat/ws", "/chat/ws"])("%s without an upgrade is 426 with Upgrade", async (path) => {
    const response = await ask(routerEnv(), path, { key: "sk-alice-is-a-key" });
    expect(response.status).toBe(426);
    expect(response.headers.get("upgrade")).toBe("websocket");
    expect((await errorOf(response)).code).toBe("upgrade_required");
  });

  it("needs a key: in a header, or in a subprotocol, of which only `chat` is answered", async () => {
    const name = newSession();
    expect((await upgrade(name, "wrong")).status).toBe(401);
    const offered = {
      authorization: "",
      "sec-websocket-protocol": "chat, openai-insecure-api-key.sk-alice-is-a-key",
    };
    const response = await upgrade(name, "", offered);
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("chat");
    expect((await upgrade(name)).headers.get("sec-websocket-protocol")).toBeNull();
    const wrong = { authorization: "", "sec-websocket-protocol": "chat, openai-insecure-api-key.sk-eve" };
    expect((await upgrade(name, "", wrong)).status).toBe(401);
  });

  it("refuses a page of another origin, and an empty name", async () => {
    expect((await upgrade("a", "sk-alice-is-a-key", { origin: "https://evil.example" })).status).toBe(403);
    expect((await upgrade(newSession(), "sk-alice-is-a-key", { origin: ORIGIN })).status).toBe(101);
    expect((await errorOf(await upgrade(""))).param).toBe("session");
    expect((await errorOf(await upgrade("x".repeat(257)))).param).toBe("session");
  });

  it("without the binding says what wrangler.toml lacks", async () => {
    const response = await ask(envOf(CONFIG, KEYS), "/v1/chat/ws", {
      key: "sk-alice-is-a-key",
      headers: { upgrade: "websocket" },
    });
    expect((await errorOf(response)).message).toContain('name = "CHAT_SESSION"');
  });

  it("takes 32 sockets a session", async () => {
    const name = newSession();
    const sockets = await Promise.all(Array.from({ length: 32 }, () => upgrade(name)));
    expect(sockets.map(({ status }) => status)).toEqual(Array(32).fill(101));
    const refused = await upgrade(name);
    expect(refused.status).toBe(429);
    expect((await errorOf(refused)).code).toBe("too_many_sockets");
    expect((await upgrade(newSession())).status).toBe(101);
  });
});

describe("a named session", () => {
  it("runs on without its client, which resumes at any frame without a gap or a repeat", async () => {
    const name = newSession();
    const body = begun();
    playUpstream(eventStream(body));
    const first = await connect(name);
    first.send(say("Hi"));
    await first.take(2);
    first.close();
    await vi.waitFor(() => expect(first.closed()).toBeDefined());
    await feed(name, body, textFrame("two "));
    const second = socketOf(await upgrade(name));
    second.send({ type: "resume", after: 1 });
    const missed = await second.take(2);
    const silent = socketOf(await upgrade(name));
    await feed(name, body, textFrame("three"));
    await finish(name, body);
    const rest = await second.turn();
    expect(seqsOf([...missed, ...rest])).toEqual([2, 3, 4, 5]);
    expect(textOf([...missed, ...rest])).toBe("one two three");
    expect(silent.frames).toEqual([]);
    for (let after = 0; after <= 5; after++) {
      const late = socketOf(await upgrade(name));
      late.send({ type: "resume", after });
      const frames = await late.turn();
      expect(seqsOf(frames)).toEqual([1, 2, 3, 4, 5].filter((seq) => seq > after));
      expect(frames.at(-1)).toBe("[DONE]");
      // What it was sent is on its way to it already.
      late.send({ type: "resume", after: 0 });
      late.send({ type: "resume", after: 6 });
      const before = await late.turn();
      expect(seqsOf(before).slice(0, -1)).toEqual([1, 2, 3, 4, 5].filter((seq) => seq <= after));
      expect(codeOf(before)).toBe("resume_expired");
    }
  });

  it("is not there for another key", async () => {
    const name = newSession();
    const alice = await connect(name);
    playUpstream(eventStream(claudeFrames("private")));
    alice.send({ model: "claude", message: "Hi", id: "x" });
    await alice.turn();
    await configure(name, CONFIG, "bob");
    const bob = socketOf(await upgrade(name, "sk-bob-is-another-key"));
    bob.send({ type: "resume", after: 1 });
    expect(codeOf(await bob.turn())).toBe("resume_expired");
    bob.send({ type: "resume", after: 0 });
    bob.send("ping");
    await vi.waitFor(() => expect(bob.frames).toEqual(["pong"]));
  });

  it("loses nothing to hibernation between turns: history, numbers, frames, sockets", async () => {
    const name = newSession();
    const socket = await connect(name);
    const calls = playUpstream(eventStream(claudeFrames("First")), eventStream(claudeFrames("Second")));
    socket.send({ model: "claude", message: "One" });
    await socket.turn();
    await evictDurableObject(await stubOf(name));
    await configure(name);
    socket.send({ model: "claude", message: "Two" });
    expect(seqsOf(await socket.turn())).toEqual([4, 5, 6]);
    expect(JSON.stringify(messagesOf(calls[1]?.body))).toContain("First");
    const other = socketOf(await upgrade(name));
    other.send({ type: "resume", after: 2 });
    expect(seqsOf([...(await other.turn()), ...(await other.turn())])).toEqual([3, 4, 5, 6]);
  });

  it("marks turns that were interrupted, says so and keeps what came", async () => {
    const name = newSession();
    const socket = await connect(name);
    const calls = playUpstream(eventStream(begun()), eventStream(claudeFrames("Again")));
    socket.send({ model: "claude", message: "One", id: "r" });
    socket.send({ model: "claude", message: "Two", id: "w" });
    await socket.take(2);
    const stub = await stubOf(name);
    // As after a second: what was said is stored.
    await vi.waitFor(
      () =>
        runInDurableObject(stub, (_, { storage }) =>
          expect(storage.sql.exec("SELECT * FROM frames").toArray()).toHaveLength(1),
        ),
      5000,
    );
    await abortAllDurableObjects();
    const again = await connect(name);
    again.send({ type: "resume", after: 1 });
    const ends = [...(await again.turn()), ...(await again.turn())];
    expect(ends.map((frame) => [asObject(asObject(frame).error).code, asObject(frame).router])).toEqual([
      [undefined, undefined],
      ["turn_interrupted", { id: "r" }],
      ["turn_interrupted", { id: "w" }],
    ]);
    expect(textOf(ends)).toBe("one ");
    expect(Number(asObject(ends[1]).seq)).toBeGreaterThan(2);
    again.send({ model: "claude", message: "Three" });
    expect((await again.turn()).at(-1)).toBe("[DONE]");
    const sent = JSON.stringify(messagesOf(calls[1]?.body));
    for (const text of ["One", "one ", "Three"]) expect(sent).toContain(text);
    expect(sent).not.toContain("Two");
  });

  it("tells sockets that slept through it of an interrupted turn that was theirs", async () => {
    const name = newSession();
    const [theirs, others] = [await connect(name), await connect(name)];
    const stub = await stubOf(name);
    await runInDurableObject(stub, (_, state) => {
      state.storage.sql.exec("INSERT INTO turns (number, id, state, before) VALUES (1, 'x', 'running', 0)");
      const [first] = state.getWebSockets();
      const { caller, peer } = first?.deserializeAttachment() ?? {};
      first?.serializeAttachment({ caller, peer: { ...peer, turns: [1] } });
    });
    await evictDurableObject(stub);
    await configure(name);
    const told = await Promise.race([theirs.turn(), others.turn()]);
    expect(told).toEqual([{ router: { id: "x" }, seq: 1, error: expect.anything() }]);
    expect(codeOf(told)).toBe("turn_interrupted");
    expect([...theirs.frames, ...others.frames]).toEqual([]);
  });

  it("has one alarm: heartbeat, end of the frames, end of the session", async () => {
    const name = newSession();
    const socket = await connect(name, { ...CONFIG, serve: { session_ttl: "2d" } });
    const stub = await stubOf(name);
    const dueIn = () =>
      runInDurableObject(stub, async (_, { storage }) => ((await storage.getAlarm()) ?? 0) - Date.now());
    const older = (ms: number) =>
      runInDurableObject(stub, (_, { storage }) => {
        storage.sql.exec("UPDATE turns SET ended = ended - ?", ms);
        storage.kv.put("active", (storage.kv.get<number>("active") ?? 0) - ms);
      });
    const body = begun();
    playUpstream(eventStream(body));
    socket.send({ model: "claude", message: "Hi" });
    await socket.take(2);
    await vi.waitFor(async () => expect(Math.round((await dueIn()) / 10_000)).toBe(3));
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(Math.round((await dueIn()) / 10_000)).toBe(3);
    await finish(name, body);
    await socket.turn();
    await runDurableObjectAlarm(stub);
    expect(Math.round((await dueIn()) / 60_000)).toBe(10);
    await older(600_000);
    await runDurableObjectAlarm(stub);
    expect(Math.round((await dueIn()) / 3_600_000)).toBe(48);
    socket.send({ type: "resume", after: 1 });
    expect(codeOf(await socket.turn())).toBe("resume_expired");
    socket.send({ type: "resume", after: 3 });
    await older(2 * 86_400_000);
    await runDurableObjectAlarm(stub);
    await runInDurableObject(stub, async (_, { storage }) => {
      expect(storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'turns'").toArray()).toEqual([]);
      expect(await storage.getAlarm()).toBeNull();
    });
    playUpstream(eventStream(claudeFrames("New")));
    socket.send({ model: "claude", message: "Hi" });
    expect(seqsOf(await socket.turn())).toEqual([1, 2, 3]);
  });

  it("closes a socket with 1013 that takes no more than 16 MiB; the client resumes", async () => {
    const name = newSession();
    const socket = await connect(name);
    const piece = "x".repeat(2 ** 19 - 30_000);
    playUpstream(eventStream(claudeFrames(...Array(40).fill(piece))));
    socket.send(say("Hi"));
    await vi.waitFor(() => expect(socket.closed()?.code).toBe(1013), 5000);
    const again = socketOf(await upgrade(name));
    let last = socket.frames.length;
    again.send({ type: "ack", seq: last });
    again.send({ type: "resume", after: last });
    const frames = await again.turn();
    expect(seqsOf(frames)[0]).toBe(++last);
    expect(textOf([...socket.frames, ...frames])).toHaveLength(40 * piece.length);
  });
});

describe("a session without a name", () => {
  it("has no numbers, no resume, and ends with its socket", async () => {
    const stubs: unknown[] = [];
    const own = {
      idFromName: (name: string) => env.CHAT_SESSION.idFromName(name),
      get(id: DurableObjectId) {
        const stub = env.CHAT_SESSION.get(id);
        stubs.push(stub);
        return stub;
      },
    };
    const response = await ask({ ...routerEnv(), CHAT_SESSION: own }, "/v1/chat/ws", {
      key: "sk-alice-is-a-key",
      headers: { upgrade: "websocket" },
    });
    const socket = socketOf(response);
    const [stub] = stubs.filter((found): found is DurableObjectStub<ChatSession> => found !== undefined);
    if (!stub) throw new Error("no object");
    await runInDurableObject(stub, (object) => rebind(object, routerEnv()));
    socket.send({ type: "resume", after: 0 });
    expect(codeOf(await socket.turn())).toBe("invalid_value");
    const calls = playUpstream(eventStream(begun()));
    socket.send({ model: "claude", message: "Hi" });
    expect(seqsOf(await socket.take(2))).toEqual([undefined, undefined]);
    socket.close();
    await vi.waitFor(() => expect(calls[0]?.signal.aborted).toBe(true));
    await vi.waitFor(() =>
      runInDurableObject(stub, (_, { storage }) =>
        expect(storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'turns'").toArray()).toEqual([]),
      ),
    );
  });
});
