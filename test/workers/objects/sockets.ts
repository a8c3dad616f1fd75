/** WebSocket sessions inside workerd: sockets, and objects that have the bindings of the test. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { asObject, type JsonObject } from "../../../emulator/json.ts";
import type { Env } from "../../../src/env.ts";
import type { ChatSession } from "../../../src/objects/session/object.ts";
import { endFrames, type FedBody, fedBody, START, textFrame } from "../../support/upstream.ts";
import { ask, CLAUDE, envOf, GPT, NO_RETRY, rebind } from "../support.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      CHAT_SESSION: DurableObjectNamespace<ChatSession>;
    }
  }
}

export const KEYS = { ROUTER_API_KEYS: "alice=sk-alice-is-a-key,bob=sk-bob-is-another-key" };
export const CONFIG = {
  router: { retry: NO_RETRY },
  llms: { claude: { ...CLAUDE, context_limit: 6000 }, gpt: GPT },
};
export const routerEnv = (config: object = CONFIG): Env =>
  envOf(config, { ...KEYS, CHAT_SESSION: env.CHAT_SESSION });

export type Frame = JsonObject | string;

export interface Socket {
  readonly frames: Frame[];
  readonly closed: () => { code: number; reason: string } | undefined;
  send(message: object | string | ArrayBuffer): void;
  close(): void;
  /** Waits for this many frames, and takes them off. */
  take(count: number): Promise<Frame[]>;
  /** The frames up to the next end of a turn or refusal, taken off. */
  turn(): Promise<Frame[]>;
}

let sessions = 0;
export const newSession = () => `session ${sessions++}`;

export async function stubOf(session: string, client = "alice") {
  const bytes = new TextEncoder().encode(JSON.stringify([client, session]));
  const name = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return env.CHAT_SESSION.get(env.CHAT_SESSION.idFromName(name));
}

/** Gives the object the bindings of the test, in the place of those of wrangler.toml. */
export async function configure(session: string, config: object = CONFIG, client = "alice"): Promise<void> {
  await runInDurableObject(await stubOf(session, client), (object) => rebind(object, routerEnv(config)));
}

export async function upgrade(session: string, key = "sk-alice-is-a-key", headers = {}): Promise<Response> {
  return ask(routerEnv(), `/v1/chat/ws?session=${encodeURIComponent(session)}`, {
    key,
    headers: { upgrade: "websocket", ...headers },
  });
}

export async function connect(session: string, config: object = CONFIG): Promise<Socket> {
  await configure(session, config);
  return socketOf(await upgrade(session));
}

export function socketOf({ webSocket }: Response): Socket {
  if (!webSocket) throw new Error("no socket");
  const frames: Frame[] = [];
  let closed: { code: number; reason: string } | undefined;
  webSocket.accept();
  webSocket.addEventListener("message", ({ data }) => {
    frames.push(typeof data === "string" && data.startsWith("{") ? asObject(JSON.parse(data)) : String(data));
  });
  webSocket.addEventListener("close", ({ code, reason }) => {
    closed = { code, reason };
  });
  return {
    frames,
    closed: () => closed,
    send: (message) =>
      webSocket.send(
        typeof message === "string" || message instanceof ArrayBuffer ? message : JSON.stringify(message),
      ),
    close: () => webSocket.close(1000),
    async take(count) {
      await vi.waitFor(() => expect(frames.length).toBeGreaterThanOrEqual(count), 5000);
      return frames.splice(0, count);
    },
    async turn() {
      const end = () =>
        frames.findIndex((frame) => frame === "[DONE]" || asObject(frame).error !== undefined);
      await vi.waitFor(() => expect(end()).not.toBe(-1), 5000);
      return frames.splice(0, end() + 1);
    },
  };
}

export const textOf = (frames: readonly Frame[]): string =>
  frames
    .map((frame) => asObject(asObject([asObject(frame).choices].flat()[0]).delta).content)
    .filter((text) => typeof text === "string")
    .join("");
export const codeOf = (frames: readonly Frame[]): unknown => asObject(asObject(frames.at(-1)).error).code;
export const seqsOf = (frames: readonly Frame[]) =>
  frames.filter((f) => f !== "[DONE]").map((f) => asObject(f).seq);
export const say = (text: string): object => ({
  model: "claude",
  messages: [{ role: "user", content: text }],
});
export const messagesOf = (body: unknown): unknown => asObject(body).messages;

/** Feeds a body from inside the object that reads it: the runtime keeps objects' promises apart. */
export async function feed(session: string, body: FedBody, ...chunks: readonly Uint8Array[]): Promise<void> {
  await runInDurableObject(await stubOf(session), () => body.push(...chunks));
}

export async function finish(session: string, body: FedBody): Promise<void> {
  await runInDurableObject(await stubOf(session), () => {
    body.push(...endFrames());
    body.end();
  });
}

/** A Claude answer that the test feeds, begun with "one ". */
export function begun(): FedBody {
  const body = fedBody();
  body.push(START, textFrame("one "));
  return body;
}
