/** Vectors as `npm run embed` makes them, by the emulator's embedding model. */
import type { Emulator } from "../../emulator/index.ts";
import { makeVectors } from "../../scripts/embed/make.ts";
import { sourceOf } from "../../scripts/embed/source.ts";
import { loadConfig } from "../../src/config/text.ts";
import { bindings } from "../../src/env.ts";
import { awsBindings } from "./stack.ts";

/**
 * The vectors for a configuration.
 * @param text YAML.
 * @param file Where the configuration lies, or would lie.
 */
export async function vectorsFor(emulator: Emulator, text: string, file: string): Promise<Uint8Array> {
  const binding = bindings(awsBindings(emulator));
  const config = loadConfig(text, binding);
  const { source, problems } = await sourceOf(config, file);
  if (source === undefined) throw new Error(problems.join() || "the configuration needs no vectors");
  return makeVectors(source, { config, binding });
}
