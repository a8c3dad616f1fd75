/** A session's storage: what its turns read and write as it grows old, and its tables of any age. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sessionStore } from "../../../src/objects/session/store.ts";
import { claudeFrames, eventStream, playUpstream } from "../../support/upstream.ts";
import { errorOf, quietLog } from "../support.ts";
import { connect, messagesOf, newSession, seqsOf, socketOf, stubOf, textOf, upgrade } from "./sockets.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

/** Runs with the storage of an object that has none yet. */
function withStorage<T>(work: (storage: DurableObjectStorage) => T | Promise<T>): Promise<T> {
  const stub = env.CHAT_SESSION.get(env.CHAT_SESSION.newUniqueId());
  return runInDurableObject(stub, (_, { storage }) => work(storage));
}

/** The rows that statements read and wrote since it was last asked. */
function rowCount(storage: DurableObjectStorage): () => { read: number; written: number } {
  const cursors: { rowsRead: number; rowsWritten: number }[] = [];
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  vi.spyOn(sql, "exec").mockImplementation((query, ...values) => {
    const cursor = exec<Record<string, SqlStorageValue>>(query, ...values);
    cursors.push(cursor);
    return cursor;
  });
  return () => {
    const all = cursors.splice(0);
    return {
      read: all.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
      written: all.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
    };
  };
}

const input = (text: string) => [{ role: "user", content: text }];
const answer = (text: string) => ({ role: "assistant", content: text });

describe("what a turn reads and writes", () => {
  it("does not grow with the turns before it, nor with what is kept of them", () =>
    withStorage((storage) => {
      const store = sessionStore(storage);
      const counted = rowCount(storage);
      let seq = 0;
      const turn = (index: number) => {
        const now = Date.now();
        const number = store.add(`id ${index}`, input(`question ${index}`));
        store.byId(`id ${index}`);
        store.start(number, seq);
        // A model takes no more than some of the newest.
        let taken = 0;
        for (const past of store.past()) if (past.input.length === 0 || ++taken === 8) break;
        store.frames.append({ turn: number, first: seq + 1, last: seq + 1, lines: "{}", said: "" });
        seq++;
        store.frames.oldestEnd();
        store.end(number, "complete", now, answer(`answer ${index}`));
        store.touch(now);
        store.frames.oldestEnd();
        store.unfinished();
        return counted();
      };
      const rows = Array.from({ length: 1000 }, (_, index) => turn(index));
      expect(rows[20]?.read).toBeGreaterThan(8);
      expect(rows[199]).toEqual(rows[20]);
      expect(rows[999]).toEqual(rows[20]);
      store.frames.expire(Date.now() + 1);
      const oldest = [...store.past()].at(-1);
      expect(oldest?.input).toEqual(input("question 0"));
    }));

  it("does not grow where the oldest are forgotten, and ids with them", () =>
    withStorage((storage) => {
      const store = sessionStore(storage);
      const counted = rowCount(storage);
      const LONG = "x".repeat(400_000);
      const turn = (index: number) => {
        const number = store.add(`id ${index}`, input(LONG));
        store.end(number, "complete", 1, answer("ok"));
        return counted();
      };
      const rows = Array.from({ length: 60 }, (_, index) => turn(index));
      expect(rows[59]).toEqual(rows[30]);
      expect([...store.past()]).toHaveLength(10);
      storage.sql.exec("UPDATE turns SET number = number + 10000 WHERE number >= 55");
      storage.sql.exec("UPDATE texts SET turn = turn + 10000 WHERE turn >= 55");
      for (let index = 60; index < 75; index++) turn(index);
      expect(store.byId("id 0")).toBeDefined();
      expect([...store.past()]).toHaveLength(10);
      const kept = storage.sql.exec("SELECT COUNT(*) AS turns FROM turns WHERE id IS NULL").one();
      expect(kept.turns).toBe(0);
    }));
});

describe("texts longer than a row", () => {
  it("are cut between characters", () =>
    withStorage((storage) => {
      const store = sessionStore(storage);
      for (const lead of ["", "a"]) {
        const text = lead + "😀".repeat(400_000);
        store.setSystem(text);
        expect(store.system() === text).toBe(true);
        const number = store.add(undefined, input(text));
        store.end(number, "complete", 1, answer(text));
        const [past] = store.past();
        expect(past?.input[0]?.content === text).toBe(true);
        expect(past?.answer.content === text).toBe(true);
      }
    }));
});

