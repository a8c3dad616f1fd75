/** Answers as Bedrock's chat models write them: reasoning inside the content, and no usage but Bedrock's own in most streams. */
import { randomBytes } from "node:crypto";
import type { Answer, Block } from "../../answer/conversation.ts";
import type { JsonObject } from "../../json.ts";
import { FINISH } from "../../openai/shape.ts";
import type { Reply, TokenUsage } from "../family.ts";
import { type ChatRules, namedModel } from "./models.ts";

type ToolBlock = Extract<Block, { type: "tool" }>;

/** The chunks of a stream; Bedrock adds its metrics to the last one. */
export function chunksOf(reply: Reply, rules: ChatRules): JsonObject[] {
  const { answer, usage } = reply;
  const base = head(reply, "chat.completion.chunk");
  const every = rules.usage === "every chunk" ? { usage: usageOf(usage) } : {};
  const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
    ...base,
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...every,
  });
  const finish = FINISH[answer.stop];
  const body = [
    chunk({ role: "assistant", content: "" }),
    ...contentDeltas(answer, rules).map((delta) => chunk(delta)),
    ...toolsOf(answer).flatMap((call, index) => callDeltas(call, index).map((delta) => chunk(delta))),
    chunk({}, finish),
  ];
  if (rules.usage === "every chunk") return [...body, {}];
  return rules.usage === "own chunk" ? [...body, { ...base, choices: [], usage: usageOf(usage) }] : body;
}

/** The `chat.completion` of a non-streaming call. */
export function wholeCompletion(reply: Reply, rules: ChatRules): JsonObject {
  const { answer, usage } = reply;
  const deltas = contentDeltas(answer, {
    ...rules,
    reasoning: rules.reasoning === "pairs" ? "think" : rules.reasoning,
  });
  const tag = rules.reasoning === "pairs" ? "reasoning" : "think";
  const joined = (key: string) => deltas.map((delta) => delta[key] ?? "").join("");
  const content = joined("content").replaceAll(/<(\/?)think>/g, `<$1${tag}>`);
  const reasoning = joined("reasoning_content");
  const calls = toolsOf(answer);
  const message = {
    role: "assistant",
    content: content === "" && calls.length > 0 ? null : content,
    refusal: null,
    ...(reasoning !== "" && { reasoning_content: reasoning }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call, index) => ({
        id: callId(call, index),
        type: "function",
        function: { name: call.name, arguments: call.pieces.join("") },
      })),
    }),
  };
  const choice = { index: 0, message, logprobs: null, finish_reason: FINISH[answer.stop] };
  return { ...head(reply, "chat.completion"), choices: [choice], usage: usageOf(usage) };
}

function head({ modelId }: Reply, object: string): JsonObject {
  const id = `chatcmpl-${randomBytes(12).toString("hex")}`;
  const created = Math.floor(Date.now() / 1000);
  return { id, object, created, model: namedModel(modelId), service_tier: "auto" };
}

function contentDeltas({ blocks }: Answer, { reasoning }: ChatRules): JsonObject[] {
  return blocks.flatMap((block) => {
    if (block.type === "text") return block.pieces.map((content) => ({ content }));
    return block.type === "thinking" ? thoughtDeltas(block.pieces, reasoning) : [];
  });
}

function thoughtDeltas(pieces: readonly string[], reasoning: ChatRules["reasoning"]): JsonObject[] {
  if (reasoning === "field") return pieces.map((reasoning_content) => ({ reasoning_content }));
  if (reasoning === "pairs") return pieces.map((text) => ({ content: `<reasoning>${text}</reasoning>` }));
  // Tags are tokens like others and fall apart as those do.
  return ["<thi", "nk>", ...pieces, "</th", "ink>", "\n\n"].map((content) => ({ content }));
}

function toolsOf({ blocks }: Answer): ToolBlock[] {
  return blocks.filter((block) => block.type === "tool");
}

function callDeltas(call: ToolBlock, index: number): JsonObject[] {
  const opening = {
    index,
    id: callId(call, index),
    type: "function",
    function: { name: call.name, arguments: "" },
  };
  const rest = call.pieces.map((piece) => ({ index, function: { arguments: piece } }));
  return [opening, ...rest].map((toolCall) => ({ tool_calls: [toolCall] }));
}

/** Kimi's ids count the calls of an answer. */
function callId({ name }: ToolBlock, index: number): string {
  return `functions.${name}:${index}`;
}

function usageOf({ input, output }: TokenUsage): JsonObject {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
