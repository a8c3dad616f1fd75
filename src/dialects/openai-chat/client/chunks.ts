/**
 * Deltas → `chat.completion.chunk` JSON texts. The constant parts of a chunk are written once per answer: on this hot
 * path only the delta itself is stringified.
 * https://platform.openai.com/docs/api-reference/chat/streaming
 */
import type { Delta, FinishReason, Usage } from "../../../chat/delta.ts";
import type { RouterError } from "../../../errors.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { extraFields, withExtra } from "./extra.ts";
import { wireUsage } from "./usage.ts";

export interface AnswerIdentity {
  /** `chatcmpl-...`, the same in every chunk. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  /** The configured name of the model that answers. */
  readonly model: string;
  /** The client speaks the deprecated function interface, which knows one call: it is told in `function_call`. */
  readonly functionCalls?: boolean;
}

export interface ChunkEncoder {
  /** The chunks of one delta, each a JSON text. */
  encode(delta: Delta): string[];
  /** Call once at the end: the usage chunk, where it was asked for and is known. */
  end(): string[];
  /** True once a `finish` delta came and no `error` did: only then the answer may be called complete. */
  readonly complete: boolean;
  /** The error that ended the answer. */
  readonly failure: RouterError | undefined;
  /** What the answer cost so far, as far as the model has told. */
  readonly usage: Usage | undefined;
}

/**
 * @param identity What every chunk repeats.
 * @param includeUsage `stream_options.include_usage`: every chunk carries `usage`, null but in the last.
 */
export function chunkEncoder(identity: AnswerIdentity, includeUsage: boolean): ChunkEncoder {
  /** Made when the first chunk is written: until then the model may be another. */
  let begun: string | undefined;
  const start = (): string => {
    begun ??= JSON.stringify({
      id: identity.id,
      object: "chat.completion.chunk",
      created: identity.created,
      model: identity.model,
    }).slice(0, -1);
    return begun;
  };
  const usageField = includeUsage ? ',"usage":null' : "";
  const chunk = (delta: string, finish: FinishReason | "function_call" | null = null) =>
    `${start()},"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish === null ? null : `"${finish}"`}}]${usageField}}`;

  let started = false;
  let finished = false;
  let failure: RouterError | undefined;
  let usage: Usage | undefined;
  /** Waits for the chunk that it belongs to. */
  let extra: JsonObject | undefined;

  const functionCall = (index: number, call: object): string | undefined =>
    index === 0 ? chunk(JSON.stringify({ function_call: call })) : undefined;

  const body = (delta: Delta): string | undefined => {
    switch (delta.type) {
      case "text":
        return delta.text === "" ? undefined : chunk(`{"content":${JSON.stringify(delta.text)}}`);
      case "reasoning":
        return delta.text === "" ? undefined : chunk(`{"reasoning_content":${JSON.stringify(delta.text)}}`);
      case "refusal":
        return chunk(`{"refusal":${JSON.stringify(delta.text)}}`);
      case "tool_start":
        if (identity.functionCalls) return functionCall(delta.index, { name: delta.name, arguments: "" });
        return chunk(
          `{"tool_calls":[${JSON.stringify({
            index: delta.index,
            id: delta.id,
            type: "function",
            function: { name: delta.name, arguments: "" },
          })}]}`,
        );
      case "tool_arguments":
        if (identity.functionCalls) return functionCall(delta.index, { arguments: delta.text });
        return delta.text === ""
          ? undefined
          : chunk(
              `{"tool_calls":[{"index":${delta.index},"function":{"arguments":${JSON.stringify(delta.text)}}}]}`,
            );
      case "finish":
        finished = true;
        return chunk("{}", finishFor(delta.reason, identity));
      case "usage":
        usage = delta.usage;
        return undefined;
      case "error":
        failure = delta.error;
        return JSON.stringify(delta.error.toBody());
      case "extra":
        if (delta.dialect === "openai-chat") extra = delta.fields;
        return undefined;
      case "reasoning_block":
        return undefined;
    }
  };

  return {
    get usage() {
      return usage;
    },
    get complete() {
      return finished && failure === undefined;
    },
    get failure() {
      return failure;
    },
    encode(delta) {
      const text = body(delta);
      if (text === undefined) return [];
      const told = extra === undefined || delta.type === "error" ? text : withExtra(text, extraFields(extra));
      extra = undefined;
      if (started || delta.type === "error") return [told];
      started = true;
      return [chunk('{"role":"assistant","content":""}'), told];
    },
    end() {
      if (failure || !includeUsage || usage === undefined) return [];
      return [`${start()},"choices":[],"usage":${JSON.stringify(wireUsage(usage))}}`];
    },
  };
}

/** OpenAI's finish reason, in the words of the interface that the client speaks. */
export function finishFor(
  reason: FinishReason,
  { functionCalls }: AnswerIdentity,
): FinishReason | "function_call" {
  return functionCalls && reason === "tool_calls" ? "function_call" : reason;
}
