/**
 * An ordered log of the frames of answers, so that a client that lost its connection gets what it missed. Frames are buffered
 * and stored as one row a second or 64 KiB: a row for each frame costs half as much CPU again.
 */

/** Ends a complete answer. */
export const DONE = "[DONE]";

const ROW_MS = 1000;
const ROW_CHARS = 65_536;
/** Numbers reserved by one write. */
const BLOCK = 1000;

/** Frames of one answer, one a line. A line that is `[DONE]` has no number of its own. */
export interface FrameRow {
  /** The number of the answer. */
  readonly turn: number;
  /** The number of the first frame; of `[DONE]` alone, the one that would come next. */
  readonly first: number;
  /** The number of the last frame. */
  readonly last: number;
  readonly lines: string;
  /** What the frames say in words, for whoever goes on with an answer that was cut. */
  readonly said: string;
}

/** Keeps rows and two numbers beyond an eviction; see frameRows. */
export interface FrameStore {
  /** Frames beyond this number were never sent; 0 at first. */
  reserved(): number;
  reserve(seq: number): void;
  append(row: FrameRow): void;
  /** The rows whose last frame is `seq` or a later one, in order; those of one answer alone where `turn` names it. */
  rowsFrom(seq: number, turn?: number): Iterable<FrameRow>;
  /** Frames up to this number are forgotten; 0 at first. */
  floor(): number;
}

/** A frame as it was sent. `[DONE]` has the number of the frame before it. */
export interface LoggedFrame {
  readonly turn: number;
  readonly seq: number;
  readonly text: string;
}

export interface FrameLog {
  /** The number of the last frame. */
  readonly last: number;
  /**
   * Numbers a frame and keeps it.
   * @param text What is sent, given its number.
   * @param said What it says in words; see {@link FrameRow}.
   */
  append(turn: number, text: (seq: number) => string, said?: string): LoggedFrame;
  /** Notes that the answer is complete. */
  done(turn: number): LoggedFrame;
  /** Stores what is buffered. */
  flush(): void;
  /** Stores all between two answers, so that the next one's numbers follow on even if the memory is lost until then. */
  settle(): void;
  /** Whether every frame after this one is still known. */
  reaches(after: number): boolean;
  /**
   * The frames after a number, and `[DONE]` where it follows that very frame; those of one answer alone where `turn` names it.
   * Read row by row: whoever stops half-way has read no further.
   */
  replay(after: number, turn?: number): Iterable<LoggedFrame>;
}

/** A log that goes on where no frame of a lost memory can have come. */
export function frameLog(store: FrameStore): FrameLog {
  let reserved = store.reserved();
  let last = reserved;
  let turnOfBuffer = 0;
  let buffer: string[] = [];
  let words = "";
  let chars = 0;
  let first = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (buffer.length === 0) return;
    store.append({ turn: turnOfBuffer, first, last, lines: buffer.join("\n"), said: words });
    buffer = [];
    words = "";
    chars = 0;
  };
  const add = (turn: number, text: string, said: string): void => {
    buffer.push(text);
    words += said;
    turnOfBuffer = turn;
    chars += text.length;
    if (chars >= ROW_CHARS) flush();
    else timer ??= setTimeout(flush, ROW_MS);
  };
  /** A row holds frames of one answer only. */
  const open = (turn: number): void => {
    if (turn !== turnOfBuffer) flush();
    if (buffer.length === 0) first = last + 1;
  };

  return {
    get last() {
      return last;
    },
    append(turn, text, said = "") {
      open(turn);
      if (last >= reserved) {
        reserved = last + BLOCK;
        store.reserve(reserved);
      }
      last++;
      const frame = { turn, seq: last, text: text(last) };
      add(turn, frame.text, said);
      return frame;
    },
    done(turn) {
      open(turn);
      add(turn, DONE, "");
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
    *replay(after, turn) {
      for (const row of store.rowsFrom(after, turn)) {
        yield* framesOf(row.turn, row.first, row.lines.split("\n"), after);
      }
      // What is not stored yet is read where it is: a client that comes back writes nothing.
      if (buffer.length === 0 || (turn !== undefined && turn !== turnOfBuffer)) return;
      yield* framesOf(turnOfBuffer, first, buffer.slice(), after);
    },
  };
}

function* framesOf(
  turn: number,
  first: number,
  lines: readonly string[],
  after: number,
): Iterable<LoggedFrame> {
  let seq = first - 1;
  for (const text of lines) {
    const done = text === DONE;
    if (!done) seq++;
    if (done ? seq >= after : seq > after) yield { turn, seq, text };
  }
}
