/** The pieces of Nova's answer on their way to deltas: text with its tags and stop sequences, and tool calls. */
import type { Delta, Encoded } from "../../contracts.ts";
import type { JsonObject } from "../../openai/types.ts";
import { asObject, asText } from "../json.ts";
import { ANSWER_TOOL } from "../offered-tools.ts";
import { reasoningSplitter } from "../reasoning-text.ts";
import { stopMatcher } from "../stop-matcher.ts";
import { clientToolName } from "./tools.ts";

/** A tool call while it is open. */
export interface OpenCall {
  /** A piece of its arguments, as JSON text or as the object itself. */
  push(input: unknown): void;
  close(): void;
}

export interface AnswerWriter {
  text(text: string): void;
  reasoning(text: string): void;
  /** @param start The `toolUse` member of a block's start. */
  openCall(start: JsonObject): OpenCall;
  /** The answer has ended: gives what was held back, and tells what the answer held. */
  end(): { readonly calledTools: boolean; readonly stopped: boolean };
}

/** @param emit Takes the deltas in their order. */
export function answerWriter(encoded: Encoded, emit: (delta: Delta) => void): AnswerWriter {
  const pipe = textPipe(encoded);
  const byTool = toolNames(encoded).includes(ANSWER_TOOL);
  // Where the answer is a tool's input, text besides it would spoil the JSON: it waits until it is clear who speaks.
  const held: Delta[] = [];
  let answered = false;
  let toolCalls = 0;

  const show = (deltas: readonly Delta[]): void => {
    for (const delta of deltas) {
      if (byTool && delta.type === "text") held.push(delta);
      else emit(delta);
    }
  };
  const clientCall = (start: JsonObject): WriteArguments => {
    const index = toolCalls;
    toolCalls += 1;
    for (const delta of held.splice(0)) emit(delta);
    const id = asText(start.toolUseId) || `call_${index}`;
    emit({ type: "tool_start", index, id, name: clientToolName(asText(start.name)) });
    return (text) => emit({ type: "tool_arguments", index, text });
  };
  const answerCall = (): WriteArguments => {
    // A second answer would make the first one invalid JSON.
    if (answered) return () => {};
    answered = true;
    return (text) => emit({ type: "text", text });
  };
  return {
    text: (text) => show(pipe.push(text)),
    reasoning: (text) => (text === "" ? undefined : emit({ type: "reasoning", text })),
    openCall(start) {
      show(pipe.flush());
      return argumentsOf(byTool && start.name === ANSWER_TOOL ? answerCall() : clientCall(start));
    },
    end() {
      show(pipe.flush());
      if (!answered) for (const delta of held.splice(0)) emit(delta);
      return { calledTools: toolCalls > 0, stopped: pipe.stopped() };
    },
  };
}

type WriteArguments = (text: string) => void;

interface TextPipe {
  push(text: string): Delta[];
  /** What was held back; the text may go on afterwards. */
  flush(): Delta[];
  /** Whether a stop sequence of the request ended the text. */
  stopped(): boolean;
}

/**
 * Nova leaves the stop sequence in its text, where OpenAI does not, and with tools it plans in `<thinking>` tags; without
 * tools such tags are what the user asked for.
 */
function textPipe({ body }: Encoded): TextPipe {
  const matcher = stopMatcher(texts(asObject(body.inferenceConfig)?.stopSequences));
  const freshSplitter = () => reasoningSplitter({ tags: body.toolConfig === undefined ? [] : ["thinking"] });
  let splitter = freshSplitter();
  let stopped = false;
  return {
    push(text) {
      const found = matcher.push(text);
      stopped ||= found.stopped;
      return splitter.push(found.text);
    },
    flush() {
      const rest = [...splitter.push(matcher.end()), ...splitter.end()];
      splitter = freshSplitter();
      return rest;
    },
    stopped: () => stopped,
  };
}

function argumentsOf(write: WriteArguments): OpenCall {
  let wrote = false;
  return {
    push(input) {
      const text = asObject(input) === undefined ? asText(input) : JSON.stringify(input);
      if (text === "") return;
      wrote = true;
      write(text);
    },
    close() {
      // A tool without arguments may stream nothing but "".
      if (!wrote) write("{}");
    },
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

function toolNames({ body }: Encoded): string[] {
  const tools = asObject(body.toolConfig)?.tools;
  if (!Array.isArray(tools)) return [];
  return tools.map((tool: unknown) => asText(asObject(asObject(tool)?.toolSpec)?.name));
}
