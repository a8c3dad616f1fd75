/** What a key with limits costs a request, Worker and object together, against one without. */
import { run } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Row } from "./row.ts";

const PLAY = playName({ kind: "bedrock", events: 5, paceMs: 0 });
const REQUESTS = 1000;
const CLIENTS = 32;
/** More than the bench will spend. */
const LIMITS = 'keys: { "*": { money_month: 1000000, requests_minute: 1000000 } }';

export const keyLimits: Row = {
  name: "key-limits",
  rounds: 5,
  plays: [],
  async run(stage, { rounds, quick }) {
    const answers = quick ? REQUESTS / 4 : REQUESTS;
    const ask = { play: PLAY, model: PLAY, stream: false };
    const sample = async (served: Served) =>
      (await run(served, { ask, answers, parallel: CLIENTS })).cpuMs / answers;
    const models = stage.models([PLAY]);
    const free = await stage.serveRouter("key-free", models);
    const limited = await stage.serveRouter("key-limits", `${LIMITS}\n${models}`);
    await sample(free);
    await sample(limited);
    const pairs = await alternate(
      rounds,
      () => sample(free),
      () => sample(limited),
    );
    await Promise.all([free, limited].map((served) => served.close()));
    return [
      comparisonLine(
        { what: "a key with limits: CPU", unit: "ms/request", against: "one without" },
        compare(pairs, (cpuMs) => cpuMs),
        { of: "difference", most: 0.15 },
      ),
    ];
  },
};
