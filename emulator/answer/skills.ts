/** What the emulated model can beside repeating the question, so that a demo looks like one. */
import { asObject, asString, type JsonObject } from "../json.ts";
import type { Conversation } from "./conversation.ts";

/** A list of choices in a system prompt: JSON objects, one a line. */
const CHOICE = /^- (\{.*\})$/gm;
const WANTS_NAME = /\{"model": ?"[^"]*"\}/;
/** A system prompt that wants nothing but JSON. */
const WANTS_JSON = /\b(?:answer|reply|respond) (?:only )?with (?:one|a|an) (?:valid )?JSON object\b/i;
const SHORTEST_WORD = 4;

/** An answer that must have a form, whole; undefined where it may be any text. */
export function formedAnswer({ system, tools }: Conversation, question: string): string | undefined {
  if (tools.length > 0) return undefined;
  const choices = [...system.matchAll(CHOICE)].map(([, line = ""]) => asObject(parsed(line)));
  const named = choices.filter(({ name }) => asString(name) !== "");
  if (named.length > 0 && WANTS_NAME.test(system)) return JSON.stringify({ model: chosen(named, question) });
  return WANTS_JSON.test(system) ? JSON.stringify({ answer: `You asked: ${question}` }) : undefined;
}

/** Sentences that belong before the last one; empty where the question asks for no such thing. */
export function known({ received }: Conversation, question: string): string[] {
  const sentences: string[] = [];
  if (/\bwhat(?: i|['’])s my name\b/i.test(question)) {
    const name = /\bmy name is (\p{L}+)/iu.exec(JSON.stringify(received))?.[1];
    sentences.push(name === undefined ? "You have not told me your name." : `Your name is ${name}.`);
  }
  if (/\btable\b/i.test(question)) sentences.push(table(question));
  return sentences;
}

/** The arithmetic in a question: the longest run of numbers with an operator between them. */
export function arithmeticIn(question: string): string | undefined {
  const runs = question.match(/[\d(][\d\s().,+*/^%-]*/g) ?? [];
  return runs
    .map((run) => run.trim().replace(/[\s(.,+*/^%-]+$/, ""))
    .filter((run) => /\d\s*\)*\s*[+*/^%-]\s*\(*\s*\d/.test(run))
    .sort((a, b) => b.length - a.length)[0];
}

/** The choice whose name and description have the most of the question's words; the first of equals. */
function chosen(choices: readonly JsonObject[], question: string): string {
  const words = new Set(wordsOf(question));
  const scored = choices.map(({ name, description }) => ({
    name: asString(name),
    score: wordsOf(`${asString(name)} ${asString(description)}`).filter((word) => words.has(word)).length,
  }));
  return scored.reduce((best, choice) => (choice.score > best.score ? choice : best)).name;
}

function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  return words.filter((word) => word.length >= SHORTEST_WORD).map((word) => word.replace(/s$/, ""));
}

/** A table of what the question compares: "A and B". */
function table(question: string): string {
  const [, one = "One", other = "Other"] =
    /(\p{Lu}[\p{L}\p{N}]*) (?:and|with|vs\.?|or) (\p{Lu}[\p{L}\p{N}]*)/u.exec(question) ?? [];
  const rows = [
    ["", one, other],
    ["---", "---", "---"],
    ["Letters", one.length, other.length],
    ["Begins with", one[0], other[0]],
  ];
  return `Here is a table.\n\n${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n\n`;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
