/** Tools, tool choice and the wanted form of an answer, as the fields of a chat completion request. */
import type { FunctionTool, ResponseFormat } from "../../../chat/request.ts";
import { type JsonObject, withoutEmpty } from "../../../lib/json.ts";

/** A tool, as far as the model is told of it. */
export type ToolDefinition = Pick<FunctionTool, "name" | "description" | "parameters"> & {
  readonly strict?: boolean;
};

/** A member of `tools`. */
export function functionTool({ name, description, parameters, strict = false }: ToolDefinition): JsonObject {
  const told = withoutEmpty({ name, description, strict: strict || undefined });
  return { type: "function", function: { ...told, parameters } };
}

/** `tool_choice` for one function. */
export function functionChoice(name: string): JsonObject {
  return { type: "function", function: { name } };
}

/** `response_format`; undefined for text, which is the default. */
export function formatField(format: ResponseFormat): JsonObject | undefined {
  if (format.type === "text") return undefined;
  if (format.type === "json_object") return { type: "json_object" };
  const { name, description, schema, strict } = format;
  return {
    type: "json_schema",
    json_schema: { ...withoutEmpty({ name, description }), schema, ...(strict && { strict }) },
  };
}
