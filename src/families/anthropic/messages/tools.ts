/** The tools of a Messages body: what Bedrock does not know of them goes, what the history calls is declared. */
import { jsonText } from "../../../lib/exact-json.ts";
import { asObject, asText, isObject, type JsonObject, objectsIn } from "../../../lib/json.ts";
import { editedObject, listText, textElements } from "../../../lib/json-edit.ts";
import { GONE } from "../../request/offered-tools.ts";
import { unsupportedParameter } from "../../request/refusals.ts";
import { schemaReader } from "../../request/schema/index.ts";
import { safeNames } from "../../request/tool-book.ts";
import { CLAUDE_TOOLS, LONGEST_NAME } from "../content.ts";
import type { MarkEdits } from "./marks.ts";
import { isToolName } from "./sound.ts";

/** Claude Code's stand-in for tools that it has not loaded. */
const PLACEHOLDER = "DeferredToolPlaceholder";
/** Types, without their dates, of the tools that Claude knows and the client runs. */
const CLIENT_TOOL = /^(?:bash|text_editor|memory|computer)_\d{8}$/;
/** What a tool of the client's own making may have. */
const FIELDS: ReadonlySet<string> = new Set(["name", "description", "input_schema", "type", "cache_control"]);

export interface ToolRules {
  readonly strictTools: boolean;
  /** Tools that are loaded when they are needed. */
  readonly deferred: boolean;
  /** Anthropic's own API, which knows every kind and every field of a tool. */
  readonly all: boolean;
}

export interface KeptTool {
  /** Its place in the client's list. */
  readonly index: number;
  readonly tool: JsonObject;
  /** What Claude takes in the place of a schema that it refuses, as JSON. */
  readonly schema?: string;
}

/**
 * The tools that are sent, and the names of what is lost. One tool with a schema that Claude refuses would make every request a
 * 400: it is mended, or left out where no input fits it.
 * @throws RouterError `invalid_value` for a schema beyond the bounds;
 *   RouterError `unsupported_parameter` where tools of Anthropic's servers are all that there is: a search that is not made
 *   must not be answered by invention.
 */
export function keptTools(
  tools: unknown,
  rules: ToolRules,
): { readonly kept: readonly KeptTool[]; readonly dropped: readonly string[] } {
  const list = Array.isArray(tools) ? tools.map((tool: unknown) => asObject(tool) ?? {}) : [];
  const dropped = new Set<string>();
  const kept: KeptTool[] = [];
  if (rules.all) return { kept: list.map((tool, index) => ({ index, tool })), dropped: [] };
  const mended = schemaMender();
  for (const [index, tool] of list.entries()) {
    if (isOfServer(tool)) dropped.add(asText(tool.type).slice(0, 64));
    else if (rules.deferred || !isPlaceholder(tool)) {
      const schema = mended(tool, index);
      if (schema === "none") dropped.add(`tools.${asText(tool.name).slice(0, LONGEST_NAME)}`);
      else kept.push({ index, tool, ...schema });
    }
    for (const name of lostHints(tool, rules)) dropped.add(name);
  }
  const served = list.findIndex(isOfServer);
  if (kept.length === 0 && served !== -1) {
    const text = `tool type '${asText(list[served]?.type).slice(0, 64)}' is not supported: it would run on Anthropic's own servers.`;
    throw unsupportedParameter(`tools.${served}`, text);
  }
  return { kept, dropped: [...dropped] };
}

/** Tells what stands for a tool's schema: nothing where it is right as it is, `none` where no input fits it. */
function schemaMender(): (tool: JsonObject, index: number) => { readonly schema?: string } | "none" {
  // Members with names that Claude refuses go another way, see hasForeignNames.
  const read = schemaReader({ ...CLAUDE_TOOLS, plainKeys: false });
  return ({ type, name, input_schema: written }, index) => {
    if (isTyped(type) || !isObject(written)) return {};
    const owner = `tool ${JSON.stringify(asText(name).slice(0, 64))}`;
    const found = read(written, owner, `tools.${index}.input_schema`);
    if (found === undefined) return "none";
    const { $schema: _, $defs, ...own } = written;
    const schema = jsonText(found.schema);
    // As the reader writes what it has not changed.
    return schema === jsonText($defs === undefined ? own : { ...own, $defs }) ? {} : { schema };
  };
}

