/**
 * Tools, tool choice and JSON answers in Converse's words.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
 */
import type { Loss } from "../../chat/parameters.ts";
import type { ChatRequest, FunctionTool, JsonObject } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import { withoutEmpty } from "../../lib/json.ts";
import { constrainableSchema } from "../request/constrainable-schema.ts";
import {
  choiceParam,
  GONE,
  NO_PLAN,
  NO_TOOLS,
  offeredTools,
  strictLoss,
  type ToolMode,
  type ToolPlan,
} from "../request/offered-tools.ts";
import { unsupportedParameter } from "../request/refusals.ts";
import { refuseTools } from "../request/text-conversation.ts";
import { safeNames, type ToolBook, type ToolForm } from "../request/tool-book.ts";
import { plainName } from "../request/tool-names.ts";
import { cachePoint } from "./cache-points.ts";

/** The service model's limit. */
const MAX_NAME = 64;

/** What Converse takes of a model's tools. Claude checks the names of members, too. */
export function converseTools(model: ConverseModel): ToolForm {
  return {
    clean: (name) => toolName(name, model),
    longest: MAX_NAME,
    root: model.flatSchemas ? "members" : "object",
    references: !model.flatSchemas,
    plainKeys: model.claude !== undefined,
  };
}

/**
 * @param calledTools The client's names of the tools called in the history: Converse refuses their calls without a
 *   `toolConfig`.
 * @throws RouterError with `param` for tools and choices that the model does not take.
 */
export function planTools(
  request: ChatRequest,
  model: ConverseModel,
  calledTools: ReadonlySet<string>,
  book: ToolBook,
): ToolPlan {
  if (!model.tools) {
    refuseTools(request);
    return NO_PLAN;
  }
  const { tools: offered, mode, dropped: left } = offeredTools(request, book);
  const param = choiceParam(request);
  const silent = offered.length === 0 || mode?.type === "none";
  if (silent && calledTools.size === 0) return { ...NO_PLAN, dropped: left };
  const specs = offered.map((tool) => definition(tool, model));
  const dropped: readonly Loss[] = [
    ...left,
    ...strictLoss(offered, specs),
    ...(request.parallelToolCalls === false && !silent ? (["parallel_tool_calls"] as const) : []),
  ];
  const marked = (tools: readonly FunctionTool[]) =>
    tools.flatMap((tool) => [definition(tool, model), ...cachePoint(tool.cacheControl)]);
  const all = marked(offered);
  const stubs = [...calledTools].map((name) => book.name(name)).sort();
  // Converse has no "none": no tools are the way to say it, and calls in the history rule that out.
  if (silent) return { tools: offered.length > 0 ? all : stubs.map(stub), instruction: NO_TOOLS, dropped };
  if (mode?.type !== "tool") return { tools: all, mode: mode && takenMode(mode, model, param), dropped };
  if (model.toolChoice === "tool") return { tools: all, mode, dropped };
  const only = marked(offered.filter(({ name }) => name === mode.name));
  return { tools: only, mode: takenMode({ type: "any" }, model, param), dropped };
}

function stub(name: string): JsonObject {
  return toolSpec({ name, description: GONE, parameters: { type: "object", properties: {} } });
}

function takenMode(mode: ToolMode, { toolChoice }: ConverseModel, param: string): ToolMode {
  if (mode.type !== "any" || toolChoice !== "auto") return mode;
  const text = 'This model cannot be made to call a tool: use tool_choice "auto" or another model.';
  throw unsupportedParameter(param, text);
}

/** The choices with which a model can be made to call a tool. */
export function forcedChoices({ tools, toolChoice }: ConverseModel): readonly ("any" | "tool")[] {
  if (!tools || toolChoice === "auto") return [];
  return toolChoice === "any" ? ["any"] : ["any", "tool"];
}

function definition(tool: FunctionTool, model: ConverseModel): JsonObject {
  const strict = tool.strict && model.strictTools ? constrainableSchema(tool.parameters) : undefined;
  return toolSpec({ ...tool, parameters: strict ?? tool.parameters, strict: strict !== undefined });
}

/** An entry of `toolConfig.tools`. */
export function toolSpec({
  name,
  description,
  parameters,
  strict = false,
}: Pick<FunctionTool, "name" | "description" | "parameters"> & { readonly strict?: boolean }): JsonObject {
  const spec = {
    name,
    description: description?.trim() && description,
    inputSchema: { json: parameters },
    strict: strict || undefined,
  };
  return { toolSpec: withoutEmpty(spec) };
}

/**
 * A tool's name for the model. Histories may hold names that no request could offer.
 * Nova fails on a hyphen in a name ("invalid sequence as part of ToolUse"); what an escape would make too long stays.
 */
function toolName(name: string, { plainToolNames }: ConverseModel): string {
  const plain = plainToolNames ? plainName(name) : name;
  if (/^[a-zA-Z0-9_-]+$/.test(plain) && plain.length <= MAX_NAME) return plain;
  return safeNames(MAX_NAME).clean(name);
}

/** The `toolConfig` to send. */
export function toolConfig(
  { tools, mode }: Pick<ToolPlan, "tools" | "mode">,
  model: ConverseModel,
): JsonObject | undefined {
  if (tools.length === 0) return undefined;
  return withoutEmpty({ tools, toolChoice: mode && toolChoice(mode, model) });
}

/** `auto` is the default, and some models refuse the field as such. */
function toolChoice(mode: ToolMode, model: ConverseModel): JsonObject | undefined {
  if (mode.type === "tool") return { tool: { name: mode.name } };
  return mode.type === "any" || (mode.type === "auto" && model.saysAuto) ? { [mode.type]: {} } : undefined;
}
