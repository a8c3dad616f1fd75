/** Pairs the tool calls of a conversation with their results, under ids and names that Claude accepts. */
import { RouterError } from "../../errors.ts";
import type { ContentPart, JsonObject, ToolCall, ToolMessage } from "../../openai/types.ts";
import { isObject } from "../json.ts";
import { appendParts } from "./content.ts";

/** Claude's pattern for `tool_use.id`; ids of other providers (`functions.read:0`) travel with agents' histories. */
const ID = /^[a-zA-Z0-9_-]+$/;
const NOT_IN_A_NAME = /[^a-zA-Z0-9_-]/g;
/** What the Messages API allows. */
const MAX_NAME = 128;
/** How much of a foreign id stays readable in front of its hash. */
const READABLE_ID = 40;

/** What Claude reads where the client sent no result, as when an agent was interrupted. */
export const NO_RESULT = "No result was provided for this tool call.";

/** A call of some assistant turn. */
export interface OpenCall {
  readonly name: string;
  /** The `tool_use` block. */
  readonly block: JsonObject;
  /** Which assistant turn made it. */
  readonly turn: number;
  /** The parts of its result; undefined until there is one. */
  result: ContentPart[] | undefined;
}

export interface CallBook {
  /** Notes a call of an assistant turn. */
  add(call: ToolCall, turn: number): OpenCall;
  /**
   * Stores a result with its call and gives that call.
   * @param param The path of the message, for error messages.
   * @throws RouterError `invalid_value` where no call before it has this id.
   */
  answer(message: ToolMessage, param: string): OpenCall;
}

/** The calls of one turn that share an id, answered in order. */
interface Run {
  readonly turn: number;
  readonly calls: OpenCall[];
  next: number;
}

/** The calls of one conversation. Ids map the same way in every request with the same history, so prompt caches hold. */
export function callBook(): CallBook {
  const claim = idClaims();
  const byId = new Map<string, { readonly runs: Run[]; newest: OpenCall }>();
  return {
    add(call, turn) {
      const id = claim(ID.test(call.id) ? call.id : foreignId(call.id));
      const name = call.name.replace(NOT_IN_A_NAME, "_").slice(0, MAX_NAME) || "_";
      const block = { type: "tool_use", id, name, input: parseArguments(call.arguments) };
      const open: OpenCall = { name, block, turn, result: undefined };
      const same = byId.get(call.id) ?? { runs: [], newest: open };
      const run = same.runs.at(-1);
      if (run?.turn === turn) run.calls.push(open);
      else same.runs.push({ turn, calls: [open], next: 0 });
      same.newest = open;
      byId.set(call.id, same);
      return open;
    },
    answer({ toolCallId, content }, param) {
      const same = byId.get(toolCallId);
      if (same === undefined) throw unknownCall(toolCallId, `${param}.tool_call_id`);
      const call = nextOpen(same.runs) ?? same.newest;
      call.result ??= [];
      call.result.push(...content);
      return call;
    },
  };
}

/**
 * Which call a result means where several share an id (some models count from `call_0` in every turn): the first open
 * one of the newest turn that has any. Once all are answered there is none, and the newest call gets this result too.
 */
function nextOpen(runs: Run[]): OpenCall | undefined {
  for (let run = runs.at(-1); run !== undefined; run = runs.at(-1)) {
    const call = run.calls[run.next];
    run.next += 1;
    if (call !== undefined) return call;
    runs.pop();
  }
  return undefined;
}

function unknownCall(id: string, param: string): RouterError {
  const shown = JSON.stringify(id.slice(0, 64));
  const text = `Invalid '${param}': no assistant message before it has a tool call with the id ${shown}.`;
  return new RouterError("invalid_value", text, { param });
}

/** The `tool_result` block of a call; an error block where there is no result. */
export function resultBlock({ block, result }: OpenCall, images: boolean): JsonObject {
  const head = { type: "tool_result", tool_use_id: block.id };
  if (result === undefined) return { ...head, content: NO_RESULT, is_error: true };
  const content: JsonObject[] = [];
  appendParts(content, result, "user", images);
  // A breakpoint belongs to the result as a whole: the blocks inside take none.
  const cache = content.findLast((inner) => inner.cache_control !== undefined)?.cache_control;
  for (const inner of content) delete inner.cache_control;
  const [only, ...more] = content;
  const plain = only?.type === "text" && more.length === 0 ? only.text : content;
  return {
    ...head,
    ...(only !== undefined && { content: plain }),
    ...(cache !== undefined && { cache_control: cache }),
  };
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

/** Claude wants every `tool_use.id` only once: an id that was taken before gets the next free number. */
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

function foreignId(id: string): string {
  return `${id.slice(0, READABLE_ID).replace(NOT_IN_A_NAME, "_")}_${fnv1a(id).toString(36)}`;
}

/** FNV-1a, 32 bit: short, synchronous, and enough to tell the ids of one conversation apart ({@link idClaims} does the rest). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
