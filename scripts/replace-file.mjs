/** Files that builds write: several builds may run at once, and a Worker may be reading. */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** On the same disk, and nothing that is served, watched or deployed. */
const TEMPORARY = join(import.meta.dirname, "../.wrangler/tmp");

/**
 * Replaces a file in one step, and only when it has changed.
 * @param {string} path
 * @param {string | Uint8Array} contents
 */
export async function replaceFile(path, contents) {
  const wanted = Buffer.from(contents);
  const found = await readFile(path).catch(() => undefined);
  if (found?.equals(wanted)) return;
  await Promise.all([TEMPORARY, dirname(path)].map((folder) => mkdir(folder, { recursive: true })));
  const temporary = join(TEMPORARY, randomUUID());
  await writeFile(temporary, wanted);
  await rename(temporary, path);
}
