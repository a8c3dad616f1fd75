/** The turns of a session: taken from clients, run one after the other, told to sockets, remembered. */
import { RouterError } from "../../errors.ts";
import type { FrameLog } from "../frame-log.ts";
import type { MemoryHold } from "../../lib/memory.ts";
import type { Caller } from "./caller.ts";
import type { Delivery } from "./delivery.ts";
import { refusal, withMember } from "./frames.ts";
import { spokenMessage } from "./history.ts";
import type { Peer } from "./peer.ts";
import { type Asked, checkedTurn } from "./request.ts";
import type { TurnRequest } from "./protocol.ts";
import { runTurn } from "./run-turn.ts";
import type { SessionPorts } from "./ports.ts";
import { type TurnQueue, turnQueue } from "./turn-queue.ts";

const BYTES_PER_UNIT = 2;

export interface Turn {
  readonly number: number;
  readonly id?: string;
  readonly request: TurnRequest;
  readonly asked: Asked;
  readonly caller: Caller;
  readonly hold: MemoryHold;
  /** What it says is not to be kept. */
  forgotten: boolean;
}

/** What a session is made of. */
export interface Parts {
  readonly ports: SessionPorts;
  readonly log: FrameLog;
  readonly delivery: Delivery;
}

/** The queue of a session's turns; what it runs is sent, and kept. */
export function sessionTurns(parts: Parts): TurnQueue<Turn> {
  const { ports, log } = parts;
  const { store } = ports;
  return turnQueue<Turn>({
    run(turn, signal) {
      const work = run(parts, turn, signal).finally(() => turn.hold.end());
      ports.began(work);
      return work;
    },
    dropped({ number, id, hold }, why) {
      hold.end();
      store.start(number, log.last);
      giveUp(parts, number, refusal(why, id));
      log.flush();
      store.end(number, "cancelled", ports.now(), undefined);
    },
  });
}

async function run({ ports, log, delivery }: Parts, turn: Turn, signal: AbortSignal): Promise<void> {
  const { store } = ports;
  const { number, id, request, caller, hold } = turn;
  store.start(number, log.last);
  store.touch(ports.now());
  if (request.kind === "session" && request.system !== undefined) store.setSystem(request.system);
  const { ask, settling } = ports.asking(caller, { signal, hold });
  const result = await runTurn({
    turn: request,
    asked: turn.asked,
    id,
    conversation: store,
    config: ports.config,
    ask,
    hold,
    observed: ports.observe(turn.asked.model, caller, settling),
    now: ports.now,
    emit: (json, said) => emit({ ports, log, delivery }, number, json, said),
    signal,
  });
  if (result.failure) ports.failed(result.failure, caller);
  else delivery.send(log.done(number));
  delivery.end(number);
  log.settle();
  const now = ports.now();
  const kept = request.kind === "session" && !turn.forgotten;
  store.end(number, result.state, now, kept ? result.answer : undefined);
  store.touch(now);
}

/** Logs a frame of a turn and sends it. */
function emit({ ports, log, delivery }: Parts, turn: number, json: string, said?: string): void {
  delivery.send(log.append(turn, (seq) => (ports.named ? withMember(json, "seq", seq) : json), said));
}

/** Ends a turn that has not run to its end. */
function giveUp(parts: Parts, turn: number, json: string): void {
  emit(parts, turn, json);
  parts.delivery.end(turn);
}

/**
 * Takes a turn of a client, or joins the one that has its id.
 * @throws RouterError for what is wrong in itself, and when too many wait
 */
export function submit(
  parts: Parts,
  queue: TurnQueue<Turn>,
  message: {
    readonly peer: Peer;
    readonly caller: Caller;
    readonly request: TurnRequest;
    /** Of the message. */
    readonly chars: number;
  },
): void {
  const { ports, delivery } = parts;
  const { peer, caller, request } = message;
  const { id } = request;
  if (id !== undefined && joins(parts, queue, peer, id)) {
    peer.took("other");
    return;
  }
  // What is wrong in itself is refused before it waits.
  const asked = checkedTurn(request);
  queue.check();
  const hold = ports.hold(caller);
  hold.add(message.chars * BYTES_PER_UNIT);
  const number = ports.store.add(id, request.kind === "session" ? request.input : undefined);
  peer.took(delivery.isQuiet(peer) ? "turn" : "other");
  delivery.join(peer, number);
  queue.submit({ number, request, asked, caller, hold, forgotten: false, ...(id !== undefined && { id }) });
}

/** Joins the turn of this id, from its first frame on. False when there is none. */
function joins({ ports, log, delivery }: Parts, queue: TurnQueue<Turn>, peer: Peer, id: string): boolean {
  const known = ports.store.byId(id);
  if (!known) return false;
  const { number, before } = known;
  if (peer.turns.has(number)) return true;
  if (before === null) {
    delivery.join(peer, number);
    return true;
  }
  if (!log.reaches(before)) throw expired();
  // One that has ended is sent again to a socket that had it: its client asks because something went wrong.
  delivery.again(peer, number, { before, anew: queue.find(id) === undefined });
  return true;
}

/** Tells the clients of turns that were under way when the memory was lost, and keeps what was said. */
export function recover(parts: Parts): void {
  const { ports, log } = parts;
  const { store } = ports;
  for (const { number, id, before } of store.unfinished()) {
    const said = spokenMessage(store.frames.said(number));
    if (before === null) store.start(number, log.last);
    giveUp(parts, number, refusal(interrupted(), id));
    log.settle();
    store.end(number, "interrupted", ports.now(), said);
  }
}

export function expired(): RouterError {
  return new RouterError(
    "resume_expired",
    "These frames are not kept any more: they are for 10 minutes after their turn has ended. Ask again.",
  );
}

function interrupted(): RouterError {
  return new RouterError(
    "turn_interrupted",
    "The router was restarted in the middle of this turn. What came of its answer is not the whole; ask again.",
  );
}
