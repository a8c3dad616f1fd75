/**
 * Answers in the shape of OpenAI's chat completions, as deltas: gpt-oss, Qwen, Kimi, Jamba, Palmyra, Mistral's chat form
 * and what else is served by vLLM or its kin; also text completions (`choices[].text`). A whole answer is decoded as the
 * one chunk that it could have been, so both ways give the same.
 */
import type { JsonObject } from "../../chat/request.ts";
import type { TokenCounts } from "../answer/bedrock-fields.ts";
import type { AnswerFormat } from "../answer/decoder.ts";
import type { AnswerWriter } from "../answer/writer.ts";
import { asCount, asObject, asText } from "../../lib/json.ts";
import { chatError } from "./error.ts";

/** The answer ends with the first `finish_reason` or `stop_reason`; usage may come behind it. */
export const chatAnswer: AnswerFormat = (writer) => (payload) => {
  const error = chatError(payload);
  const counts = chatCounts(payload.usage);
  const { choices } = payload;
  const choice = Array.isArray(choices) ? asObject(choices[0]) : undefined;
  if (error !== undefined || choice === undefined) return { error, counts };
  readChoice(choice, writer);
  const stop = asText(choice.finish_reason) || asText(choice.stop_reason) || undefined;
  return { counts, stop, bare: !("finish_reason" in choice || "stop_reason" in choice) };
};

function readChoice(choice: JsonObject, writer: AnswerWriter): void {
  writer.write(asText(choice.text));
  const piece = asObject(choice.delta) ?? asObject(choice.message);
  if (piece === undefined) return;
  writer.reason(asText(piece.reasoning_content) || asText(piece.reasoning));
  readContent(piece.content, writer);
  writer.refuse(asText(piece.refusal));
  writer.calls.push(piece.tool_calls);
}

/** A string, or parts: text, and for Magistral thinking whose content is parts again. */
function readContent(content: unknown, writer: AnswerWriter): void {
  if (typeof content === "string") writer.write(content);
  if (!Array.isArray(content)) return;
  for (const part of content) {
    const { text, thinking } = asObject(part) ?? {};
    writer.write(asText(text));
    if (Array.isArray(thinking)) for (const inner of thinking) writer.reason(asText(asObject(inner)?.text));
    else writer.reason(asText(thinking));
  }
}

/** OpenAI's `usage`, whose prompt tokens include the cached ones. */
function chatCounts(value: unknown): TokenCounts | undefined {
  const usage = asObject(value);
  if (usage === undefined) return undefined;
  const prompt = asCount(usage.prompt_tokens);
  const details = asObject(usage.prompt_tokens_details);
  const cacheRead = asCount(details?.cached_tokens) ?? 0;
  const cacheWrite = asCount(details?.cache_write_tokens) ?? 0;
  const input = prompt && Math.max(0, prompt - cacheRead - cacheWrite);
  return { input, output: asCount(usage.completion_tokens), cacheRead, cacheWrite };
}
