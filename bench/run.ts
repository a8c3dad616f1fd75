/**
 * `npm run bench`: what the router costs, as ratios to baseline Workers in alternating rounds, as a table and in
 * dist/bench.json (of some rows: bench-part.json). Absolute numbers depend on the machine; the ratios are what to
 * compare. Needs Linux (/proc).
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { profile } from "./profile/profile.ts";
import { writeDocs } from "./report/docs.ts";
import { asReport, type Report, type RowReport, report } from "./report/report.ts";
import { provenance, tableOf } from "./report/table.ts";
import { ROWS } from "./rows/index.ts";
import type { Row } from "./rows/row.ts";
import { openStage } from "./support/stage.ts";

const DIST = join(import.meta.dirname, "../dist");
const HELP = `npm run bench -- [options]
  --only NAME     only the rows whose names contain it; may be given several times
  --rounds N      rounds of every row (default: each its own number)
  --quick         one round, a quarter of the answers: to see that it runs, not for numbers
  --all           optional rows, too: ${ROWS.filter(({ optional }) => optional).map(({ name }) => name)}
  --no-run        measure nothing, take what the last run found
  --write-docs    put the tables into bench/README.md, three numbers into the README
  --profile       no table but CPU profiles, in dist/; --only picks of burst, 1ms, 20ms, messages, whole, first
rows: ${ROWS.map(({ name }) => name).join(" ")}`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    rounds: { type: "string" },
    all: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    run: { type: "boolean", default: true },
    "write-docs": { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
  allowNegative: true,
});

const rows = ROWS.filter(isWanted);
/** A run of some rows, or a quick one, does not replace the report of a whole one. */
const partial = values.quick || values.only.length > 0;
const RESULT = join(DIST, partial ? "bench-part.json" : "bench.json");
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
if (values.help) console.log(HELP);
else if (rows.length === 0 && !values.profile) fail(`no row is called ${values.only.join(" or ")}`);
else if (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds > 0))
  fail("--rounds takes a number");
else if (values.profile) await profile(DIST, values.only);
else {
  const result = values.run ? await measure() : asReport(JSON.parse(readFileSync(RESULT, "utf8")));
  console.log(`\n${tableOf(result.rows.flatMap(({ lines }) => lines))}\n\n${provenance(result)}`);
  if (values["write-docs"]) writeDocs(result);
}

async function measure(): Promise<Report> {
  const started = performance.now();
  const stage = await openStage({ plays: [...new Set(ROWS.flatMap(({ plays }) => plays))], readable: false });
  try {
    const done: RowReport[] = [];
    for (const row of rows) {
      const wanted = values.quick ? 1 : (rounds ?? row.rounds);
      const begun = performance.now();
      const lines = await row.run(stage, { rounds: wanted, quick: values.quick });
      done.push({ name: row.name, rounds: wanted, lines });
      const seconds = (performance.now() - begun) / 1000;
      console.log(`\n${row.name}, ${seconds.toFixed(0)} s\n${tableOf(lines)}`);
    }
    const result = report(done, (performance.now() - started) / 1000);
    mkdirSync(DIST, { recursive: true });
    writeFileSync(RESULT, `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    await stage.close();
  }
}

function isWanted({ name, optional }: Row): boolean {
  if (values.only.length > 0) return values.only.some((part) => name.includes(part));
  return values.all || !optional;
}

function fail(why: string): void {
  console.error(`${why}\n\n${HELP}`);
  process.exitCode = 1;
}
