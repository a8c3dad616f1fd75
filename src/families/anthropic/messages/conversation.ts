/** The messages of a Messages body, message by message: what needs no edit keeps its bytes. */
import { invalidValue, unsupportedContent } from "../../request/refusals.ts";
import { carried } from "../../../chat/carrier.ts";
import { systemReminder } from "../../../chat/system-reminders.ts";
import { asObject, asText, type JsonObject, objectsIn } from "../../../lib/json.ts";
import { editedObject, listText, textElements, textMembers } from "../../../lib/json-edit.ts";
import { NO_OUTPUT } from "../../request/call-book.ts";
import type { MarkEdits } from "./marks.ts";
import { isBlank } from "./sound.ts";

/** What the model and the betas let stand. */
export interface ConversationRules {
  /** Anthropic's own API, which knows links, files, and what its servers did. */
  readonly ofAnthropic: boolean;
  /** The thinking of earlier turns is left out: the model says that it belongs to another conversation. */
  readonly forgetsThinking: boolean;
  /** System messages between the others stay where they are. */
  readonly systemMidway: boolean;
  /** Tools come and go by `tool_addition` and `tool_removal`. */
  readonly toolChanges: boolean;
  /** A message may have an `output_config` of its own. */
  readonly messageOutput: boolean;
  /** Results of a tool search are `tool_reference`s. */
  readonly toolReferences: boolean;
  readonly marks: MarkEdits;
  /** Media that were links, as data URLs by the path of their block. */
  readonly fetched: ReadonlyMap<string, string>;
}

/** What a tool that failed without a word has to say to Claude. */
const NOTHING = JSON.stringify(NO_OUTPUT);

interface Edited {
  readonly role: unknown;
  readonly text: string;
}

/**
 * The list of messages as JSON text.
 * @param messages As parsed.
 * @param text The same as it was written.
 * @throws RouterError `unsupported_content` for a file that is only named.
 */
export function editMessages(messages: readonly unknown[], text: string, rules: ConversationRules): string {
  const misplaced = misplacedSystem(messages, rules);
  const edits = messages.map((message, index) =>
    misplaced.has(index) ? foldedMessage(message, rules) : messageEdit(message, `messages.${index}`, rules),
  );
  if (edits.every((edit) => edit === undefined)) return text;
  const written = textElements(text);
  const out: Edited[] = [];
  /** System text between a call and its results has to wait for them. */
  let folded: string[] = [];
  const flush = (): void => {
    if (folded.length === 0) return;
    out.push({ role: "user", text: `{"role":"user","content":${listText(folded)}}` });
    folded = [];
  };
  for (const [index, message] of messages.entries()) {
    const own = written[index] ?? "null";
    const { role } = asObject(message) ?? {};
    const edit = edits[index];
    if (edit?.kind === "fold") {
      folded.push(...edit.blocks);
      if (out.at(-1)?.role === "user" || asObject(messages[index + 1])?.role !== "user") flush();
      continue;
    }
    if (role !== "user") flush();
    if (edit?.kind !== "leave out") out.push({ role, text: edit?.kind === "change" ? edit.apply(own) : own });
    flush();
  }
  flush();
  return listText(out.map((message) => message.text));
}

type MessageEdit =
  | { readonly kind: "fold"; readonly blocks: readonly string[] }
  | { readonly kind: "leave out" }
  | { readonly kind: "change"; readonly apply: (text: string) => string };

/**
 * Which system messages stand where the model takes none: one has to follow what the user says, and what follows it, if anything
 * does, has to be the assistant's.
 */
function misplacedSystem(
  messages: readonly unknown[],
  { systemMidway }: ConversationRules,
): ReadonlySet<number> {
  const roles = messages.map((message) => asObject(message)?.role);
  const misplaced = new Set<number>();
  let before: unknown;
  let waiting: number[] = [];
  for (const [index, role] of roles.entries()) {
    if (role !== "system") {
      if (role === "user") for (const at of waiting) misplaced.add(at);
      waiting = [];
      before = role;
    } else if (systemMidway && before === "user") waiting.push(index);
    else misplaced.add(index);
  }
  return misplaced;
}

function foldedMessage(message: unknown, { marks }: ConversationRules): MessageEdit {
  return { kind: "fold", blocks: foldedBlocks(asObject(message) ?? {}, marks) };
}

