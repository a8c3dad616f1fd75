/** What a setting costs a short request: two routers that differ in nothing else. */
import { run } from "../support/load.ts";
import { alternate, type Comparison, compare } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import type { Stage } from "../support/stage.ts";
import { playName } from "../upstream/play.ts";
import type { Effort } from "./row.ts";

const PLAY = playName({ kind: "bedrock", events: 5, paceMs: 0 });
const REQUESTS = 1000;
const CLIENTS = 32;

export interface Setting {
  readonly name: string;
  /** YAML beside the models. */
  readonly config: string;
  readonly bindings?: Readonly<Record<string, string>>;
}

/** CPU of a request in milliseconds, with the setting and without. */
export async function settingCost(
  stage: Stage,
  { rounds, quick }: Effort,
  { name, config, bindings }: Setting,
): Promise<Comparison> {
  const answers = quick ? REQUESTS / 4 : REQUESTS;
  const ask = { play: PLAY, model: PLAY, stream: false };
  const sample = async (served: Served) =>
    (await run(served, { ask, answers, parallel: CLIENTS })).cpuMs / answers;
  const models = stage.models([PLAY]);
  const without = await stage.serveRouter(`${name}-without`, models);
  const having = await stage.serveRouter(name, `${config}\n${models}`, bindings && { bindings });
  await sample(without);
  await sample(having);
  const pairs = await alternate(
    rounds,
    () => sample(without),
    () => sample(having),
  );
  await Promise.all([without, having].map((served) => served.close()));
  return compare(pairs, (cpuMs) => cpuMs);
}
