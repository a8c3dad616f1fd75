/** Which of a request's tools the model may see, and whether it must call one. */
import type { Loss } from "../../chat/parameters.ts";
import type { ChatRequest, FunctionTool, JsonObject } from "../../chat/request.ts";
import { isObject } from "../../lib/json.ts";
import { invalidValue } from "./refusals.ts";

/**
 * The tool whose arguments are the answer, where a model has no structured output of its own. The decoders know it by its
 * name, so no tool of a client may have it.
 */
export const ANSWER_TOOL = "router_json_answer";

/** What OpenAI's API takes as a function's name, and Amazon's formats too, but for its length. */
const NAME = /^[a-zA-Z0-9_-]+$/;
const LONGEST_NAME = 64;

export type ToolMode =
  | { readonly type: "none" | "auto" | "any" }
  | { readonly type: "tool"; readonly name: string };

/** What goes into a request about tools. */
export interface ToolPlan {
  /** Their definitions. */
  readonly tools: readonly JsonObject[];
  /** Undefined for the model's own default. */
  readonly mode?: ToolMode | undefined;
  /** A sentence for the system prompt that says what the model's fields cannot. */
  readonly instruction?: string;
  /** What is lost of the request on the way. */
  readonly dropped: readonly Loss[];
}

/** Where there are no tools. */
export const NO_PLAN: ToolPlan = { tools: [], dropped: [] };

/** Stands for `none` where calls in the history rule out to offer no tools. */
export const NO_TOOLS = "Do not call any tool now. Answer in text.";
/** Describes a tool that was called earlier and is not offered any more. */
export const GONE = "Was used earlier in this conversation. It is not available any more.";

export interface OfferedTools {
  /** All tools, or those that `allowed_tools` leaves. */
  readonly tools: readonly FunctionTool[];
  /** Undefined where the client does not say. */
  readonly mode: ToolMode | undefined;
}

/**
 * @param longest Characters that a tool's name may have.
 * @throws RouterError `invalid_value` for names that are not valid, come twice or are not among the tools.
 */
export function offeredTools(request: ChatRequest, longest = LONGEST_NAME): OfferedTools {
  const { tools: all, toolChoice } = request;
  const param = choiceParam(request);
  checkNames(request, longest);
  const known = new Set(all.map(({ name }) => name));
  switch (toolChoice?.type) {
    case "none":
    case "auto":
      return { tools: all, mode: { type: toolChoice.type } };
    case "required":
      return { tools: all, mode: anyOf(all, param) };
    case "function":
      if (known.has(toolChoice.name)) return { tools: all, mode: { type: "tool", name: toolChoice.name } };
      throw invalidValue(param, "it names a function that is not among the tools");
    case "allowed_tools": {
      if (!toolChoice.names.every((name) => known.has(name))) {
        throw invalidValue(param, "it allows a tool that is not among the tools");
      }
      const tools = all.filter(({ name }) => toolChoice.names.includes(name));
      return { tools, mode: toolChoice.mode === "auto" ? { type: "auto" } : anyOf(tools, param) };
    }
    default:
      // What is no function choice was refused before the family was asked.
      return { tools: all, mode: undefined };
  }
}

/** The field with which the client chose among its tools. */
export function choiceParam({ toolChoice }: ChatRequest): string {
  return toolChoice?.param ?? "tool_choice";
}

function checkNames({ tools }: ChatRequest, longest: number): void {
  const names = new Set<string>();
  for (const { name, param: definition } of tools) {
    const param = `${definition}.name`;
    if (!NAME.test(name) || name.length > longest) {
      throw invalidValue(param, `expected 1 to ${longest} letters, digits, underscores or hyphens`);
    }
    if (name === ANSWER_TOOL) throw invalidValue(param, "this name is the router's own");
    if (names.has(name)) throw invalidValue(param, `another tool is called "${name}" too`);
    names.add(name);
  }
}

/**
 * `strict` where a tool asks for it and its definition does not: the model cannot hold itself to that schema.
 * @param definitions Those of the offered tools, in their order.
 */
export function strictLoss(
  offered: readonly FunctionTool[],
  definitions: readonly JsonObject[],
): readonly Loss[] {
  const lost = offered.some(({ strict }, index) => strict && !isStrict(definitions[index] ?? {}));
  return lost ? ["strict"] : [];
}

/** Formats have the member at the definition itself or at the function, or the specification, inside it. */
function isStrict(definition: JsonObject): boolean {
  const inner = [definition, definition.function, definition.toolSpec];
  return inner.some((one) => isObject(one) && one.strict === true);
}

function anyOf(tools: readonly FunctionTool[], param: string): ToolMode {
  if (tools.length === 0) throw invalidValue(param, "it asks for a tool call, but there are no tools");
  return { type: "any" };
}
