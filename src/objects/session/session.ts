/**
 * A conversation over sockets: takes the messages of its clients, runs their turns one after the other and sends the
 * frames. Knows no model: answers come from `ask`.
 */
import { asRouterError, RouterError } from "../../errors.ts";
import { frameLog } from "../frame-log.ts";
import type { Caller } from "./caller.ts";
import { delivery } from "./delivery.ts";
import { refusal } from "./frames.ts";
import type { Peer } from "./peer.ts";
import type { SessionPorts } from "./ports.ts";
import { type Control, parseMessage, Refused } from "./protocol.ts";
import type { TurnQueue } from "./turn-queue.ts";
import { expired, type Parts, recover, sessionTurns, submit, type Turn } from "./turns.ts";

export interface Session {
  /** Whether a turn runs. */
  readonly busy: boolean;
  /** A message of a client. Never throws for what the message says. */
  receive(peer: Peer, caller: Caller, data: string | ArrayBuffer): void;
  /** A socket's connection has ended. */
  left(peer: Peer): void;
  /** Ends all turns; resolves when none runs any more. */
  end(): Promise<void>;
}

/** Opens a session. Turns that its storage has as unfinished were interrupted; their clients are told. */
export function openSession(ports: SessionPorts): Session {
  const log = frameLog(ports.store.frames);
  const parts: Parts = {
    ports,
    log,
    delivery: delivery({
      log,
      peers: ports.peers,
      paged: ports.named,
      active: () => queue.all().map(({ number }) => number),
    }),
  };
  const queue = sessionTurns(parts);
  recover(parts);
  return {
    get busy() {
      return queue.current !== undefined;
    },
    receive(peer, caller, data) {
      // What a closed socket had still sent is not even read.
      if (!peer.open) return;
      let id: string | undefined;
      try {
        const message = parseMessage(data);
        if ("id" in message) id = message.id;
        if (message.kind === "stateless" || message.kind === "session") {
          submit(parts, queue, { peer, caller, request: message, chars: String(data).length });
        } else {
          control(parts, queue, peer, message);
          peer.took("other");
        }
      } catch (thrown) {
        const error = thrown instanceof Refused ? thrown.error : asRouterError(thrown);
        if (error.code === "internal_error") ports.failed(error, caller);
        peer.refuse(refusal(error, thrown instanceof Refused ? thrown.id : id));
      }
    },
    left: (peer) => parts.delivery.gone(peer),
    async end() {
      queue.clear();
      await queue.idle();
    },
  };
}

function control(parts: Parts, queue: TurnQueue<Turn>, peer: Peer, message: Control): void {
  const { log, delivery, ports } = parts;
  switch (message.kind) {
    case "cancel":
      queue.cancel(message.id);
      break;
    case "resume":
      resume(parts, peer, message.after);
      break;
    case "reset":
      for (const turn of queue.all()) turn.forgotten = true;
      queue.clear();
      log.flush();
      ports.store.reset(log.last);
      break;
    case "ack":
      if (message.seq > log.last) {
        const text = `Invalid 'seq': the last frame of this session is ${log.last}.`;
        throw new RouterError("invalid_value", text, { param: "seq" });
      }
      delivery.ack(peer, message.seq);
      break;
  }
}

function resume({ ports, log, delivery }: Parts, peer: Peer, after: number): void {
  if (!ports.named) {
    const text = "Only a named session can be resumed: connect with ?session=ID.";
    throw new RouterError("invalid_value", text, { param: "type" });
  }
  if (!log.reaches(after)) throw expired();
  delivery.resume(peer, after);
}
