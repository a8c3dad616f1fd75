/** A client of sessions on Node's own WebSocket. */
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { CLIENT_KEY, eventually } from "../../support/stack.ts";

export type Frame = JsonObject | string;

export interface SocketClient {
  /** What arrived, parsed but for `[DONE]` and `pong`. */
  readonly frames: Frame[];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly protocol: string;
  send(message: unknown): void;
  sendRaw(data: string | Uint8Array<ArrayBuffer>): void;
  /** The frames up to the next `[DONE]` or error, which are taken off. */
  turn(): Promise<Frame[]>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly session?: string;
  readonly key?: string;
}

/** Connects; rejects when the upgrade is refused. */
export async function connect(url: string, options: ConnectOptions = {}): Promise<SocketClient> {
  const { session, key = CLIENT_KEY } = options;
  const target = new URL("/v1/chat/ws", url.replace(/^http/, "ws"));
  if (session !== undefined) target.searchParams.set("session", session);
  const socket = new WebSocket(target, ["chat", `openai-insecure-api-key.${key}`]);
  const frames: Frame[] = [];
  let taken = 0;
  socket.addEventListener("message", ({ data }) => {
    const text = String(data);
    frames.push(text.startsWith("{") ? asObject(JSON.parse(text)) : text);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason })),
  );
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("the upgrade was refused")));
  });
  return {
    frames,
    closed,
    protocol: socket.protocol,
    send: (message) => socket.send(JSON.stringify(message)),
    sendRaw: (data) => socket.send(data),
    async turn() {
      const end = await eventually(() => {
        const at = frames.findIndex((frame, index) => index >= taken && endsTurn(frame));
        return at === -1 ? undefined : at + 1;
      }, 30_000);
      const found = frames.slice(taken, end);
      taken = end;
      return found;
    },
    async close() {
      socket.close(1000);
      await closed;
    },
  };
}

export function endsTurn(frame: Frame): boolean {
  return frame === "[DONE]" || (typeof frame !== "string" && frame.error !== undefined);
}

/** The text of a turn's chunks. */
export function textOf(frames: readonly Frame[]): string {
  return frames
    .filter((frame) => typeof frame !== "string")
    .flatMap((frame) => objectsIn(frame.choices))
    .map((choice) => asString(asObject(choice.delta).content))
    .join("");
}

/** The numbers of frames that have one. */
export function seqs(frames: readonly Frame[]): unknown[] {
  return frames.flatMap((frame) => (typeof frame === "string" ? [] : [frame.seq]));
}

/** The error's code of the last frame. */
export function codeOf(frames: readonly Frame[]): unknown {
  const last = frames.at(-1);
  return typeof last === "object" ? asObject(last.error).code : last;
}
