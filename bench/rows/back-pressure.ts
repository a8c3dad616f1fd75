/** 20 clients that stop reading streams of 200,000 events: the upstream has to stop, too, and the memory to stay. */
import type { IncomingMessage } from "node:http";
import { ask } from "../support/client.ts";
import { pause } from "../support/load.ts";
import type { Served } from "../support/served.ts";
import type { Stage } from "../support/stage.ts";
import { playName } from "../upstream/play.ts";
import { type StreamStats, tagMessage } from "../upstream/stats.ts";
import { type Line, type Row, type Target, valueLine } from "./row.ts";

const PLAY = playName({ kind: "bedrock", events: 200_000, paceMs: 0 });
const READERS = 20;
/** When the router's upstream has to stand still. */
const LOOKS_MS = [15_000, 30_000] as const;
/** Baselines are looked at once: how much the kernel's buffers take, and their memory. */
const LOOK_MS = [15_000] as const;
const NONE: Target = { of: "value", most: 0 };

interface Observed {
  readonly name: string;
  /** Frames that the upstream sent to the stream that got most. */
  readonly frames: number;
  /** Frames sent between the two looks, all streams together. */
  readonly more: number;
  readonly finished: number;
  readonly beforeMiB: number;
  readonly afterMiB: number;
}

/** In processes of their own, whose memory nothing else has filled. */
export const backPressure: Row = {
  name: "back-pressure",
  rounds: 1,
  // Half a minute of waiting for what tests show, too.
  optional: true,
  plays: [],
  async run(stage, { quick }) {
    const shorter = (looksMs: readonly number[]) => (quick ? looksMs.map((ms) => ms / 5) : looksMs);
    const router = await stage.serveRouter("paused", stage.models([PLAY]));
    const baselines = [await stage.serveBaseline("loop"), await stage.serveBaseline("native")];
    const ours = observe(stage, router, shorter(LOOKS_MS));
    // They begin once the router's buffers are full.
    await pause(shorter(LOOKS_MS)[0] ?? 0);
    const theirs = baselines.map((baseline) => observe(stage, baseline, shorter(LOOK_MS)));
    const lines = [...routerLines(await ours), ...(await Promise.all(theirs)).flatMap(baselineLines)];
    await Promise.all([router, ...baselines].map((served) => served.close()));
    return lines;
  },
};

function routerLines({ frames, more, finished, beforeMiB, afterMiB }: Observed): Line[] {
  const what = (part: string) => `${READERS} paused readers: ${part}`;
  return [
    valueLine(what("frames sent to the one that got most"), "frames", frames),
    valueLine(what("frames sent between 15 s and 30 s"), "frames", more, NONE),
    valueLine(what("streams that the upstream finished"), "streams", finished, NONE),
    valueLine(what("memory before"), "MiB", beforeMiB),
    valueLine(what("memory after 30 s"), "MiB", afterMiB),
  ];
}

function baselineLines({ name, frames, beforeMiB, afterMiB }: Observed): Line[] {
  const what = (part: string) => `${READERS} paused readers, baseline ${name}: ${part}`;
  return [
    valueLine(what("frames sent to the one that got most"), "frames", frames),
    valueLine(what("memory before"), "MiB", beforeMiB),
    valueLine(what("memory after 15 s"), "MiB", afterMiB),
  ];
}

async function observe(stage: Stage, served: Served, looksMs: readonly number[]): Promise<Observed> {
  const beforeMiB = served.memoryMiB();
  const tags = Array.from({ length: READERS }, (_, reader) => `paused-${served.name}-${reader}`);
  const paused: IncomingMessage[] = [];
  // Nobody reads the answers: once their buffers are full, their sockets are not read either.
  for (const tag of tags)
    paused.push(await ask(served, { play: PLAY, stream: true, messages: [tagMessage(tag)] }));
  const counts: StreamStats[][] = [];
  let waited = 0;
  for (const lookMs of looksMs) {
    await pause(lookMs - waited);
    waited = lookMs;
    const stats = await stage.upstream.stats();
    counts.push(tags.flatMap((tag) => stats[tag] ?? []));
  }
  const afterMiB = served.memoryMiB();
  for (const response of paused) response.destroy();
  const [early = [], late = early] = counts;
  if (late.length !== READERS) throw new Error(`${READERS} streams expected, ${late.length} seen`);
  return {
    name: served.name,
    frames: Math.max(...late.map(({ sent }) => sent)),
    more: sum(late) - sum(early),
    finished: late.filter(({ finished }) => finished).length,
    beforeMiB,
    afterMiB,
  };
}

function sum(streams: readonly StreamStats[]): number {
  return streams.reduce((total, { sent }) => total + sent, 0);
}
