/** Which frames a socket was sent, as ranges of their places in the log. */
import { DONE, type LoggedFrame } from "../frame-log.ts";

/** First and last place. */
export type Range = readonly [number, number];

/** A socket that gets only some turns has a gap for each of the others; beyond this many, the oldest is given up. */
const MAX_RANGES = 16;

export interface SentFrames {
  readonly ranges: readonly Range[];
  /** The number of the last frame. */
  readonly last: number;
  has(frame: LoggedFrame): boolean;
  add(frame: LoggedFrame): void;
  /**
   * A frame of those that were sent without a gap after this one, the last unless they were sent out of order; itself where the
   * next one was not sent.
   */
  upTo(after: number): number;
}

/** Numbered frames stand at even places, the `[DONE]` behind one at the odd place after it. */
function placeOf({ seq, text }: LoggedFrame): number {
  return text === DONE ? 2 * seq + 1 : 2 * seq;
}

export function sentFrames(before: readonly Range[] = []): SentFrames {
  let ranges = [...before];
  const has = (place: number): boolean => ranges.some(([first, last]) => first <= place && place <= last);
  const insert = (place: number): void => {
    // From one frame to the next there is mostly no [DONE]: had there been one, it would have been sent. Not so where an older
    // frame is sent last.
    const before = place % 2 === 0 ? 2 : 1;
    const joined = ranges.filter(([first, last]) => first <= place + 1 && place - before <= last);
    const others = ranges.filter((range) => !joined.includes(range));
    const merged: Range = [
      Math.min(place, ...joined.map(([first]) => first)),
      Math.max(place, ...joined.map(([, last]) => last)),
    ];
    ranges = [...others, merged].sort(([a], [b]) => a - b);
    const [oldest, next] = ranges;
    if (ranges.length > MAX_RANGES && oldest && next) ranges.splice(0, 2, [oldest[0], next[1]]);
  };
  return {
    get ranges() {
      return ranges;
    },
    get last() {
      return Math.floor((ranges.at(-1)?.[1] ?? 0) / 2);
    },
    has: (frame) => has(placeOf(frame)),
    add(frame) {
      const place = placeOf(frame);
      const newest = ranges.at(-1);
      // Nearly always it is the frame after the last one.
      if (newest?.[1] === place - 2 && place % 2 === 0) ranges[ranges.length - 1] = [newest[0], place];
      else if (!has(place)) insert(place);
    },
    upTo(after) {
      const next = 2 * after + 2;
      const found = ranges.find(([first, last]) => first <= next && next <= last);
      return found ? Math.floor(found[1] / 2) : after;
    },
  };
}
