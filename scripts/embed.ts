/**
 * `npm run embed [file]`: makes the vectors for strategies semantic and knn, by the configuration's router.embedding_model,
 * and puts them beside the file: config/router.vectors, which the build takes up. Credentials come from .dev.vars and the
 * environment. Does nothing where the vectors are those of the configuration already. Ends with 1 and what is wrong.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseEnv } from "node:util";
import { bindings } from "../src/env.ts";
import { inspect } from "./config-check/inspect.ts";
import { show } from "./config-check/show.ts";
import { makeVectors } from "./embed/make.ts";
import { sourceOf, vectorsFile, vectorsProblem } from "./embed/source.ts";

const DEFAULT = join(import.meta.dirname, "../config/router.yaml");

process.exitCode = await main(process.argv.slice(2)).catch((thrown: unknown) => {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  return 1;
});

async function main([written, ...others]: readonly string[]): Promise<number> {
  if (others.length > 0 || written?.startsWith("-")) {
    console.error("usage: npm run embed [file]");
    return 2;
  }
  // npm changes to the project's folder; the file is meant from where it was called.
  const path = written === undefined ? DEFAULT : resolve(process.env.INIT_CWD ?? process.cwd(), written);
  const file = relative(process.cwd(), path);
  const binding = bindings({ ...process.env, ...devVars() });
  const { config, problems, warnings } = inspect(readFileSync(path, "utf8"), binding);
  const found = config && (await sourceOf(config, path));
  const wrong = [...problems, ...(found?.problems ?? [])];
  if (config === undefined || found === undefined || wrong.length > 0) {
    console.error(show(file, { problems: wrong, warnings }, binding));
    return 1;
  }
  for (const line of found.warnings) console.log(line);
  const { source } = found;
  if (source === undefined) {
    console.log(`${file} needs no vectors: its strategy is ${config.router.strategy}.`);
    return 0;
  }
  const target = vectorsFile(path);
  const known = existsSync(target) ? readFileSync(target) : undefined;
  const shown = relative(process.cwd(), target);
  if (vectorsProblem(known, source) === undefined) {
    console.log(`${shown} has the vectors of ${source.texts.length} texts already.`);
    return 0;
  }
  const name = `'${source.embeddingModel.name}' (${source.header.model})`;
  console.log(`Asking ${name} for the vectors of ${source.texts.length} texts ...`);
  const bytes = await makeVectors(source, {
    config,
    binding,
    progress: (done) => console.log(`  ${done} of ${source.texts.length}`),
  });
  writeFileSync(target, bytes);
  console.log(`Wrote ${shown}, ${Math.ceil(bytes.length / 1024)} KiB. The next build takes it up.`);
  return 0;
}

/** As for `npm start`: what is about this project wins over what is about the whole machine. */
function devVars(): Readonly<Record<string, string | undefined>> {
  return existsSync(".dev.vars") ? parseEnv(readFileSync(".dev.vars", "utf8")) : {};
}
