/** Tools and the choice among them: functions, the typed tools that the client runs, and those that a server would run. */
import type { ChatRequest, FunctionTool, ToolChoice } from "../../../chat/request.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { invalid, isUnset, listAt, objectAt, optionalBoolean, optionalText, textAt } from "../../fields.ts";
import { readCacheControl } from "./cache-control.ts";
import { typedTool } from "./typed-tools.ts";

/** Far above what clients send; a model's own smaller limit is its own affair. */
const MOST_TOOLS = 1_000;
/** Claude Code's stand-in for tools that it has not loaded: there is nothing to call. */
const PLACEHOLDER = "DeferredToolPlaceholder";

/** @throws RouterError `invalid_value` that names the tool. */
export function readTools(value: unknown): Pick<ChatRequest, "tools" | "otherTools"> {
  const tools: FunctionTool[] = [];
  const others: { kind: string; param: string }[] = [];
  const list = isUnset(value) ? [] : listAt(value, "tools", MOST_TOOLS);
  for (const [index, entry] of list.entries()) {
    const param = `tools.${index}`;
    const tool = objectAt(entry, param);
    const kind = optionalText(tool.type, `${param}.type`) ?? "custom";
    const known = kind === "custom" ? undefined : typedTool(kind);
    if (kind === "custom") {
      if (!isPlaceholder(tool)) tools.push(readFunction(tool, param));
    } else if (known === undefined) {
      others.push({ kind: kind.slice(0, 64), param });
    } else {
      tools.push({ ...known, param, name: textAt(tool.name, `${param}.name`), ...marked(tool, param) });
    }
  }
  // Beside others a tool of Anthropic's servers may be missed; alone it is all that the request is about.
  const optional = tools.length > 0;
  return { tools, otherTools: others.map((tool) => ({ ...tool, optional })) };
}

/** Whether a tool is the stand-in of a client that loads its tools when they are needed. */
export function isPlaceholder({ name, defer_loading: deferred }: JsonObject): boolean {
  return name === PLACEHOLDER && deferred === true;
}

function readFunction(tool: JsonObject, param: string): FunctionTool {
  const name = textAt(tool.name, `${param}.name`);
  if (name === "") throw invalid(`${param}.name`, "must not be empty");
  if (isUnset(tool.input_schema)) throw invalid(`${param}.input_schema`, "Field required");
  const description = optionalText(tool.description, `${param}.description`);
  return {
    param,
    name,
    ...(description !== undefined && { description }),
    parameters: objectAt(tool.input_schema, `${param}.input_schema`),
    strict: optionalBoolean(tool.strict, `${param}.strict`) ?? false,
    ...marked(tool, param),
  };
}

function marked({ cache_control: mark }: JsonObject, param: string): Pick<FunctionTool, "cacheControl"> {
  const cacheControl = readCacheControl(mark, `${param}.cache_control`);
  return cacheControl === undefined ? {} : { cacheControl };
}

const CHOICES = { auto: "auto", any: "required", none: "none" } as const;

/** `tool_choice` with its wish about parallel calls. @throws RouterError `invalid_value` */
export function readToolChoice(value: unknown): Pick<ChatRequest, "toolChoice" | "parallelToolCalls"> {
  if (isUnset(value)) return {};
  const wire = objectAt(value, "tool_choice");
  const param = "tool_choice.disable_parallel_tool_use";
  const serial = optionalBoolean(wire.disable_parallel_tool_use, param) === true;
  return { toolChoice: choiceOf(wire), ...(serial && { parallelToolCalls: false }) };
}

function choiceOf({ type, name }: JsonObject): ToolChoice {
  const param = "tool_choice";
  if (type === "tool") return { param, type: "function", name: textAt(name, `${param}.name`) };
  if (type === "auto" || type === "any" || type === "none") return { param, type: CHOICES[type] };
  throw invalid(`${param}.type`, 'expected one of "auto", "any", "tool", "none"');
}
