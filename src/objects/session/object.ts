import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import { memory } from "../../lib/memory.ts";
import { RouterError } from "../../errors.ts";
import { callerNow, configOf, prepareConfig, type Services, servicesOf } from "../../services.ts";
import { errorLog } from "../../http/log.ts";
import { asCaller, type Caller, callerOf } from "./caller.ts";
import { OBSERVERS, observe, type Settling } from "../../observers/index.ts";
import { takeDeltas } from "../../routing/attempt.ts";
import { dispatch } from "../../routing/dispatch.ts";
import { KEEP_FRAMES_MS } from "../frame-rows.ts";
import { isPeerState, NEW_PEER, type Peer, type PeerState, peer } from "./peer.ts";
import type { Asking, TurnPorts } from "./ports.ts";
import { openSession, type Session } from "./session.ts";
import { type SessionStore, sessionStore } from "./store.ts";
import type { UnreadSum } from "./unread.ts";

const MAX_SOCKETS = 32;
/** An object without clients was seen evicted in the middle of an answer after 137 s; an alarm keeps it. */
const HEARTBEAT_MS = 30_000;
const NAMED = "named";
/** The code with which a socket is closed whose key is not taken any more. */
const REVOKED = 4401;
const NOT_TAKEN = "The API key is not taken any more.";

/** What a socket remembers while the object sleeps. */
interface Attachment {
  readonly caller: Caller;
  readonly peer: PeerState;
}

interface Opened {
  readonly session: Session;
  readonly store: SessionStore;
  readonly named: boolean;
}

