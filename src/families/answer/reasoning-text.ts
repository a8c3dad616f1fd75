/**
 * Reasoning that a model writes into its text between tags (`<think>`, `<reasoning>`, `<thinking>`), taken out of it.
 * Only what stands before the first visible text is reasoning: later tags are content, such as quoted code.
 */
import type { Delta } from "../../chat/delta.ts";
import { pendingLength } from "./stop-matcher.ts";

export interface ReasoningOptions {
  /** Tag names without brackets (`think`), or in the square ones that they come in (`[THINK]`). */
  readonly tags: readonly string[];
  /** The prompt has opened the first tag already, so that the answer holds only its end. */
  readonly startsInside?: boolean | undefined;
  /** A text that is exactly one balanced pair is reasoning wherever it comes (Kimi writes one pair a delta). */
  readonly pairPerDelta?: boolean | undefined;
}

export interface ReasoningSplitter {
  /** The next piece of text; any division of the text into pieces gives the same (but for `pairPerDelta`). */
  push(text: string): Delta[];
  /** Call once, at the end: gives what was held back. A tag that was never closed leaves all behind it reasoning. */
  end(): Delta[];
}

interface Tag {
  readonly open: string;
  readonly close: string;
}

interface State {
  readonly tags: readonly Tag[];
  readonly out: Delta[];
  /** Outside before the first visible text, inside reasoning, or in the visible text. */
  phase: "before" | "inside" | "text";
  /** What ends the reasoning that is open. */
  closers: readonly string[];
  /** Whether the tag that the prompt opened may be opened again. */
  reopens: boolean;
  /** What cannot be told apart yet. */
  held: string;
  /** Whether any reasoning was opened. */
  reasoned: boolean;
  /** Whether any reasoning was given, and the white space that came before it. */
  thought: boolean;
  blank: string;
}

/** White space around the tags is layout and goes, before the first reasoning as well as between it and the answer. */
export function reasoningSplitter(options: ReasoningOptions): ReasoningSplitter {
  const { startsInside = false, pairPerDelta = false } = options;
  const tags = options.tags.map(toTag);
  const state: State = {
    tags,
    out: [],
    phase: startsInside ? "inside" : "before",
    closers: tags.map(({ close }) => close),
    reopens: startsInside,
    held: "",
    reasoned: startsInside,
    thought: false,
    blank: "",
  };
  return {
    push(text) {
      const inner = pairPerDelta && state.phase === "text" ? balancedPair(text, tags) : undefined;
      if (inner !== undefined) {
        reason(inner, state);
      } else {
        state.held += text;
        while (state.held !== "" && STEPS[state.phase](state));
      }
      return state.out.splice(0);
    },
    end() {
      const { held, phase } = state;
      state.held = "";
      if (phase === "inside") reason(held, state);
      else say(held, state);
      return state.out.splice(0);
    },
  };
}

/** Each takes what is decided off `held`; true while there may be more. */
const STEPS: Readonly<Record<State["phase"], (state: State) => boolean>> = { before, inside, text };

function before(state: State): boolean {
  const found = open(state);
  if (found !== "none") return found === "opened";
  say(state.held, state);
  state.phase = "text";
  state.held = "";
  return false;
}

function text(state: State): boolean {
  say(state.held, state);
  state.held = "";
  return false;
}

function inside(state: State): boolean {
  if (state.reopens) {
    const found = open(state);
    if (found !== "none") return found === "opened";
    state.reopens = false;
  }
  const { held, closers } = state;
  const close = firstOf(closers, held);
  const end = close?.at ?? held.length - pendingLength(held, closers);
  reason(held.slice(0, end), state);
  state.held = held.slice(end + (close?.length ?? 0));
  if (close === undefined) return false;
  state.phase = "before";
  state.blank = "";
  return true;
}

/** Reads an opening tag at the start of `held`. */
function open(state: State): "opened" | "undecided" | "none" {
  const start = state.held.trimStart();
  const tag = state.tags.find((one) => start.startsWith(one.open));
  if (tag === undefined) return state.tags.some((one) => one.open.startsWith(start)) ? "undecided" : "none";
  state.held = start.slice(tag.open.length);
  state.closers = [tag.close];
  state.phase = "inside";
  state.reasoned = true;
  state.reopens = false;
  return "opened";
}

function reason(piece: string, state: State): void {
  // A pair around nothing but white space, which models write that were told not to think, is no reasoning.
  if (!state.thought) state.blank += piece;
  if (!state.thought && !/\S/.test(piece)) return;
  const shown = state.thought ? piece : state.blank;
  state.thought = true;
  if (shown !== "") state.out.push({ type: "reasoning", text: shown });
}

function say(piece: string, { reasoned, phase, out }: State): void {
  const shown = reasoned && phase === "before" ? piece.trimStart() : piece;
  if (shown !== "") out.push({ type: "text", text: shown });
}

function toTag(name: string): Tag {
  if (name.startsWith("[")) return { open: name, close: `[/${name.slice(1)}` };
  return { open: `<${name}>`, close: `</${name}>` };
}

function firstOf(words: readonly string[], whole: string): { at: number; length: number } | undefined {
  let first: { at: number; length: number } | undefined;
  for (const word of words) {
    const at = whole.indexOf(word);
    if (at !== -1 && (first === undefined || at < first.at)) first = { at, length: word.length };
  }
  return first;
}

/** What is between the tags of a text that is one pair and nothing else. */
function balancedPair(whole: string, tags: readonly Tag[]): string | undefined {
  for (const { open: start, close } of tags) {
    if (whole.length < start.length + close.length) continue;
    if (!whole.startsWith(start) || !whole.endsWith(close)) continue;
    const inner = whole.slice(start.length, -close.length);
    if (!inner.includes(start) && !inner.includes(close)) return inner;
  }
  return undefined;
}
