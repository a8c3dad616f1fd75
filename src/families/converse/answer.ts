/** The pieces of an answer on their way to deltas: text, tool calls, reasoning. */
import type { Delta } from "../../contracts.ts";
import type { JsonObject } from "../../openai/types.ts";
import { chatWriter } from "../chat-writer.ts";
import { clientToolName } from "./tool-names.ts";

/** What of a request shapes its answer. */
export interface AnswerRules {
  /** Whether tools were offered under names that have to be put back. */
  readonly plainToolNames: boolean;
  /** The tool whose input is the answer. */
  readonly answerTool?: string;
}

/** Blocks are told apart by whatever stands in `contentBlockIndex`. */
export interface AnswerWriter {
  text(text: string): void;
  openCall(block: unknown, id: string, name: string): void;
  /** @param input A piece of JSON text, or the whole object. */
  callInput(block: unknown, input: unknown): void;
  /** Any of the three may be empty. */
  reasoning(block: unknown, text: string, signature: string, redacted: string): void;
  close(block: unknown): void;
  /** The answer has ended: lets out what was held back. */
  end(): void;
  calledTools(): boolean;
}

/** @param out Gets the deltas. */
export function answerWriter(rules: AnswerRules, out: Delta[]): AnswerWriter {
  const { answerTool } = rules;
  const writer = chatWriter(answerTool === undefined ? {} : { answerTool }, out);
  const calls = new Map<unknown, number>();
  const thoughts = thoughtReader(out);
  let opened = 0;
  return {
    text: writer.write,
    openCall(block, id, name) {
      calls.set(block, opened);
      writer.calls.push([{ index: opened, id, function: { name: clientToolName(name, rules) } }]);
      opened += 1;
    },
    callInput(block, input) {
      const index = calls.get(block);
      if (index !== undefined) writer.calls.push([{ index, function: { arguments: input } }]);
    },
    reasoning(block, text, signature, redacted) {
      thoughts.push(block, { text, signature, redacted });
      writer.reason(text);
    },
    close(block) {
      calls.delete(block);
      thoughts.close(block);
    },
    end() {
      thoughts.end();
      writer.close();
    },
    calledTools: () => writer.called() > 0,
  };
}

interface Thought {
  readonly text: string;
  readonly signature: string;
  readonly redacted: string;
}

/** Puts the pieces of reasoning blocks together, for a model that wants them back. */
function thoughtReader(out: Delta[]) {
  const thoughts = new Map<unknown, Thought>();
  const close = (block: unknown): void => {
    const thought = thoughts.get(block);
    const given = thought && reasoningContent(thought);
    thoughts.delete(block);
    if (given) out.push({ type: "reasoning_block", block: { reasoningContent: given } });
  };
  return {
    push(block: unknown, { text, signature, redacted }: Thought) {
      const before = thoughts.get(block) ?? { text: "", signature: "", redacted: "" };
      thoughts.set(block, {
        text: before.text + text,
        signature: before.signature + signature,
        redacted: before.redacted + redacted,
      });
    },
    close,
    end() {
      for (const block of [...thoughts.keys()]) close(block);
    },
  };
}

/** Models take back only what they signed or encrypted themselves. */
function reasoningContent({ text, signature, redacted }: Thought): JsonObject | undefined {
  if (redacted !== "") return { redactedContent: redacted };
  return signature === "" ? undefined : { reasoningText: { text, signature } };
}
