/**
 * What an isolate costs before it has answered much: its start, and its first requests, whose code is compiled on the way. The
 * configuration is the bundled one, as it is deployed.
 */
import { askWhole } from "../support/client.ts";
import { spentBy } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Row } from "./row.ts";

const PLAY = playName({ kind: "bedrock", events: 5, paceMs: 0 });
const AGAINST = "signed";
/** Requests of which the mean is taken, since one is little to measure: the 16th to the 20th. */
const BEFORE = 15;
const LATER = 5;
/** Of all that an isolate does until its first answer. */
const MOST_START = 1.6;
const MOST_LATER = 2;

interface Sample {
  readonly start: number;
  readonly first: number;
  readonly later: number;
}

export const start: Row = {
  name: "start",
  rounds: 5,
  plays: [],
  async run(stage, { rounds }) {
    const signed = () => sample(() => stage.serveBaseline(AGAINST));
    const series = await alternate(rounds, signed, () =>
      sample(() => stage.serveRouter("start", stage.models([PLAY]), { deployed: true })),
    );
    const floor = await alternate(rounds, signed, () =>
      sample(() => stage.serveBaseline(AGAINST, { unused: true })),
    );
    const title = (what: string) => ({ what: `New isolate: CPU of ${what}`, unit: "ms", against: AGAINST });
    const answer = (what: string) => ({ ...title(what), answer: true });
    const both = ({ start, first }: Sample) => start + first;
    return [
      comparisonLine(
        title("its start"),
        compare(series, ({ start }) => start),
      ),
      comparisonLine(
        answer("the first request"),
        compare(series, ({ first }) => first),
      ),
      comparisonLine(title("both together"), compare(series, both), { of: "ratio", most: MOST_START }),
      comparisonLine(
        title("both, of signing alone with the router's code beside it, unused"),
        compare(floor, both),
      ),
      comparisonLine(
        answer("requests 16 to 20"),
        compare(series, ({ later }) => later),
        { of: "ratio", most: MOST_LATER },
      ),
    ];
  },
};

async function sample(serve: () => Promise<Served>): Promise<Sample> {
  const served = await serve();
  const request = () => askWhole(served, { play: PLAY, stream: true });
  const first = await spentBy(served, request);
  for (let left = BEFORE - 1; left > 0; left--) await request();
  const later = await spentBy(served, async () => {
    for (let left = LATER; left > 0; left--) await request();
  });
  await served.close();
  return { start: served.startCpuMs, first: first.cpuMs, later: later.cpuMs / LATER };
}
