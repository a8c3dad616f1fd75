/**
 * Chat completions over one WebSocket, `GET /v1/chat/ws`: see docs/websocket.md. The session has a name that only this page
 * knows, so that an answer outlives a dropped connection: the page connects again and resumes.
 */
import { ApiError, errorFrom, errorOf, keyHeader, request, unreachable } from "../../lib/api.ts";
import {
  isObject,
  type JsonObject,
  numberOf,
  objectsOf,
  parseJson,
  textOf,
  textsOf,
} from "../../lib/json.ts";
import { connectionLost } from "./error.ts";
import { attemptFrom, type Listener, type Route, type Transport } from "./transport.ts";

const MAX_RECONNECTS = 5;
const FIRST_PAUSE_MS = 250;
/** How long the end of a cancelled turn is waited for before the next one. */
const MAX_CANCEL_MS = 3000;

/** The answer under way, or one that was cancelled and has not ended yet. */
interface Turn {
  readonly id: string;
  readonly message: string;
  readonly listener: Listener;
  readonly settle: (error: ApiError | undefined) => void;
  /** Resolves when nothing more will come. */
  readonly ended: Promise<void>;
  readonly end: () => void;
  /** Whether anything of it has arrived. */
  begun: boolean;
  cancelled: boolean;
  reconnects: number;
}

export class WsTransport implements Transport {
  readonly #key: () => string;
  readonly #session = `playground-${crypto.randomUUID()}`;
  #socket: WebSocket | undefined;
  #turn: Turn | undefined;
  #lastSeq = 0;

  /** @param key Gives the client key at the time of connecting. */
  constructor(key: () => string) {
    this.#key = key;
  }

  async send(body: JsonObject, listener: Listener, signal: AbortSignal): Promise<void> {
    await this.#previousEnd();
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const turn = newTurn(body, listener, (error) => (error ? reject(error) : resolve()));
    this.#turn = turn;
    const stop = () => {
      reject(signal.reason);
      this.#cancel(turn);
    };
    signal.addEventListener("abort", stop, { once: true });
    this.#socket ??= this.#connect();
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(turn.message);
    await promise.finally(() => signal.removeEventListener("abort", stop));
  }

  warm(): void {
    this.#socket ??= this.#connect();
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#over(connectionLost());
    socket?.close();
  }

  /** A new socket; undefined when the browser refuses to try, which the turn is told. */
  #connect(): WebSocket | undefined {
    let socket: WebSocket;
    try {
      socket = openSocket(this.#session, this.#key());
    } catch {
      this.#over(keyNotForWebSocket());
      return undefined;
    }
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.#opened();
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#receive(data);
    };
    socket.onclose = () => {
      if (this.#socket === socket) void (opened ? this.#lost() : this.#refused(socket));
    };
    return socket;
  }

  #opened(): void {
    const turn = this.#turn;
    if (!turn) return;
    if (turn.reconnects > 0) turn.listener.resumed?.();
    // Its id makes it safe to send a turn again when it is not known whether it arrived.
    const resume = JSON.stringify({ type: "resume", after: this.#lastSeq });
    this.#socket?.send(turn.begun ? resume : turn.message);
  }

  #receive(data: unknown): void {
    const turn = this.#turn;
    if (!turn || typeof data !== "string") return;
    const frame = data === "[DONE]" ? undefined : parseJson(data);
    if (!isObject(frame)) {
      if (data === "[DONE]") this.#over();
      return;
    }
    turn.begun = true;
    this.#lastSeq = numberOf(frame.seq) ?? this.#lastSeq;
    if (isObject(frame.error)) this.#over(errorFrom(frame));
    else if (!turn.cancelled) this.#show(frame, turn.listener);
  }

  #show(frame: JsonObject, listener: Listener): void {
    if (isObject(frame.router)) listener.route(routeIn(frame.router));
    listener.chunk(frame);
  }

  async #lost(): Promise<void> {
    this.#socket = undefined;
    const turn = this.#turn;
    if (!turn) return;
    if (turn.cancelled || turn.reconnects >= MAX_RECONNECTS)
      return this.#over(turn.begun ? connectionLost() : unreachable());
    turn.reconnects += 1;
    await pause(FIRST_PAUSE_MS * 2 ** (turn.reconnects - 1));
    if (this.#turn === turn) this.#socket ??= this.#connect();
  }

  /** A browser does not tell why an upgrade failed; the same path asked over HTTP does. */
  async #refused(socket: WebSocket): Promise<void> {
    const problem = await upgradeProblem(this.#key());
    if (this.#socket !== socket) return;
    if (!problem) return this.#lost();
    this.#socket = undefined;
    this.#over(problem);
  }

  #cancel(turn: Turn): void {
    turn.cancelled = true;
    if (this.#turn !== turn) return;
    if (this.#socket?.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify({ type: "cancel", id: turn.id }));
    else this.#over();
  }

  #over(error?: ApiError): void {
    const turn = this.#turn;
    this.#turn = undefined;
    turn?.end();
    turn?.settle(error);
  }

  /** Turns come one after the other, and frames do not name theirs. */
  async #previousEnd(): Promise<void> {
    if (!this.#turn) return;
    await Promise.race([this.#turn.ended, pause(MAX_CANCEL_MS)]);
    if (this.#turn) this.close();
  }
}

function newTurn(body: JsonObject, listener: Listener, settle: Turn["settle"]): Turn {
  const id = crypto.randomUUID();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const message = JSON.stringify({ ...body, id });
  return { id, message, listener, settle, ended, end, begun: false, cancelled: false, reconnects: 0 };
}

/** @throws DOMException for a key that no subprotocol can carry */
function openSocket(session: string, key: string): WebSocket {
  const url = new URL(`/v1/chat/ws?session=${encodeURIComponent(session)}`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return new WebSocket(url, ["chat", ...(key === "" ? [] : [`openai-insecure-api-key.${key}`])]);
}

/** Why the router refuses a WebSocket; undefined when it would take one, or does not answer. */
async function upgradeProblem(key: string): Promise<ApiError | undefined> {
  try {
    const response = await request("/v1/chat/ws", { headers: keyHeader(key) });
    const error = await errorOf(response);
    return error.code === "upgrade_required" ? undefined : error;
  } catch (thrown) {
    return thrown instanceof ApiError && thrown.code !== "unreachable" ? thrown : undefined;
  }
}

function routeIn(router: JsonObject): Route {
  return {
    model: textOf(router.model),
    strategy: textOf(router.strategy),
    attempts: numberOf(router.attempts),
    dropped: textsOf(router.dropped_params),
    unknownModel: textOf(router.unknown_model),
    reason: textOf(router.reason),
    trail: objectsOf(router.trail).map(attemptFrom),
  };
}

function keyNotForWebSocket(): ApiError {
  return new ApiError({
    code: "key_not_for_websocket",
    message:
      "The key has a character that a browser cannot send over WebSocket, such as = or /. Use SSE with this key.",
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
