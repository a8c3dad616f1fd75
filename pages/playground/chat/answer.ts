/** One answer as it grows: chunks in, text, reasoning, tool calls and figures out. */
import type { ApiError } from "../../lib/api.ts";
import type { Route } from "../api/transport.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Figures } from "../metrics/figures.ts";
import { type ChunkParts, readChunk, type TokenUsage } from "./chunk.ts";

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it; maybe none. */
  readonly arguments: string;
}

export class Answer {
  text = "";
  reasoning = "";
  route: Route = { dropped: [] };
  model: string | undefined;
  finish: string | undefined;
  usage: TokenUsage | undefined;
  /** It arrived whole. */
  complete = false;
  /** The person ended it. */
  stopped = false;
  /** What ended it before its end. */
  problem: ApiError | undefined;
  /** Once it is over. */
  figures: Figures | undefined;
  /** The model of the request. */
  readonly asked: string;
  readonly #calls = new Map<number, ToolCall>();
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly sentAt: number;
  firstAt: number | undefined;
  /** When the reasoning was over. */
  textAt: number | undefined;
  endedAt: number | undefined;

  /** @param asked The model of the request. */
  constructor(sentAt: number, asked = "") {
    this.sentAt = sentAt;
    this.asked = asked;
  }

  /** Takes a chunk in. @param now Milliseconds, as in `sentAt`. */
  add(chunk: JsonObject, now: number): ChunkParts {
    const parts = readChunk(chunk);
    if (parts.text !== "" || parts.reasoning !== "" || parts.calls.length > 0) this.firstAt ??= now;
    if (parts.text !== "" || parts.calls.length > 0) this.textAt ??= now;
    this.model ??= parts.model;
    this.text += parts.text;
    this.reasoning += parts.reasoning;
    this.finish = parts.finish ?? this.finish;
    this.usage = parts.usage ?? this.usage;
    for (const { index, id = `call_${index}`, name = "", arguments: text } of parts.calls) {
      const call = this.#calls.get(index) ?? { id, name: "", arguments: "" };
      this.#calls.set(index, { id: call.id, name: call.name + name, arguments: call.arguments + text });
    }
    return parts;
  }

  /** Takes whole calls in, of an answer that was kept. */
  restoreCalls(calls: readonly ToolCall[]): void {
    for (const [index, call] of calls.entries()) this.#calls.set(index, call);
  }

  get calls(): ToolCall[] {
    return [...this.#calls.values()];
  }

  /** The name of the model that answers, as far as it is known. */
  get by(): string | undefined {
    return this.route.model ?? this.model;
  }

  /** The assistant message for the next request; undefined when nothing of it can be kept. */
  toMessage(): JsonObject | undefined {
    // Calls that were cut off have no results, and a model wants one for each.
    const calls = this.complete ? this.calls : [];
    if (this.text === "" && calls.length === 0) return undefined;
    return {
      role: "assistant",
      content: this.text === "" ? null : this.text,
      ...(calls.length > 0 && {
        tool_calls: calls.map(({ id, name, arguments: text }) => ({
          id,
          type: "function",
          function: { name, arguments: text },
        })),
      }),
    };
  }
}
