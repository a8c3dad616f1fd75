/** What a setting costs a short request: two routers that differ in nothing else. */
import type { Ask } from "../support/client.ts";
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
  /** The YAML of the other router. */
  readonly base?: string;
  /** What the upstream plays, a model each. Default: one. */
  readonly plays?: readonly string[];
  readonly ask?: Partial<Ask>;
}

/** CPU of a request in milliseconds, with the setting and without. */
export async function settingCost(
  stage: Stage,
  { rounds, quick }: Effort,
  { name, config, bindings, base = "", plays = [PLAY], ask: asked }: Setting,
): Promise<Comparison> {
  const answers = quick ? REQUESTS / 4 : REQUESTS;
  const ask = { play: PLAY, model: PLAY, stream: false, ...asked };
  const sample = async (served: Served) =>
    (await run(served, { ask, answers, parallel: CLIENTS })).cpuMs / answers;
  const models = stage.models(plays);
  const without = await stage.serveRouter(`${name}-without`, `${base}\n${models}`);
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
