/** Mistral's answers: `outputs` in the text form, `choices` in the chat form. */
import { randomBytes } from "node:crypto";
import type { Answer, Block } from "../../answer/conversation.ts";
import type { JsonObject } from "../../json.ts";
import type { Reply } from "../family.ts";
import type { MistralRules } from "./models.ts";

const FINISH: Readonly<Record<Answer["stop"], string>> = {
  end: "stop",
  length: "length",
  stop_sequence: "stop",
  tool_use: "tool_calls",
  refusal: "stop",
};
const ID_BYTES = 9;

type ToolBlock = Extract<Block, { type: "tool" }>;

/** The text form: one chunk a piece; a space opens the text, as in recordings; the reason is in the last, beside its text. */
export function outputsOf({ answer }: Reply, streaming: boolean): JsonObject[] {
  const [first = "", ...more] = textOf(answer);
  const pieces = [` ${first}`, ...more];
  const output = (text: string, stop_reason: string | null) => ({ outputs: [{ text, stop_reason }] });
  if (!streaming) return [output(pieces.join(""), FINISH[answer.stop])];
  const last = pieces.pop() ?? "";
  return [...pieces.map((text) => output(text, null)), output(last, FINISH[answer.stop])];
}

/** The chat form. */
export function choicesOf(reply: Reply, rules: MistralRules, streaming: boolean): JsonObject[] {
  const { answer } = reply;
  const content = [...thoughtsOf(answer), ...textOf(answer)];
  const calls = answer.blocks.filter((block) => block.type === "tool");
  const finish = FINISH[answer.stop];
  const base = head(reply, streaming ? "chat.completion.chunk" : "chat.completion");
  if (!streaming) {
    const message = { role: "assistant", content: content.join(""), ...wholeCalls(calls) };
    const choice = { index: 0, message, [rules.classic ? "stop_reason" : "finish_reason"]: finish };
    return [{ ...base, choices: [choice], ...(!rules.classic && { usage: usageOf(reply) }) }];
  }
  const deltas = rules.classic ? classicDeltas(content, calls) : newDeltas(content, calls);
  const place = rules.classic ? "message" : "delta";
  const reason = rules.classic ? "stop_reason" : "finish_reason";
  return deltas.map((delta, index) => ({
    ...base,
    choices: [{ index: 0, [place]: delta, [reason]: index === deltas.length - 1 ? finish : null }],
  }));
}

/** Each piece is a message, calls come whole and with the end. */
function classicDeltas(content: readonly string[], calls: readonly ToolBlock[]): JsonObject[] {
  const pieces = content.map((text) => ({ role: "assistant", content: text }));
  if (calls.length > 0) return [...pieces, { role: "assistant", content: "", ...wholeCalls(calls) }];
  return pieces.length > 0 ? pieces : [{ role: "assistant", content: "" }];
}

function newDeltas(content: readonly string[], calls: readonly ToolBlock[]): JsonObject[] {
  const tools = calls.flatMap((call, index) => [
    { tool_calls: [{ index, id: newId(), type: "function", function: { name: call.name, arguments: "" } }] },
    ...call.pieces.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ]);
  return [
    { role: "assistant", content: "" },
    ...content.map((text) => ({ content: text })),
    ...tools,
    { content: "" },
  ];
}

function wholeCalls(calls: readonly ToolBlock[]): JsonObject {
  if (calls.length === 0) return {};
  const tool_calls = calls.map(({ name, pieces }) => ({
    id: newId(),
    type: "function",
    function: { name, arguments: pieces.length > 0 ? pieces.join("") : "{}" },
  }));
  return { tool_calls };
}

function textOf({ blocks }: Answer): string[] {
  return blocks.filter(({ type }) => type === "text").flatMap(({ pieces }) => pieces);
}

/** Magistral thinks between tags of its own. */
function thoughtsOf({ blocks }: Answer): string[] {
  const pieces = blocks.filter(({ type }) => type === "thinking").flatMap((block) => block.pieces);
  return pieces.length > 0 ? ["[THI", "NK]", ...pieces, "[/THINK]"] : [];
}

function head({ modelId }: Reply, object: string): JsonObject {
  const created = Math.floor(Date.now() / 1000);
  return { id: randomBytes(16).toString("hex"), object, created, model: modelId };
}

function usageOf({ usage: { input, output } }: Reply): JsonObject {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function newId(): string {
  return randomBytes(ID_BYTES).toString("hex").slice(0, ID_BYTES);
}
