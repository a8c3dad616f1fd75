/** Tools and tool choice of a chat completion, within what a model takes. */
import { RouterError } from "../errors.ts";
import type { ChatRequest, FunctionTool, JsonObject } from "../openai/types.ts";
import type { ChatModel } from "./chat-model.ts";
import { constrainableSchema } from "./chat-schema.ts";
import { choiceParam, offeredTools, type ToolMode } from "./offered-tools.ts";
import { refuseTools } from "./text-messages.ts";

/** `tool_choice` as it is sent. */
export type Choice = "none" | "auto" | "required" | { type: "function"; function: { name: string } };

export interface ChatToolPlan {
  readonly tools: readonly JsonObject[];
  /** Missing where the field is not sent. */
  readonly choice?: Choice;
}

/**
 * @param dropped Gets `strict` where a tool's schema cannot be enforced.
 * @throws RouterError with `param` for tools and choices that the model does not take.
 */
export function planChatTools(request: ChatRequest, model: ChatModel, dropped: Set<string>): ChatToolPlan {
  if (!model.tools) {
    refuseTools(request, "Leave the tools out or use another model.");
    return { tools: [] };
  }
  const { tools: offered, mode } = offeredTools(request);
  const choice = choiceOf(mode, model, choiceParam(request));
  // Without a way to say "none" there must be no tools to call.
  if (offered.length === 0 || (choice === "none" && !model.toolChoices.includes("none")))
    return { tools: [] };
  const tools = offered.map((tool) => definition(tool, model, dropped));
  return { tools, ...(choice !== undefined && model.toolChoices.length > 0 && { choice }) };
}

function choiceOf(mode: ToolMode | undefined, { toolChoices }: ChatModel, param: string): Choice | undefined {
  if (mode === undefined) return undefined;
  if (mode.type === "none" || mode.type === "auto") return mode.type;
  const kind = mode.type === "tool" ? "function" : "required";
  if (!toolChoices.includes(kind)) throw unsupportedChoice(kind, param);
  return mode.type === "tool" ? namedChoice(mode.name) : "required";
}

/** The choice of one tool. */
export function namedChoice(name: string): Choice {
  return { type: "function", function: { name } };
}

function definition(tool: FunctionTool, { constrained }: ChatModel, dropped: Set<string>): JsonObject {
  const strict = tool.strict && constrained ? constrainableSchema(tool.parameters) : undefined;
  if (tool.strict && strict === undefined) dropped.add("strict");
  return functionTool(tool.name, tool.description, strict ?? tool.parameters, strict !== undefined);
}

/** A member of `tools`. */
export function functionTool(
  name: string,
  description: string | undefined,
  parameters: JsonObject,
  strict = false,
): JsonObject {
  return {
    type: "function",
    function: {
      name,
      ...(description && { description: description.toWellFormed() }),
      parameters,
      ...(strict && { strict }),
    },
  };
}

function unsupportedChoice(mode: "required" | "function", param: string): RouterError {
  const what = mode === "required" ? "made to call a tool" : "made to call a certain tool";
  const text = `This model cannot be ${what}: use tool_choice "auto" or another model.`;
  return new RouterError("unsupported_parameter", text, { param });
}
