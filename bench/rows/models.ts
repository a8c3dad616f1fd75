/**
 * How cost grows with the models of the configuration, bundled as a deployment has it, and in a variable, which each isolate has to
 * check: its first request reads it, the others choose.
 */
import { askWhole } from "../support/client.ts";
import { run, spentBy } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import type { Stage } from "../support/stage.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Line, type Row } from "./row.ts";

const FEW = 2;
const MANY = 200;
const REQUESTS = 500;
const CLIENTS = 8;
const MOST_FIRST = 1.2;

export const models: Row = {
  name: "models",
  rounds: 2,
  plays: [],
  async run(stage, { rounds, quick }) {
    const requests = quick ? REQUESTS / 4 : REQUESTS;
    const lines: Line[] = [];
    for (const deployed of [true, false]) {
      const series = await alternate(
        rounds,
        () => measure(stage, { count: FEW, deployed, requests }),
        () => measure(stage, { count: MANY, deployed, requests }),
      );
      const where = deployed ? "bundled" : "in a variable";
      const line = (what: string, unit: string) => ({
        ...{ what: `${MANY} models, ${where}: CPU of ${what}`, unit },
        against: `${FEW} models`,
      });
      lines.push(
        comparisonLine(
          line("an isolate's first request", "ms"),
          compare(series, ({ first }) => first),
          deployed ? { of: "ratio", most: MOST_FIRST } : undefined,
        ),
        comparisonLine(
          line("later ones", "ms/request"),
          compare(series, ({ later }) => later),
        ),
      );
    }
    return lines;
  },
};

interface Measured {
  readonly count: number;
  readonly deployed: boolean;
  /** How many of the later ones. */
  readonly requests: number;
}

/** CPU in milliseconds. Code is compiled when it is first called, so the first request pays for that, too. */
async function measure(
  stage: Stage,
  { count, deployed, requests }: Measured,
): Promise<{ first: number; later: number }> {
  const names = plays(count);
  const router = await stage.serveRouter(`models-${count}`, stage.models(names), { deployed });
  const ask = { play: names[0] ?? "", model: "auto", stream: false };
  const { cpuMs: first } = await spentBy(router, () => askWhole(router, ask));
  await run(router, { ask, answers: 200, parallel: CLIENTS });
  const { cpuMs } = await run(router, { ask, answers: requests, parallel: CLIENTS });
  await router.close();
  return { first, later: cpuMs / requests };
}

function plays(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    playName({ kind: "bedrock", events: 5 + index, paceMs: 0 }),
  );
}
