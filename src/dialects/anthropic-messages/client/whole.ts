/** An answer in one piece. https://platform.claude.com/docs/en/api/messages/create */
import { carry } from "../../../chat/carrier.ts";
import type { Folded } from "../../../chat/fold.ts";
import type { ReasoningBlock } from "../../../chat/request.ts";
import type { AnswerIdentity } from "../../../chat/dialect.ts";
import { parseExact } from "../../../lib/exact-json.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";
import type { StreamOptions, Thoughts } from "./events.ts";
import { stopFields } from "./stop.ts";
import { wireUsage } from "./usage.ts";

export type WholeOptions = Pick<StreamOptions, "thoughts" | "stop" | "callId">;

export function wholeMessage(identity: AnswerIdentity, answer: Folded, options: WholeOptions): JsonObject {
  const { text, refusal, toolCalls, usage, finishReason: reason, native, stop, details } = answer;
  // A model that declines in words, without its answer being filtered, has said them to the user.
  const said = reason === "content_filter" ? text : text + refusal;
  return {
    id: `msg_${identity.id}`,
    type: "message",
    role: "assistant",
    model: identity.model,
    content: [
      ...thinkingBlocks(answer, identity, options.thoughts),
      ...(said === "" ? [] : [{ type: "text", text: said }]),
      ...toolCalls.map(({ id, name, arguments: input }) => ({
        type: "tool_use",
        id: options.callId(id),
        name,
        input: inputOf(input),
      })),
    ],
    ...stopFields({ reason, native, stop, details, refusal }, options.stop),
    usage: wireUsage(usage),
  };
}

function thinkingBlocks(
  { reasoning, reasoningText }: Folded,
  { model }: AnswerIdentity,
  thoughts: Thoughts,
): JsonObject[] {
  const signed = reasoning.flatMap((block) => nativeBlock(block, thoughts));
  const own = reasoning.filter(({ kind }) => kind === "text");
  // What is redacted holds no words; those that were shown stand before it.
  const told = reasoning.some(({ kind }) => kind === "signed");
  const shown = thoughts === "shown" && !told ? reasoningText : "";
  if (thoughts === "none" || (own.length === 0 && shown === "")) return signed;
  return [{ type: "thinking", thinking: shown, signature: carry({ model, blocks: own }) }, ...signed];
}

function nativeBlock(block: ReasoningBlock, thoughts: Thoughts): JsonObject[] {
  if (block.kind === "redacted") return [{ type: "redacted_thinking", data: block.data }];
  if (block.kind === "text") return [];
  const thinking = thoughts === "shown" ? block.text : "";
  return [{ type: "thinking", thinking, signature: block.signature }];
}

/** A call that was cut has no JSON: there is no other way to tell it in one piece. */
function inputOf(text: string): JsonObject {
  try {
    const value = parseExact(text, "digits");
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
