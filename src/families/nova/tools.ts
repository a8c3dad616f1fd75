/**
 * Tools and tool choice in Nova's words.
 * https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html and …/prompting-tool-troubleshooting.html
 */
import { RouterError } from "../../errors.ts";
import type { ChatRequest, FunctionTool, JsonObject } from "../../openai/types.ts";
import { objectSchema } from "../object-schema.ts";
import { offeredTools, type ToolMode } from "../offered-tools.ts";
import { originalName, plainName } from "../tool-names.ts";

/** What goes into a request about tools. */
export interface ToolPlan {
  /** Entries of `toolConfig.tools`; without any there is no `toolConfig`. */
  readonly tools: readonly JsonObject[];
  readonly mode?: ToolMode;
  /** A sentence for the system prompt that says what the model's fields cannot. */
  readonly instruction?: string;
}

const MAX_NAME = 64;
const NO_TOOLS = "Do not call any tool now. Answer in text.";
const STUB = "Was used earlier in this conversation. It is not available any more.";

/**
 * @param calledTools Names of the tools called in the history: their calls need a `toolConfig`.
 * @param dropped Gets the names of parameters that are left out.
 * @throws RouterError with `param` for tools and choices that are not valid.
 */
export function planTools(
  request: ChatRequest,
  calledTools: ReadonlySet<string>,
  dropped: Set<string>,
): ToolPlan {
  const { tools, mode } = offeredTools(request);
  const silent = tools.length === 0 || mode?.type === "none";
  if (silent && calledTools.size === 0) return { tools: [] };
  if (tools.some(({ strict }) => strict)) dropped.add("strict");
  if (tools.some(({ cacheControl }) => cacheControl !== undefined)) dropped.add("cache_control");
  if (request.parallelToolCalls === false && !silent) dropped.add("parallel_tool_calls");
  const definitions =
    tools.length > 0 ? tools.map((tool) => toolDefinition(tool)) : [...calledTools].sort().map(stub);
  // The only way to say "none" is to have no tools, which calls in the history rule out.
  if (silent) return { tools: definitions, instruction: NO_TOOLS };
  return { tools: definitions, ...(mode && { mode }) };
}

function toolDefinition({ name, description, parameters }: FunctionTool): JsonObject {
  return toolSpec(novaToolName(name), description, parameters);
}

/** At the top level Nova takes `type`, `properties` and `required`; any other keyword is a 400. */
export function toolSpec(name: string, description: string | undefined, schema: JsonObject): JsonObject {
  const { properties, required } = objectSchema(schema);
  const json = { type: "object", properties, ...(required.length > 0 && { required }) };
  return {
    toolSpec: {
      name,
      ...(description?.trim() && { description: description.toWellFormed() }),
      inputSchema: { json },
    },
  };
}

function stub(name: string): JsonObject {
  return toolSpec(novaToolName(name), STUB, {});
}

/**
 * Nova cannot call a tool with a hyphen in its name: it fails with "invalid sequence as part of ToolUse". What an escape
 * would make too long stays as it is.
 */
export function novaToolName(name: string): string {
  const plain = plainName(name);
  if (plain.length <= MAX_NAME && plain !== "") return plain;
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, MAX_NAME) || "_";
}

/** The client's name for a tool that Nova called. */
export function clientToolName(name: string): string {
  return originalName(name);
}

/** The `toolConfig` to send. */
export function toolConfig({ tools, mode }: ToolPlan): JsonObject | undefined {
  if (tools.length === 0) return undefined;
  return { tools, ...(mode && mode.type !== "none" && { toolChoice: toolChoice(mode) }) };
}

function toolChoice(mode: ToolMode): JsonObject {
  return mode.type === "tool" ? { tool: { name: novaToolName(mode.name) } } : { [mode.type]: {} };
}

/** The error for a wish that no Nova can be held to. */
export function unsupported(param: string, message: string): RouterError {
  return new RouterError("unsupported_parameter", message, { param });
}
