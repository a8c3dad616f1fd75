/** Tools, tool choice and JSON answers in the words of Mistral's chat completion. */
import { RouterError } from "../../errors.ts";
import type { ChatRequest, FunctionTool, JsonObject, ResponseFormat } from "../../openai/types.ts";
import { ANSWER_TOOL, offeredTools } from "../offered-tools.ts";
import { jsonInstruction } from "../prompt-settings.ts";

type JsonSchemaFormat = Extract<ResponseFormat, { type: "json_schema" }>;

export interface ToolPlan {
  readonly tools: readonly JsonObject[];
  /** `tool_choice`; undefined for the model's own default. */
  readonly choice?: "none" | "auto" | "any";
  /** The tool whose arguments are the answer. */
  readonly answerTool?: string;
  /** A sentence for the system prompt; may be empty. */
  readonly instruction: string;
}

/**
 * `tool_choice` is a word and names no tool, so a named function is made the only tool, which the model must call.
 * @param dropped Gets the names of parameters that are left out.
 * @throws RouterError with `param` for tools, choices and schemas that cannot be honoured.
 */
export function planTools(request: ChatRequest, dropped: Set<string>): ToolPlan {
  const { tools: offered, mode } = offeredTools(request);
  if (offered.some(({ strict }) => strict)) dropped.add("strict");
  if (offered.some(({ cacheControl }) => cacheControl !== undefined)) dropped.add("cache_control");
  const chosen = mode?.type === "tool" ? offered.filter(({ name }) => name === mode.name) : offered;
  const tools = chosen.map(toolDefinition);
  const choice = mode?.type === "tool" ? "any" : mode?.type;
  const plan: ToolPlan = {
    tools,
    ...(choice !== undefined && tools.length > 0 && { choice }),
    instruction: "",
  };
  return planAnswer(request.responseFormat, plan, dropped);
}

function planAnswer(format: ResponseFormat, plan: ToolPlan, dropped: Set<string>): ToolPlan {
  // Whoever forces a tool wants its call, not an answer.
  if (format.type === "text" || plan.choice === "any") return plan;
  if (format.type === "json_schema" && isObjectSchema(format.schema)) return withAnswerTool(plan, format);
  if (format.type === "json_schema" && format.strict) {
    const text =
      'The schema of a strict response_format must be of type "object" for this model. Change it, set strict to false or use another model.';
    throw new RouterError("unsupported_parameter", text, { param: "response_format" });
  }
  return { ...plan, instruction: jsonInstruction(format, dropped) };
}

function withAnswerTool(plan: ToolPlan, { description = "", schema }: JsonSchemaFormat): ToolPlan {
  const { $schema: _dialect, ...parameters } = schema;
  const answer = toolDefinition({
    name: ANSWER_TOOL,
    description: `Gives the final answer: its arguments are the answer. ${description}`.trim(),
    parameters: { ...parameters, type: "object" },
    strict: false,
  });
  return {
    tools: [...(plan.choice === "none" ? [] : plan.tools), answer],
    choice: "any",
    answerTool: ANSWER_TOOL,
    instruction: "",
  };
}

/** A tool's arguments are an object; a schema for anything else cannot travel as one. */
function isObjectSchema({ type }: JsonObject): boolean {
  return type === undefined || type === "object";
}

function toolDefinition({ name, description, parameters }: FunctionTool): JsonObject {
  return {
    type: "function",
    function: {
      name,
      ...(description && { description: description.toWellFormed() }),
      parameters,
    },
  };
}
