/**
 * Answers in the shape of OpenAI's chat completions, as deltas: gpt-oss, Qwen, Kimi, Jamba, Palmyra, Mistral's chat form
 * and what else is served by vLLM or its kin; also text completions.
 */
import { type ChatUsage, type ChunkSink, readChunk } from "../../dialects/openai-chat/upstream/chunk.ts";
import { toolCallReader } from "../../dialects/openai-chat/upstream/tool-calls.ts";
import type { TokenCounts } from "../answer/bedrock-fields.ts";
import type { AnswerFormat } from "../answer/decoder.ts";

/** The answer ends with the first `finish_reason` or `stop_reason`; usage may come behind it. */
export const chatAnswer: AnswerFormat = (writer) => {
  const calls = toolCallReader(writer.open);
  const sink: ChunkSink = { ...writer, call: (toolCalls) => calls.push(toolCalls) };
  return (payload) => {
    const { error, usage, choice, finish } = readChunk(payload, sink);
    const counts = usage && tokenCounts(usage);
    if (choice === undefined) return { error, counts };
    if (finish !== undefined) calls.close();
    return { counts, stop: finish, bare: !("finish_reason" in choice || "stop_reason" in choice) };
  };
};

/** OpenAI's prompt tokens include the cached ones, Bedrock's do not. */
function tokenCounts({ prompt, completion, cached = 0, cacheWrite = 0 }: ChatUsage): TokenCounts {
  const input = prompt && Math.max(0, prompt - cached - cacheWrite);
  return { input, output: completion, cacheRead: cached, cacheWrite };
}