function messageEdit(value: unknown, param: string, rules: ConversationRules): MessageEdit | undefined {
  const message = asObject(value);
  if (message === undefined) return undefined;
  const members = new Map<string, (text: string) => string | undefined>();
  if (message.output_config !== undefined && !rules.messageOutput)
    members.set("output_config", () => undefined);
  const content = contentEdit(message, `${param}.content`, rules);
  // Without it the assistant's turn before it would be one to go on with: Anthropic says itself what is wrong.
  if (content === "empty" && message.role === "user" && rules.ofAnthropic) return undefined;
  if (content === "empty") return { kind: "leave out" };
  if (content !== undefined) members.set("content", content);
  return members.size === 0 ? undefined : { kind: "change", apply: (text) => changed(text, members) };
}

/** An object with some of its members rewritten from what they were. */
function changed(text: string, members: ReadonlyMap<string, (text: string) => string | undefined>): string {
  const edits = new Map<string, string | undefined>();
  for (const { key, value } of textMembers(text)) {
    const edit = members.get(key);
    if (edit !== undefined) edits.set(key, edit(value));
  }
  return editedObject(text, edits);
}

/** System text as the reminders that Claude Code itself writes for models that take no system messages. */
function foldedBlocks(message: JsonObject, marks: MarkEdits): string[] {
  const { content } = message;
  const blocks =
    typeof content === "string"
      ? [{ of: message, text: content, own: undefined }]
      : objectsIn(content).map((block) => ({
          of: block,
          text: asText(block.text),
          own: block.cache_control,
        }));
  return blocks.flatMap(({ of, text, own }) => {
    if (text.trim() === "") return [];
    const mark = marks.has(of) ? marks.get(of) : own && JSON.stringify(own);
    const reminder = JSON.stringify(systemReminder(text));
    return [`{"type":"text","text":${reminder}${mark === undefined ? "" : `,"cache_control":${mark}`}}`];
  });
}

type TextEdit = (text: string) => string;
/** What a block becomes: nothing, or an edit of its text; undefined for what stays. */
type BlockEdit = "out" | TextEdit;

/** @returns `empty` where no block is left of what had some. */
function contentEdit(
  message: JsonObject,
  param: string,
  rules: ConversationRules,
): TextEdit | "empty" | undefined {
  const { content } = message;
  if (typeof content === "string") {
    if (isBlank(content)) return "empty";
    const mark = rules.marks.get(message);
    return mark === undefined ? undefined : (text) => markedText(text, mark);
  }
  return blocksEdit(content, param, rules);
}

/** A string as a block with a mark. @param text The string as JSON. */
export function markedText(text: string, mark: string): string {
  return `[{"type":"text","text":${text},"cache_control":${mark}}]`;
}

function blocksEdit(
  content: unknown,
  param: string,
  rules: ConversationRules,
): TextEdit | "empty" | undefined {
  if (!Array.isArray(content)) return undefined;
  if (content.length === 0) return "empty";
  const edits = content.map((block: unknown, index) => blockEdit(block, `${param}.${index}`, rules));
  if (edits.every((edit) => edit === undefined)) return undefined;
  if (edits.every((edit) => edit === "out")) return "empty";
  return (text) =>
    listText(
      textElements(text).flatMap((own, index) => {
        const edit = edits[index];
        return edit === "out" ? [] : [edit === undefined ? own : edit(own)];
      }),
    );
}

function blockEdit(value: unknown, param: string, rules: ConversationRules): BlockEdit | undefined {
  const block = asObject(value);
  if (block === undefined) return undefined;
  if (isUnsigned(block) || isForeign(block, rules) || isEmptyText(block)) return "out";
  if (rules.forgetsThinking && isThinking(block)) return "out";
  if (block.type === "tool_reference" && !rules.toolReferences) return () => referenceText(block);
  // Null is "not set" to clients, and an error to Bedrock.
  const unset = Object.keys(block).filter((key) => block[key] === null);
  const members = new Map<string, string | undefined>(unset.map((key) => [key, undefined]));
  if (block.type === "tool_use" && asObject(block.input) === undefined) members.set("input", "{}");
  if (!rules.ofAnthropic) for (const key of foreignMembers(block)) members.set(key, undefined);
  const mark = rules.marks.get(block);
  if (rules.marks.has(block)) members.set("cache_control", mark);
  const source = rules.ofAnthropic ? undefined : sourceEdit(block, param, rules.fetched);
  if (source !== undefined) members.set("source", source);
  const inner =
    block.type === "tool_result" ? blocksEdit(block.content, `${param}.content`, rules) : undefined;
  if (inner === "empty") members.set("content", undefined);
  if (block.is_error === true && (inner === "empty" || !block.content)) members.set("content", NOTHING);
  if (members.size === 0 && typeof inner !== "function") return undefined;
  return (text) => {
    if (typeof inner !== "function") return editedObject(text, members);
    const content = textMembers(text).find(({ key }) => key === "content")?.value ?? "[]";
    return editedObject(text, new Map([...members, ["content", inner(content)]]));
  };
}

