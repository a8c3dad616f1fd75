/** What an isolate costs before it has answered much: its start, and its first requests, whose code is compiled on the way. */
import { askWhole } from "../support/client.ts";
import { spentBy } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Row } from "./row.ts";

const PLAY = playName({ kind: "bedrock", events: 5, paceMs: 0 });
const AGAINST = "signed";
const LATER = 20;

export const start: Row = {
  name: "start",
  rounds: 3,
  plays: [],
  async run(stage, { rounds }) {
    const sample = async (serve: () => Promise<Served>) => {
      const served = await serve();
      const request = () => askWhole(served, { play: PLAY, stream: true });
      const first = await spentBy(served, request);
      for (let left = LATER - 2; left > 0; left--) await request();
      const later = await spentBy(served, request);
      await served.close();
      return { start: served.startCpuMs, first: first.cpuMs, later: later.cpuMs };
    };
    const series = await alternate(
      rounds,
      () => sample(() => stage.serveBaseline(AGAINST)),
      () => sample(() => stage.serveRouter("start", stage.models([PLAY]))),
    );
    const line = (what: string) => ({ what: `New isolate: CPU of ${what}`, unit: "ms", against: AGAINST });
    const answer = (what: string) => ({ ...line(what), answer: true });
    return [
      comparisonLine(
        line("its start"),
        compare(series, ({ start }) => start),
      ),
      comparisonLine(
        answer("the first request"),
        compare(series, ({ first }) => first),
      ),
      comparisonLine(
        answer(`request ${LATER}`),
        compare(series, ({ later }) => later),
      ),
    ];
  },
};
