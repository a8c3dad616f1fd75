/** CPU of streams at one pace, of two lengths: what a stream costs, and of that what each event and the rest cost. */
import type { Ask } from "../support/client.ts";
import { run } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import type { Baseline } from "../support/stage.ts";
import { type Play, playName } from "../upstream/play.ts";
import { comparisonLine, type Line, type Row } from "./row.ts";

/** Streams of one length: how many in a sample, and how many of them at once. */
interface Batch {
  readonly events: number;
  readonly answers: number;
  readonly parallel: number;
}

interface StreamRow {
  readonly name: string;
  /** How the report calls it. */
  readonly title: string;
  readonly kind: Play["kind"];
  readonly paceMs: number;
  readonly against: Baseline;
  /** The most CPU of a long stream, relative to the baseline. */
  readonly target: number;
  readonly rounds: number;
  readonly long: Batch;
  readonly short: Batch;
}

/** CPU in milliseconds. */
interface Sample {
  readonly stream: number;
  readonly event: number;
  readonly rest: number;
  /** Events a second through all streams of the long batch. */
  readonly rate: number;
}

/** A row for one kind of stream at one pace. */
export function streamRow(settings: StreamRow): Row {
  const { name, kind, paceMs, rounds, long, short } = settings;
  const plays = [long, short].map(({ events }) => playName({ kind, events, paceMs }));
  return {
    name,
    rounds,
    plays,
    async run(stage, { rounds: wanted, quick }) {
      const baseline = await stage.baseline(settings.against);
      const router = await stage.router();
      const sample = async (served: Served): Promise<Sample> => {
        const ofLong = await cpuOf(served, settings, long, quick);
        const ofShort = await cpuOf(served, settings, short, quick);
        const event = (ofLong.stream - ofShort.stream) / (long.events - short.events);
        return { ...ofLong, event, rest: ofShort.stream - short.events * event };
      };
      const series = await alternate(
        wanted,
        () => sample(baseline),
        () => sample(router),
        async () => {
          for (const served of [baseline, router]) await cpuOf(served, settings, short, quick);
        },
      );
      return linesOf(settings, (value) => compare(series, value));
    },
  };
}

/** CPU of a stream in milliseconds, from a batch of them, and the events a second through all. */
export async function cpuOf(
  served: Served,
  { kind, paceMs, dialect }: Pick<StreamRow, "kind" | "paceMs"> & Pick<Ask, "dialect">,
  { events, answers, parallel }: Batch,
  quick: boolean,
): Promise<{ readonly stream: number; readonly rate: number }> {
  const count = quick ? Math.ceil(answers / 4) : answers;
  const spent = await run(served, {
    ask: { play: playName({ kind, events, paceMs }), stream: true, dialect },
    answers: count,
    parallel: Math.min(parallel, count),
    // Spread over one pause, so that each frame wakes the Worker by itself; not below a timer's resolution.
    staggerMs: paceMs > 1 ? paceMs / parallel : 0,
  });
  return { stream: spent.cpuMs / count, rate: (events * count * 1000) / spent.wallMs };
}

function linesOf(
  { title, against, target, long, short, paceMs }: StreamRow,
  comparisonOf: (value: (sample: Sample) => number) => ReturnType<typeof compare>,
): Line[] {
  const what = (part: string) => `${title}: ${part}`;
  const lines = [
    comparisonLine(
      { what: what(`CPU, ${long.events} events`), unit: "ms/stream", against, answer: true },
      comparisonOf((sample) => sample.stream),
      { of: "ratio", most: target },
    ),
    comparisonLine(
      { what: what(`of that each event (${short.events} to ${long.events})`), unit: "µs/event", against },
      comparisonOf((sample) => sample.event * 1000),
    ),
    comparisonLine(
      { what: what("of that the rest, whatever its length"), unit: "ms/stream", against },
      comparisonOf((sample) => sample.rest),
    ),
  ];
  if (paceMs > 0) return lines;
  const rate = { what: what("through one process"), unit: "events/s", against };
  return [
    ...lines,
    comparisonLine(
      rate,
      comparisonOf((sample) => sample.rate),
    ),
  ];
}
