/** Pairs the tool calls of a conversation with their results, for formats that want the two together. */
import { callsById } from "../../chat/calls-by-id.ts";
import type { CacheControl, ContentPart, JsonObject, ToolCall, ToolMessage } from "../../chat/request.ts";
import { parseExact } from "../../lib/exact-json.ts";
import { isObject } from "../../lib/json.ts";
import { weighed } from "../../lib/json-text.ts";
import { fnv1a } from "../../lib/text.ts";
import { invalidValue } from "./refusals.ts";

/**
 * Ids that every format takes (up to 64 characters, which leaves room for a number); those of other providers
 * (`functions.read:0`) travel with agents' histories.
 */
const ID = /^[a-zA-Z0-9_-]{1,56}$/;
/** How much of another id stays readable in front of its hash. */
const READABLE_ID = 40;

/** What the model reads where a tool gave nothing back and the format refuses blank text. */
export const NO_OUTPUT = "(no output)";

/** A call of some assistant turn. */
export interface BookedCall {
  /** Unique in the conversation; up to 64 letters, digits, underscores and hyphens. */
  readonly id: string;
  /** As the client wrote it. */
  readonly name: string;
  readonly input: JsonObject;
  /** Which assistant turn made it. */
  readonly turn: number;
  readonly cacheControl: CacheControl | undefined;
  /** The parts of its result; undefined until there is one. */
  result: ContentPart[] | undefined;
  /** The tool failed. */
  failed: boolean;
  /** Marks the result as a whole. */
  resultCache: CacheControl | undefined;
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
  const claim = idClaims();
  const calls = callsById<BookedCall>();
  return {
    add({ id, name, arguments: args, cacheControl }, turn) {
      const call: BookedCall = {
        id: claim(ID.test(id) ? id : foreignId(id)),
        name,
        input: callInput(args),
        turn,
        cacheControl,
        result: undefined,
        failed: false,
        resultCache: undefined,
      };
      calls.add(id, turn, call);
      return call;
    },
    answer({ toolCallId, content, isError, cacheControl }, param) {
      const call = calls.answered(toolCallId);
      if (call === undefined) throw unknownCall(toolCallId, param);
      call.result ??= [];
      call.result.push(...content);
      call.failed ||= isError === true;
      call.resultCache = cacheControl ?? call.resultCache;
      return call;
    },
  };
}

/**
 * The error for a result whose call nobody made.
 * @param param The path of the message.
 */
export function unknownCall(id: string, param: string): Error {
  const shown = JSON.stringify(id.slice(0, 64));
  return invalidValue(
    `${param}.tool_call_id`,
    `no assistant message before it has a tool call with the id ${shown}`,
  );
}

/** A call's arguments are JSON text by a model: empty means none, and what is no object must still not get lost. */
export function callInput(text: string): JsonObject {
  if (text.trim() === "") return {};
  try {
    const value = parseExact(text, "digits");
    if (isObject(value)) return value;
  } catch {
    // Kept below as it is.
  }
  return { _raw: text };
}

/** Formats want every id only once: one that was taken before gets the next free number. */
function idClaims(): (id: string) => string {
  const used = new Map<string, number>();
  return (id) => {
    let count = used.get(id);
    let free = id;
    while (count !== undefined && used.has(free)) {
      count += 1;
      free = `${id}_${count}`;
    }
    used.set(id, count ?? 1);
    if (free !== id) used.set(free, 1);
    return free;
  };
}

/** {@link idClaims} tells those apart that come out alike. */
function foreignId(id: string): string {
  return `${id.slice(0, READABLE_ID).replace(/[^a-zA-Z0-9_-]/g, "_")}_${fnv1a(id).toString(36)}`;
}

/** The JSON value of a text that is an object or a list without null, which Bedrock refuses in most places; else undefined. */
export function exactJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text) || text.includes("null") || weighed(text).why !== undefined) return undefined;
  try {
    return parseExact(text, "digits");
  } catch {
    return undefined;
  }
}
