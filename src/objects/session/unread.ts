/**
 * What one socket was sent and has not been seen to read. WebSockets have no back-pressure: what a client does not read piles
 * up in the memory of the object, and nothing tells how much that is. So bytes count as unread until the client says that it
 * has them, by an `ack`, or, where it never sends one, by its next turn.
 */

import type { Transit } from "../../lib/memory.ts";

/** Frames are put together to entries of this size, or a long answer would need as many entries as frames. */
const ENTRY_BYTES = 16_384;

/** What all sockets of an object have unread, together. */
export interface UnreadSum {
  bytes: number;
}

export interface Unread {
  readonly bytes: number;
  /** Whether the client sends acks. */
  readonly acks: boolean;
  /** What was believed to be read without an ack, over the whole connection. */
  readonly believed: number;
  /**
   * Counts what is about to be sent; false, and nothing is counted, where the isolate has no room for it.
   * @param seq The number of the frame; of what has none, one that only comes later.
   */
  add(seq: number, bytes: number): boolean;
  /** The client has read all frames up to this one. */
  ack(seq: number): void;
  /** A client that sends no acks was heard: it has read all. */
  heard(): void;
  /** The socket is gone, and what it had not read. */
  gone(): void;
}

/** What of it outlives the object's memory. */
export type UnreadState = Pick<Unread, "bytes" | "acks" | "believed">;

interface Entry {
  /** Of the last frame in it. */
  seq: number;
  bytes: number;
}

export interface UnreadCounters {
  readonly sum: UnreadSum;
  /** Of the isolate. */
  readonly transit: Transit;
}

/**
 * @param before What was unread when the object lost its memory.
 * @param seq The last frame that was sent until then.
 */
export function unread({ sum, transit }: UnreadCounters, before: UnreadState, seq: number): Unread {
  const entries: Entry[] = before.bytes > 0 ? [{ seq, bytes: before.bytes }] : [];
  let { bytes, acks, believed } = before;
  sum.bytes += bytes;
  const release = (released: number): void => {
    bytes -= released;
    sum.bytes -= released;
    transit.read(released);
  };
  return {
    get bytes() {
      return bytes;
    },
    get acks() {
      return acks;
    },
    get believed() {
      return believed;
    },
    add(seq, added) {
      if (!transit.send(added)) return false;
      bytes += added;
      sum.bytes += added;
      const entry = entries.at(-1);
      if (entry && entry.bytes < ENTRY_BYTES) {
        entry.seq = seq;
        entry.bytes += added;
      } else {
        entries.push({ seq, bytes: added });
      }
      return true;
    },
    ack(seq) {
      acks = true;
      // Older frames may have been sent after newer ones: a client has read whatever was sent before what it has read.
      const read = entries.splice(0, entries.findLastIndex((entry) => entry.seq <= seq) + 1);
      release(read.reduce((total, entry) => total + entry.bytes, 0));
    },
    heard() {
      if (acks) return;
      believed += bytes;
      entries.length = 0;
      release(bytes);
    },
    gone() {
      entries.length = 0;
      release(bytes);
    },
  };
}
