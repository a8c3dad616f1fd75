/** How cost grows with the models of the configuration: the first request of an isolate reads it, the others choose. */
import { askWhole } from "../support/client.ts";
import { run, spentBy } from "../support/load.ts";
import { median } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import type { Stage } from "../support/stage.ts";
import { playName } from "../upstream/play.ts";
import { type Line, type Row, valueLine } from "./row.ts";

const COUNTS = [2, 20, 200];
const REQUESTS = 500;
const CLIENTS = 8;

export const models: Row = {
  name: "models",
  rounds: 3,
  plays: [],
  async run(stage, { rounds, quick }) {
    const lines: Line[] = [];
    for (const count of COUNTS) {
      const samples: { first: number; later: number }[] = [];
      for (let round = 0; round < rounds; round++) {
        const router = await configured(stage, count);
        samples.push(await measure(router, quick ? REQUESTS / 4 : REQUESTS));
        await router.close();
      }
      const title = `${count} models`;
      lines.push(
        valueLine(
          `${title}: CPU of an isolate's first request`,
          "ms",
          median(samples.map(({ first }) => first)),
        ),
        valueLine(`${title}: CPU of later ones`, "ms/request", median(samples.map(({ later }) => later))),
      );
    }
    return lines;
  },
};

/** CPU in milliseconds. Code is compiled when it is first called, so the first request pays for that, too. */
async function measure(router: Served, answers: number): Promise<{ first: number; later: number }> {
  const ask = { play: plays(1)[0] ?? "", model: "auto", stream: false };
  const { cpuMs: first } = await spentBy(router, () => askWhole(router, ask));
  await run(router, { ask, answers: 200, parallel: CLIENTS });
  const { cpuMs } = await run(router, { ask, answers, parallel: CLIENTS });
  return { first, later: cpuMs / answers };
}

function configured(stage: Stage, count: number): Promise<Served> {
  return stage.serveRouter(`models-${count}`, stage.models(plays(count)));
}

function plays(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    playName({ kind: "bedrock", events: 5 + index, paceMs: 0 }),
  );
}
