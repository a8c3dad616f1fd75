/**
 * Tools and tool calls in Cohere's words: parameters are a flat list of Python types, names hold letters, digits and
 * underscores only.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
 */
import type { Loss } from "../../chat/parameters.ts";
import type { ChatRequest, FunctionTool, JsonObject } from "../../chat/request.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { asObject, isObject } from "../../lib/json.ts";
import { choiceParam, offeredTools } from "../request/offered-tools.ts";
import { unsupportedParameter } from "../request/refusals.ts";
import type { ToolBook, ToolForm } from "../request/tool-book.ts";
import { originalName, plainName } from "../request/tool-names.ts";

const PYTHON_TYPES: ReadonlyMap<unknown, string> = new Map([
  ["string", "str"],
  ["integer", "int"],
  ["number", "float"],
  ["boolean", "bool"],
  ["array", "List"],
  ["object", "Dict"],
]);

/** What Cohere takes of tools; its names are read back without memory. */
export const COHERE_TOOLS: ToolForm = {
  clean: plainName,
  longest: Number.POSITIVE_INFINITY,
  root: "members",
  references: false,
};

/**
 * The tools that the model may call; none where the client says so.
 * @throws RouterError with `param` for tools and choices that the model does not take.
 */
export function callableTools(
  request: ChatRequest,
  book: ToolBook,
): {
  readonly tools: readonly FunctionTool[];
  readonly dropped: readonly Loss[];
} {
  const { tools, mode, dropped: left } = offeredTools(request, book);
  if (mode?.type === "any" || mode?.type === "tool") {
    const param = choiceParam(request);
    const text = `The parameter '${param}' cannot be honoured by the chosen model: Command R decides itself whether to call a tool. Use "auto" or another model.`;
    throw unsupportedParameter(param, text);
  }
  if (mode?.type === "none") return { tools: [], dropped: left };
  const dropped: Loss[] = [...left];
  if (tools.some(({ strict }) => strict)) dropped.push("strict");
  if (tools.length > 0 && request.parallelToolCalls === false) dropped.push("parallel_tool_calls");
  return { tools, dropped };
}

/** An entry of `tools`, by the model's name. */
export function toolDefinition({ name, description, parameters }: FunctionTool): JsonObject {
  const required = Array.isArray(parameters.required) ? parameters.required : [];
  const definitions = Object.entries(asObject(parameters.properties) ?? {}).map(([key, schema]) => [
    plainName(key),
    parameterDefinition(schema, required.includes(key)),
  ]);
  return {
    name,
    // Required by Cohere.
    description: description?.trim() ? description : originalName(name),
    parameter_definitions: Object.fromEntries(definitions),
  };
}

function parameterDefinition(value: unknown, required: boolean): JsonObject {
  const schema = isObject(value) ? value : {};
  const { type, description, title, ...more } = schema;
  const told = typeof description === "string" ? description : title;
  // What a flat type cannot say is said in words, or the model would not know of it.
  const rest = Object.keys(more).length > 0 ? `JSON Schema: ${jsonText(schema)}` : undefined;
  const words = [told, rest].filter((text) => typeof text === "string" && text !== "");
  return { ...(words.length > 0 && { description: words.join(" ") }), type: pythonType(schema), required };
}

function pythonType(schema: JsonObject): string {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const type = PYTHON_TYPES.get(types.find((name) => name !== "null"));
  if (type === "List" && isObject(schema.items)) {
    const inner = PYTHON_TYPES.get(schema.items.type);
    return inner === undefined ? "List" : `List[${inner}]`;
  }
  if (type !== undefined) return type;
  for (const union of [schema.anyOf, schema.oneOf, schema.allOf]) {
    const branch = Array.isArray(union) ? union.filter(isObject).find(isTyped) : undefined;
    if (branch !== undefined) return pythonType(branch);
  }
  return "properties" in schema ? "Dict" : "items" in schema ? "List" : "str";
}

function isTyped({ type }: JsonObject): boolean {
  return PYTHON_TYPES.has(type);
}

/** A call as the model wants it back. */
export function callObject(name: string, input: JsonObject): JsonObject {
  const parameters = Object.entries(input).map(([key, value]) => [plainName(key), value]);
  return { name: plainName(name), parameters: Object.fromEntries(parameters) };
}

/** The client's name and arguments (a JSON text) of a call that the model made. */
export function clientCall({ name, parameters }: JsonObject): { name: string; args: string } {
  const entries = Object.entries(isObject(parameters) ? parameters : {});
  const args = Object.fromEntries(entries.map(([key, value]) => [originalName(key), value]));
  return { name: typeof name === "string" ? originalName(name) : "", args: JSON.stringify(args) };
}
