/**
 * Markdown that grows. What another block follows does not change any more, so only the newest block is made anew: a long
 * answer costs as much per character at its end as at its start.
 */
import type { Token } from "marked";
import { blocksOf, nodesOf } from "./render.ts";

export interface GrowingMarkdown {
  /** Shows `text`, which begins with what was shown before. */
  show(text: string): void;
  /** Shows the whole text made at once: references may be defined after their use. */
  finish(text: string): void;
}

/** @param into An empty element. */
export function growingMarkdown(into: HTMLElement): GrowingMarkdown {
  let settled = 0;
  let tail: ChildNode[] = [];

  const replaceTail = (nodes: ChildNode[]): void => {
    for (const node of tail) node.remove();
    into.append(...nodes);
    tail = nodes;
  };

  return {
    show(text) {
      const blocks = blocksOf(text.slice(settled));
      const last = blocks.findLastIndex(({ type }) => type !== "space");
      const done = blocks.slice(0, Math.max(0, last));
      const length = done.reduce((sum, { raw }) => sum + raw.length, 0);
      // Blocks that are not the text letter by letter (it had tabs or carriage returns) cannot be cut off it.
      const cuts = length > 0 && startsWith(text, settled, done);
      if (cuts) {
        replaceTail([...nodesOf(done).childNodes]);
        tail = [];
        settled += length;
      }
      replaceTail([...nodesOf(cuts ? blocks.slice(last) : blocks).childNodes]);
    },
    finish(text) {
      into.replaceChildren(nodesOf(blocksOf(text)));
      tail = [];
      settled = text.length;
    },
  };
}

function startsWith(text: string, from: number, blocks: readonly Token[]): boolean {
  let at = from;
  return blocks.every(({ raw }) => {
    const matches = text.startsWith(raw, at);
    at += raw.length;
    return matches;
  });
}
