/**
 * The frames of a session's answers, so that a client that lost its connection gets what it missed. They are buffered and
 * stored as one row a second or 64 KiB: a row for each frame costs half as much CPU again.
 */
import { DONE } from "./frames.ts";

const ROW_MS = 1000;
const ROW_CHARS = 65_536;
/** Numbers reserved by one write. */
const BLOCK = 1000;

/** Frames of one turn, one a line. A line that is `[DONE]` has no number of its own. */
export interface LogRow {
  readonly turn: number;
  /** The number of the first frame; of `[DONE]` alone, the one that would come next. */
  readonly first: number;
  /** The number of the last frame. */
  readonly last: number;
  readonly lines: string;
}

/** Keeps rows and two numbers beyond an eviction. */
export interface LogStore {
  /** Frames beyond this number were never sent; 0 at first. */
  reserved(): number;
  reserve(seq: number): void;
  append(row: LogRow): void;
  /** The rows whose last frame is `seq` or a later one, in order. */
  rowsFrom(seq: number): Iterable<LogRow>;
  /** Frames up to this number are forgotten; 0 at first. */
  floor(): number;
}

/** A frame as it was sent. `[DONE]` has the number of the frame before it. */
export interface LoggedFrame {
  readonly turn: number;
  readonly seq: number;
  readonly text: string;
}

export interface ChunkLog {
  /** The number of the last frame. */
  readonly last: number;
  /**
   * Numbers a frame and keeps it.
   * @param text What is sent, given its number.
   */
  append(turn: number, text: (seq: number) => string): LoggedFrame;
  /** Notes that the turn's answer is complete. */
  done(turn: number): LoggedFrame;
  /** Stores what is buffered. */
  flush(): void;
  /** Stores all between two turns, so that the next one's numbers follow on even if the memory is lost until then. */
  settle(): void;
  /** Whether every frame after this one is still known. */
  reaches(after: number): boolean;
  /** The frames after a number, and `[DONE]` where it follows that very frame. */
  replay(after: number): Iterable<LoggedFrame>;
}

/** A log that goes on where no frame of a lost memory can have come. */
export function chunkLog(store: LogStore): ChunkLog {
  let reserved = store.reserved();
  let last = reserved;
  let turnOfBuffer = 0;
  let buffer: string[] = [];
  let chars = 0;
  let first = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (buffer.length === 0) return;
    store.append({ turn: turnOfBuffer, first, last, lines: buffer.join("\n") });
    buffer = [];
    chars = 0;
  };
  const add = (turn: number, text: string): void => {
    buffer.push(text);
    turnOfBuffer = turn;
    chars += text.length;
    if (chars >= ROW_CHARS) flush();
    else timer ??= setTimeout(flush, ROW_MS);
  };
  /** A row holds frames of one turn only. */
  const open = (turn: number): void => {
    if (turn !== turnOfBuffer) flush();
    if (buffer.length === 0) first = last + 1;
  };

  return {
    get last() {
      return last;
    },
    append(turn, text) {
      open(turn);
      if (last >= reserved) {
        reserved = last + BLOCK;
        store.reserve(reserved);
      }
      last++;
      const frame = { turn, seq: last, text: text(last) };
      add(turn, frame.text);
      return frame;
    },
    done(turn) {
      open(turn);
      add(turn, DONE);
      return { turn, seq: last, text: DONE };
    },
    flush,
    settle() {
      flush();
      if (reserved === last) return;
      reserved = last;
      store.reserve(last);
    },
    reaches: (after) => after >= store.floor() && after <= last,
    *replay(after) {
      flush();
      for (const row of store.rowsFrom(after)) {
        let seq = row.first - 1;
        for (const text of row.lines.split("\n")) {
          const done = text === DONE;
          if (!done) seq++;
          if (done ? seq >= after : seq > after) yield { turn: row.turn, seq, text };
        }
      }
    },
  };
}
