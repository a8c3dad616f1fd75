/** Reading messages whose shape has been checked. */
import { isObject, type JsonObject, objectsIn } from "../../json.ts";

export interface Turn {
  readonly role: string;
  readonly blocks: readonly JsonObject[];
}

/** Content as a list of blocks: a string is one text block. */
export function blocksOf(content: unknown): JsonObject[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content);
}

/** The messages of a body; tolerates anything. */
export function turnsOf(body: JsonObject): Turn[] {
  return objectsIn(body.messages).map(({ role, content }) => ({
    role: String(role),
    blocks: blocksOf(content),
  }));
}

/** The turns as the model reads them: messages of one role in a row are one, and what the system says between them is none. */
export function spokenTurns(body: JsonObject): Turn[] {
  const turns: { role: string; blocks: JsonObject[] }[] = [];
  for (const { role, blocks } of turnsOf(body)) {
    const last = turns.at(-1);
    if (role === "system") continue;
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ role, blocks: [...blocks] });
  }
  return turns;
}

/** The blocks of one type. */
export function blocksOfType(blocks: readonly JsonObject[], type: string): JsonObject[] {
  return blocks.filter((block) => block.type === type);
}

/** The text of text blocks, a string or a tool result, joined with line breaks. */
export function textIn(content: unknown): string {
  return blocksOfType(blocksOf(content), "text")
    .map((block) => String(block.text))
    .join("\n");
}

/** A block and the blocks inside it (a tool result holds some), with the path Claude's errors use. */
export function nested(block: JsonObject, path: string): { block: JsonObject; path: string }[] {
  const inner = block.type === "tool_result" ? objectsIn(block.content) : [];
  return [
    { block, path },
    ...inner.map((child, index) => ({ block: child, path: `${path}.tool_result.content.${index}` })),
  ];
}

/** Every block of every turn, inner ones included, with its path. */
export function allBlocks(turns: readonly Turn[]): { block: JsonObject; path: string }[] {
  return turns.flatMap((turn, at) =>
    turn.blocks.flatMap((block, index) => nested(block, `messages.${at}.content.${index}`)),
  );
}

/** Whether a value carries a cache breakpoint. */
export function hasBreakpoint(value: unknown): boolean {
  return isObject(value) && isObject(value.cache_control);
}
