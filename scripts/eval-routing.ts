/**
 * `npm run eval:routing`: what the strategies that judge a text reach on labelled queries, with the emulator's embedding model,
 * which runs offline. Means, with the middle 95 % of resampled means behind them.
 *
 *     npm run eval:routing -- --train FILE --test FILE    labelled queries: those that are known, and those that are asked
 *     npm run eval:routing -- --domains FILE              {query, domain} a line, for strategy semantic
 *     … --most N                                          only so many of the known queries, for a quick look
 *
 * How k and the weights of strategy knn were chosen: eval-routing/choose.ts.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { evaluateDomains } from "./eval-routing/domains.ts";
import { evaluateModels } from "./eval-routing/models.ts";
import { readScored } from "./eval-routing/scored.ts";
import type { Estimate } from "./eval-routing/statistics.ts";

const { values } = parseArgs({
  options: {
    train: { type: "string" },
    test: { type: "string" },
    domains: { type: "string" },
    most: { type: "string" },
  },
});
const { train, test, domains, most } = values;
if ((train === undefined) !== (test === undefined) || (train === undefined && domains === undefined)) {
  console.error("usage: npm run eval:routing -- [--train FILE --test FILE] [--domains FILE] [--most N]");
  process.exit(2);
}
if (train !== undefined && test !== undefined) {
  const known = await readScored(at(train), most === undefined ? undefined : Number(most));
  const asked = await readScored(at(test));
  console.log(
    `${known.texts.length} known queries, ${asked.texts.length} asked, ${known.models.length} models\n`,
  );
  console.log("| | Mean score | 95 % | Parameters (thousand millions) |\n|---|---|---|---|");
  const { outcomes, gain } = evaluateModels(known, asked);
  for (const { name, score, size } of outcomes)
    console.log(`| ${name} | ${row(score)} | ${size.toFixed(1)} |`);
  console.log(`| knn less the best single model | ${row(gain)} | |`);
}
if (domains !== undefined) {
  const { queries, domains: count, asked, first, splits } = await evaluateDomains(at(domains));
  console.log(`\n${queries} queries, ${count} domains, five examples each, ${asked} asked\n`);
  console.log("| | Right | 95 % | Random examples, mean ± deviation |\n|---|---|---|---|");
  for (const way of ["nearest example", "nearest centroid", "semantic"] as const) {
    const { mean, deviation } = splits[way];
    console.log(`| ${way} | ${row(first[way])} | ${mean.toFixed(3)} ± ${deviation.toFixed(3)} |`);
  }
}

function row({ mean, low, high }: Estimate): string {
  return `${mean.toFixed(3)} | ${low.toFixed(3)} to ${high.toFixed(3)}`;
}

/** From where npm was called. */
function at(file: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), file);
}