const PLAIN_KEY = /^[a-zA-Z0-9_.-]{1,64}$/;

/**
 * Whether a tool, or a member of a tool's input, has a name that Claude refuses. It has to be translated there and back, which an
 * edited body cannot.
 */
export function hasForeignNames(tools: unknown): boolean {
  return objectsIn(tools).some(({ type, name, input_schema: schema }) => {
    if (!isTyped(type) && !isToolName(name)) return true;
    const members = asObject(asObject(schema)?.properties) ?? {};
    return Object.keys(members).some((key) => !PLAIN_KEY.test(key));
  });
}

/** Anthropic's own tools have the names that it gave them. */
function isTyped(type: unknown): boolean {
  return typeof type === "string" && type !== "custom";
}

/** Fields that only make an answer quicker or likelier to be right. */
function lostHints(tool: JsonObject, { strictTools, deferred }: ToolRules): string[] {
  return Object.keys(tool).filter((key) => {
    if (key === "strict") return tool.strict === true && !strictTools;
    if (key === "defer_loading") return tool.defer_loading === true && !deferred && !isPlaceholder(tool);
    return key === "eager_input_streaming" || key === "input_examples" || key === "allowed_callers";
  });
}

function isOfServer({ type }: JsonObject): boolean {
  return isTyped(type) && !CLIENT_TOOL.test(asText(type));
}

function isPlaceholder({ name, defer_loading: deferred }: JsonObject): boolean {
  return name === PLACEHOLDER && deferred === true;
}

/** The types of the tools that the client runs and Claude knows. */
export function typedTools(kept: readonly KeptTool[]): string[] {
  return kept.flatMap(({ tool: { type } }) => (typeof type === "string" && type !== "custom" ? [type] : []));
}

/** The list of tools as JSON text. @param text The client's, as it was written. */
export function editTools(
  kept: readonly KeptTool[],
  text: string,
  rules: ToolRules,
  marks: MarkEdits,
): string {
  if (rules.all) return text;
  const written = textElements(text);
  return listText(kept.map((each) => editTool(each, written[each.index] ?? "{}", rules, marks)));
}

function editTool({ tool, schema }: KeptTool, text: string, rules: ToolRules, marks: MarkEdits): string {
  const edits = new Map<string, string | undefined>();
  const typed = isTyped(tool.type);
  for (const key of Object.keys(tool)) {
    const stands =
      typed ||
      FIELDS.has(key) ||
      (key === "strict" && rules.strictTools) ||
      (key === "defer_loading" && rules.deferred);
    if (!stands || tool[key] === null) edits.set(key, undefined);
  }
  if (schema !== undefined) edits.set("input_schema", schema);
  if (marks.has(tool)) edits.set("cache_control", marks.get(tool));
  return edits.size === 0 ? text : editedObject(text, edits);
}

/**
 * Tools for a history that calls some where the client offers none (agents do so when they shorten a conversation): Claude
 * refuses calls of tools that are not declared. Undefined where there are no calls.
 */
export function historyTools(messages: readonly unknown[]): string | undefined {
  const { clean } = safeNames(LONGEST_NAME);
  const names = messages.flatMap((message) => {
    const { content } = asObject(message) ?? {};
    const blocks = Array.isArray(content) ? content.filter(isObject) : [];
    return blocks.flatMap(({ type, name }) => (type === "tool_use" ? [clean(asText(name))] : []));
  });
  if (names.length === 0) return undefined;
  const stubs = [...new Set(names)].sort().map((name) => ({
    name,
    description: GONE,
    input_schema: { type: "object", properties: {} },
  }));
  return JSON.stringify(stubs);
}

/** Whether any part of a request is about tools that are loaded when they are needed. */
export function defersTools(tools: unknown, messages: readonly unknown[]): boolean {
  if (Array.isArray(tools) && tools.some((tool: unknown) => asObject(tool)?.defer_loading === true))
    return true;
  return messages.some((message) => {
    const { content } = asObject(message) ?? {};
    return Array.isArray(content) && content.some(hasReference);
  });
}

function hasReference(block: unknown): boolean {
  const { type, content } = asObject(block) ?? {};
  if (type !== "tool_result" || !Array.isArray(content)) return false;
  return content.some((inner: unknown) => asObject(inner)?.type === "tool_reference");
}
