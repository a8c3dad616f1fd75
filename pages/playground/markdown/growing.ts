/**
 * Markdown that grows. What another block follows does not change any more, so only the newest block is made anew: a long
 * answer costs as much per character at its end as at its start.
 */
import type { Token } from "marked";
import type { VNode } from "preact";
import { blocksOf, nodesOf } from "./nodes.tsx";

export class GrowingMarkdown {
  /** So much of the text does not change any more, and these are its nodes. */
  #settled = 0;
  #nodes: VNode[] = [];

  /** The nodes of `text`, which begins with what was shown before: those that have not changed are the same. */
  nodes(text: string): readonly VNode[] {
    const blocks = blocksOf(text.slice(this.#settled));
    const last = blocks.findLastIndex(({ type }) => type !== "space");
    const done = blocks.slice(0, Math.max(0, last));
    const length = done.reduce((sum, { raw }) => sum + raw.length, 0);
    // Blocks that are not the text letter by letter (it had tabs or carriage returns) cannot be cut off it.
    const cuts = length > 0 && startsWith(text, this.#settled, done);
    if (cuts) {
      this.#nodes = [...this.#nodes, ...nodesOf(done, this.#nodes.length)];
      this.#settled += length;
    }
    return [...this.#nodes, ...nodesOf(cuts ? blocks.slice(last) : blocks, this.#nodes.length)];
  }
}

function startsWith(text: string, from: number, blocks: readonly Token[]): boolean {
  let at = from;
  return blocks.every(({ raw }) => {
    const matches = text.startsWith(raw, at);
    at += raw.length;
    return matches;
  });
}
