/** The answers of an upstream that speaks OpenAI's chat completions, as deltas: those of the first choice. */
import type { Delta, FinishReason } from "../../../chat/delta.ts";
import { RouterError } from "../../../errors.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";
import { usageOf } from "../../openai-usage.ts";
import { type ChunkReading, type ChunkSink, readChunk } from "./chunk.ts";
import { toolCallReader } from "./tool-calls.ts";

/** Reads one answer. */
export interface ChatReader {
  /** The deltas of a parsed chunk. What is no chunk says nothing. */
  chunk(value: unknown): Delta[];
  /** Call at `[DONE]`, which ends an answer too: gives the `finish` if none came. */
  done(): Delta[];
}

export function chatReader(): ChatReader {
  const answer = openAnswer();
  return {
    chunk(value) {
      if (isObject(value)) answer.read(value);
      return answer.out.splice(0);
    },
    done() {
      answer.end("stop");
      return answer.out.splice(0);
    },
  };
}

/** The deltas of a whole `chat.completion`; an `error` delta for what is none. */
export function wholeAnswer(body: unknown): Delta[] {
  const answer = openAnswer();
  if (isObject(body)) answer.read(body);
  const failed = answer.out.some(({ type }) => type === "error");
  if (!failed && !(isObject(body) && Array.isArray(body.choices) && body.choices.length > 0)) {
    return [{ type: "error", error: noCompletion() }];
  }
  // A server that does not say why it stopped has stopped.
  answer.end("stop");
  return answer.out;
}

function openAnswer() {
  const out: Delta[] = [];
  let calls = 0;
  let phase: "open" | "finished" | "failed" = "open";
  const reader = toolCallReader((id, name) => {
    const index = calls;
    calls += 1;
    out.push({ type: "tool_start", index, id: id || `call_${index}`, name });
    return (text) => out.push({ type: "tool_arguments", index, text });
  });
  const say = (type: "text" | "reasoning" | "refusal", text: string): void => {
    if (text !== "" && phase === "open") out.push({ type, text });
  };
  const sink: ChunkSink = {
    write: (text) => say("text", text),
    reason: (text) => say("reasoning", text),
    refuse: (text) => say("refusal", text),
    call: (toolCalls) => {
      if (phase === "open") reader.push(toolCalls);
    },
  };
  const end = (native: string, stop?: string): void => {
    if (phase !== "open") return;
    reader.close();
    phase = "finished";
    const reason = finishReason(native, calls > 0);
    out.push({ type: "finish", reason, native, ...(stop !== undefined && { stop }) });
  };
  const read = (payload: JsonObject): void => {
    if (phase === "failed") return;
    const at = out.length;
    const reading = readChunk(payload, sink);
    const { error, usage, finish, stopSequence } = reading;
    if (error !== undefined) {
      // Once it has finished, the answer is complete.
      if (phase === "open") out.push({ type: "error", error });
      phase = "failed";
      return;
    }
    // Before what it belongs to: it is written into the same chunk.
    const fields = phase === "open" ? extraFields(payload, reading) : undefined;
    if (fields !== undefined) out.splice(at, 0, { type: "extra", dialect: "openai-chat", fields });
    const told = usageOf(usage);
    if (told !== undefined) out.push({ type: "usage", usage: told });
    if (finish !== undefined) end(finish, stopSequence);
  };
  return { out, read, end };
}

/** Clients look for tool calls only under `tool_calls`, so any call makes it that, except where the answer was cut. */
function finishReason(native: string, called: boolean): FinishReason {
  if (native === "length" || native === "content_filter") return native;
  return called ? "tool_calls" : "stop";
}

const CHUNK_FIELDS = new Set(["id", "object", "created", "model", "choices", "usage", "error"]);
const CHOICE_FIELDS = new Set(["index", "delta", "message", "text", "finish_reason"]);
const PIECE_FIELDS = new Set([
  ...["role", "content", "reasoning_content", "reasoning", "refusal", "tool_calls", "function_call"],
]);

/** What only this dialect knows, by where it stands; undefined where there is nothing. */
function extraFields(payload: JsonObject, { choice, piece }: ChunkReading): JsonObject | undefined {
  const fields = {
    ...others("chunk", payload, CHUNK_FIELDS),
    ...others("choice", choice, CHOICE_FIELDS),
    ...others("message", piece, PIECE_FIELDS),
  };
  return Object.keys(fields).length > 0 ? fields : undefined;
}

function others(place: string, members: JsonObject = {}, known: ReadonlySet<string>): JsonObject {
  const rest = Object.entries(members).filter(([name, value]) => value !== null && !known.has(name));
  return rest.length > 0 ? { [place]: Object.fromEntries(rest) } : {};
}

function noCompletion(): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    "The upstream's answer is no chat completion. Check the model's base_url and chat_path.",
  );
}
