/** Arbitrary conversations, and what Claude has to read of them. */
import fc from "fast-check";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import type { JsonObject } from "../../../emulator/json.ts";

/** Any text that a model would see: Unicode of all planes, control characters, but not only white space. */
const text = fc
  .oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary", maxLength: 40 }))
  .filter((value) => /\S/.test(value) && !value.includes("[["));

const content = fc.oneof(
  text,
  fc
    .array(text, { minLength: 1, maxLength: 3 })
    .map((texts) => texts.map((value) => ({ type: "text" as const, text: value }))),
);

const message: fc.Arbitrary<ChatCompletionMessageParam> = fc.oneof(
  content.map((value) => ({ role: "system" as const, content: value })),
  content.map((value) => ({ role: "developer" as const, content: value })),
  content.map((value) => ({ role: "user" as const, content: value })),
  content.map((value) => ({ role: "assistant" as const, content: value })),
);

/** Conversations that begin and end with the user, whose last words ask the emulator to repeat what it received. */
export const conversation: fc.Arbitrary<ChatCompletionMessageParam[]> = fc
  .tuple(text, fc.array(message, { maxLength: 8 }), text)
  .map(([first, middle, last]) => [
    { role: "user", content: first },
    ...middle,
    { role: "user", content: `${last} [[echo]]` },
  ]);

/**
 * The same conversation in Claude's format: neighbours of one role as one message; what the system says after the user's first words
 * stays in its place, as a reminder in a turn of the user's.
 */
export function asClaudeReads(messages: readonly ChatCompletionMessageParam[]): JsonObject {
  const turns: { role: string; content: JsonObject[] }[] = [];
  for (const { role: spoken, content: value } of messages) {
    const isSystem = spoken === "system" || spoken === "developer";
    const role = isSystem ? "user" : spoken;
    const blocks = typeof value === "string" ? [{ type: "text" as const, text: value }] : [...(value ?? [])];
    const content = blocks.map((block) =>
      isSystem && "text" in block
        ? { ...block, text: `<system-reminder>\n${block.text}\n</system-reminder>` }
        : { ...block },
    );
    if (turns.at(-1)?.role === role) turns.at(-1)?.content.push(...content);
    else turns.push({ role, content });
  }
  return { messages: turns };
}
