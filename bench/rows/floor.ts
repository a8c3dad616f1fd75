/** What no router can go below on this runtime: Workers that do one step of what it does, and nothing else. */
import { alternate, compare } from "../support/rounds.ts";
import type { Baseline, Stage } from "../support/stage.ts";
import { playName } from "../upstream/play.ts";
import { WHOLE_PLAY, wholeAnswers } from "./non-streaming.ts";
import { comparisonLine, type Effort, type Line, type Row } from "./row.ts";
import { cpuOf } from "./streams.ts";

const AGAINST = "loop";
const FLOORS: readonly { readonly name: Baseline; readonly what: string }[] = [
  { name: "read", what: "reading alone" },
  { name: "adaptive", what: "reading and writing, no decoding" },
  { name: "decode", what: "the least decoding" },
];
const PACES = [
  { paceMs: 0, batch: { events: 500, answers: 40, parallel: 4 } },
  { paceMs: 1, batch: { events: 500, answers: 16, parallel: 8 } },
  { paceMs: 20, batch: { events: 200, answers: 24, parallel: 24 } },
];

export const floor: Row = {
  name: "floor",
  rounds: 3,
  optional: true,
  plays: [
    ...PACES.map(({ paceMs, batch }) => playName({ kind: "bedrock", events: batch.events, paceMs })),
    WHOLE_PLAY,
  ],
  run: async (stage, effort) => [...(await streams(stage, effort)), ...(await whole(stage, effort))],
};

async function streams(stage: Stage, { rounds, quick }: Effort): Promise<Line[]> {
  const loop = await stage.baseline(AGAINST);
  const lines: Line[] = [];
  for (const { paceMs, batch } of PACES) {
    for (const { name, what } of FLOORS) {
      const served = await stage.baseline(name);
      const cpu = (of: typeof served) => async () =>
        (await cpuOf(of, { kind: "bedrock", paceMs }, batch, quick)).stream;
      const compared = compare(await alternate(rounds, cpu(loop), cpu(served)), Number);
      const pace = paceMs === 0 ? "burst" : `${paceMs} ms`;
      const title = `Floor, ${pace}: CPU of ${what}, ${batch.events} events`;
      lines.push(comparisonLine({ what: title, unit: "ms/stream", against: AGAINST }, compared));
    }
  }
  return lines;
}

async function whole(stage: Stage, effort: Effort): Promise<Line[]> {
  const { rate, cpu } = await wholeAnswers(stage, await stage.baseline("translate"), effort);
  const line = (part: string, unit: string) => ({
    what: `Floor, non-streaming: ${part} of the least translation`,
    unit,
    against: "signed",
  });
  return [
    comparisonLine(line("requests", "requests/s"), rate),
    comparisonLine(line("CPU", "ms/request"), cpu),
  ];
}
