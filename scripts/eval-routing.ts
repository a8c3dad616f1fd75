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

const USAGE =
  "usage: npm run eval:routing -- [--train FILE --test FILE] [--domains FILE] [--most N]   (--train and --test, or --domains, or all)";

process.exitCode = await main().catch((thrown: unknown) => {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  return 1;
});

async function main(): Promise<number> {
  const asked = readArguments();
  if (asked === undefined) {
    console.error(USAGE);
    return 2;
  }
  const { train, test, domains, most } = asked;
  if (train !== undefined && test !== undefined) await tellModels(at(train), at(test), most);
  if (domains !== undefined) await tellDomains(at(domains));
  return 0;
}

/** Undefined for arguments that make no sense. */
function readArguments() {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({ options: { train: text, test: text, domains: text, most: text } });
    const { train, test, domains, most } = values;
    const isWhole = (train === undefined) === (test === undefined);
    if (!isWhole || (train === undefined && domains === undefined)) return undefined;
    if (most !== undefined && !/^[1-9]\d*$/.test(most)) return undefined;
    return { train, test, domains, most: most === undefined ? undefined : Number(most) };
  } catch {
    return undefined;
  }
}

async function tellModels(train: string, test: string, most: number | undefined): Promise<void> {
  const known = await readScored(train, most);
  const asked = await readScored(test);
  console.log(
    `${known.texts.length} known queries, ${asked.texts.length} asked, ${known.models.length} models\n`,
  );
  console.log("| | Mean score | 95 % | Parameters (thousand millions) |\n|---|---|---|---|");
  const { outcomes, gain } = evaluateModels(known, asked);
  for (const { name, score, size } of outcomes)
    console.log(`| ${name} | ${row(score)} | ${size.toFixed(1)} |`);
  console.log(`| knn less the best single model | ${row(gain)} | |`);
}

async function tellDomains(file: string): Promise<void> {
  const { queries, domains, asked, first, splits } = await evaluateDomains(file);
  console.log(`\n${queries} queries, ${domains} domains, five examples each, ${asked} asked\n`);
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
