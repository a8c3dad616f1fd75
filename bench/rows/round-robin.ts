/** What the counter of `round_robin` costs: requests a second through one Durable Object, and leases. */
import { run } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import type { Stage } from "../support/stage.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Row, valueLine } from "./row.ts";

const PLAYS = [5, 6].map((events) => playName({ kind: "bedrock", events, paceMs: 0 }));
const REQUESTS = 1000;
const CLIENTS = 32;
const WARM_UPS = 8;

export const roundRobin: Row = {
  name: "round-robin",
  rounds: 2,
  plays: [],
  async run(stage, { rounds, quick }) {
    const answers = quick ? REQUESTS / 4 : REQUESTS;
    const ask = { play: PLAYS[0] ?? "", model: "auto", stream: false };
    const sample = async (served: Served) => {
      const spent = await run(served, { ask, answers, parallel: CLIENTS });
      return { perSecond: (answers * 1000) / spent.wallMs, cpuMs: spent.cpuMs / answers };
    };
    const random = await strategy(stage, "random", "strategy: random");
    const each = await strategy(stage, "round_robin", "strategy: round_robin");
    const leased = await strategy(
      stage,
      "round_robin-16",
      "strategy: round_robin, round_robin: { lease: 16 }",
    );
    const warmUp = async (served: Served) => {
      for (let turn = 0; turn < WARM_UPS; turn++) await sample(served);
    };
    const against = (served: Served) =>
      alternate(
        rounds,
        () => sample(random),
        () => sample(served),
        // As long for each: what V8 has optimised longer would look cheaper.
        () => warmUp(served),
      );
    await warmUp(random);
    const single = await against(each);
    const sixteen = await against(leased);
    await Promise.all([random, each, leased].map((served) => served.close()));
    const cpu = { unit: "ms/request", against: "random" };
    return [
      valueLine(
        "round_robin through one object",
        "requests/s",
        compare(single, ({ perSecond }) => perSecond).ours,
        { of: "value", least: 500 },
      ),
      comparisonLine(
        { what: "round_robin: CPU", ...cpu },
        compare(single, ({ cpuMs }) => cpuMs),
      ),
      comparisonLine(
        { what: "round_robin, lease 16: CPU", ...cpu },
        compare(sixteen, ({ cpuMs }) => cpuMs),
        {
          of: "ratio",
          most: 1.05,
        },
      ),
    ];
  },
};

function strategy(stage: Stage, name: string, router: string): Promise<Served> {
  return stage.serveRouter(name, `router: { ${router} }\n${stage.models(PLAYS)}`);
}
