/** Pairs the tool calls of a conversation with their results, for formats that want the two together. */
import { RouterError } from "../errors.ts";
import type { ContentPart, JsonObject, ToolCall, ToolMessage } from "../openai/types.ts";
import { isObject } from "./json.ts";

/** Ids that Amazon's formats take; those of other providers (`functions.read:0`) travel with agents' histories. */
const ID = /^[a-zA-Z0-9_-]{1,64}$/;
/** How much of another id stays readable in front of its hash. */
const READABLE_ID = 40;

/** What the model reads where the client sent no result, as when an agent was interrupted. */
export const NO_RESULT = "No result was provided for this tool call.";

/** A call of some assistant turn. */
export interface BookedCall {
  /** Unique in the conversation; up to 64 letters, digits, underscores and hyphens. */
  readonly id: string;
  /** As the client wrote it. */
  readonly name: string;
  readonly input: JsonObject;
  /** Which assistant turn made it. */
  readonly turn: number;
  /** The parts of its result; undefined until there is one. */
  result: ContentPart[] | undefined;
}

export interface CallBook {
  /** Notes a call of an assistant turn. */
  add(call: ToolCall, turn: number): BookedCall;
  /**
   * Stores a result with its call and gives that call.
   * @param param The path of the message, for error messages.
   * @throws RouterError `invalid_value` where no call before it has this id.
   */
  answer(message: ToolMessage, param: string): BookedCall;
}

/** The calls of one conversation. Ids map the same way in every request with the same history, so prompt caches hold. */
export function callBook(): CallBook {
  const used = new Set<string>();
  const byId = new Map<string, BookedCall[]>();
  return {
    add(call, turn) {
      const id = freeId(call.id, used);
      used.add(id);
      const input = parseArguments(call.arguments);
      const booked: BookedCall = { id, name: call.name, input, turn, result: undefined };
      const same = byId.get(call.id);
      if (same === undefined) byId.set(call.id, [booked]);
      else same.push(booked);
      return booked;
    },
    answer({ toolCallId, content }, param) {
      const call = meant(byId.get(toolCallId) ?? []);
      if (call === undefined) throw unknownCall(toolCallId, `${param}.tool_call_id`);
      call.result = [...(call.result ?? []), ...content];
      return call;
    },
  };
}

/**
 * Which call a result means where several share an id (some models count from `call_0` in every turn): the first open
 * one of the newest turn that has any. Once all are answered, the newest call gets this result too.
 */
function meant(calls: readonly BookedCall[]): BookedCall | undefined {
  const newest = calls.findLast((call) => call.result === undefined)?.turn;
  return calls.find((call) => call.turn === newest && call.result === undefined) ?? calls.at(-1);
}

function unknownCall(id: string, param: string): RouterError {
  const shown = JSON.stringify(id.slice(0, 64));
  const text = `Invalid '${param}': no assistant message before it has a tool call with the id ${shown}.`;
  return new RouterError("invalid_value", text, { param });
}

/** A call's arguments are JSON text by a model: empty means none, and what is no object must still not get lost. */
function parseArguments(text: string): JsonObject {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Kept below as it is.
  }
  return { _raw: text.toWellFormed() };
}

/** The id itself where it is fit and free, else one made from it. */
function freeId(id: string, used: ReadonlySet<string>): string {
  if (ID.test(id) && !used.has(id)) return id;
  const start = id.slice(0, READABLE_ID).replace(/[^a-zA-Z0-9_-]/g, "_");
  for (let count = 1; ; count += 1) {
    const free = `${start}_${fnv1a(`${count} ${id}`).toString(36)}`;
    if (!used.has(free)) return free;
  }
}

/** FNV-1a, 32 bit: short, synchronous, and enough to tell the ids of one conversation apart. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
