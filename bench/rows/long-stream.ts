/** Streams of 25,000, 50,000 and 100,000 events: the memory stays flat and the time is linear in their number. */
import { askWhole } from "../support/client.ts";
import { spentBy } from "../support/load.ts";
import { median } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import { playName } from "../upstream/play.ts";
import { type Line, type Row, valueLine } from "./row.ts";

const LENGTHS = [25_000, 50_000, 100_000];
/** V8's heap grows up to here to what suits the speed at which it is filled, then no more. */
const WARM_UP = 300_000;
const SAMPLE_MS = 20;
/** What V8's heap may differ by from one collection to the next. */
const FLAT_MIB = 16;

interface Run {
  readonly cpuMs: number;
  /** The most memory in the first half of the time, and in the second. */
  readonly halvesMiB: readonly [number, number];
}

/** In a process of its own, so that what others left in its memory does not hide a growth. */
export const longStream: Row = {
  name: "long-stream",
  rounds: 2,
  plays: [],
  async run(stage, { rounds }) {
    const router = await stage.serveRouter("long-stream", stage.models([WARM_UP, ...LENGTHS].map(play)));
    await measure(router, WARM_UP);
    const runs = new Map<number, Run[]>(LENGTHS.map((events) => [events, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [events, list] of runs) list.push(await measure(router, events));
    }
    await router.close();
    return linesOf(runs);
  },
};

function linesOf(runs: ReadonlyMap<number, readonly Run[]>): Line[] {
  const of = (events: number | undefined) => runs.get(events ?? 0) ?? [];
  const each = (events = 0) => (1000 * median(of(events).map(({ cpuMs }) => cpuMs))) / events;
  const memory = (half: 0 | 1) => median(of(LENGTHS.at(-1)).map(({ halvesMiB }) => halvesMiB[half]));
  const what = (part: string) => `Long stream: ${part}`;
  return [
    ...LENGTHS.map((events) =>
      valueLine(what(`CPU, ${events.toLocaleString("en")} events`), "µs/event", each(events)),
    ),
    valueLine(
      what("an event of the longest to one of the shortest"),
      "times",
      each(LENGTHS.at(-1)) / each(LENGTHS[0]),
      { of: "value", most: 1.2 },
    ),
    valueLine(what("most memory in the first half of 100,000"), "MiB", memory(0)),
    valueLine(what("memory that the second half adds"), "MiB", memory(1) - memory(0), {
      of: "value",
      most: FLAT_MIB,
    }),
  ];
}

async function measure(router: Served, events: number): Promise<Run> {
  const samples: number[] = [];
  const sampling = setInterval(() => samples.push(router.memoryMiB()), SAMPLE_MS);
  const { cpuMs } = await spentBy(router, () => askWhole(router, { play: play(events), stream: true }));
  clearInterval(sampling);
  const middle = Math.ceil(samples.length / 2);
  return {
    cpuMs,
    halvesMiB: [Math.max(...samples.slice(0, middle)), Math.max(...samples.slice(middle))],
  };
}

function play(events: number): string {
  return playName({ kind: "bedrock", events, paceMs: 0 });
}
