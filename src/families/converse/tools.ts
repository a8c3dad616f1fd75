/**
 * Tools and tool choice in Converse's words.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
 */
import { RouterError } from "../../errors.ts";
import type { ChatRequest, FunctionTool, JsonObject } from "../../openai/types.ts";
import { constrainableSchema } from "../chat-schema.ts";
import { objectSchema } from "../object-schema.ts";
import { choiceParam, offeredTools, type ToolMode } from "../offered-tools.ts";
import { refuseTools } from "../text-messages.ts";
import { cachePoint } from "./content.ts";
import type { ConverseModel } from "./models.ts";
import { toolName } from "./tool-names.ts";

/** What goes into a request about tools. */
export interface ToolPlan {
  /** Entries of `toolConfig.tools`; without any there is no `toolConfig`. */
  readonly tools: readonly JsonObject[];
  readonly mode?: ToolMode;
  /** A sentence for the system prompt that says what Converse has no field for. */
  readonly instruction?: string;
}

const NO_TOOLS = "Do not call any tool now. Answer in text.";
const STUB = "Was used earlier in this conversation. It is not available any more.";

/**
 * @param calledTools Names of the tools called in the history: Converse refuses their calls without a `toolConfig`.
 * @param dropped Gets the names of parameters that are left out.
 * @throws RouterError with `param` for tools and choices that the model does not take.
 */
export function planTools(
  request: ChatRequest,
  model: ConverseModel,
  calledTools: ReadonlySet<string>,
  dropped: Set<string>,
): ToolPlan {
  if (!model.tools) {
    refuseTools(request, "Leave the tools out or use another model.");
    return { tools: [] };
  }
  const { tools: offered, mode } = offeredTools(request);
  const param = choiceParam(request);
  const silent = offered.length === 0 || mode?.type === "none";
  if (silent && calledTools.size === 0) return { tools: [] };
  if (request.parallelToolCalls === false && !silent) dropped.add("parallel_tool_calls");
  const stubs = [...calledTools].sort().map((name) => toolSpec(name, STUB, {}, model));
  const all = offered.flatMap((tool) => definition(tool, model, dropped));
  // Converse has no "none": no tools are the way to say it, and calls in the history rule that out.
  if (silent) return { tools: offered.length > 0 ? all : stubs, instruction: NO_TOOLS };
  if (mode?.type !== "tool") return { tools: all, ...(mode && { mode: takenMode(mode, model, param) }) };
  if (model.toolChoice === "tool") return { tools: all, mode };
  const named = offered.filter(({ name }) => name === mode.name);
  const only = named.flatMap((tool) => definition(tool, model, dropped));
  return { tools: only, mode: takenMode({ type: "any" }, model, param) };
}

function takenMode(mode: ToolMode, { toolChoice }: ConverseModel, param: string): ToolMode {
  if (mode.type !== "any" || toolChoice !== "auto") return mode;
  const text = 'This model cannot be made to call a tool: use tool_choice "auto" or another model.';
  throw new RouterError("unsupported_parameter", text, { param });
}

function definition(tool: FunctionTool, model: ConverseModel, dropped: Set<string>): JsonObject[] {
  const strict = tool.strict && model.strictTools ? constrainableSchema(tool.parameters) : undefined;
  if (tool.strict && strict === undefined) dropped.add("strict");
  const spec = toolSpec(tool.name, tool.description, strict ?? tool.parameters, model, strict !== undefined);
  return [spec, ...cachePoint(tool.cacheControl)];
}

/** An entry of `toolConfig.tools`. */
export function toolSpec(
  name: string,
  description: string | undefined,
  schema: JsonObject,
  model: ConverseModel,
  strict = false,
): JsonObject {
  return {
    toolSpec: {
      name: toolName(name, model),
      ...(description?.trim() && { description: description.toWellFormed() }),
      inputSchema: { json: model.flatSchemas ? flatSchema(schema) : inputSchema(schema) },
      ...(strict && { strict }),
    },
  };
}

/** A tool's input is an object: what is no plain one at its root (a reference, a union) is put in place. */
function inputSchema(schema: JsonObject): JsonObject {
  const { $schema: _dialect, ...rest } = schema;
  const plain = !["$ref", "anyOf", "oneOf", "allOf"].some((keyword) => keyword in rest);
  if (!plain) return flatSchema(schema);
  const present = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
  return { ...Object.fromEntries(present), type: "object" };
}

function flatSchema(schema: JsonObject): JsonObject {
  const { properties, required } = objectSchema(schema);
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

/** The `toolConfig` to send. */
export function toolConfig({ tools, mode }: ToolPlan, model: ConverseModel): JsonObject | undefined {
  if (tools.length === 0) return undefined;
  const choice = mode && toolChoice(mode, model);
  return { tools, ...(choice && { toolChoice: choice }) };
}

/** `auto` is the default, and some models refuse the field as such. */
function toolChoice(mode: ToolMode, model: ConverseModel): JsonObject | undefined {
  if (mode.type === "any") return { any: {} };
  return mode.type === "tool" ? { tool: { name: toolName(mode.name, model) } } : undefined;
}
