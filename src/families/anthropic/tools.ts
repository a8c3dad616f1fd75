/** Tools and tool choice in Claude's words. */
import { RouterError } from "../../errors.ts";
import type { ChatRequest, FunctionTool, JsonObject } from "../../openai/types.ts";
import type { ClaudeModel } from "../catalogue.ts";
import { choiceParam, offeredTools, type ToolMode } from "../offered-tools.ts";
import { cacheMark } from "./content.ts";
import { constrainedSchema, objectSchema } from "./schema.ts";

/** What goes into a request about tools. */
export interface ToolPlan {
  readonly tools: readonly JsonObject[];
  /** Claude's `tool_choice`, without `disable_parallel_tool_use`. */
  readonly choice?: ToolMode;
  /** A sentence for the system prompt that says what the model's fields cannot. */
  readonly instruction?: string;
}

/** What the Messages API allows; OpenAI's names are shorter. */
const LONGEST_NAME = 128;
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
  const { tools: offered, mode: choice } = offeredTools(request, LONGEST_NAME);
  if ((choice?.type === "any" || choice?.type === "tool") && !model.forcedTools) {
    const text = 'This model cannot be made to call a tool: use "auto" or another model.';
    throw unsupported(choiceParam(request), text);
  }
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