/** The tables as the first version made them, with two turns, the second of which was cut. */
function makeFirstTables({ sql, kv }: DurableObjectStorage): void {
  sql.exec(`
    CREATE TABLE turns (number INTEGER PRIMARY KEY, id TEXT, state TEXT NOT NULL, before INTEGER, ended INTEGER);
    CREATE INDEX turn_ids ON turns (id);
    CREATE TABLE texts (turn INTEGER, kind TEXT, part INTEGER, text TEXT NOT NULL, PRIMARY KEY (turn, kind, part));
    CREATE TABLE frames (row INTEGER PRIMARY KEY, turn INTEGER, first INTEGER, last INTEGER, lines TEXT NOT NULL);
    CREATE INDEX frame_last ON frames (last);
    INSERT INTO turns VALUES (1, 'one', 'complete', 0, ${Date.now()}), (2, NULL, 'complete', 1, ${Date.now()});
    INSERT INTO texts VALUES (1, 'input', 0, '[{"role":"user","con'), (1, 'input', 1, 'tent":"old question"}]'),
      (1, 'answer', 0, '{"role":"assistant","content":"old answer"}');
    INSERT INTO frames (turn, first, last, lines) VALUES (1, 1, 2, '{"seq":1}' || char(10) || '{"seq":2}' || char(10) || '[DONE]');
  `);
  kv.put("system", "Be old.");
  kv.put("reserved", 2);
  kv.put("active", Date.now());
  kv.put("named", true);
}

describe("tables", () => {
  it("of an older form are brought up, with all that they hold", async () => {
    const name = newSession();
    await runInDurableObject(await stubOf(name), (_, { storage }) => makeFirstTables(storage));
    const socket = await connect(name);
    const calls = playUpstream(eventStream(claudeFrames("new answer")));
    socket.send({ type: "resume", after: 0 });
    const old = await socket.turn();
    expect(old).toEqual([{ seq: 1 }, { seq: 2 }, "[DONE]"]);
    socket.send({ model: "claude", message: "new question" });
    const frames = await socket.turn();
    expect([textOf(frames), seqsOf(frames)[0]]).toEqual(["new answer", 3]);
    const sent = JSON.stringify([calls[0]?.body, messagesOf(calls[0]?.body)]);
    for (const text of ["Be old.", "old question", "old answer", "new question"])
      expect(sent).toContain(text);
    await runInDurableObject(await stubOf(name), (_, { storage }) => {
      expect(storage.kv.get("schema")).toBe(2);
      const { chars } = storage.sql.exec("SELECT chars FROM turns WHERE number = 1").one();
      expect(chars).toBe(
        '[{"role":"user","content":"old question"}]{"role":"assistant","content":"old answer"}'.length,
      );
    });
  });

  it("stay as they were where bringing them up fails", () =>
    withStorage((storage) => {
      makeFirstTables(storage);
      // What the second step would make stands already: it fails half-way.
      storage.sql.exec("CREATE INDEX turn_unfinished ON turns (number)");
      expect(() => sessionStore(storage)).toThrow();
      expect(storage.kv.get("schema")).toBeUndefined();
      const columns = storage.sql.exec("SELECT name FROM pragma_table_info('turns')").toArray();
      expect(columns.map((column) => column.name)).not.toContain("chars");
    }));

  it("of a newer form are left alone: the session is not available", async () => {
    const name = newSession();
    await runInDurableObject(await stubOf(name), (_, { storage }) => storage.kv.put("schema", 3));
    const response = await upgrade(name);
    expect(response.status).toBe(503);
    expect(response.headers.get("x-should-retry")).toBe("true");
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await errorOf(response)).toMatchObject({ code: "session_unavailable", type: "server_error" });
    await runInDurableObject(await stubOf(name), (_, { storage }) => storage.kv.delete("schema"));
    expect(socketOf(await upgrade(name)).closed()).toBeUndefined();
  });
});
