/** Tells of changed files. */
import { watch } from "node:fs";
import { basename, dirname } from "node:path";

/** An editor writes a file in several steps. */
const SETTLED_MS = 150;

/**
 * Calls back once after each burst of changes of a file, or of anything below a folder. A file is watched by its folder:
 * editors put a new file in the old one's place.
 */
export function onFileChange(file: string, then: () => void): void {
  const settled = debounced(then);
  watch(dirname(file), (_event, name) => {
    if (name === null || name === basename(file)) settled();
  }).unref();
}

/** @param ignored Names of folders below it whose changes do not count. */
export function onFolderChange(folder: string, ignored: readonly string[], then: () => void): void {
  const settled = debounced(then);
  watch(folder, { recursive: true }, (_event, name) => {
    if (name === null || !name.split(/[\\/]/).some((part) => ignored.includes(part))) settled();
  }).unref();
}

function debounced(then: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(then, SETTLED_MS);
  };
}
