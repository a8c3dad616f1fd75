/** Puts an answer's chunks together again, as the assistant message that the history keeps. */
import type { JsonObject } from "../../chat/request.ts";
import { isObject } from "../../lib/json.ts";

interface Call {
  id: string;
  name: string;
  arguments: string;
}

export interface Collector {
  /** @param json A `chat.completion.chunk`. */
  add(json: string): void;
  /**
   * The message so far; undefined when it says nothing. Of an answer that is not complete only the text counts: its last
   * tool call may lack its end.
   */
  message(complete: boolean): JsonObject | undefined;
}

export function collector(): Collector {
  let text = "";
  let refusal = "";
  const calls: Call[] = [];
  return {
    add(json) {
      const delta = deltaOf(json);
      if (typeof delta.content === "string") text += delta.content;
      if (typeof delta.refusal === "string") refusal += delta.refusal;
      if (Array.isArray(delta.tool_calls)) for (const piece of delta.tool_calls) addCall(calls, piece);
    },
    message(complete) {
      const content = text || refusal;
      const made = complete ? calls.filter((call) => call !== undefined) : [];
      if (content === "" && made.length === 0) return undefined;
      return {
        role: "assistant",
        content: content === "" ? null : content,
        ...(made.length > 0 && { tool_calls: made.map(toolCall) }),
      };
    },
  };
}

function addCall(calls: Call[], piece: unknown): void {
  const { index, id, function: called } = objectOf(piece);
  const at = typeof index === "number" ? index : 0;
  const call = calls[at] ?? { id: "", name: "", arguments: "" };
  const { name, arguments: text } = objectOf(called);
  if (typeof id === "string") call.id = id;
  if (typeof name === "string") call.name = name;
  if (typeof text === "string") call.arguments += text;
  calls[at] = call;
}

function toolCall({ id, name, arguments: text }: Call): JsonObject {
  return { id, type: "function", function: { name, arguments: text } };
}

/** The delta of the first choice. */
function deltaOf(json: string): JsonObject {
  const { choices } = objectOf(JSON.parse(json));
  const all: unknown[] = Array.isArray(choices) ? choices : [];
  const first = all.map(objectOf).find(({ index }) => index === 0 || index === undefined);
  return objectOf(first?.delta);
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
