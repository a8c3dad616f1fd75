/** The content blocks of an answer, one reader for each kind. */
import type { Delta } from "../../contracts.ts";
import type { JsonObject } from "../../openai/types.ts";
import { asText, isObject } from "../json.ts";
import { ANSWER_TOOL } from "../offered-tools.ts";

/** One block while it is open. */
export interface Block {
  /** Takes a `content_block_delta`'s delta; kinds it does not know are ignored. */
  push(delta: JsonObject): void;
  close(): void;
}

/** Where the answer is a tool's input, text besides it would spoil the JSON: it waits until it is clear who speaks. */
export interface AnswerText {
  readonly byTool: boolean;
  /** Whether the answer tool was called. */
  given: boolean;
  readonly held: Delta[];
}

/** What the blocks of an answer share. */
export interface BlockContext {
  readonly emit: (delta: Delta) => void;
  readonly answer: AnswerText;
  /** Calls of the client's tools so far; the next one's index. */
  toolCalls: number;
}

type OpenBlock = (start: JsonObject, context: BlockContext) => Block;

const OPENERS: ReadonlyMap<unknown, OpenBlock> = new Map([
  ["text", textBlock],
  ["thinking", thinkingBlock],
  ["redacted_thinking", redactedBlock],
  ["tool_use", toolBlock],
]);

/** Opens a block by the `content_block` of its start event. Kinds that are not known are read over. */
export function openBlock(start: JsonObject, context: BlockContext): Block {
  const open = OPENERS.get(start.type);
  return open === undefined ? { push() {}, close() {} } : open(start, context);
}

function textBlock(start: JsonObject, { emit, answer }: BlockContext): Block {
  const write = (value: unknown): void => {
    const text = asText(value);
    if (text === "") return;
    const delta: Delta = { type: "text", text };
    if (answer.byTool) answer.held.push(delta);
    else emit(delta);
  };
  write(start.text);
  return {
    push(delta) {
      if (delta.type === "text_delta") write(delta.text);
    },
    close() {},
  };
}

function thinkingBlock(start: JsonObject, { emit }: BlockContext): Block {
  let thinking = "";
  let signature = asText(start.signature);
  const think = (text: string): void => {
    thinking += text;
    if (text !== "") emit({ type: "reasoning", text });
  };
  think(asText(start.thinking));
  return {
    push(delta) {
      if (delta.type === "thinking_delta") think(asText(delta.thinking));
      else if (delta.type === "signature_delta") signature += asText(delta.signature);
    },
    close() {
      // Claude takes back only what it signed.
      if (signature === "") return;
      emit({ type: "reasoning_block", block: { type: "thinking", thinking, signature } });
    },
  };
}

function redactedBlock(start: JsonObject, { emit }: BlockContext): Block {
  return {
    push() {},
    close() {
      const data = asText(start.data);
      if (data !== "") emit({ type: "reasoning_block", block: { type: "redacted_thinking", data } });
    },
  };
}

function toolBlock(start: JsonObject, context: BlockContext): Block {
  const write =
    start.name === ANSWER_TOOL && context.answer.byTool ? answerWriter(context) : callWriter(start, context);
  let streamed = false;
  return {
    push(delta) {
      const text = delta.type === "input_json_delta" ? asText(delta.partial_json) : "";
      if (text === "") return;
      streamed = true;
      write(text);
    },
    close() {
      // A tool without arguments streams nothing but "", and some answers carry the input in the start.
      if (!streamed) write(JSON.stringify(isObject(start.input) ? start.input : {}));
    },
  };
}

function callWriter(start: JsonObject, context: BlockContext): (text: string) => void {
  const { emit, answer } = context;
  const index = context.toolCalls;
  context.toolCalls += 1;
  for (const delta of answer.held.splice(0)) emit(delta);
  emit({ type: "tool_start", index, id: asText(start.id) || `call_${index}`, name: asText(start.name) });
  return (text) => emit({ type: "tool_arguments", index, text });
}

function answerWriter({ emit, answer }: BlockContext): (text: string) => void {
  // A second answer would make the first one invalid JSON.
  if (answer.given) return () => {};
  answer.given = true;
  return (text) => emit({ type: "text", text });
}
