/**
 * Tool use with thinking for clients that speak OpenAI: a model wants its signed reasoning back together with the tool
 * results, but their messages do not carry it. It is kept by tool-call id when an answer ends in a call, and put back when
 * the results arrive.
 */
import type { BedrockTarget, Delta, ReasoningMemory } from "../../contracts.ts";
import type { AssistantMessage, ChatMessage, ChatRequest, JsonObject } from "../../openai/types.ts";
import type { AnswerDecoder } from "./decode.ts";

/** The request with the reasoning of the tool turn it continues, as far as it was kept. */
export async function recallReasoning(
  request: ChatRequest,
  target: BedrockTarget,
  memory: ReasoningMemory | undefined,
): Promise<ChatRequest> {
  const { reasoningEffort, messages } = request;
  if (memory === undefined || reasoningEffort === undefined || reasoningEffort === "none") return request;
  if (messages.at(-1)?.role !== "tool") return request;
  const start = messages.findLastIndex(({ role }) => role === "user") + 1;
  const ids = messages.slice(start).flatMap((message) => callId(message) ?? []);
  if (ids.length === 0) return request;
  const kept = await memory.load(target.model, ids).catch(() => undefined);
  if (kept === undefined || kept.size === 0) return request;
  return {
    ...request,
    messages: messages.map((message, index) => (index < start ? message : recalled(message, kept))),
  };
}

function recalled(message: ChatMessage, kept: ReadonlyMap<string, readonly JsonObject[]>): ChatMessage {
  const blocks = kept.get(callId(message) ?? "");
  if (message.role !== "assistant" || blocks === undefined) return message;
  return { ...message, reasoning: blocks } satisfies AssistantMessage;
}

/** A step's reasoning is kept under the first of its calls. */
function callId(message: ChatMessage): string | undefined {
  return message.role === "assistant" ? message.toolCalls[0]?.id : undefined;
}

/** Watches an answer and keeps its reasoning once it has ended in a tool call. */
export function rememberReasoning(
  decoder: AnswerDecoder,
  target: BedrockTarget,
  memory: ReasoningMemory | undefined,
): AnswerDecoder {
  if (memory === undefined) return decoder;
  const blocks: JsonObject[] = [];
  let firstCall: string | undefined;
  const watch = (deltas: Delta[]): Delta[] => {
    for (const delta of deltas) {
      if (delta.type === "reasoning_block") blocks.push(delta.block);
      else if (delta.type === "tool_start") firstCall ??= delta.id;
      else if (delta.type === "finish" && firstCall !== undefined && blocks.length > 0) {
        memory.save(target.model, firstCall, blocks);
      }
    }
    return deltas;
  };
  return { decode: (bytes) => watch(decoder.decode(bytes)), end: () => watch(decoder.end()) };
}
