/** Which of a request's tools the model may see, and whether it must call one. */
import { RouterError } from "../errors.ts";
import type { ChatRequest, FunctionTool } from "../openai/types.ts";

/** What OpenAI's API takes as a function's name, and Amazon's formats too. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

export type ToolMode =
  | { readonly type: "none" | "auto" | "any" }
  | { readonly type: "tool"; readonly name: string };

export interface OfferedTools {
  /** All tools, or those that `allowed_tools` leaves. */
  readonly tools: readonly FunctionTool[];
  /** Undefined where the client does not say. */
  readonly mode: ToolMode | undefined;
}

/** @throws RouterError `invalid_value` for names that are not valid, come twice or are not among the tools. */
export function offeredTools({ tools: all, toolChoice }: ChatRequest): OfferedTools {
  checkNames(all);
  const known = new Set(all.map(({ name }) => name));
  switch (toolChoice?.type) {
    case "none":
    case "auto":
      return { tools: all, mode: { type: toolChoice.type } };
    case "required":
      return { tools: all, mode: anyOf(all) };
    case "function":
      if (known.has(toolChoice.name)) return { tools: all, mode: { type: "tool", name: toolChoice.name } };
      throw invalid("tool_choice", "it names a function that is not among the tools");
    case "allowed_tools": {
      if (!toolChoice.names.every((name) => known.has(name))) {
        throw invalid("tool_choice", "it allows a tool that is not among the tools");
      }
      const tools = all.filter(({ name }) => toolChoice.names.includes(name));
      return { tools, mode: toolChoice.mode === "auto" ? { type: "auto" } : anyOf(tools) };
    }
    default:
      // What is no function choice was refused before the family was asked.
      return { tools: all, mode: undefined };
  }
}

function checkNames(tools: readonly FunctionTool[]): void {
  const names = new Set<string>();
  for (const [index, { name }] of tools.entries()) {
    const param = `tools[${index}].function.name`;
    if (!NAME.test(name)) throw invalid(param, "expected 1 to 64 letters, digits, underscores or hyphens");
    if (names.has(name)) throw invalid(param, `another tool is called "${name}" too`);
    names.add(name);
  }
}

function anyOf(tools: readonly FunctionTool[]): ToolMode {
  if (tools.length === 0) throw invalid("tool_choice", "it asks for a tool call, but there are no tools");
  return { type: "any" };
}

function invalid(param: string, problem: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${problem}.`, { param });
}
