/** What one `chat.completion.chunk` adds to an answer. */
import { isObject, type JsonObject, numberOf, objectOf, objectsOf, textOf } from "../../lib/json.ts";

export interface CallPart {
  readonly index: number;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly arguments: string;
}

export interface TokenUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number;
}

export interface ChunkParts {
  readonly model: string | undefined;
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly CallPart[];
  readonly finish: string | undefined;
  readonly usage: TokenUsage | undefined;
}

/** Reads a chunk of the router or, handed on as it is, of any OpenAI-compatible provider. */
export function readChunk(chunk: JsonObject): ChunkParts {
  const choice = objectsOf(chunk.choices)[0] ?? {};
  const delta = objectOf(choice.delta);
  return {
    model: textOf(chunk.model),
    text: (textOf(delta.content) ?? "") + (textOf(delta.refusal) ?? ""),
    reasoning: textOf(delta.reasoning_content) ?? textOf(delta.reasoning) ?? "",
    calls: objectsOf(delta.tool_calls).map(callPart),
    finish: textOf(choice.finish_reason),
    usage: isObject(chunk.usage) ? usageIn(chunk.usage) : undefined,
  };
}

function callPart(call: JsonObject, position: number): CallPart {
  const called = objectOf(call.function);
  return {
    index: numberOf(call.index) ?? position,
    id: textOf(call.id),
    name: textOf(called.name),
    arguments: textOf(called.arguments) ?? "",
  };
}

function usageIn(usage: JsonObject): TokenUsage | undefined {
  const prompt = numberOf(usage.prompt_tokens);
  const completion = numberOf(usage.completion_tokens);
  if (prompt === undefined || completion === undefined) return undefined;
  return { prompt, completion, cached: numberOf(objectOf(usage.prompt_tokens_details).cached_tokens) ?? 0 };
}
