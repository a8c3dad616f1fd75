/**
 * Tool use with thinking for clients that speak OpenAI: a model wants its signed reasoning back together with the tool
 * results, but their messages do not carry it. It is kept by tool-call id when an answer ends in a call, and put back when
 * the results arrive.
 */
import type { ReasoningMemory } from "../contracts.ts";
import type { Target } from "../target.ts";
import type { Delta } from "../chat/delta.ts";
import type { AssistantMessage, ChatMessage, ChatRequest, ReasoningBlock } from "../chat/request.ts";
import { withOwnReasoning } from "../chat/carrier.ts";
import { bindsThinking, surfaceOf, takesThinking } from "../families/index.ts";
import { withReminders } from "../chat/system-reminders.ts";
import { lastUserWords } from "../chat/user-text.ts";
import type { DeltaDecoder } from "./source.ts";

/** Each is looked for by itself, and a client may send a hundred thousand. */
const MOST_STEPS = 1000;

/** The request with what the target's model thought in earlier steps: from the client where its dialect carries it, else from memory. */
export async function withReasoning(
  request: ChatRequest,
  target: Target,
  memory: ReasoningMemory | undefined,
): Promise<ChatRequest> {
  const own = remembers(request)
    ? await recallReasoning(request, target, memory)
    : withOwnReasoning(request, target.name);
  return takesSystemAnywhere(target) ? own : withReminders(own);
}

/** OpenAI's APIs have a place for system text between the other messages. */
function takesSystemAnywhere(target: Target): boolean {
  if (target.kind !== "bedrock") return target.kind === "openai";
  const { surface } = surfaceOf(target);
  return surface === "chat" || surface === "responses";
}

/** OpenAI's chat clients do not send it back. */
function remembers({ source }: ChatRequest): boolean {
  return source.dialect === "openai-chat";
}

/** The request with the reasoning of the tool turn it continues, as far as it was kept. */
async function recallReasoning(
  request: ChatRequest,
  target: Target,
  memory: ReasoningMemory | undefined,
): Promise<ChatRequest> {
  const { reasoningEffort, messages } = request;
  if (memory === undefined || !thinks(target, reasoningEffort)) return request;
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  if (callId(messages[last]) === undefined) return request;
  // What stands behind the newest step is about its results; agents add such messages between earlier steps too.
  const start = lastUserWords(messages.slice(0, last)) + 1;
  const ids = messages.slice(start).flatMap((message) => callId(message) ?? []);
  if (ids.length > MOST_STEPS) return request;
  const loaded = await memory.load(target.model, ids).catch(() => undefined);
  const kept = loaded && new Map(loaded);
  if (kept === undefined || kept.size === 0) return request;
  // Behind a step whose thinking is gone, what is bound to it would be refused.
  const gap = ids.findIndex((id) => !kept.has(id));
  const gone = gap === -1 || !bindsThinking(target) ? [] : ids.slice(gap);
  for (const id of gone) kept.delete(id);
  return {
    ...request,
    messages: messages.map((message, index) => (index < start ? message : recalled(message, kept))),
  };
}

/** Of a model of which nothing is known, what it has given out itself goes back. */
function thinks(target: Target, effort: string | undefined): boolean {
  return target.kind === "openai" ? effort !== "none" : takesThinking(target, effort);
}

function recalled(message: ChatMessage, kept: ReadonlyMap<string, readonly ReasoningBlock[]>): ChatMessage {
  const blocks = kept.get(callId(message) ?? "");
  if (message.role !== "assistant" || blocks === undefined) return message;
  return { ...message, reasoning: blocks } satisfies AssistantMessage;
}

/** A step's reasoning is kept under the first of its calls. */
function callId(message: ChatMessage | undefined): string | undefined {
  const id = message?.role === "assistant" ? message.toolCalls[0]?.id : undefined;
  return id && keyOf(id);
}

/** OpenClaw sends ids back without `_` and `-`. */
function keyOf(toolCallId: string): string {
  return toolCallId.replace(/[^A-Za-z0-9]/g, "");
}

/** Watches an answer and keeps its reasoning once it has ended in a tool call. */
export function rememberReasoning(
  decoder: DeltaDecoder,
  request: ChatRequest,
  target: Target,
  memory: ReasoningMemory | undefined,
): DeltaDecoder {
  if (memory === undefined || !remembers(request)) return decoder;
  const blocks: ReasoningBlock[] = [];
  let firstCall: string | undefined;
  const watch = (deltas: Delta[]): Delta[] => {
    for (const delta of deltas) {
      if (delta.type === "reasoning_block") blocks.push(delta.block);
      else if (delta.type === "tool_start") firstCall ??= keyOf(delta.id);
      else if (delta.type === "finish" && firstCall !== undefined && blocks.length > 0) {
        memory.save(target.model, firstCall, blocks);
      }
    }
    return deltas;
  };
  return { decode: (bytes) => watch(decoder.decode(bytes)), end: () => watch(decoder.end()) };
}
