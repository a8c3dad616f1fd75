/**
 * `npm run verify`: checks a running router, deployed or local, as a person would by hand: that it answers over every way in, with
 * every model, and that it refuses what it should. See `--help`; a check is a file in verify/checks/.
 */
import { type Options, readOptions, USAGE } from "./verify/options.ts";
import { jsonReport, resultLines, summaryLine, summaryOf, withoutKey } from "./verify/report.ts";
import { runChecks } from "./verify/run.ts";

const WRONG_USAGE = 2;

async function verify(options: Options): Promise<number> {
  const print = (text: string) => console.log(withoutKey(text, options.key));
  const started = performance.now();
  if (!options.json) print(`${options.url}\n`);
  const results = await runChecks(options, (result) => options.json || print(resultLines(result)));
  const ms = Math.round(performance.now() - started);
  const summary = summaryOf(results);
  print(options.json ? jsonReport(options, results, ms) : `\n${summaryLine(summary, ms)}`);
  return summary.failed === 0 ? 0 : 1;
}

function optionsOrExit(): Options {
  try {
    const options = readOptions(process.argv.slice(2), process.env);
    if (options !== "help") return options;
    console.log(USAGE);
    process.exit(0);
  } catch (thrown) {
    console.error(`${thrown instanceof Error ? thrown.message : thrown}\n\n${USAGE}`);
    process.exit(WRONG_USAGE);
  }
}

process.exitCode = await verify(optionsOrExit());
