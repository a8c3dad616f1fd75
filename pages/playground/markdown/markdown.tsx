import { useMemo } from "preact/hooks";
import { GrowingMarkdown } from "./growing.ts";
import { blocksOf, nodesOf } from "./nodes.tsx";

interface MarkdownProps {
  /** Begins with what it was before. */
  readonly text: string;
  /** Nothing more will come: it is read at once, since references may be defined after their use. */
  readonly whole: boolean;
}

/** A model's Markdown as it grows. */
export function Markdown({ text, whole }: MarkdownProps) {
  const growing = useMemo(() => new GrowingMarkdown(), []);
  const nodes = useMemo(() => (whole ? nodesOf(blocksOf(text)) : growing.nodes(text)), [text, whole]);
  return <>{nodes}</>;
}
