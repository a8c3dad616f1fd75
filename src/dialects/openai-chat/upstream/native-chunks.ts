/** An OpenAI-compatible upstream's own answer → `chat.completion.chunk` JSON texts, every field as the upstream sent it. */
import { createParser } from "eventsource-parser";
import { RouterError } from "../../../errors.ts";
import type { JsonObject } from "../../../chat/request.ts";

/** Synchronous; takes any split of the text. */
export interface NativeChunks {
  /** The chunks that this piece of the body completes. */
  feed(text: string): string[];
  /** Call once, when the body has ended. */
  end(): string[];
  /** True once the upstream has said that the answer is whole. */
  readonly complete: boolean;
  /** The error that the upstream put into its stream. */
  readonly failure: RouterError | undefined;
}

/** Reads server-sent events: whole with `[DONE]`, or, for upstreams that do not send it, with a finish reason. */
export function sseChunks(): NativeChunks {
  let chunks: string[] = [];
  let done = false;
  let finished = false;
  let ended = false;
  let failure: RouterError | undefined;
  /** The last event was no JSON object: half of one if it was the very last, else the stream is none of chunks. */
  let broken = false;
  let any = false;
  const parser = createParser({
    onEvent({ data }) {
      if (done || failure || data.trim() === "") return;
      if (broken) {
        failure = invalid();
        return;
      }
      if (data.trim() === "[DONE]") {
        done = true;
        return;
      }
      const chunk = parseObject(data);
      broken = chunk === undefined;
      failure = chunk && errorIn(chunk, data);
      if (!chunk || failure) return;
      any = true;
      finished ||= hasFinished(chunk);
      chunks.push(JSON.stringify(chunk));
    },
  });
  const taken = (): string[] => {
    const out = chunks;
    chunks = [];
    return out;
  };
  return {
    feed(text) {
      parser.feed(text);
      return taken();
    },
    end() {
      // The last event may lack its blank line.
      parser.feed("\n\n");
      ended = true;
      if (broken && !any) failure ??= invalid();
      return taken();
    },
    get complete() {
      return !failure && !broken && (done || (ended && finished));
    },
    get failure() {
      return failure;
    },
  };
}

/**
 * Reads a whole `chat.completion` body, from an upstream that does not stream, as one chunk.
 * @param rewrite Applied to the body before.
 */
export function bodyChunks(rewrite: (body: string) => string = (body) => body): NativeChunks {
  let body = "";
  let complete = false;
  let failure: RouterError | undefined;
  return {
    feed(text) {
      body += text;
      return [];
    },
    end() {
      const completion = parseObject(rewrite(body));
      if (!completion || !Array.isArray(completion.choices)) {
        failure = (completion && errorIn(completion, body)) ?? invalid();
        return [];
      }
      complete = true;
      const choices = completion.choices.map(asChunkChoice);
      return [JSON.stringify({ ...completion, object: "chat.completion.chunk", choices })];
    },
    get complete() {
      return complete;
    },
    get failure() {
      return failure;
    },
  };
}

function asChunkChoice(choice: unknown): unknown {
  if (!isObject(choice) || !isObject(choice.message)) return choice;
  const { message, ...rest } = choice;
  const calls: unknown = message.tool_calls;
  const delta = Array.isArray(calls)
    ? {
        ...message,
        tool_calls: calls.map((call: unknown, index) => (isObject(call) ? { index, ...call } : call)),
      }
    : message;
  return { ...rest, delta };
}

function hasFinished(chunk: JsonObject): boolean {
  const { choices } = chunk;
  if (!Array.isArray(choices)) return false;
  return choices.some((choice: unknown) => isObject(choice) && typeof choice.finish_reason === "string");
}

function errorIn(chunk: JsonObject, text: string): RouterError | undefined {
  if (chunk.error === undefined || chunk.error === null) return undefined;
  return new RouterError("upstream_error", "The upstream failed in the middle of its answer.", {
    passthrough: { status: 500, body: text },
  });
}

function invalid(): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    "The upstream's answer is not a stream of chat completion chunks. Check the model's base_url and chat_path.",
  );
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
