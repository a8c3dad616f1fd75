/** What a decision by meaning costs beside its call: against the products that it is made of, and by the table of `complexity`. */
import { request } from "node:http";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { spentBy } from "../support/load.ts";
import { alternate, compare, median } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import { comparisonLine, type Row, valueLine } from "./row.ts";

const DECISIONS = 400;
const TEXTS = 4000;

export const meaning: Row = {
  name: "meaning",
  rounds: 7,
  plays: [],
  async run(stage, { rounds, quick }) {
    const served = await stage.serveBaseline("decide");
    const cpu = (work: string, times: number) => async () => {
      const count = quick ? times / 4 : times;
      const { cpuMs } = await spentBy(served, () => ask(served, work, count));
      return cpuMs / count;
    };
    const compared = compare(
      await alternate(rounds, cpu("products", DECISIONS), cpu("knn", DECISIONS)),
      Number,
    );
    const scores: number[] = [];
    for (let round = 0; round <= rounds; round++) scores.push(await cpu("complexity", TEXTS)());
    await served.close();
    const title = {
      what: "A decision by knn among 1,869 vectors of 512, without the call: CPU",
      unit: "ms",
      against: "float32 products",
    };
    return [
      comparisonLine(title, compared, { of: "ratio", most: 1.3 }),
      valueLine("A decision by complexity, 10 KB: CPU", "ms", median(scores.slice(1)), {
        of: "value",
        most: 0.1,
      }),
    ];
  },
};

async function ask({ name, port }: Served, work: string, times: number): Promise<void> {
  const sent = request({ host: "127.0.0.1", port, path: `/?work=${work}&times=${times}` });
  sent.end();
  const [response]: IncomingMessage[] = await once(sent, "response");
  const text = Buffer.concat((await response?.toArray()) ?? []).toString();
  if (text !== "done") throw new Error(`${name}: ${text.slice(0, 500)}`);
}
