/** One WebSocket to the router, with what arrives on it in turns. */
import { WebSocket } from "ws";
import { asObject, asString, type JsonObject } from "../../emulator/json.ts";
import { type Context, Failure } from "./types.ts";

export interface Socket {
  /** The subprotocol that the router chose. */
  readonly protocol: string;
  send(message: JsonObject): void;
  /** The next frame; `[DONE]` as such. Rejects when none comes in time, or the socket closes. */
  next(): Promise<JsonObject | "[DONE]">;
  /** The frames up to `[DONE]`. Fails with the router's error if that comes instead. */
  turn(): Promise<JsonObject[]>;
  close(): void;
  /** Leaves without a word. */
  drop(): void;
}

export interface SocketOptions {
  readonly session?: string;
  /** As from a browser, or in the header. */
  readonly keyIn: "subprotocol" | "header";
  readonly key?: string;
}

/** Connects. @throws Failure with the status when the upgrade is refused. */
export async function openSocket(context: Context, options: SocketOptions): Promise<Socket> {
  const { key = context.key, keyIn, session } = options;
  const url = new URL(`${context.url.replace(/^http/, "ws")}/v1/chat/ws`);
  if (session !== undefined) url.searchParams.set("session", session);
  const protocols = ["chat"];
  if (key !== undefined && keyIn === "subprotocol") protocols.push(`openai-insecure-api-key.${key}`);
  const headers = key !== undefined && keyIn === "header" ? { authorization: `Bearer ${key}` } : {};
  const socket = new WebSocket(url, protocols, { headers, handshakeTimeout: context.timeoutMs });
  const arrived: (JsonObject | "[DONE]")[] = [];
  let wake = () => {};
  let end: string | undefined;
  socket.on("message", (data) => {
    const text = String(data);
    arrived.push(text === "[DONE]" ? text : asObject(JSON.parse(text)));
    wake();
  });
  socket.on("close", (code) => {
    end = `the socket was closed with ${code}`;
    wake();
  });
  await opened(socket);

  async function next(): Promise<JsonObject | "[DONE]"> {
    const late = AbortSignal.timeout(context.timeoutMs);
    late.addEventListener("abort", () => wake());
    for (;;) {
      const frame = arrived.shift();
      if (frame !== undefined) return frame;
      if (end !== undefined) throw new Failure("a frame", end);
      if (late.aborted) throw new Failure("a frame", "none: it took too long (--timeout)");
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    protocol: socket.protocol,
    send: (message) => socket.send(JSON.stringify(message)),
    next,
    async turn() {
      const frames: JsonObject[] = [];
      for (let frame = await next(); frame !== "[DONE]"; frame = await next()) {
        if ("error" in frame) throw failed(frame);
        frames.push(frame);
      }
      return frames;
    },
    close: () => socket.close(1000),
    drop: () => socket.terminate(),
  };
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("unexpected-response", (request, { statusCode }) => {
      reject(new Failure("an open WebSocket", `HTTP ${statusCode}`));
      request.destroy();
    });
    socket.on("error", (error) => reject(new Failure("an open WebSocket", error.message)));
  });
}

/** An error frame. */
function failed(frame: JsonObject): Failure {
  const error = asObject(frame.error);
  const code = asString(error.code);
  const reason = asString(error.message);
  return new Failure("an answer and [DONE]", `an error frame, ${code}: ${reason}`, { code, reason });
}