/**
 * Whether a turn goes on without the thinking that began it, because another model has begun it: with a budget, Claude wants its
 * own thinking at the head of the turn that its tool results, or a started answer, belong to.
 */
export function isUnfounded(messages: readonly unknown[]): boolean {
  const list = objectsIn(messages);
  const at = list.findLastIndex(({ role }) => role === "assistant");
  if (at === -1) return false;
  const behind = list.slice(at + 1).flatMap(({ content }) => objectsIn(content));
  const goesOn = at === list.length - 1 || behind.some(({ type }) => type === "tool_result");
  if (!goesOn) return false;
  const start = list.findLastIndex(({ role }, index) => index < at && role !== "assistant") + 1;
  const [first] = list
    .slice(start, at + 1)
    .flatMap(({ content }): readonly JsonObject[] =>
      typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content),
    )
    .filter((block) => !isUnsigned(block) && !isEmptyText(block));
  return first !== undefined && !isThinking(first);
}

/** Thinking that no Claude signed. */
function isUnsigned({ type, signature }: JsonObject): boolean {
  return type === "thinking" && (asText(signature) === "" || carried(asText(signature)) !== undefined);
}

/** Claude refuses text blocks that say nothing, though it writes such itself. */
export function isEmptyText({ type, text }: JsonObject): boolean {
  return type === "text" && isBlank(text);
}

function isThinking({ type }: JsonObject): boolean {
  return type === "thinking" || type === "redacted_thinking";
}

/** What Claude on Bedrock has no use for: what Anthropic's servers did by themselves. */
function isForeign(block: JsonObject, rules: ConversationRules): boolean {
  switch (block.type) {
    case "tool_addition":
    case "tool_removal":
      return !rules.toolChanges;
    case "server_tool_use":
    case "mcp_tool_use":
      return !rules.ofAnthropic;
    default:
      return !rules.ofAnthropic && typeof block.type === "string" && /^[a-z_]+_tool_result$/.test(block.type);
  }
}

/** What answers of Anthropic's own API tell beside what they say: who makes a call, and where its search found a text. */
function foreignMembers({ type, caller, citations }: JsonObject): readonly string[] {
  if (type === "tool_use" && caller !== undefined) return ["caller"];
  const found = objectsIn(citations).some((citation) => citation.type === "web_search_result_location");
  return type === "text" && found ? ["citations"] : [];
}

/** What a tool search found, for a model that has all tools anyway. */
function referenceText({ tool_name: name }: JsonObject): string {
  return JSON.stringify({ type: "text", text: `Found: ${asText(name)}` });
}

/** Bedrock takes media only inline. @returns the new `source`, or undefined where it stays. */
function sourceEdit(
  { type, source: value }: JsonObject,
  param: string,
  fetched: ReadonlyMap<string, string>,
): string | undefined {
  if (type !== "image" && type !== "document") return undefined;
  const source = asObject(value);
  if (source?.type === "file") {
    const text = "Files of Anthropic's Files API do not exist here: send the data inline, as base64.";
    throw unsupportedContent(`${param}.source`, text);
  }
  if (source?.type !== "url") return undefined;
  const [head = "", data] = (fetched.get(param) ?? "").split(",", 2);
  const mediaType = /^data:([^;,]+);base64$/.exec(head)?.[1];
  if (mediaType === undefined) throw invalidValue(`${param}.source.url`, "expected an https: link");
  return JSON.stringify({ type: "base64", media_type: mediaType, data });
}
