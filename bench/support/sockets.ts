/** WebSocket sessions of the router. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Served } from "./served.ts";

const DONE = "[DONE]";

export interface SessionSocket {
  /** One turn, answered from its messages alone; resolves once it is complete. @throws Error when it fails. */
  turn(play: string): Promise<void>;
  /** Sends a text and resolves with the next text that comes. */
  exchange(text: string): Promise<string>;
  close(): Promise<void>;
}

/** Opens a session; a named one keeps what it sends. */
export async function openSession(served: Served, name?: string): Promise<SessionSocket> {
  const query = name === undefined ? "" : `?session=${encodeURIComponent(name)}`;
  const socket = new WebSocket(`${served.url.replace(/^http/, "ws")}/v1/chat/ws${query}`, {
    perMessageDeflate: false,
  });
  let take: (text: string) => void = () => {};
  socket.on("message", (data: Buffer) => take(data.toString()));
  await once(socket, "open");
  return {
    turn: (play) =>
      new Promise((resolve, reject) => {
        take = (text) => {
          if (text === DONE) resolve();
          else if (text.includes('"error":')) reject(new Error(text));
        };
        socket.once("close", () => reject(new Error("the session was closed")));
        socket.send(JSON.stringify({ model: play, messages: [{ role: "user", content: "Hello" }] }));
      }),
    exchange: (text) =>
      new Promise((resolve) => {
        take = resolve;
        socket.send(text);
      }),
    async close() {
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}
