/** Non-streaming requests a second of 32 clients, against a proxy that only signs. */
import { run } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Row } from "./row.ts";

const PLAY = playName({ kind: "bedrock", events: 5, paceMs: 0 });
const REQUESTS = 1500;
const CLIENTS = 32;
const AGAINST = "signed";

export const nonStreaming: Row = {
  name: "non-streaming",
  rounds: 5,
  plays: [PLAY],
  async run(stage, { rounds, quick }) {
    const router = await stage.router();
    const baseline = await stage.baseline(AGAINST);
    const answers = quick ? REQUESTS / 4 : REQUESTS;
    const sample = async (served: Served) => {
      const spent = await run(served, { ask: { play: PLAY, stream: false }, answers, parallel: CLIENTS });
      return { perSecond: (answers * 1000) / spent.wallMs, cpuMs: spent.cpuMs / answers };
    };
    const series = await alternate(
      rounds,
      () => sample(baseline),
      () => sample(router),
      // V8 goes on optimising for some thousand requests.
      async () => {
        for (const served of [baseline, baseline, router, router, router]) await sample(served);
      },
    );
    const what = (part: string) => `Non-streaming, ${CLIENTS} clients: ${part}`;
    const rate = { what: what("requests"), unit: "requests/s", against: AGAINST };
    const cpu = { what: what("CPU"), unit: "ms/request", against: AGAINST, answer: true };
    return [
      comparisonLine(
        rate,
        compare(series, ({ perSecond }) => perSecond),
        { of: "ratio", least: 0.7 },
      ),
      comparisonLine(
        cpu,
        compare(series, ({ cpuMs }) => cpuMs),
      ),
    ];
  },
};
