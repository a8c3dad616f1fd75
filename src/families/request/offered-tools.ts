/** Which of a request's tools the model may see, and whether it must call one. */
import type { Loss } from "../../chat/parameters.ts";
import type { ChatRequest, FunctionTool, JsonObject } from "../../chat/request.ts";
import { isObject } from "../../lib/json.ts";
import { invalidValue } from "./refusals.ts";
import { ANSWER_TOOL, type ToolBook } from "./tool-book.ts";

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
  /** All tools, or those that `allowed_tools` leaves, by the model's names and with the schemas that it takes. */
  readonly tools: readonly FunctionTool[];
  /** Undefined where the client does not say. */
  readonly mode: ToolMode | undefined;
  /** Tools that nobody could call: their schemas fit no object. */
  readonly dropped: readonly Loss[];
}

/**
 * @throws RouterError `invalid_value` for names that come twice or are not among the tools, and for a choice of a tool that
 *   is left out.
 */
export function offeredTools(request: ChatRequest, book: ToolBook): OfferedTools {
  const { tools, toolChoice } = request;
  const param = choiceParam(request);
  checkNames(request);
  const known = new Set(tools.map(({ name }) => name));
  const callable = tools.flatMap((tool): FunctionTool[] => {
    const parameters = book.schema(tool);
    return parameters === undefined ? [] : [{ ...tool, name: book.name(tool.name), parameters }];
  });
  const dropped = tools
    .filter((tool) => book.schema(tool) === undefined)
    .map(({ name }): Loss => `tools.${name}`);
  switch (toolChoice?.type) {
    case "none":
    case "auto":
      return { tools: callable, mode: { type: toolChoice.type }, dropped };
    case "required":
      return { tools: callable, mode: anyOf(callable, param), dropped };
    case "function": {
      if (!known.has(toolChoice.name)) {
        throw invalidValue(param, "it names a function that is not among the tools");
      }
      const name = book.name(toolChoice.name);
      if (callable.some((tool) => tool.name === name)) {
        return { tools: callable, mode: { type: "tool", name }, dropped };
      }
      throw invalidValue(param, "it names a function whose parameters are no JSON Schema of an object");
    }
    case "allowed_tools": {
      if (!toolChoice.names.every((name) => known.has(name))) {
        throw invalidValue(param, "it allows a tool that is not among the tools");
      }
      const names = new Set(toolChoice.names.map((name) => book.name(name)));
      const allowed = callable.filter(({ name }) => names.has(name));
      const mode = toolChoice.mode === "auto" ? ({ type: "auto" } as const) : anyOf(allowed, param);
      return { tools: allowed, mode, dropped };
    }
    default:
      // What is no function choice was refused before the family was asked.
      return { tools: callable, mode: undefined, dropped };
  }
}

/** The field with which the client chose among its tools. */
export function choiceParam({ toolChoice }: ChatRequest): string {
  return toolChoice?.param ?? "tool_choice";
}

function checkNames({ tools }: ChatRequest): void {
  const names = new Set<string>();
  for (const { name, param: definition } of tools) {
    const param = `${definition}.name`;
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
