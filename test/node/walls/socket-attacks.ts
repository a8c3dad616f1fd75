/** What a client with a valid key may do over WebSockets to hurt another: send much, and read nothing. */
import { once } from "node:events";
import { expect } from "vitest";
import { WebSocket } from "ws";
import { asObject } from "../../../emulator/json.ts";
import type { Attack } from "./attacks.ts";
import { ATTACKER, type Walls } from "./harness.ts";

const MIB = 2 ** 20;
const WORD = "w".repeat(50_000);
const PATIENCE_MS = 120_000;
/** Of the whole process, with a heap of 128 MB and what waits in it for sockets: it was seen at 0.9 to 1.4 GB. */
const MOST_MIB = 512;

interface Client {
  readonly socket: WebSocket;
  /** What arrived, but for the text of answers. */
  readonly seen: { frames: number; bytes: number; seq: number; done: number; codes: unknown[] };
  readonly closed: Promise<{ code: number; reason: string }>;
  send(message: object | string): void;
  /** Waits until something is so; looks again when something has arrived. */
  until(check: () => boolean): Promise<void>;
}

let names = 0;
/** A session that nobody had before. */
const newName = () => `attacked ${names++}`;

async function open(walls: Walls, session: string): Promise<Client> {
  const url = `ws://127.0.0.1:${walls.served.port}/v1/chat/ws?session=${encodeURIComponent(session)}`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${ATTACKER}` } });
  const seen: Client["seen"] = { frames: 0, bytes: 0, seq: 0, done: 0, codes: [] };
  const waiting = new Set<() => void>();
  socket.on("message", (data) => {
    const text = String(data);
    seen.frames += 1;
    seen.bytes += text.length;
    if (text === "[DONE]") seen.done += 1;
    const [, seq] = /^\{"seq":(\d+)/.exec(text) ?? [];
    if (seq !== undefined) seen.seq = Number(seq);
    if (text.includes('"error":')) seen.codes.push(asObject(asObject(JSON.parse(text)).error).code);
    for (const look of waiting) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  socket.on("error", () => {});
  await once(socket, "open").catch((thrown: unknown) => {
    throw new Error(`a socket was refused, and the Worker said: ${walls.served.errors()}`, { cause: thrown });
  });
  return {
    socket,
    seen,
    closed,
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    until: (check) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`not so: ${check}, ${JSON.stringify(seen)}`)),
          PATIENCE_MS,
        );
        const look = () => {
          if (!check() && socket.readyState === WebSocket.OPEN) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve();
        };
        waiting.add(look);
        socket.once("close", look);
        look();
      }),
  };
}

/** Acknowledges each MiB; for the event `message`. */
const acking = (client: Client) => {
  let acked = 0;
  return () => {
    if (client.seen.bytes - acked < MIB) return;
    acked = client.seen.bytes;
    client.send({ type: "ack", seq: client.seen.seq });
  };
};

const turn = (words: number) => ({
  model: "gpt",
  max_tokens: 10_000_000,
  messages: [{ role: "user", content: `[[repeat ${words} ${WORD}]]` }],
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Ends it once the router has had time to notice what it holds; reads what is there. */
async function leave({ socket, closed }: Client): Promise<{ code: number; reason: string }> {
  socket.resume();
  socket.close(1000);
  const end = await Promise.race([closed, pause(10_000).then(() => undefined)]);
  socket.terminate();
  return end ?? { code: 1006, reason: "" };
}

/** Asks 12 times for so many words of 50 kB and reads nothing. It may have so much on its way to it, in MiB, when it is closed. */
async function largeTurns(walls: Walls, words: number, mostMiB: number, pauseMs: number): Promise<void> {
  const deaf = await open(walls, newName());
  deaf.socket.pause();
  for (let index = 0; index < 12; index++) {
    deaf.send(turn(words));
    await pause(pauseMs);
  }
  await pause(3000);
  expect(walls.served.memoryMiB()).toBeLessThan(MOST_MIB);
  deaf.socket.resume();
  const { code } = await deaf.closed;
  expect(code).toBe(1013);
  expect(deaf.seen.bytes).toBeLessThan(mostMiB * MIB);
}

export const SOCKET_ATTACKS: readonly Attack[] = [
  {
    name: "12 large turns that nobody reads",
    // 2 MB each.
    run: (walls) => largeTurns(walls, 40, 16.1, 0),
  },
  {
    name: "12 large turns that nobody reads, one after the other",
    // 6 MB each: it is believed to have read whatever it does not ask too early after.
    run: (walls) => largeTurns(walls, 120, 64.1, 1000),
  },
  {
    name: "an answer of 6 MB that a session keeps",
    async run(walls) {
      const client = await open(walls, newName());
      client.socket.on("message", acking(client));
      client.send({ model: "gpt", max_tokens: 10_000_000, message: `[[repeat 120 ${WORD}]]` });
      await client.until(() => client.seen.done + client.seen.codes.length > 0);
      const end = client.seen.done > 0 ? "done" : (client.seen.codes.at(-1) ?? (await client.closed).code);
      expect(["done", "overloaded", 1013]).toContain(end);
      expect(walls.served.memoryMiB()).toBeLessThan(MOST_MIB);
      await leave(client);
    },
  },
  {
    name: "an ack of what will never come",
    async run(walls) {
      const client = await open(walls, newName());
      client.send({ type: "ack", seq: 2 ** 53 });
      client.send({ type: "ack", seq: 2 ** 53 - 1 });
      await client.until(() => client.seen.codes.length === 2);
      expect(client.seen.codes).toEqual(["invalid_value", "invalid_value"]);
      client.socket.pause();
      for (let index = 0; index < 4; index++) client.send(turn(100));
      await pause(5000);
      expect(walls.served.memoryMiB()).toBeLessThan(MOST_MIB);
      client.socket.resume();
      const { code } = await client.closed;
      expect(code).toBe(1013);
      expect(client.seen.bytes).toBeLessThan(16.1 * MIB);
    },
  },
  {
    name: "40 times all frames from the start",
    async run(walls) {
      const session = newName();
      const first = await open(walls, session);
      // Whoever takes what he asked for is let finish, also among sixteen: what runs on would come behind the page.
      first.socket.on("message", acking(first));
      first.send(turn(120));
      await first.until(() => first.seen.done === 1 || first.seen.codes.length > 0);
      expect(first.seen.done + first.seen.codes.length, JSON.stringify(first.seen)).toBe(1);
      await leave(first);
      const client = await open(walls, session);
      client.socket.pause();
      for (let index = 0; index < 40; index++) client.send({ type: "resume", after: 0 });
      await pause(3000);
      expect(walls.served.memoryMiB()).toBeLessThan(MOST_MIB);
      client.socket.resume();
      await pause(1000);
      expect(client.seen.bytes).toBeLessThan(4 * MIB + 1000);
      await leave(client);
    },
  },
  {
    name: "200,000 wrong messages",
    async run(walls) {
      const client = await open(walls, newName());
      client.socket.pause();
      for (let index = 0; index < 200_000 && client.socket.readyState === WebSocket.OPEN; index++) {
        client.send("{");
        if (index % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      client.socket.resume();
      const { code, reason } = await client.closed;
      expect(client.seen.codes).toEqual(Array(20).fill("invalid_json"));
      expect([code, reason]).toEqual([1008, "20 messages in a row were refused"]);
    },
  },
  {
    name: "a resume of 51 MiB",
    async run(walls) {
      const session = newName();
      const writer = await open(walls, session);
      writer.socket.on("message", acking(writer));
      for (let index = 1; index <= 4; index++) {
        writer.send(turn(265));
        await writer.until(() => writer.seen.done + writer.seen.codes.length === index);
      }
      await leave(writer);
      // Whoever is told to come again, as the writer may have been, goes on where it was.
      const read = { seq: 0, done: 0 };
      const isBehind = ({ seq, done } = read) => seq < writer.seen.seq || done < writer.seen.done;
      for (let visits = 0; isBehind() && visits < 10; visits++) {
        const reader = await open(walls, session);
        const { seen, socket } = reader;
        const now = () => ({ seq: Math.max(read.seq, seen.seq), done: read.done + seen.done });
        socket.on("message", acking(reader));
        reader.send({ type: "resume", after: read.seq });
        await reader.until(() => !isBehind(now()));
        expect(walls.served.memoryMiB()).toBeLessThan(MOST_MIB);
        const end = socket.readyState === WebSocket.OPEN ? "open" : (await reader.closed).code;
        expect(["open", 1013]).toContain(end);
        Object.assign(read, now());
        await leave(reader);
      }
      expect(isBehind(), JSON.stringify([read, writer.seen])).toBe(false);
      if (writer.seen.done === 4) expect(read).toEqual({ seq: writer.seen.seq, done: 4 });
    },
  },
];
