/** One socket of a session: which turns it gets, what it was sent, and how much may be under way to it. */
import { DONE, type LoggedFrame } from "../frame-log.ts";
import { type Range, type SentFrames, sentFrames } from "./sent-frames.ts";
import { type UnreadCounters, type UnreadState, unread } from "./unread.ts";

/** Unread of one socket, and of all sockets of a session together. */
export const MAX_UNREAD_BYTES = 16 * 2 ** 20;
export const MAX_UNREAD_SUM_BYTES = 32 * 2 ** 20;
/** Sent over a connection whose client has never sent an ack, however often it was heard: by then it has to prove that it reads. */
export const MAX_BELIEVED_BYTES = 64 * 2 ** 20;
/** Refused messages in a row. */
export const MAX_REFUSALS = 20;

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 and the registry it names: "Try Again Later". */
const TRY_AGAIN_LATER = 1013;
const POLICY_VIOLATION = 1008;
const OVERLOADED = "the router has too much in hand";

const encoder = new TextEncoder();
const scratch = new Uint8Array(16_384);
/** The longest UTF-8 of one UTF-16 unit. */
const BYTES_PER_UNIT = 3;

/** What is used of a socket. */
export interface Wire {
  send(text: string): void;
  close(code: number, reason: string): void;
}

/** What of a peer outlives the object's memory. */
export interface PeerState {
  readonly turns: readonly number[];
  readonly sent: readonly Range[];
  readonly unread: UnreadState;
  readonly refusals: number;
}

export const NEW_PEER: PeerState = {
  turns: [],
  sent: [],
  unread: { bytes: 0, acks: false, believed: 0 },
  refusals: 0,
};

/** A value that went through structured cloning. */
export function isPeerState(value: unknown): value is PeerState {
  return (
    typeof value === "object" &&
    value !== null &&
    "turns" in value &&
    Array.isArray(value.turns) &&
    "sent" in value &&
    Array.isArray(value.sent) &&
    "unread" in value &&
    typeof value.unread === "object" &&
    value.unread !== null &&
    "bytes" in value.unread &&
    typeof value.unread.bytes === "number" &&
    "refusals" in value
  );
}

export interface Peer {
  /** The turns whose frames it gets. */
  readonly turns: ReadonlySet<number>;
  readonly sent: SentFrames;
  /** Bytes that it was sent and has not read. */
  readonly unread: number;
  /** Whether it sends acks. */
  readonly acks: boolean;
  /** False once it was closed: it then gets nothing more, and nothing that it says counts. */
  readonly open: boolean;
  join(turn: number): void;
  leave(turn: number): void;
  /** Sends a frame of a turn, or closes the socket when that would be too much. */
  send(frame: LoggedFrame): void;
  /** Sends a frame of a turn, unless the isolate has no room for it at the moment: then nothing happens, and it gives false. */
  offer(frame: LoggedFrame): boolean;
  /** Answers a message that became nothing. Closes the socket after too many in a row. */
  refuse(text: string): void;
  /** A message was taken; `turn` where it begins one and nothing is under way to this socket. */
  took(what: "turn" | "other"): void;
  /** The client has read all frames up to this one. */
  ack(seq: number): void;
  /** Tells the client to come again. */
  turnAway(reason: string): void;
  /** The connection has ended. */
  gone(): void;
}

/**
 * @param counters Of all sockets of the session, and of the isolate; a closed socket belongs to them until its connection has ended.
 * @param before What outlived the object's memory.
 * @param changed Told of what is to outlive it.
 */
export function peer(
  wire: Wire,
  counters: UnreadCounters,
  before: PeerState,
  changed: (state: PeerState) => void,
): Peer {
  const joined = new Set(before.turns);
  const sent = sentFrames(before.sent);
  const behind = unread(counters, before.unread, sent.last);
  let { refusals } = before;
  let open = true;

  const remember = (): void => {
    const { bytes, acks, believed } = behind;
    changed({ turns: [...joined], sent: sent.ranges, unread: { bytes, acks, believed }, refusals });
  };
  const close = (code: number, reason: string): void => {
    open = false;
    wire.close(code, reason);
  };
  /** Sends, unless it would be too much; false where only the isolate has no room. */
  const put = (text: string, seq: number): boolean => {
    const bytes = utf8Length(text);
    const limit = exceeded(bytes);
    if (limit !== undefined) {
      close(TRY_AGAIN_LATER, limit);
      return true;
    }
    if (!behind.add(seq, bytes)) return false;
    try {
      wire.send(text);
    } catch {
      // It is closing; its close event follows.
      open = false;
    }
    return true;
  };
  /** The limit that so many more bytes would pass, in words. */
  const exceeded = (bytes: number): string | undefined => {
    if (behind.bytes + bytes > MAX_UNREAD_BYTES) {
      return behind.acks ? "16 MiB are not acknowledged" : "16 MiB were sent without an ack";
    }
    if (counters.sum.bytes + bytes > MAX_UNREAD_SUM_BYTES) return "32 MiB of this session are unread";
    const unproven = behind.acks ? 0 : behind.believed + behind.bytes + bytes;
    return unproven > MAX_BELIEVED_BYTES ? "64 MiB were sent without a single ack" : undefined;
  };

  return {
    turns: joined,
    sent,
    get unread() {
      return behind.bytes;
    },
    get acks() {
      return behind.acks;
    },
    get open() {
      return open;
    },
    join(turn) {
      if (joined.has(turn)) return;
      joined.add(turn);
      remember();
    },
    leave(turn) {
      if (joined.delete(turn)) remember();
    },
    send(frame) {
      if (!this.offer(frame)) close(TRY_AGAIN_LATER, OVERLOADED);
    },
    offer(frame) {
      if (!open) return true;
      const sentIt = put(frame.text, frame.seq);
      if (sentIt && open) sent.add(frame);
      return sentIt;
    },
    refuse(text) {
      if (!open) return;
      // Its number is that of no frame yet: an ack of older ones says nothing about it.
      if (!put(text, sent.last + 1)) close(TRY_AGAIN_LATER, OVERLOADED);
      refusals++;
      if (open && refusals >= MAX_REFUSALS) {
        close(POLICY_VIOLATION, `${MAX_REFUSALS} messages in a row were refused`);
      }
      remember();
    },
    took(what) {
      refusals = 0;
      if (what === "turn") behind.heard();
    },
    ack(seq) {
      behind.ack(seq);
      if (behind.bytes === 0) remember();
    },
    turnAway(reason) {
      if (open) close(TRY_AGAIN_LATER, reason);
    },
    gone() {
      open = false;
      behind.gone();
    },
  };
}

/** What a frame counts on the wire. */
export function frameBytes({ text }: LoggedFrame): number {
  return text === DONE ? DONE.length : utf8Length(text);
}

function utf8Length(text: string): number {
  if (text.length * BYTES_PER_UNIT > scratch.length) return encoder.encode(text).length;
  return encoder.encodeInto(text, scratch).written;
}
