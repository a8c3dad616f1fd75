/** Tools, tool choice and JSON answers of a chat completion, within what a model takes. */
import type { ChatRequest, FunctionTool, JsonObject } from "../../chat/request.ts";
import { functionChoice, functionTool } from "../../dialects/openai-chat/upstream/tools.ts";
import type { ChatModel } from "../models/facts.ts";
import { withoutEmpty } from "../../lib/json.ts";
import { constrainableSchema } from "../request/constrainable-schema.ts";
import { type AnswerPlan, type JsonAbilities, planAnswer } from "../request/json-answer.ts";
import {
  choiceParam,
  NO_PLAN,
  offeredTools,
  strictLoss,
  type ToolMode,
  type ToolPlan,
} from "../request/offered-tools.ts";
import { unsupportedParameter } from "../request/refusals.ts";
import { safeNames, type ToolBook, type ToolForm } from "../request/tool-book.ts";
import { refuseTools } from "../request/text-conversation.ts";

export { functionTool } from "../../dialects/openai-chat/upstream/tools.ts";

/** What chat completions take of tools. */
export const CHAT_TOOLS: ToolForm = { ...safeNames(64), root: "any", references: true };

/**
 * `strict` is dropped where a tool's schema cannot be enforced, `response_format` where an instruction is all there is.
 * @throws RouterError with `param` for tools, choices and schemas that the model does not take.
 */
export function planChat(request: ChatRequest, model: ChatModel, book: ToolBook): AnswerPlan {
  const { tools, toolChoices, constrained, jsonObject } = model;
  const forces = [
    ...(toolChoices.includes("required") ? (["any"] as const) : []),
    ...(toolChoices.includes("function") ? (["tool"] as const) : []),
  ];
  const abilities: JsonAbilities = {
    book,
    forces,
    tool: tools ? answerTool : undefined,
    jsonMode: jsonObject ? { type: "json_object" } : undefined,
    native: constrained ? schemaFormat : undefined,
  };
  return planAnswer(request, planTools(request, model, book), abilities);
}

type SchemaFormat = Extract<ChatRequest["responseFormat"], { type: "json_schema" }>;

function schemaFormat({ name, description, schema, strict }: SchemaFormat): JsonObject | undefined {
  const constrained = constrainableSchema(schema);
  if (constrained === undefined) return undefined;
  const format = { name, description, schema: constrained, strict: strict || undefined };
  return { type: "json_schema", json_schema: withoutEmpty(format) };
}

/** The tool whose arguments are the answer. */
export function answerTool(tool: FunctionTool): JsonObject {
  return functionTool({ ...tool, parameters: { ...tool.parameters, type: "object" } });
}

function planTools(request: ChatRequest, model: ChatModel, book: ToolBook): ToolPlan {
  const { toolChoices } = model;
  if (!model.tools) {
    refuseTools(request);
    return NO_PLAN;
  }
  const { tools: offered, mode, dropped: left } = offeredTools(request, book);
  checkMode(mode, model, choiceParam(request));
  // Without a way to say "none" there must be no tools to call.
  if (offered.length === 0 || (mode?.type === "none" && !toolChoices.includes("none")))
    return { ...NO_PLAN, dropped: left };
  const tools = offered.map((tool) => definition(tool, model));
  const dropped = [...left, ...strictLoss(offered, tools)];
  return { tools, mode: toolChoices.length > 0 ? mode : undefined, dropped };
}

function checkMode(mode: ToolMode | undefined, { toolChoices }: ChatModel, param: string): void {
  const forced = mode?.type === "any" ? "required" : "function";
  if (mode === undefined || mode.type === "none" || mode.type === "auto" || toolChoices.includes(forced))
    return;
  const what = forced === "required" ? "made to call a tool" : "made to call a certain tool";
  throw unsupportedParameter(param, `This model cannot be ${what}: use tool_choice "auto" or another model.`);
}

/** `tool_choice`. */
export function chatToolChoice(mode: ToolMode): JsonObject | string {
  if (mode.type === "tool") return functionChoice(mode.name);
  return mode.type === "any" ? "required" : mode.type;
}

function definition(tool: FunctionTool, { constrained }: ChatModel): JsonObject {
  const strict = tool.strict && constrained ? constrainableSchema(tool.parameters) : undefined;
  return functionTool({ ...tool, parameters: strict ?? tool.parameters, strict: strict !== undefined });
}
