/** A run's events as server-sent events: what came after a number, then the live rest. */
import { within } from "../../lib/within.ts";
import type { FrameLog } from "../frame-log.ts";

/** How many characters are read from the log at once. */
const BATCH_CHARS = 65_536;
const SILENCE_MS = 15_000;
const encoder = new TextEncoder();

export interface FollowedRun {
  readonly log: FrameLog;
  readonly number: number;
  /** Whether more may come. */
  readonly running: () => boolean;
  /** Resolves with the next event, or when the run has ended. */
  readonly next: () => Promise<void>;
}

/** @param after The sequence number of the last event that the client has; -1 for none. */
export function followedEvents(
  { log, number, running, next }: FollowedRun,
  after: number,
): ReadableStream<Uint8Array> {
  /** Of the log, not of the response. */
  let seq = 0;
  const batch = (): string => {
    let text = "";
    for (const frame of log.replay(seq, number)) {
      seq = frame.seq;
      if (sequenceOf(frame.text) > after) text += `event: ${typeOf(frame.text)}\ndata: ${frame.text}\n\n`;
      if (text.length >= BATCH_CHARS) break;
    }
    return text;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          // Asked before the log is read: what comes between is not missed.
          const more = running();
          const text = batch();
          if (text !== "") return controller.enqueue(encoder.encode(text));
          if (!more) return controller.close();
          const come = await within(
            SILENCE_MS,
            next().then(() => true),
          );
          if (!come) return controller.enqueue(encoder.encode(": keep-alive\n"));
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** Every event begins with its type and its number. */
const START = /^\{"type":"([a-z_.]{1,64})","sequence_number":(\d{1,9}),/;

function typeOf(json: string): string {
  return START.exec(json)?.[1] ?? "message";
}

function sequenceOf(json: string): number {
  return Number(START.exec(json)?.[2] ?? 0);
}
