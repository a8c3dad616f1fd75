/** Tools, tool choice and JSON answers in Claude's words. */
import { type Loss, paramName } from "../../chat/parameters.ts";
import type { ChatRequest, FunctionTool, JsonObject, ResponseFormat } from "../../chat/request.ts";
import type { ClaudeModel } from "../models/facts.ts";
import { withoutEmpty } from "../../lib/json.ts";
import { constrainableSchema } from "../request/constrainable-schema.ts";
import { type AnswerPlan, type JsonAbilities, planAnswer } from "../request/json-answer.ts";
import {
  choiceParam,
  GONE,
  NO_PLAN,
  NO_TOOLS,
  offeredTools,
  strictLoss,
  type ToolPlan,
} from "../request/offered-tools.ts";
import { unsupportedParameter } from "../request/refusals.ts";
import type { ToolBook } from "../request/tool-book.ts";
import { cacheMark } from "./content.ts";

/**
 * The client's tools and what brings the model to answer in JSON.
 * @param calledTools The client's names of the tools called in the history: Claude refuses their calls when no tools are
 *   defined.
 * @throws RouterError with `param` for tools, choices and schemas that the model does not take.
 */
export function planAnswerTools(
  request: ChatRequest,
  model: ClaudeModel,
  calledTools: ReadonlySet<string>,
  book: ToolBook,
): AnswerPlan {
  const abilities: JsonAbilities = {
    book,
    trusted: true,
    tool: toolDefinition,
    forces: model.forcedTools ? ["any", "tool"] : [],
    native: model.structuredOutput ? outputFormat : undefined,
  };
  return planAnswer(request, planTools(request, model, calledTools, book), abilities);
}

/** `output_config.format`. */
function outputFormat({ schema }: Extract<ResponseFormat, { type: "json_schema" }>): JsonObject | undefined {
  const constrained = constrainableSchema(schema, false);
  return constrained && { type: "json_schema", schema: constrained };
}

function planTools(
  request: ChatRequest,
  model: ClaudeModel,
  calledTools: ReadonlySet<string>,
  book: ToolBook,
): ToolPlan {
  const { tools: offered, mode, dropped: left } = offeredTools(request, book);
  if ((mode?.type === "any" || mode?.type === "tool") && !model.forcedTools) {
    const text = 'This model cannot be made to call a tool: use "auto" or another model.';
    throw unsupportedParameter(choiceParam(request), text);
  }
  if (offered.length === 0 && calledTools.size === 0) return { ...NO_PLAN, dropped: left };
  if (!model.tools) throw unsupportedParameter(paramName(request, "tools"), "This model has no tools.");
  const stubs = [...calledTools].map((name) => book.name(name)).sort();
  const tools =
    offered.length > 0 ? offered.map((tool) => offeredTool(tool, model)) : stubs.map((name) => stub(name));
  const dropped = [...left, ...strictLoss(offered, tools)];
  const silent = offered.length === 0 || mode?.type === "none";
  if (!silent) return { tools, mode, dropped };
  if (model.toolChoiceFields) return { tools, mode: { type: "none" }, dropped };
  // Older models have no way to say "none" but having no tools, which calls in the history rule out.
  return calledTools.size > 0 ? { tools, instruction: NO_TOOLS, dropped } : { tools: [], dropped };
}

function offeredTool(tool: FunctionTool, model: ClaudeModel): JsonObject {
  const constrained =
    tool.strict && model.strictTools ? constrainableSchema(tool.parameters, false) : undefined;
  const strict = constrained === undefined ? {} : { strict: true };
  const parameters = constrained ?? tool.parameters;
  return { ...toolDefinition({ ...tool, parameters }), ...strict, ...cacheMark(tool.cacheControl) };
}

function toolDefinition({
  name,
  description,
  parameters,
}: Pick<FunctionTool, "name" | "description" | "parameters">): JsonObject {
  return withoutEmpty({ name, description, input_schema: parameters });
}

function stub(name: string): JsonObject {
  return toolDefinition({ name, description: GONE, parameters: { type: "object" } });
}

/** The `tool_choice` to send, with the client's wish about parallel calls; undefined for Claude's own default. */
export function toolChoiceField(
  { tools, mode }: ToolPlan,
  { parallelToolCalls }: ChatRequest,
  model: ClaudeModel,
): { readonly field: JsonObject | undefined; readonly dropped: readonly Loss[] } {
  const serial = parallelToolCalls === false && tools.length > 0 && mode?.type !== "none";
  if (!serial) return { field: mode && { ...mode }, dropped: [] };
  if (!model.toolChoiceFields) return { field: mode && { ...mode }, dropped: ["parallel_tool_calls"] };
  return { field: { ...(mode ?? { type: "auto" }), disable_parallel_tool_use: true }, dropped: [] };
}
