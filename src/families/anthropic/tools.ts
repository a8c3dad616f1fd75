/** Tools, tool choice and JSON answers in Claude's words. */
import type { ChatRequest, FunctionTool, JsonObject, ResponseFormat } from "../../chat/request.ts";
import type { ClaudeModel } from "../models/facts.ts";
import { said } from "../../lib/json.ts";
import { constrainableSchema } from "../request/constrainable-schema.ts";
import { type AnswerPlan, type JsonAbilities, planAnswer } from "../request/json-answer.ts";
import { inputSchema } from "../request/object-schema.ts";
import { choiceParam, GONE, NO_TOOLS, offeredTools, type ToolPlan } from "../request/offered-tools.ts";
import { unsupportedParameter } from "../request/refusals.ts";
import { safeName } from "../request/tool-names.ts";
import { cacheMark, LONGEST_NAME } from "./content.ts";

/**
 * The client's tools and what brings the model to answer in JSON.
 * @param calledTools Names of the tools called in the history: Claude refuses their calls when no tools are defined.
 * @param dropped Gets the names of parameters that are left out.
 * @throws RouterError with `param` for tools, choices and schemas that the model does not take.
 */
export function planAnswerTools(
  request: ChatRequest,
  model: ClaudeModel,
  calledTools: ReadonlySet<string>,
  dropped: Set<string>,
): AnswerPlan {
  const abilities: JsonAbilities = {
    trusted: true,
    tool: toolDefinition,
    forces: model.forcedTools ? ["any", "tool"] : [],
    native: model.structuredOutput ? outputFormat : undefined,
  };
  return planAnswer(request, planTools(request, model, calledTools, dropped), abilities, dropped);
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
  dropped: Set<string>,
): ToolPlan {
  const { tools: offered, mode } = offeredTools(request, LONGEST_NAME);
  if ((mode?.type === "any" || mode?.type === "tool") && !model.forcedTools) {
    const text = 'This model cannot be made to call a tool: use "auto" or another model.';
    throw unsupportedParameter(choiceParam(request), text);
  }
  if (offered.length === 0 && calledTools.size === 0) return { tools: [] };
  if (!model.tools) throw unsupportedParameter("tools", "This model has no tools.");
  const stubs = [...calledTools].map((name) => safeName(name, LONGEST_NAME)).sort();
  const tools =
    offered.length > 0
      ? offered.map((tool) => offeredTool(tool, model, dropped))
      : [...new Set(stubs)].map((name) => toolDefinition(name, GONE, {}));
  const silent = offered.length === 0 || mode?.type === "none";
  if (!silent) return { tools, mode };
  if (model.toolChoiceFields) return { tools, mode: { type: "none" } };
  // Older models have no way to say "none" but having no tools, which calls in the history rule out.
  return calledTools.size > 0 ? { tools, instruction: NO_TOOLS } : { tools: [] };
}

function offeredTool(tool: FunctionTool, model: ClaudeModel, dropped: Set<string>): JsonObject {
  const schema = inputSchema(tool.parameters);
  const constrained = tool.strict && model.strictTools ? constrainableSchema(schema, false) : undefined;
  if (tool.strict && constrained === undefined) dropped.add("strict");
  const strict = constrained === undefined ? {} : { strict: true };
  const definition = toolDefinition(tool.name, tool.description, constrained ?? schema);
  return { ...definition, ...strict, ...cacheMark(tool.cacheControl) };
}

function toolDefinition(name: string, description: string | undefined, schema: JsonObject): JsonObject {
  return said({ name, description: description?.toWellFormed(), input_schema: inputSchema(schema) });
}

/** The `tool_choice` to send, with the client's wish about parallel calls; undefined for Claude's own default. */
export function toolChoiceField(
  { tools, mode }: ToolPlan,
  { parallelToolCalls }: ChatRequest,
  model: ClaudeModel,
  dropped: Set<string>,
): JsonObject | undefined {
  const serial = parallelToolCalls === false && tools.length > 0 && mode?.type !== "none";
  if (serial && !model.toolChoiceFields) dropped.add("parallel_tool_calls");
  if (!serial || !model.toolChoiceFields) return mode && { ...mode };
  return { ...(mode ?? { type: "auto" }), disable_parallel_tool_use: true };
}
