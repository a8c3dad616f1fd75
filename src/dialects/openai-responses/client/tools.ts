/**
 * The tools of a Responses request as functions, which is what every model takes, and the way back: a call of such a function is
 * told to the client under the kind, namespace and name that it knows. The book lives for one request and its answer.
 */
import type { FunctionTool, JsonObject, ToolChoice } from "../../../chat/request.ts";
import { invalid, isUnset, listAt, objectAt, optionalBoolean, optionalText, textAt } from "../../fields.ts";
import { flatName } from "../upstream/names.ts";

/** Far above what honest clients send; counted over namespaces and input items too. */
const MOST_TOOLS = 1_000;

/** A tool in the client's own words. */
export interface NativeTool {
  readonly kind: "function" | "custom";
  readonly name: string;
  readonly namespace?: string;
}

export interface ToolBook {
  readonly tools: readonly FunctionTool[];
  /** Tools that OpenAI runs itself, with their places: no other service has them. */
  readonly hosted: readonly { readonly kind: string; readonly param: string }[];
  /** Takes a list of tools. @throws RouterError `invalid_value` naming the entry */
  add(list: unknown, param: string): void;
  /** The function's name for a tool of the client's, whether it is in the book or was only called once. */
  flat(name: string, namespace: string | undefined): string;
  /** The tool behind a function's name; a function of that name where the book has none. */
  native(flat: string): NativeTool;
}

export function toolBook(): ToolBook {
  const tools: FunctionTool[] = [];
  const hosted: { kind: string; param: string }[] = [];
  const byFlat = new Map<string, NativeTool>();
  let counted = 0;

  const take = (tool: JsonObject, param: string, namespace: string | undefined): void => {
    const type = textAt(tool.type, `${param}.type`);
    if (type === "function") enter("function", functionTool(tool, param), namespace);
    else if (type === "custom") enter("custom", customTool(tool, param), namespace);
    else if (type !== "namespace" || namespace !== undefined) hosted.push({ kind: type, param });
    else add(tool.tools, `${param}.tools`, textAt(tool.name, `${param}.name`));
  };
  const enter = (kind: NativeTool["kind"], tool: FunctionTool, namespace: string | undefined): void => {
    const flat = flatName(tool.name, namespace);
    // The same tool may come twice, in `tools` and as an item that a search found: the first stands.
    if (byFlat.has(flat)) return;
    byFlat.set(flat, { kind, name: tool.name, ...(namespace !== undefined && { namespace }) });
    tools.push({ ...tool, name: flat });
  };
  const add = (list: unknown, param: string, namespace?: string): void => {
    if (isUnset(list)) return;
    const entries = listAt(list, param, MOST_TOOLS);
    counted += entries.length;
    if (counted > MOST_TOOLS) throw invalid(param, `a request has at most ${MOST_TOOLS} tools in all`);
    for (const [index, entry] of entries.entries()) {
      const at = `${param}[${index}]`;
      take(objectAt(entry, at), at, namespace);
    }
  };
  return {
    tools,
    hosted,
    add: (list, param) => add(list, param),
    flat: flatName,
    native: (flat) => byFlat.get(flat) ?? { kind: "function", name: flat },
  };
}

function functionTool(tool: JsonObject, param: string): FunctionTool {
  const description = optionalText(tool.description, `${param}.description`);
  const parameters = isUnset(tool.parameters)
    ? { type: "object", properties: {} }
    : objectAt(tool.parameters, `${param}.parameters`);
  return {
    name: textAt(tool.name, `${param}.name`),
    ...(description !== undefined && { description }),
    parameters,
    strict: optionalBoolean(tool.strict, `${param}.strict`) ?? false,
    param,
  };
}

/** A tool of free text is a function of one string; its grammar is told in words. */
function customTool(tool: JsonObject, param: string): FunctionTool {
  const format = isUnset(tool.format) ? {} : objectAt(tool.format, `${param}.format`);
  const grammar =
    format.type === "grammar"
      ? `The input must match this ${optionalText(format.syntax, `${param}.format.syntax`) ?? "lark"} grammar:\n${textAt(format.definition, `${param}.format.definition`)}`
      : undefined;
  const description = [optionalText(tool.description, `${param}.description`), grammar]
    .filter((text) => text !== undefined && text !== "")
    .join("\n\n");
  return {
    name: textAt(tool.name, `${param}.name`),
    ...(description !== "" && { description }),
    parameters: {
      type: "object",
      properties: { input: { type: "string", description: "The whole input of the tool, as plain text." } },
      required: ["input"],
      additionalProperties: false,
    },
    strict: false,
    param,
  };
}

/** The arguments under which a custom tool's input travels. */
export function customArguments(input: string): string {
  return JSON.stringify({ input });
}

/** The input of a custom tool from a call's arguments. What is not of the form, because it was cut, is told as it came. */
export function customInput(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "input" in value && typeof value.input === "string") {
      return value.input;
    }
  } catch {
    // An answer that ended at the token limit.
  }
  return text;
}

/** @throws RouterError `invalid_value` for a choice of no known form */
export function toolChoice(value: unknown, book: ToolBook): ToolChoice | undefined {
  const param = "tool_choice";
  if (isUnset(value)) return undefined;
  if (value === "none" || value === "auto" || value === "required") return { type: value, param };
  if (typeof value === "string") throw invalid(param, 'expected "none", "auto", "required" or an object');
  const choice = objectAt(value, param);
  const type = textAt(choice.type, `${param}.type`);
  if (type === "function" || type === "custom")
    return { type: "function", name: chosen(choice, param, book), param };
  if (type !== "allowed_tools") return { type: "other", kind: type, param };
  const mode = choice.mode === "required" ? "required" : "auto";
  const names = listAt(choice.tools, `${param}.tools`, MOST_TOOLS).flatMap((entry, index) => {
    const at = `${param}.tools[${index}]`;
    const tool = objectAt(entry, at);
    // Hosted tools among the allowed ones are left out like those in `tools`.
    return tool.type === "function" || tool.type === "custom" ? [chosen(tool, at, book)] : [];
  });
  return { type: "allowed_tools", mode, names, param };
}

function chosen(choice: JsonObject, param: string, book: ToolBook): string {
  const namespace = optionalText(choice.namespace, `${param}.namespace`);
  return book.flat(textAt(choice.name, `${param}.name`), namespace);
}
