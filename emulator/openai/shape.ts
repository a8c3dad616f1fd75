/** Answers as chat completions, with the kind of extra fields that real upstreams have. */
import { randomBytes } from "node:crypto";
import { type Answer, type Block, tokensIn } from "../answer/conversation.ts";
import type { JsonObject } from "../json.ts";

/** Why an answer stopped, in OpenAI's words. */
export const FINISH: Readonly<Record<Answer["stop"], string>> = {
  end: "stop",
  length: "length",
  stop_sequence: "stop",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

// Fields outside the specification, or rarely sent: whoever hands answers on must not lose them.
const EXTRA = { system_fingerprint: "fp_emulator", x_extra: { region: "emulated", queue_ms: 3 } };

/** One chat completion about to be written. */
export interface Completion {
  readonly model: unknown;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly answer: Answer;
  readonly promptTokens: number;
}

/** The `chat.completion.chunk`s of a stream; `includeUsage` adds the usage chunk. */
export function chunksOf(completion: Completion, includeUsage: boolean): JsonObject[] {
  const { answer } = completion;
  const base = head(completion, "chat.completion.chunk");
  const calls = answer.blocks.filter((block) => block.type === "tool");
  const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...(includeUsage && { usage: null }),
  });
  return [
    chunk({ role: "assistant", content: "" }),
    ...thoughtsOf(answer.blocks).map((thought) => chunk({ reasoning_content: thought })),
    ...textOf(answer.blocks).map((content) => chunk({ content })),
    ...calls.flatMap((call, index) => callDeltas(call, index).map((delta) => chunk(delta))),
    chunk({}, FINISH[answer.stop]),
    ...(includeUsage ? [{ ...base, choices: [], usage: usageOf(completion) }] : []),
  ];
}

/** The `chat.completion` of a non-streaming call. */
export function wholeCompletion(completion: Completion): JsonObject {
  const { answer } = completion;
  const calls = answer.blocks.filter((block) => block.type === "tool");
  const content = textOf(answer.blocks).join("");
  const thoughts = thoughtsOf(answer.blocks).join("");
  const message = {
    role: "assistant",
    content: content === "" && calls.length > 0 ? null : content,
    refusal: null,
    ...(thoughts !== "" && { reasoning_content: thoughts }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({
        id: newId("call_"),
        type: "function",
        function: { name: call.name, arguments: argumentsOf(call).join("") },
      })),
    }),
  };
  const choice = { index: 0, message, logprobs: null, finish_reason: FINISH[answer.stop] };
  return { ...head(completion, "chat.completion"), choices: [choice], usage: usageOf(completion) };
}

function head({ model, created }: Completion, object: string): JsonObject {
  return { id: newId("chatcmpl-"), object, created, model, ...EXTRA };
}

function thoughtsOf(blocks: readonly Block[]): string[] {
  return blocks.filter((block) => block.type === "thinking").flatMap(({ pieces }) => pieces);
}

function textOf(blocks: readonly Block[]): string[] {
  return blocks.filter((block) => block.type === "text").flatMap(({ pieces }) => pieces);
}

type ToolBlock = Extract<Block, { type: "tool" }>;

function callDeltas(call: ToolBlock, index: number): JsonObject[] {
  const opening = {
    index,
    id: newId("call_"),
    type: "function",
    function: { name: call.name, arguments: "" },
  };
  const rest = argumentsOf(call).map((piece) => ({ index, function: { arguments: piece } }));
  return [opening, ...rest].map((toolCall) => ({ tool_calls: [toolCall] }));
}

/** OpenAI writes `{}` for a function without parameters. */
function argumentsOf(call: ToolBlock): readonly string[] {
  return call.pieces.length > 0 ? call.pieces : ["{}"];
}

function usageOf({ answer, promptTokens }: Completion): JsonObject {
  const completionTokens = answer.outputTokens;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  };
}

/** Tokens of the messages and tools of a request. */
export function promptTokensIn(body: JsonObject): number {
  return tokensIn(JSON.stringify({ messages: body.messages, tools: body.tools }).length);
}

function newId(prefix: string): string {
  return prefix + randomBytes(12).toString("hex");
}
