/** One socket of a session: which turns it gets, and how much of them it has not taken yet. */

/** WebSockets have no back-pressure: what a client does not read piles up in the memory of the object. */
export const MAX_UNTAKEN_BYTES = 16 * 2 ** 20;
/** Frames are put together to entries of this size, or a long answer would need as many entries as frames. */
const ENTRY_BYTES = 16_384;
/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 and the registry it names: "Try Again Later". */
const TRY_AGAIN_LATER = 1013;

const encoder = new TextEncoder();
const scratch = new Uint8Array(16_384);
/** The longest UTF-8 of one UTF-16 unit. */
const BYTES_PER_UNIT = 3;

/** What is used of a socket. */
export interface Wire {
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface Peer {
  /** The turns whose frames it gets. */
  readonly turns: ReadonlySet<number>;
  join(turn: number): void;
  leave(turn: number): void;
  /** Sends a frame of a turn. Closes the socket when too much is under way; it then gets nothing more. */
  send(turn: number, seq: number, text: string): void;
  /** Sends what belongs to no turn. */
  tell(text: string): void;
  /** The client has taken all frames up to this one. */
  ack(seq: number): void;
}

interface Entry {
  seq: number;
  bytes: number;
}

/**
 * @param turns Those that it had joined before the object lost its memory.
 * @param changed Told of every change of `turns`.
 */
export function peer(wire: Wire, turns: Iterable<number>, changed: (turns: number[]) => void): Peer {
  const joined = new Set(turns);
  const entries: Entry[] = [];
  let acks = false;
  let acked = 0;
  let untaken = 0;
  let counted: number | undefined;
  let closed = false;

  const put = (text: string): void => {
    try {
      wire.send(text);
    } catch {
      // It is closing; its close event follows.
      closed = true;
    }
  };
  const count = (turn: number, seq: number, bytes: number): void => {
    if (!acks && turn !== counted) {
      untaken = 0;
      entries.length = 0;
    }
    counted = turn;
    if (seq <= acked) return;
    untaken += bytes;
    const entry = entries.at(-1);
    if (entry && entry.bytes < ENTRY_BYTES) {
      entry.seq = seq;
      entry.bytes += bytes;
    } else {
      entries.push({ seq, bytes });
    }
  };

  return {
    turns: joined,
    join(turn) {
      if (joined.has(turn)) return;
      joined.add(turn);
      changed([...joined]);
    },
    leave(turn) {
      if (joined.delete(turn)) changed([...joined]);
    },
    send(turn, seq, text) {
      if (closed) return;
      count(turn, seq, utf8Length(text));
      if (untaken <= MAX_UNTAKEN_BYTES) return put(text);
      closed = true;
      wire.close(
        TRY_AGAIN_LATER,
        acks ? "16 MiB are not acknowledged" : "16 MiB sent in one turn without an ack",
      );
    },
    tell(text) {
      if (!closed) put(text);
    },
    ack(seq) {
      acks = true;
      acked = Math.max(acked, seq);
      while (entries[0] && entries[0].seq <= acked) untaken -= entries.shift()?.bytes ?? 0;
    },
  };
}

function utf8Length(text: string): number {
  if (text.length * BYTES_PER_UNIT > scratch.length) return encoder.encode(text).length;
  return encoder.encodeInto(text, scratch).written;
}
