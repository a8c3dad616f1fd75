/** A client of sessions, whatever its WebSocket is, and the one of the package `ws`. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { CLIENT_KEY } from "../../support/stack.ts";

/** What arrived: an object, or `[DONE]` or `pong`. */
export type Frame = JsonObject | string;

export interface SocketClient {
  /** All that arrived. */
  readonly frames: readonly Frame[];
  /** 1006 where no close was heard. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** The subprotocol that was chosen. */
  readonly protocol: string;
  send(message: unknown): Promise<void>;
  sendRaw(data: string | Uint8Array): Promise<void>;
  /** Waits until `check`, asked again whenever something has arrived, gives something. Rejects when the socket closes. */
  until<T>(check: () => T | undefined | false): Promise<T>;
  /** The frames up to the next `[DONE]` or error, which are taken off. */
  turn(): Promise<Frame[]>;
  /** Reads nothing until the function that it gives is called. */
  stall(): Promise<() => void>;
  close(): Promise<void>;
  /** Leaves without a word. */
  drop(): Promise<void>;
}

export interface ConnectOptions {
  /** None: a private session. */
  readonly session?: string;
  readonly key?: string;
  /** Default: as a subprotocol, the only way from a browser. */
  readonly keyIn?: "header";
  /** The page that connects. Default: none, or in a browser the one that the router allows. */
  readonly origin?: string;
}

/** Rejects with {@link Refusal} when the upgrade is refused. */
export type Connect = (url: string, options?: ConnectOptions) => Promise<SocketClient>;

/** A refused upgrade, with what it says; a browser tells its page nothing. */
export class Refusal extends Error {
  readonly status: number | undefined;
  readonly code: unknown;

  constructor(status?: number, code?: unknown) {
    super("the upgrade was refused");
    this.status = status;
    this.code = code;
  }
}

/** What a kind of client does by itself. */
export type Wire = Pick<SocketClient, "protocol" | "sendRaw" | "stall" | "drop"> & {
  /** Starts the closing handshake. */
  close(): Promise<void> | void;
};

/** Told of what a socket hears. */
export interface Ears {
  message(text: string): void;
  closed(code: number, reason: string): void;
}

const PATIENCE_MS = 60_000;

/** Builds a client from what only its kind can do. `ears` hears already while `open` connects. */
export async function socketClient(open: (ears: Ears) => Promise<Wire>): Promise<SocketClient> {
  const frames: Frame[] = [];
  let end: { code: number; reason: string } | undefined;
  const over = Promise.withResolvers<{ code: number; reason: string }>();
  const { until, heard } = watch(() => end && `closed with ${end.code} after ${frames.length} frames`);
  const ears: Ears = {
    message(data) {
      frames.push(data.startsWith("{") ? asObject(JSON.parse(data)) : data);
      heard();
    },
    closed(code, reason) {
      end ??= { code, reason };
      over.resolve(end);
      heard();
    },
  };
  const wire = await open(ears);
  let taken = 0;
  return {
    frames,
    closed: over.promise,
    protocol: wire.protocol,
    send: (message) => wire.sendRaw(JSON.stringify(message)),
    sendRaw: wire.sendRaw,
    until,
    async turn() {
      const ends = (frame: Frame, at: number) => at >= taken && endsTurn(frame);
      const next = await until(() => frames.findIndex(ends) + 1 || false);
      const found = frames.slice(taken, next);
      taken = next;
      return found;
    },
    stall: wire.stall,
    async close() {
      await wire.close();
      await over.promise;
    },
    async drop() {
      await wire.drop();
      ears.closed(1006, "");
    },
  };
}

/** Lets others wait for what is heard. `ended` says why there will be no more. */
function watch(ended: () => string | undefined): Pick<SocketClient, "until"> & { heard(): void } {
  const waiting = new Set<() => void>();
  return {
    heard() {
      for (const look of waiting) look();
    },
    until: (check) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          waiting.delete(look);
          clearTimeout(timer);
          act();
        };
        const look = () => {
          const found = check();
          const end = ended();
          if (found !== undefined && found !== false) settle(() => resolve(found));
          else if (end !== undefined) settle(() => reject(new Error(end)));
        };
        const late = () => settle(() => reject(new Error(`not within ${PATIENCE_MS} ms: ${check}`)));
        const timer = setTimeout(late, PATIENCE_MS);
        waiting.add(look);
        look();
      }),
  };
}

/** The address and the subprotocols with which to connect. */
export function target(
  url: string,
  { session, key = CLIENT_KEY, keyIn }: ConnectOptions,
): [string, string[]] {
  const address = new URL("/v1/chat/ws", url.replace(/^http/, "ws"));
  if (session !== undefined) address.searchParams.set("session", session);
  return [address.href, keyIn === "header" ? [] : ["chat", `openai-insecure-api-key.${key}`]];
}

/** Connects with the package `ws`. Rejects with {@link Refusal} when the upgrade is refused. */
export function connect(url: string, options: ConnectOptions = {}): Promise<SocketClient> {
  const [address, protocols] = target(url, options);
  const { key = CLIENT_KEY, keyIn, origin } = options;
  return socketClient(async (ears) => {
    const socket = new WebSocket(address, protocols, {
      ...(origin !== undefined && { origin }),
      headers: keyIn === "header" ? { authorization: `Bearer ${key}` } : {},
    });
    socket.on("message", (data) => ears.message(String(data)));
    socket.on("close", (code, reason) => ears.closed(code, String(reason)));
    await opened(socket);
    return wireOf(socket);
  });
}

async function opened(socket: WebSocket): Promise<void> {
  const refused = new Promise<never>((_, reject) =>
    socket.once("unexpected-response", async (_, response: IncomingMessage) => {
      const { error } = asObject(JSON.parse(await text(response)));
      reject(new Refusal(response.statusCode, asObject(error).code));
    }),
  );
  await Promise.race([once(socket, "open"), refused]);
}

function wireOf(socket: WebSocket): Wire {
  return {
    protocol: socket.protocol,
    sendRaw: (data) =>
      new Promise((resolve, reject) => socket.send(data, (error) => (error ? reject(error) : resolve()))),
    async stall() {
      socket.pause();
      return () => socket.resume();
    },
    close: () => socket.close(1000),
    async drop() {
      socket.terminate();
    },
  };
}

export function endsTurn(frame: Frame): boolean {
  return frame === "[DONE]" || (typeof frame !== "string" && frame.error !== undefined);
}

/** The deltas of a turn's chunks. */
export function deltasOf(frames: readonly Frame[]): JsonObject[] {
  return frames
    .filter((frame) => typeof frame !== "string")
    .flatMap((frame) => objectsIn(frame.choices))
    .map((choice) => asObject(choice.delta));
}

/** The text of a turn's chunks. */
export function textOf(frames: readonly Frame[]): string {
  return deltasOf(frames)
    .map(({ content }) => asString(content))
    .join("");
}

/** The numbers of frames that have one. */
export function seqs(frames: readonly Frame[]): unknown[] {
  return frames.flatMap((frame) => (typeof frame === "string" ? [] : [frame.seq]));
}

/** The number of the newest frame; 0 if there is none. */
export function lastSeq(frames: readonly Frame[]): number {
  return Number(seqs(frames).at(-1) ?? 0);
}

/** The error's code of the last frame. */
export function codeOf(frames: readonly Frame[]): unknown {
  const last = frames.at(-1);
  return typeof last === "object" ? asObject(last.error).code : last;
}
