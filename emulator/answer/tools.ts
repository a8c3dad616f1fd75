/** Which of the offered tools the emulated model calls, and with what. */
import { asObject, isObject, type JsonObject } from "../json.ts";
import type { Conversation, Tool } from "./conversation.ts";
import { synthesise } from "./synthesise.ts";

export interface Call {
  readonly tool: Tool;
  readonly input: JsonObject;
}

// Words of tool names that say nothing about what a question is after.
const COLOURLESS = new Set([
  "tool",
  "call",
  "make",
  "find",
  "fetch",
  "list",
  "with",
  "from",
  "data",
  "search",
  "query",
]);
const SHORTEST_WORD = 4;

/**
 * The calls for a question (directives removed): none, one, or two when the text says "both" or names two tools and
 * parallel use is allowed.
 */
export function chooseCalls(conversation: Conversation, question: string): Call[] {
  const chosen = candidates(conversation, question);
  const [first] = chosen;
  if (!first) return [];
  const twice = /\bboth\b/i.test(question) && chosen.length === 1 ? [first, first] : chosen.slice(0, 2);
  const tools = conversation.parallel ? twice : [first];
  const subjects = subjectsOf(question).slice(-tools.length);
  return tools.map((tool, index) => {
    const subject = subjects[index] ?? subjects.at(-1) ?? "example";
    return { tool, input: asObject(synthesise(tool.schema, { question, subject })) };
  });
}

/** Whether a tool takes no arguments at all; Claude then streams an empty string instead of `{}`. */
export function takesNothing(tool: Tool): boolean {
  const properties = tool.schema.properties;
  return !isObject(properties) || Object.keys(properties).length === 0;
}

function candidates(conversation: Conversation, question: string): readonly Tool[] {
  const { tools, toolMode: mode } = conversation;
  if (mode.mode === "none") return [];
  if (mode.mode === "tool") return tools.filter((tool) => tool.name === mode.name).slice(0, 1);
  const named = tools.filter((tool) => isMentioned(tool.name, question));
  if (mode.mode === "any") return named.length > 0 ? named : tools.slice(0, 1);
  return conversation.toolResults.length > 0 ? [] : named;
}

function isMentioned(name: string, question: string): boolean {
  const spoken = question.toLowerCase();
  const words = new Set(spoken.match(/[\p{L}\p{N}_-]+/gu));
  if (words.has(name.toLowerCase())) return true;
  const parts = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return parts.some(
    (part) =>
      part.length >= SHORTEST_WORD && !COLOURLESS.has(part) && (words.has(part) || words.has(`${part}s`)),
  );
}

/**
 * The names in a question, in order: runs of capitalised words that do not open a sentence ("San Francisco"), else its
 * last word.
 */
function subjectsOf(question: string): string[] {
  const names = [...question.matchAll(/\p{Lu}[\p{L}\p{N}'’-]*(?: \p{Lu}[\p{L}\p{N}'’-]*)*/gu)]
    .filter((match) => !/(?:^|[.!?:]\s+)$/.test(question.slice(0, match.index)))
    .map((match) => match[0])
    .filter((name) => name !== "I");
  if (names.length > 0) return names;
  const words = question.match(/[\p{L}\p{N}][\p{L}\p{N}'’_-]*/gu);
  return words?.slice(-1) ?? [];
}
