/** Non-streaming requests a second of 32 clients, against a proxy that only signs. */
import { run } from "../support/load.ts";
import { alternate, type Comparison, compare } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import type { Stage } from "../support/stage.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Effort, type Row } from "./row.ts";

export const WHOLE_PLAY = playName({ kind: "bedrock", events: 5, paceMs: 0 });
const REQUESTS = 1500;
const CLIENTS = 32;
const AGAINST = "signed";

export const nonStreaming: Row = {
  name: "non-streaming",
  rounds: 7,
  plays: [WHOLE_PLAY],
  async run(stage, effort) {
    const { rate, cpu } = await wholeAnswers(stage, await stage.router(), effort);
    const what = (part: string) => `Non-streaming, ${CLIENTS} clients: ${part}`;
    return [
      comparisonLine({ what: what("requests"), unit: "requests/s", against: AGAINST }, rate, {
        of: "ratio",
        least: 0.7,
      }),
      comparisonLine({ what: what("CPU"), unit: "ms/request", against: AGAINST, answer: true }, cpu),
    ];
  },
};

/** Requests a second, and CPU of each in milliseconds, against the proxy that only signs. */
export async function wholeAnswers(
  stage: Stage,
  served: Served,
  { rounds, quick }: Effort,
): Promise<{ readonly rate: Comparison; readonly cpu: Comparison }> {
  const baseline = await stage.baseline(AGAINST);
  const answers = quick ? REQUESTS / 4 : REQUESTS;
  const sample = async (of: Served) => {
    const spent = await run(of, { ask: { play: WHOLE_PLAY, stream: false }, answers, parallel: CLIENTS });
    return { perSecond: (answers * 1000) / spent.wallMs, cpuMs: spent.cpuMs / answers };
  };
  const series = await alternate(
    rounds,
    () => sample(baseline),
    () => sample(served),
    // V8 goes on optimising for some thousand requests.
    async () => {
      for (const one of [baseline, baseline, served, served, served]) await sample(one);
    },
  );
  return {
    rate: compare(series, ({ perSecond }) => perSecond),
    cpu: compare(series, ({ cpuMs }) => cpuMs),
  };
}