/** One WebSocket session, see docs/websocket.md. Sleeps without losing its sockets while nothing happens. */
export class ChatSession extends DurableObject<Env> {
  readonly #peers = new Map<WebSocket, Peer>();
  readonly #unread: UnreadSum = { bytes: 0 };
  #opened: Opened | undefined;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    const waiting = prepareConfig(env);
    if (waiting) state.blockConcurrencyWhile(() => waiting);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    for (const socket of state.getWebSockets()) this.#peers.set(socket, this.#peerOf(socket));
    // Also when nobody comes: turns that were interrupted are to be marked.
    if (state.storage.kv.get(NAMED) !== undefined) this.#open();
  }

  /** Takes a socket in. 429 when there are 32. */
  override async fetch(request: Request): Promise<Response> {
    const caller = callerOf(request.headers);
    if (this.ctx.getWebSockets().length >= MAX_SOCKETS) return new Response(null, { status: 429 });
    this.ctx.storage.kv.put(NAMED, caller.named);
    const { store } = this.#open();
    store.touch(Date.now());
    await this.#arm();
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment({ caller, peer: NEW_PEER } satisfies Attachment);
    this.#peers.set(server, this.#peerOf(server));
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    const from = this.#peers.get(socket);
    if (from) this.#open().session.receive(from, attachmentOf(socket).caller, data);
  }

  override async webSocketClose(socket: WebSocket, code?: number): Promise<void> {
    // The runtime answers a hibernating socket's close only when told to.
    if (code !== undefined && mayBeSent(code)) socket.close(code);
    else socket.close();
    // An error may be followed by a close.
    const known = this.#peers.get(socket);
    this.#peers.delete(socket);
    if (known) this.#open().session.left(known);
    if (known && this.#peers.size === 0 && !this.#isNamed()) await this.#forget();
  }

  override webSocketError(socket: WebSocket): Promise<void> {
    return this.webSocketClose(socket);
  }

  /** The one alarm: heartbeat of a running turn, end of kept frames, end of an idle session. */
  override async alarm(): Promise<void> {
    const { session, store, named } = this.#open();
    const now = Date.now();
    store.frames.expire(now - KEEP_FRAMES_MS);
    const abandoned = !named && this.#peers.size === 0;
    const idle = store.active() + this.#ttlMs() <= now;
    if (!session.busy && (abandoned || idle)) await this.#forget();
    else await this.#arm();
  }

  #open(): Opened {
    if (this.#opened) return this.#opened;
    const named = this.#isNamed();
    this.ctx.storage.kv.put(NAMED, named);
    const store = sessionStore(this.ctx.storage);
    const session = openSession({
      named,
      store,
      peers: () => this.#peers.values(),
      config: () => configOf(this.env),
      asking: (caller, turn) => this.#asking(caller, turn),
      hold: ({ client }) => memory.hold(client),
      observe: (model, { client, requestId, session, trace }, settling) =>
        observe(
          OBSERVERS,
          {
            requestId,
            client,
            model,
            dialect: "openai-chat",
            door: "websocket",
            stream: true,
            session,
            trace,
          },
          Date.now,
          settling,
        ),
      began: (work) => this.ctx.waitUntil(this.#attend(work)),
      failed: (error, { requestId }) => errorLog(error, requestId),
      now: Date.now,
    });
    this.#opened = { session, store, named };
    return this.#opened;
  }

  /** The storage may have been cleared since its sockets came. */
  #isNamed(): boolean {
    const stored = this.ctx.storage.kv.get<boolean>(NAMED);
    const [socket] = this.#peers.keys();
    return stored ?? (socket === undefined || attachmentOf(socket).caller.named);
  }

  #asking(caller: Caller, turn: TurnPorts): Asking {
    let settling: Settling | undefined;
    return {
      ask: async (request, shorter) => {
        const services = await this.#servicesOf(caller);
        settling = services.settling;
        return dispatch(request, { ...services, ...turn, shorter }, takeDeltas(request.stream));
      },
      settling: () => settling,
    };
  }

  async #servicesOf(caller: Caller): Promise<Services> {
    try {
      const now = await callerNow(this.env, caller);
      return servicesOf(this.env, now, (work) => this.ctx.waitUntil(work));
    } catch (thrown) {
      if (thrown instanceof RouterError && thrown.code === "invalid_api_key") this.#shutOut(caller);
      throw thrown;
    }
  }

  /** Closes the sockets of a key that was revoked, once they have been told. */
  #shutOut({ client, made }: Caller): void {
    const close = () => {
      for (const socket of this.ctx.getWebSockets()) {
        const { caller } = attachmentOf(socket);
        if (caller.client === client && caller.made?.id === made?.id) socket.close(REVOKED, NOT_TAKEN);
      }
    };
    setTimeout(close, 0);
  }

  /** Keeps the object alive while a turn runs. */
  async #attend(work: Promise<void>): Promise<void> {
    await this.#arm(true);
    await work;
    if (this.#opened) await this.#arm();
  }

  /** Sets the alarm, unless it comes early enough already. */
  async #arm(busy = this.#open().session.busy): Promise<void> {
    const { store } = this.#open();
    const now = Date.now();
    const ended = store.frames.oldestEnd();
    const due = Math.min(
      busy ? now + HEARTBEAT_MS : Number.POSITIVE_INFINITY,
      ended === undefined ? Number.POSITIVE_INFINITY : ended + KEEP_FRAMES_MS,
      store.active() + this.#ttlMs(),
    );
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > due) await this.ctx.storage.setAlarm(due);
  }

  /** Leaves nothing behind. */
  async #forget(): Promise<void> {
    await this.#opened?.session.end();
    this.#opened = undefined;
    await Promise.all([this.ctx.storage.deleteAlarm(), this.ctx.storage.deleteAll()]);
  }

  #ttlMs(): number {
    return configOf(this.env).serve.sessionTtlMs;
  }

  #peerOf(socket: WebSocket): Peer {
    const { caller, peer: state } = attachmentOf(socket);
    const counters = { sum: this.#unread, transit: memory.transit(caller.client) };
    return peer(socket, counters, state, (changed) =>
      socket.serializeAttachment({ caller, peer: changed } satisfies Attachment),
    );
  }
}

/** Codes that an end may give; the others say that none was given. https://www.rfc-editor.org/rfc/rfc6455#section-7.4 */
function mayBeSent(code: number): boolean {
  return code === 1000 || (code >= 3000 && code <= 4999);
}

/** Also of sockets that were opened by an earlier version of the Worker. */
function attachmentOf(socket: WebSocket): Attachment {
  const { caller, peer: state }: { caller?: unknown; peer?: unknown } = socket.deserializeAttachment() ?? {};
  return { caller: asCaller(caller), peer: isPeerState(state) ? state : NEW_PEER };
}
