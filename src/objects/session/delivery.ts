/**
 * Brings the frames of a session's turns to its sockets. A socket that is up to date gets each frame as it comes. One that has
 * to be sent older ones gets all from the log, in order and page by page: the next page when it has acknowledged the last. With
 * its last page it is up to date.
 */
import type { FrameLog, LoggedFrame } from "../frame-log.ts";
import { frameBytes, type Peer } from "./peer.ts";

/** What is sent at once of older frames. */
export const PAGE_BYTES = 4 * 2 ** 20;
/** How long a client may take to read a page before it has to come again. */
const PAGE_TIMEOUT_MS = 30_000;
/** How long to wait for room in the isolate before it is looked for again. */
const ROOM_MS = 250;

export interface DeliveryPorts {
  readonly log: FrameLog;
  /** The sockets that are open. */
  readonly peers: () => Iterable<Peer>;
  /** The turns that run or wait. */
  readonly active: () => readonly number[];
  /** Without numbers a client cannot acknowledge: all is sent at once, up to the socket's limit. */
  readonly paged: boolean;
}

export interface Delivery {
  /** Sends a frame that was just logged. */
  send(frame: LoggedFrame): void;
  /** Lets a socket have a turn from now on. */
  join(peer: Peer, turn: number): void;
  /** Sends a socket a turn from its first frame on, then what is still to come of it. */
  again(peer: Peer, turn: number, from: TurnStart): void;
  /**
   * Sends a socket all frames after this one but for those that it was sent and that are on their way to it already; then those
   * of all turns that run or wait.
   */
  resume(peer: Peer, after: number): void;
  /** A turn has ended: its frames are all logged. */
  end(turn: number): void;
  ack(peer: Peer, seq: number): void;
  /** Whether nothing is under way to a socket, or will be before a turn begins. */
  isQuiet(peer: Peer): boolean;
  /** The connection has ended. */
  gone(peer: Peer): void;
}

export interface TurnStart {
  /** The number before the turn's first frame. */
  readonly before: number;
  /** Also what this socket was sent already. */
  readonly anew: boolean;
}

/** What a socket has yet to be sent from the log. */
interface Late {
  /** All frames after this one. */
  all: number | undefined;
  /** Those of single turns. */
  readonly turns: Map<number, { after: number; readonly anew: boolean }>;
  /** What of the page is on its way. */
  bytes: number;
  timer?: ReturnType<typeof setTimeout>;
}

export function delivery({ log, peers, active, paged }: DeliveryPorts): Delivery {
  const late = new Map<Peer, Late>();
  const page = paged ? PAGE_BYTES : Number.POSITIVE_INFINITY;

  const lateness = (peer: Peer): Late => {
    const known = late.get(peer);
    if (known) return known;
    // Its other turns, which it has got so far as they came, wait for their place in the order.
    const turns = new Map([...peer.turns].map((turn) => [turn, { after: log.last, anew: false }]));
    const made: Late = { all: undefined, turns, bytes: peer.acks ? peer.unread : 0 };
    late.set(peer, made);
    return made;
  };
  const forget = (peer: Peer): void => {
    clearTimeout(late.get(peer)?.timer);
    late.delete(peer);
  };
  /** Lets the client read. */
  const wait = (peer: Peer, state: Late): void => {
    clearTimeout(state.timer);
    const away = () => peer.turnAway("no ack for 30 s: acknowledge what was resumed, or resume again");
    state.timer = setTimeout(away, PAGE_TIMEOUT_MS);
  };
  function* missing({ sent }: Peer, { all, turns }: Late): Iterable<LoggedFrame> {
    for (const [turn, state] of [...turns].toSorted(([a], [b]) => a - b)) {
      const { after, anew } = state;
      if (all !== undefined && after >= all) continue;
      for (const frame of log.replay(anew ? after : sent.upTo(after), turn)) {
        if (!anew && sent.has(frame)) continue;
        yield frame;
        // Not before it was sent.
        state.after = frame.seq;
      }
    }
    if (all === undefined) return;
    for (const frame of log.replay(sent.upTo(all))) if (!sent.has(frame)) yield frame;
  }
  /** Sends as much as the page and the isolate hold. */
  const sendPage = (peer: Peer, state: Late): "all" | "page" | "overloaded" => {
    for (const frame of missing(peer, state)) {
      const bytes = frameBytes(frame);
      if (state.bytes > 0 && state.bytes + bytes > page) return "page";
      if (!peer.offer(frame)) return "overloaded";
      if (!peer.open) return "all";
      state.bytes += bytes;
    }
    return "all";
  };
  const advance = (peer: Peer, state: Late): void => {
    clearTimeout(state.timer);
    switch (sendPage(peer, state)) {
      case "page":
        wait(peer, state);
        return;
      case "overloaded":
        state.timer = setTimeout(() => advance(peer, state), ROOM_MS);
        return;
    }
    forget(peer);
    const running = active();
    for (const turn of peer.turns) if (!running.includes(turn)) peer.leave(turn);
    if (state.all !== undefined) for (const turn of running) peer.join(turn);
  };

  return {
    send(frame) {
      for (const peer of peers()) if (peer.turns.has(frame.turn) && !late.has(peer)) peer.send(frame);
    },
    join(peer, turn) {
      peer.join(turn);
      late.get(peer)?.turns.set(turn, { after: log.last, anew: false });
    },
    again(peer, turn, { before, anew }) {
      const state = lateness(peer);
      peer.join(turn);
      state.turns.set(turn, { after: before, anew });
      advance(peer, state);
    },
    resume(peer, after) {
      const state = lateness(peer);
      state.all = Math.min(after, state.all ?? after);
      advance(peer, state);
    },
    end(turn) {
      for (const peer of peers()) if (!late.has(peer)) peer.leave(turn);
    },
    ack(peer, seq) {
      peer.ack(seq);
      const state = late.get(peer);
      if (!state) return;
      // A page at a time, not a frame for each ack.
      if (peer.unread > page / 2) wait(peer, state);
      else {
        state.bytes = peer.unread;
        advance(peer, state);
      }
    },
    isQuiet: (peer) => peer.turns.size === 0 && !late.has(peer),
    gone(peer) {
      forget(peer);
      peer.gone();
    },
  };
}
