/**
 * Vectors of a list of texts by the emulator's embedding model, which is real and runs offline: kept in dist/ by what they are
 * made of, since each takes some 80 ms.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vectorOf } from "../../emulator/embeddings/vectors.ts";
import { shortened } from "../../src/routing/query.ts";

const FOLDER = join(import.meta.dirname, "../../dist/eval-routing");
export const DIMENSIONS = 512;
const FLOAT_BYTES = 4;

/** One a text, as the router would ask for it. */
export async function vectorsOf(texts: readonly string[]): Promise<Float32Array[]> {
  const asked = texts.map(shortened);
  const name = createHash("sha256").update(JSON.stringify(asked)).digest("hex").slice(0, 16);
  const file = join(FOLDER, `${name}.f32`);
  if (!existsSync(file)) await make(asked, file);
  const { buffer, byteOffset } = readFileSync(file);
  // Aligned, as a part of node's own pool need not be.
  const bytes = buffer.slice(byteOffset, byteOffset + asked.length * DIMENSIONS * FLOAT_BYTES);
  return asked.map((_, row) => new Float32Array(bytes, row * DIMENSIONS * FLOAT_BYTES, DIMENSIONS));
}

async function make(texts: readonly string[], file: string): Promise<void> {
  console.error(`Making the vectors of ${texts.length} texts ...`);
  const all = new Float32Array(texts.length * DIMENSIONS);
  for (const [row, text] of texts.entries()) all.set(await vectorOf(text, DIMENSIONS), row * DIMENSIONS);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, new Uint8Array(all.buffer));
}
