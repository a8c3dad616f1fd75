/** What the router model of strategy `llm` said → one of the candidates. Nothing it says can name anything else. */
import { distance } from "../../../lib/nearest.ts";
import type { Target } from "../../../target.ts";

export interface ReadAnswer {
  readonly target: Target;
  /** False when the answer was near a name but not the name. */
  readonly exact: boolean;
}

/** More of an answer is not looked at: a name comes first or not at all. */
const MAX_CHARS = 2000;
/** Shorter fragments are in too many names. */
const MIN_FRAGMENT_CHARS = 3;
/** A slip for every four characters, two at most. */
const CHARS_PER_SLIP = 4;
const MAX_SLIPS = 2;

const THINKING = /<think(?:ing)?>[\s\S]*?(?:<\/think(?:ing)?>|$)/gi;
/** A text without what stands around it. */
const UNDECORATED = /[^\s`"'*.,:;!?()[\]{}](?:[\s\S]*[^\s`"'*.,:;!?()[\]{}])?/;

/**
 * The name alone or in `{"model": name}`; else the longest name in the answer; else the one name that has the answer in
 * it; else the nearest within a slip or two. Case is ignored. Undefined when all that leads nowhere.
 */
export function readAnswer(answer: string, candidates: readonly Target[]): ReadAnswer | undefined {
  const text = answer.replace(THINKING, "").trim().slice(0, MAX_CHARS);
  const said = namedInJson(text) ?? UNDECORATED.exec(text)?.[0] ?? "";
  const exact =
    candidates.find(({ name }) => name === said || name === text) ??
    candidates.find(({ name }) => same(name, said));
  if (exact) return { target: exact, exact: true };
  if (said === "") return undefined;
  const target = contained(said, candidates) ?? containing(said, candidates) ?? nearest(said, candidates);
  return target && { target, exact: false };
}

/** `model` of the JSON object in the text, if there is one, also between other words or in a code block. */
function namedInJson(text: string): string | undefined {
  const object = /\{[^{}]*\}/.exec(text)?.[0];
  if (object === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(object);
    if (typeof parsed !== "object" || parsed === null || !("model" in parsed)) return undefined;
    return typeof parsed.model === "string" ? parsed.model.trim() : undefined;
  } catch {
    return undefined;
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The longest name that stands in the text as a word of its own. */
function contained(text: string, candidates: readonly Target[]): Target | undefined {
  const lower = text.toLowerCase();
  return candidates
    .filter(({ name }) => isWord(name.toLowerCase(), lower))
    .reduce<Target | undefined>((best, target) => (longer(target, best) ? target : best), undefined);
}

function longer(target: Target, best: Target | undefined): boolean {
  return best === undefined || target.name.length > best.name.length;
}

/** Whether the word occurs in the text with neither letter nor digit beside it. */
function isWord(word: string, text: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? " ";
    const after = text[at + word.length] ?? " ";
    if (!/[\p{L}\p{N}]/u.test(before + after)) return true;
  }
  return false;
}

/** The name of which the text is a part, if there is only one. */
function containing(text: string, candidates: readonly Target[]): Target | undefined {
  if (text.length < MIN_FRAGMENT_CHARS) return undefined;
  const found = candidates.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
  return found.length === 1 ? found[0] : undefined;
}

function nearest(text: string, candidates: readonly Target[]): Target | undefined {
  const near = candidates
    .map((target) => ({ target, slips: slipsBetween(text, target.name) }))
    .filter(({ slips, target }) => slips <= Math.min(MAX_SLIPS, target.name.length / CHARS_PER_SLIP))
    .sort((a, b) => a.slips - b.slips);
  return near[0]?.target;
}

function slipsBetween(text: string, name: string): number {
  // A distance costs the product of the lengths, and such a difference is one anyway.
  if (Math.abs(text.length - name.length) > MAX_SLIPS) return Number.POSITIVE_INFINITY;
  return distance(text.toLowerCase(), name.toLowerCase());
}
