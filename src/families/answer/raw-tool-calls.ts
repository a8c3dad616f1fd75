/**
 * Tool calls that Kimi writes as text, often inside its reasoning, where the server failed to recognise them:
 * `<|tool_calls_section_begin|> <|tool_call_begin|> functions.NAME:0 <|tool_call_argument_begin|> {…} <|tool_call_end|> …`.
 * A marker may fall apart into several deltas. Reported from live use on Bedrock; there is no document.
 */

import { pendingLength } from "./stop-matcher.ts";

const SECTION_BEGIN = "<|tool_calls_section_begin|>";
const SECTION_END = "<|tool_calls_section_end|>";
const CALL_BEGIN = "<|tool_call_begin|>";
const ARGUMENTS_BEGIN = "<|tool_call_argument_begin|>";
const CALL_END = "<|tool_call_end|>";

/** Where the text is, and the markers that end it there. */
const ENDS = {
  prose: [SECTION_BEGIN, CALL_BEGIN],
  section: [CALL_BEGIN, SECTION_END],
  name: [ARGUMENTS_BEGIN, CALL_END, SECTION_END],
  arguments: [CALL_END, SECTION_END],
} as const;

/** Longer than any call's id: what goes on without a marker is no call. */
const MAX_NAME = 256;

/** Announces a call and gives the way to write its arguments. An empty id means that the model gave none. */
export type OpenCall = (id: string, name: string) => (text: string) => void;

/** The two kinds of text in which calls can stand. */
export type Prose = "text" | "reasoning";

export interface RawToolCalls {
  push(kind: Prose, text: string): void;
  /** The answer has ended: what was held back, or looked like a call and was none, comes out as it was. */
  end(): void;
}

interface State {
  readonly open: OpenCall;
  readonly emit: (kind: Prose, text: string) => void;
  place: keyof typeof ENDS;
  kind: Prose;
  buffer: string;
  /** Writes arguments of the call that is open. */
  write: (text: string) => void;
  wrote: boolean;
}

/**
 * @param open Announces a call that was found.
 * @param emit Takes everything that is no call.
 */
export function rawToolCalls(open: OpenCall, emit: State["emit"]): RawToolCalls {
  const state: State = {
    open,
    emit,
    place: "prose",
    kind: "text",
    buffer: "",
    write() {},
    wrote: false,
  };
  return {
    push(kind, text) {
      if (text === "") return;
      if (state.place === "prose" && kind !== state.kind) flush(state);
      state.kind = kind;
      state.buffer += text;
      scan(state);
    },
    end: () => flush(state),
  };
}

function scan(state: State): void {
  for (let found = firstEnd(state); found !== undefined; found = firstEnd(state)) {
    leave(state, state.buffer.slice(0, found.at));
    state.buffer = state.buffer.slice(found.at + found.marker.length);
    enter(state, found.marker);
  }
  release(state);
}

/** Takes what stands before a marker. */
function leave(state: State, before: string): void {
  if (state.place === "prose") say(state, before);
  if (state.place === "arguments") writeArguments(state, before.trimEnd());
  if (state.place !== "name") return;
  state.write = state.open(before.trim(), functionName(before));
  state.wrote = false;
}

function enter(state: State, marker: string): void {
  const inCall = state.place === "name" || state.place === "arguments";
  if (inCall && marker !== ARGUMENTS_BEGIN && !state.wrote) state.write("{}");
  if (marker === CALL_BEGIN) state.place = "name";
  else if (marker === ARGUMENTS_BEGIN) state.place = "arguments";
  else state.place = marker === SECTION_END ? "prose" : "section";
}

/** Lets go of what cannot belong to a marker any more. */
function release(state: State): void {
  const { buffer, place } = state;
  const free = buffer.slice(0, buffer.length - pendingLength(buffer, ENDS[place]));
  if (place === "section" && free.trim() !== "") {
    // The section was never closed, and the model talks on.
    state.place = "prose";
    scan(state);
  } else if (place === "name" && buffer.length > MAX_NAME) {
    flush(state);
  } else if (place === "prose") {
    say(state, free);
    state.buffer = buffer.slice(free.length);
  } else if (place === "arguments") {
    // White space before the end marker is not part of them.
    const settled = free.trimEnd();
    writeArguments(state, settled);
    state.buffer = buffer.slice(settled.length);
  }
}

function flush(state: State): void {
  const { buffer, place } = state;
  state.buffer = "";
  if (place === "arguments") {
    writeArguments(state, buffer.trimEnd());
    return;
  }
  state.place = "prose";
  if (place === "name") say(state, CALL_BEGIN + buffer);
  else if (place === "prose") say(state, buffer);
}

function say({ kind, emit }: State, text: string): void {
  if (text !== "") emit(kind, text);
}

function writeArguments(state: State, text: string): void {
  const piece = state.wrote ? text : text.trimStart();
  if (piece === "") return;
  state.write(piece);
  state.wrote = true;
}

/** `functions.get_weather:0` calls `get_weather`; the whole is the call's id. */
function functionName(header: string): string {
  return header
    .trim()
    .replace(/^functions\./, "")
    .replace(/:\d+$/, "");
}

function firstEnd({ buffer, place }: State): { at: number; marker: string } | undefined {
  let first: { at: number; marker: string } | undefined;
  for (const marker of ENDS[place]) {
    const at = buffer.indexOf(marker);
    if (at !== -1 && (first === undefined || at < first.at)) first = { at, marker };
  }
  return first;
}
