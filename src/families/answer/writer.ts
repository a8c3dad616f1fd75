/**
 * Brings the pieces of an answer into deltas, for every family: reasoning apart from text, calls numbered, the text cut at
 * a stop sequence, a tool's arguments as the answer where the request made them that.
 */
import type { Delta, ReasoningBlock } from "../../chat/delta.ts";
import type { ModelShape } from "../models/facts.ts";
import { asText, isObject } from "../../lib/json.ts";
import type { ClientCalls } from "../request/tool-book.ts";
import { type AnswerFacts, finishDelta } from "./finish.ts";
import { type OpenCall, type Prose, rawToolCalls } from "./raw-tool-calls.ts";
import { reasoningSplitter } from "./reasoning-text.ts";
import { stopMatcher } from "./stop-matcher.ts";

/** What model and request make of an answer. */
export interface AnswerShape extends ModelShape {
  /** The tool whose arguments are the answer. */
  readonly answerTool?: string | undefined;
  /** Stop sequences that may stand in the text, because the model does not know them: the answer ends before the first. */
  readonly stops?: readonly string[] | undefined;
  /** Whether line breaks at the head of the text are the template's and not the answer's. */
  readonly trimsHead?: boolean;
  /** What the client calls the tools and their members. */
  readonly calls?: ClientCalls | undefined;
}

/** A tool call that comes as a block of its own. */
export interface CallBlock {
  /** A piece of its arguments, as JSON text or as the object itself. */
  push(input: unknown): void;
  /** A call without arguments gets `{}`. */
  close(): void;
}

/** What is known of an answer's end beside the reason. */
export type AnswerEnd = Pick<AnswerFacts, "guardrailIntervened" | "stop" | "details">;

export interface AnswerWriter {
  /** Takes reasoning that came in a field of its own. */
  reason(text: string): void;
  /** Takes content, which may hold reasoning and tool calls too. */
  write(text: string): void;
  /** Takes a finished reasoning block, which the model wants back. */
  keep(block: ReasoningBlock): void;
  /** Takes the model's words for why it declines. */
  refuse(text: string): void;
  /** Announces a call that comes in pieces. */
  readonly open: OpenCall;
  /** Takes a call as a block. An empty id means that the model gave none. */
  openCall(id: string, name: string): CallBlock;
  /** The answer has ended: lets out what was held back. What is written then is lost. */
  close(): void;
  /**
   * The last delta.
   * @param reason The model's own; undefined counts as a normal end.
   */
  finish(reason: string | undefined, end: AnswerEnd): Delta;
}

/** @param out Gets the deltas. */
export function answerWriter(shape: AnswerShape, out: Delta[]): AnswerWriter {
  const { open, emit, keep, shut, finish } = outlet(shape, out);
  const raw = shape.rawToolCalls ? rawToolCalls(open, emit) : undefined;
  const say = raw === undefined ? emit : raw.push;
  let splitter = splitterFor(shape);
  let refusal = "";
  const saySplit = (deltas: readonly Delta[]): void => {
    for (const delta of deltas) {
      if (delta.type === "text" || delta.type === "reasoning") say(delta.type, delta.text);
    }
  };
  return {
    reason: (text) => say("reasoning", text),
    write(text) {
      if (text === "") return;
      if (splitter === undefined) say("text", text);
      else saySplit(splitter.push(text));
    },
    keep,
    refuse(text) {
      refusal += text;
    },
    open,
    openCall(id, name) {
      if (splitter !== undefined) saySplit(splitter.end());
      splitter = splitterFor(shape);
      // gpt-oss leaks its template's tokens: `json<|channel|>commentary`.
      return callBlock(open(id, name.replace(/<\|.*$/s, "")));
    },
    close() {
      if (splitter !== undefined) saySplit(splitter.end());
      raw?.end();
      shut(refusal);
    },
    finish,
  };
}

function splitterFor({ reasoningTags: tags = [], startsInReasoning, reasoningPairs }: ModelShape) {
  if (tags.length === 0) return undefined;
  return reasoningSplitter({ tags, startsInside: startsInReasoning, pairPerDelta: reasoningPairs });
}

function callBlock(write: (text: string) => void): CallBlock {
  let wrote = false;
  return {
    push(input) {
      const text = isObject(input) ? JSON.stringify(input) : asText(input);
      if (text === "") return;
      wrote = true;
      write(text);
    },
    close() {
      if (!wrote) write("{}");
    },
  };
}

/**
 * Where text and calls leave. Where the answer is a tool's arguments, text besides it would spoil the JSON: it waits until
 * it is clear who speaks. Behind a stop sequence nothing leaves any more.
 */
function outlet({ answerTool, stops = [], calls, trimsHead }: AnswerShape, out: Delta[]) {
  const matcher = stopMatcher(stops);
  let atHead = trimsHead ?? false;
  let held = "";
  let answered = false;
  let called = 0;
  let stopped: string | undefined;
  let closed = false;
  /** Calls whose members have other names: each is read as a whole, once the answer has ended. */
  const whole: (() => void)[] = [];
  const pieces = (name: string, give: (json: string) => void): ((json: string) => void) => {
    const input = calls?.input(name);
    if (input === undefined) return give;
    let text = "";
    whole.push(() => give(input(text)));
    return (json) => {
      text += json;
    };
  };

  const put = (delta: Delta): void => {
    if (!closed) out.push(delta);
  };
  const say = (type: Prose, text: string): void => {
    if (text !== "") put({ type, text });
  };
  const write = (piece: string): void => {
    const shown = atHead ? piece.replace(/^[\r\n]+/, "") : piece;
    atHead &&= shown === "";
    const given = matcher.push(shown);
    stopped = given.stop;
    say("text", given.text);
  };
  const emit = (type: Prose, piece: string): void => {
    if (stopped !== undefined) return;
    if (type === "reasoning") say(type, piece);
    else if (answerTool === undefined) write(piece);
    else held += piece;
  };
  /** Lets out what waited, unless a tool has answered, and what might have become a stop sequence. */
  const release = (): void => {
    if (!answered) write(held);
    held = "";
    say("text", matcher.end());
  };
  const open: OpenCall = (id, name) => {
    if (name === answerTool) {
      // A second answer would make the first one invalid JSON.
      if (answered) return () => {};
      answered = true;
      return pieces(name, (json) => put({ type: "text", text: json }));
    }
    release();
    if (stopped !== undefined) return () => {};
    const index = called;
    called += 1;
    put({ type: "tool_start", index, id: id || `call_${index}`, name: calls?.name(name) ?? name });
    return pieces(name, (json) => put({ type: "tool_arguments", index, text: json }));
  };
  const finish = (reason: string | undefined, end: AnswerEnd): Delta => {
    const facts = { ...end, calledTools: called > 0 };
    const own = finishDelta(reason, facts);
    // The model may have run into its length behind the stop sequence.
    const cut = stopped !== undefined && own.type === "finish" && own.reason !== "content_filter";
    return cut ? finishDelta(undefined, { ...facts, stop: stopped }) : own;
  };
  const keep = (block: ReasoningBlock): void => put({ type: "reasoning_block", block });
  const shut = (refusal: string): void => {
    release();
    for (const give of whole) give();
    if (refusal !== "") put({ type: "refusal", text: refusal });
    closed = true;
  };
  return { open, emit, keep, shut, finish };
}
