/** The rules about turns: who speaks when, what a turn may hold, and how tool calls and results pair up. */
import { invalid } from "../../bedrock/errors.ts";
import { asString, type JsonObject } from "../../json.ts";
import { allBlocks, blocksOfType, type Turn } from "./blocks.ts";
import type { ClaudeModel } from "./models.ts";

const USER_BLOCKS = new Set(["text", "image", "document", "search_result", "tool_result"]);
const SYSTEM_BLOCKS = new Set(["text", "tool_addition", "tool_removal"]);
const ASSISTANT_BLOCKS = new Set(["text", "thinking", "redacted_thinking", "tool_use"]);

/** Throws the ValidationException of the first rule that `turns` break. */
export function checkTurns(written: readonly Turn[], model: ClaudeModel): void {
  checkRoles(written, model);
  checkSystemTurns(written);
  // Messages of one role in a row are one turn; what the system says between two turns belongs to neither.
  const turns = merged(written.filter(({ role }) => role !== "system"));
  for (const [at, turn] of turns.entries()) {
    checkBlocks(turn, at, at === turns.length - 1);
    checkCalls(turn, turns[at + 1], at);
    checkResults(turn, turns[at - 1], at);
  }
  checkTexts(turns);
  checkEnd(turns, model);
}

function merged(turns: readonly Turn[]): Turn[] {
  const out: Turn[] = [];
  for (const turn of turns) {
    const last = out.at(-1);
    if (last?.role === turn.role)
      out[out.length - 1] = { role: turn.role, blocks: [...last.blocks, ...turn.blocks] };
    else out.push(turn);
  }
  return out;
}

/** Behind a user turn, and before an assistant's or at the end. */
function checkSystemTurns(turns: readonly Turn[]): void {
  for (const [at, { role, blocks }] of turns.entries()) {
    if (role !== "system") continue;
    const stranger = blocks.findIndex((block) => !SYSTEM_BLOCKS.has(asString(block.type)));
    if (stranger >= 0) {
      throw invalid(`messages.${at}.content.${stranger}: Input tag is not valid in a system message`);
    }
    const before = turns.slice(0, at).findLast((turn) => turn.role !== "system");
    const after = turns.slice(at + 1).find((turn) => turn.role !== "system");
    if (before?.role !== "user" || after?.role === "user") {
      throw invalid(
        `messages.${at}: a system message must follow a user message and precede an assistant message or end the conversation`,
      );
    }
  }
}

function checkRoles(turns: readonly Turn[], model: ClaudeModel): void {
  if (turns.length === 0) throw invalid("messages: at least one message is required");
  for (const [at, { role }] of turns.entries()) {
    if (role === "system" && !model.systemTurns) {
      throw invalid(
        'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
      );
    }
    if (role !== "user" && role !== "assistant" && role !== "system") {
      throw invalid(`messages.${at}.role: Input should be 'user' or 'assistant'`);
    }
  }
  if (turns[0]?.role !== "user") throw invalid('messages: first message must use the "user" role');
}

function checkBlocks(turn: Turn, at: number, last: boolean): void {
  if (turn.blocks.length === 0 && !(last && turn.role === "assistant")) {
    throw invalid(
      `messages.${at}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  const allowed = turn.role === "user" ? USER_BLOCKS : ASSISTANT_BLOCKS;
  const stranger = turn.blocks.findIndex((block) => !allowed.has(asString(block.type)));
  if (stranger < 0) return;
  const home = turn.role === "user" ? "assistant" : "user";
  const type = asString(turn.blocks[stranger]?.type);
  throw invalid(`messages.${at}.content.${stranger}: \`${type}\` blocks can only be in \`${home}\` messages`);
}

/** Every call is answered in the next turn, whose results stand before anything else. */
function checkCalls(turn: Turn, next: Turn | undefined, at: number): void {
  const calls = blocksOfType(turn.blocks, "tool_use");
  const ids = calls.map((call) => asString(call.id));
  for (const [index, call] of calls.entries()) {
    const path = `messages.${at}.content.${turn.blocks.indexOf(call)}`;
    matches(call.id, /^[a-zA-Z0-9_-]+$/, `${path}.tool_use.id`);
    matches(call.name, /^[a-zA-Z0-9_-]{1,64}$/, `${path}.tool_use.name`);
    if (ids.indexOf(ids[index] ?? "") !== index) throw invalid(`${path}: \`tool_use\` ids must be unique`);
  }
  const leading = next?.blocks.findIndex((block) => block.type !== "tool_result") ?? 0;
  const results = next?.blocks.slice(0, leading < 0 ? undefined : leading) ?? [];
  const answered = new Set(results.map((result) => result.tool_use_id));
  const open = ids.filter((id) => !answered.has(id));
  if (open.length > 0) {
    throw invalid(
      `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    );
  }
}

function checkResults(turn: Turn, previous: Turn | undefined, at: number): void {
  const calls = new Set(blocksOfType(previous?.blocks ?? [], "tool_use").map((call) => call.id));
  const seen = new Set<unknown>();
  for (const result of blocksOfType(turn.blocks, "tool_result")) {
    const path = `messages.${at}.content.${turn.blocks.indexOf(result)}`;
    const id = result.tool_use_id;
    if (!calls.has(id)) {
      throw invalid(
        `${path}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    if (seen.has(id)) {
      throw invalid(
        `${path}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
      );
    }
    seen.add(id);
    if (result.is_error === true && isEmpty(result.content)) {
      throw invalid(`${path}: content cannot be empty if \`is_error\` is true`);
    }
  }
}

function checkTexts(turns: readonly Turn[]): void {
  for (const { block } of allBlocks(turns)) {
    if (block.type !== "text") continue;
    if (block.text === "") throw invalid("messages: text content blocks must be non-empty");
    if (asString(block.text).trim() === "") {
      throw invalid("messages: text content blocks must contain non-whitespace text");
    }
  }
}

/** A final assistant turn is a prefill. */
function checkEnd(turns: readonly Turn[], model: ClaudeModel): void {
  const last = turns.at(-1);
  if (last?.role !== "assistant") return;
  if (!model.prefill) {
    throw invalid(
      "This model does not support assistant message prefill. The conversation must end with a user message.",
    );
  }
  if (/\s$/.test(asString(last.blocks.at(-1)?.text))) {
    throw invalid("messages: final assistant content cannot end with trailing whitespace");
  }
}

/** Throws unless `value` matches; `path` is where it stands. */
export function matches(value: unknown, pattern: RegExp, path: string): void {
  if (!pattern.test(asString(value)))
    throw invalid(`${path}: String should match pattern '${pattern.source}'`);
}

function isEmpty(content: unknown): boolean {
  return content === undefined || content === "" || (Array.isArray(content) && content.length === 0);
}

/** Whether any turn holds tool calls or results. */
export function usesTools(turns: readonly Turn[]): boolean {
  return turns.some(({ blocks }) => blocks.some(isToolBlock));
}

function isToolBlock(block: JsonObject): boolean {
  return block.type === "tool_use" || block.type === "tool_result";
}
