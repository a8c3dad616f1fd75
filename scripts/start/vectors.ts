/** The vectors that strategies semantic and knn want, for the router on this machine. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bindings } from "../../src/env.ts";
import { makeVectors } from "../embed/make.ts";
import { sourceOf, vectorsFile, vectorsProblem } from "../embed/source.ts";
import type { Configuration } from "./configuration.ts";

/**
 * Puts the configuration's vectors into a built Worker, where its strategy wants any. Where the embedding model is the local
 * emulator's they are made here and now: those that `npm run embed` has made are the real model's.
 * @param file The configuration's.
 * @throws Error that says what is wrong.
 */
export async function putVectors(
  build: string,
  { config, bindings: known = {}, upstreams }: Configuration,
  file: string,
): Promise<void> {
  if (config === undefined) return;
  const { source, problems } = await sourceOf(config, file);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  if (source === undefined) return;
  const { name } = source.embeddingModel;
  const isEmulated = upstreams.some((upstream) => upstream.name === name && upstream.emulated);
  const target = join(build, "further/vectors.bin");
  if (isEmulated) {
    console.log(`Making the vectors of ${source.texts.length} texts with the emulator's embedding model …`);
    writeFileSync(target, await makeVectors(source, { config, binding: bindings(known) }));
    return;
  }
  const made = vectorsFile(file);
  const bytes = existsSync(made) ? readFileSync(made) : undefined;
  const problem = vectorsProblem(bytes, source);
  if (problem !== undefined || bytes === undefined) throw new Error(problem);
  writeFileSync(target, bytes);
}
