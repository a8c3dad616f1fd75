/** Tools and tool choice in Claude's words. */
import { RouterError } from "../../errors.ts";
import type { ChatRequest, FunctionTool, JsonObject } from "../../openai/types.ts";
import type { ClaudeModel } from "../catalogue.ts";
import { cacheMark } from "./content.ts";
import { constrainedSchema, objectSchema } from "./schema.ts";

/** Claude's `tool_choice`, without `disable_parallel_tool_use`. */
export type Choice =
  | { readonly type: "none" | "auto" | "any" }
  | { readonly type: "tool"; readonly name: string };

/** What goes into a request about tools. */
export interface ToolPlan {
  readonly tools: readonly JsonObject[];
  readonly choice?: Choice;
  /** A sentence for the system prompt that says what the model's fields cannot. */
  readonly instruction?: string;
}

/**
 * The tool whose input is the answer, where a model has no structured output of its own. The decoder knows it by its name,
 * so no tool of a client may have it.
 */
export const ANSWER_TOOL = "router_json_answer";

/** What the Messages API allows; OpenAI's names are shorter. */
const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const NO_TOOLS = "Do not call any tool now. Answer in text.";
const STUB = "Was used earlier in this conversation. It is not available any more.";

/**
 * @param calledTools Names of the tools called in the history: Claude refuses their calls when no tools are defined.
 * @param dropped Gets the names of parameters that are left out.
 * @throws RouterError with `param` for tools and choices that the model does not take.
 */
export function planTools(
  request: ChatRequest,
  model: ClaudeModel,
  calledTools: ReadonlySet<string>,
  dropped: Set<string>,
): ToolPlan {
  const offered = offeredTools(request);
  const choice = chooseTool(request, offered, model);
  if (offered.length === 0 && calledTools.size === 0) return { tools: [] };
  if (!model.tools) throw unsupported("tools", "This model has no tools.");
  const definitions =
    offered.length > 0
      ? offered.map((tool) => toolDefinition(tool, model, dropped))
      : [...calledTools].sort().map(stub);
  const silent = offered.length === 0 || choice?.type === "none";
  if (!silent) return { tools: definitions, ...(choice && { choice }) };
  if (model.toolChoiceFields) return { tools: definitions, choice: { type: "none" } };
  // Older models have no way to say "none" but having no tools, which calls in the history rule out.
  return calledTools.size > 0 ? { tools: definitions, instruction: NO_TOOLS } : { tools: [] };
}

/** The tools the model may see: all, or those that `allowed_tools` leaves. */
function offeredTools({ tools, toolChoice }: ChatRequest): readonly FunctionTool[] {
  const names = new Set<string>();
  for (const [index, { name }] of tools.entries()) {
    const param = `tools[${index}].function.name`;
    if (!NAME.test(name)) throw invalid(param, "expected 1 to 128 letters, digits, underscores or hyphens");
    if (name === ANSWER_TOOL) throw invalid(param, "this name is the router's own");
    if (names.has(name)) throw invalid(param, `another tool is called "${name}" too`);
    names.add(name);
  }
  if (toolChoice?.type !== "allowed_tools") return tools;
  const allowed = new Set(toolChoice.names);
  if (!toolChoice.names.every((name) => names.has(name))) {
    throw invalid("tool_choice", "it allows a tool that is not among the tools");
  }
  return tools.filter(({ name }) => allowed.has(name));
}

function chooseTool(
  { toolChoice }: ChatRequest,
  offered: readonly FunctionTool[],
  model: ClaudeModel,
): Choice | undefined {
  // What is no function choice was refused before the family was asked.
  if (toolChoice === undefined || toolChoice.type === "other") return undefined;
  const mode = toolChoice.type === "allowed_tools" ? toolChoice.mode : toolChoice.type;
  if (mode === "none" || mode === "auto") return { type: mode };
  if (toolChoice.type === "function" && !offered.some(({ name }) => name === toolChoice.name)) {
    throw invalid("tool_choice", "it names a function that is not among the tools");
  }
  if (offered.length === 0) throw invalid("tool_choice", "it asks for a tool call, but there are no tools");
  if (!model.forcedTools) {
    throw unsupported(
      "tool_choice",
      'This model cannot be made to call a tool: use "auto" or another model.',
    );
  }
  return toolChoice.type === "function" ? { type: "tool", name: toolChoice.name } : { type: "any" };
}

function toolDefinition(tool: FunctionTool, model: ClaudeModel, dropped: Set<string>): JsonObject {
  const schema = objectSchema(tool.parameters);
  const constrained = tool.strict && model.strictTools ? constrainedSchema(schema) : undefined;
  if (tool.strict && constrained === undefined) dropped.add("strict");
  return {
    name: tool.name,
    ...(tool.description && { description: tool.description.toWellFormed() }),
    input_schema: constrained ?? schema,
    ...(constrained && { strict: true }),
    ...cacheMark(tool.cacheControl),
  };
}

function stub(name: string): JsonObject {
  return { name, description: STUB, input_schema: { type: "object" } };
}

/** The `tool_choice` to send, with the client's wish about parallel calls; undefined for Claude's own default. */
export function toolChoiceField(
  { tools, choice }: ToolPlan,
  { parallelToolCalls }: ChatRequest,
  model: ClaudeModel,
  dropped: Set<string>,
): JsonObject | undefined {
  const serial = parallelToolCalls === false && tools.length > 0 && choice?.type !== "none";
  if (serial && !model.toolChoiceFields) dropped.add("parallel_tool_calls");
  if (!serial || !model.toolChoiceFields) return choice && { ...choice };
  return { ...(choice ?? { type: "auto" }), disable_parallel_tool_use: true };
}

function unsupported(param: string, message: string): RouterError {
  return new RouterError("unsupported_parameter", message, { param });
}

function invalid(param: string, problem: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${problem}.`, { param });
}
