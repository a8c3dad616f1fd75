/** Brings what a chat completion's chunks hold into deltas: reasoning apart from text, calls numbered, the answer's text. */
import type { Delta } from "../contracts.ts";
import { type OpenCall, type ToolCallReader, toolCallReader } from "./chat-tool-calls.ts";
import { type Prose, rawToolCalls } from "./raw-tool-calls.ts";
import { reasoningSplitter } from "./reasoning-text.ts";

/** In what the answers of one model differ from the plain shape of a chat completion. */
export interface ChatShape {
  /** Tags that enclose reasoning inside the content, e.g. `think`. Reasoning in fields of its own needs none. */
  readonly reasoningTags?: readonly string[];
  /** The prompt ended inside the reasoning, so only the closing tag appears. */
  readonly startsInReasoning?: boolean;
  /** Every delta of reasoning is a balanced pair of tags, also after the first visible text. */
  readonly reasoningPairs?: boolean;
  /** Tool calls may appear as Kimi's text. */
  readonly rawToolCalls?: boolean;
  /** The tool whose arguments are the answer. */
  readonly answerTool?: string;
}

export interface ChatWriter {
  /** Takes reasoning that came in a field of its own. */
  reason(text: string): void;
  /** Takes content, which may hold reasoning and tool calls too. */
  write(text: string): void;
  readonly calls: ToolCallReader;
  /** Lets out what was held back. */
  close(): void;
  /** Calls of the client's tools so far. */
  called(): number;
}

/** @param out Gets the deltas. */
export function chatWriter(shape: ChatShape, out: Delta[]): ChatWriter {
  const { open, emit, release, called } = answer(shape.answerTool, out);
  const calls = toolCallReader(open);
  const raw = shape.rawToolCalls ? rawToolCalls(open, emit) : undefined;
  const say = raw === undefined ? emit : raw.push;
  const splitter = splitterFor(shape);
  const saySplit = (deltas: readonly Delta[]): void => {
    for (const delta of deltas) {
      if (delta.type === "text" || delta.type === "reasoning") say(delta.type, delta.text);
    }
  };
  return {
    reason: (text) => say("reasoning", text),
    write(text) {
      if (text === "") return;
      if (splitter === undefined) say("text", text);
      else saySplit(splitter.push(text));
    },
    calls,
    close() {
      if (splitter !== undefined) saySplit(splitter.end());
      raw?.end();
      calls.close();
      release();
    },
    called,
  };
}

function splitterFor({ reasoningTags, startsInReasoning, reasoningPairs }: ChatShape) {
  if (reasoningTags === undefined || reasoningTags.length === 0) return undefined;
  return reasoningSplitter({
    tags: reasoningTags,
    ...(startsInReasoning && { startsInside: true }),
    ...(reasoningPairs && { pairPerDelta: true }),
  });
}

/** Where the answer is a tool's arguments, text besides it would spoil the JSON: it waits until it is clear who speaks. */
function answer(answerTool: string | undefined, out: Delta[]) {
  const held: Delta[] = [];
  let answered = false;
  let called = 0;
  const open: OpenCall = (id, name) => {
    if (name === answerTool) {
      // A second answer would make the first one invalid JSON.
      if (answered) return () => {};
      answered = true;
      return (text) => out.push({ type: "text", text });
    }
    out.push(...held.splice(0));
    const index = called;
    called += 1;
    out.push({ type: "tool_start", index, id: id || `call_${index}`, name });
    return (text) => out.push({ type: "tool_arguments", index, text });
  };
  const emit = (type: Prose, text: string): void => {
    if (text !== "") (answerTool !== undefined && type === "text" ? held : out).push({ type, text });
  };
  const release = (): void => {
    if (!answered) out.push(...held.splice(0));
  };
  return { open, emit, release, called: () => called };
}
