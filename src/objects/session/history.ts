/** A session's conversation, cut to what the model can take. */
import type { Delta } from "../../chat/delta.ts";
import type { JsonObject } from "../../chat/request.ts";

/** A turn that was answered, at least in part. */
export interface PastTurn {
  readonly number: number;
  /** What the client added: a user message, or results of tool calls. */
  readonly input: readonly JsonObject[];
  /** An assistant message. */
  readonly answer: JsonObject;
}

/** About as for English text; see max-tokens. */
const CHARS_PER_TOKEN = 4;
const BLOCK_PIECES = 256;
/** What the largest picture costs at Claude; other models take less. */
const IMAGE_TOKENS = 1600;

/**
 * As many of the newest whole exchanges as fit, in the order in which they were.
 * @param past The newest first; read no further than it is needed.
 * @param input What is new: results of tool calls make no sense without the exchange that called, long or not.
 * @param room Tokens that past turns may take.
 */
export function newestWithin(
  past: Iterable<PastTurn>,
  input: readonly JsonObject[],
  room: number,
): PastTurn[] {
  const kept: PastTurn[] = [];
  let left = room;
  let needed = areResults(input);
  for (const exchange of exchanges(past)) {
    left -= exchange.reduce((sum, turn) => sum + tokensOf([...turn.input, turn.answer]), 0);
    if (left < 0 && !needed) break;
    needed = false;
    kept.unshift(...exchange);
  }
  return kept;
}

/** The messages of a request: the system message, past turns, and what is new. */
export function messagesOf(parts: {
  readonly system: string | undefined;
  readonly past: readonly PastTurn[];
  readonly input: readonly JsonObject[];
}): JsonObject[] {
  const { system, past, input } = parts;
  const said = past.flatMap((turn) => [...turn.input, turn.answer]);
  return [
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    ...withoutUnanswered([...said, ...input]),
  ];
}

/** The newer half of past turns, in whole exchanges: the next try after a prompt that was too long. */
export function newerHalf(past: readonly PastTurn[]): PastTurn[] {
  const all = [...exchanges(past.toReversed())].reverse();
  return all.slice(Math.ceil(all.length / 2)).flat();
}

/** A rough count of the tokens of messages as clients send them. */
export function tokensOf(messages: readonly JsonObject[]): number {
  let tokens = 0;
  for (const { content, tool_calls: calls } of messages) {
    const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
    for (const part of parts) tokens += partTokens(part);
    if (calls !== undefined) tokens += JSON.stringify(calls).length / CHARS_PER_TOKEN;
  }
  return Math.ceil(tokens);
}

function partTokens(part: unknown): number {
  if (typeof part === "string") return part.length / CHARS_PER_TOKEN;
  if (typeof part !== "object" || part === null) return 0;
  return "text" in part && typeof part.text === "string" ? part.text.length / CHARS_PER_TOKEN : IMAGE_TOKENS;
}

/**
 * Turns that belong together, the newest first: results of tool calls go on with the turn that called. Results whose calls
 * are forgotten already are left out.
 */
function* exchanges(past: Iterable<PastTurn>): Iterable<PastTurn[]> {
  let newer: PastTurn[] = [];
  for (const turn of past) {
    newer.unshift(turn);
    if (areResults(turn.input)) continue;
    yield newer;
    newer = [];
  }
}

function areResults(input: readonly JsonObject[]): boolean {
  return input[0]?.role === "tool";
}

/** Leaves out tool calls that nobody answered: upstreams refuse a conversation with such, and it would stay refused. */
function withoutUnanswered(messages: readonly JsonObject[]): JsonObject[] {
  const answered = new Set(messages.map((message) => message.tool_call_id));
  return messages.flatMap((message) => {
    const calls: unknown = message.tool_calls;
    if (!Array.isArray(calls)) return [message];
    const kept = calls.filter((call: unknown) => answered.has(idOf(call)));
    if (kept.length === calls.length) return [message];
    const { tool_calls: _, ...rest } = message;
    if (kept.length > 0) return [{ ...rest, tool_calls: kept }];
    return typeof rest.content === "string" && rest.content !== "" ? [rest] : [];
  });
}

function idOf(call: unknown): unknown {
  return typeof call === "object" && call !== null && "id" in call ? call.id : undefined;
}

export interface AnswerSoFar {
  /** Gives what the delta says in words. */
  add(delta: Delta): string;
  /**
   * The message so far; undefined when it says nothing. Of an answer that is not complete only the text counts: its last
   * tool call may lack its end.
   */
  message(complete: boolean): JsonObject | undefined;
}

/**
 * Puts an answer's deltas together, as the assistant message that the history keeps.
 * @param kept Told of each delta that is kept; what it throws, `add` throws.
 */
export function answerSoFar(kept: (delta: Delta) => void): AnswerSoFar {
  const text = pieces();
  const refusal = pieces();
  const calls: { id: string; name: string; arguments: string }[] = [];
  return {
    add(delta) {
      kept(delta);
      switch (delta.type) {
        case "text":
          text.add(delta.text);
          return delta.text;
        case "refusal":
          refusal.add(delta.text);
          return delta.text;
        case "tool_start":
          calls[delta.index] = { id: delta.id, name: delta.name, arguments: "" };
          return "";
        case "tool_arguments": {
          const call = calls[delta.index];
          if (call) call.arguments += delta.text;
          return "";
        }
        default:
          return "";
      }
    },
    message(complete) {
      const made = complete ? calls.filter((call) => call !== undefined) : [];
      const said = text.joined() || refusal.joined();
      if (made.length === 0) return spokenMessage(said);
      return {
        role: "assistant",
        content: said || null,
        tool_calls: made.map(({ id, ...called }) => ({ id, type: "function", function: called })),
      };
    },
  };
}

/** Of an answer that nobody will ask for again. */
export const NOTHING_KEPT: AnswerSoFar = { add: () => "", message: () => undefined };

/** A text in pieces of any size, which a string that grows would keep one by one, each several times its size. */
function pieces(): { add(text: string): void; joined(): string } {
  const blocks: string[] = [];
  let open: string[] = [];
  const joined = (): string => blocks.join("") + open.join("");
  return {
    add(text) {
      open.push(text);
      if (open.length < BLOCK_PIECES) return;
      blocks.push(open.join(""));
      open = [];
    },
    joined,
  };
}

/** An answer that only says something; undefined when it does not. */
export function spokenMessage(text: string): JsonObject | undefined {
  return text === "" ? undefined : { role: "assistant", content: text };
}
