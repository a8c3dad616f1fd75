/** Structured output: the subset of JSON Schema that `output_config.format` and strict tools take. */
import { invalid } from "../../bedrock/errors.ts";
import { asObject, isObject, type JsonObject, objectsIn } from "../../json.ts";

const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  string: ["minLength", "maxLength"],
  array: ["maxItems", "uniqueItems"],
};

/** Throws the ValidationException of the first schema outside the subset. */
export function checkStructured(body: JsonObject): void {
  const format = asObject(asObject(body.output_config).format);
  if (isObject(format.schema)) checkSchema(format.schema, "output_config.format.schema");
  for (const [index, tool] of objectsIn(body.tools).entries()) {
    if (tool.strict === true) checkSchema(asObject(tool.input_schema), `tools.${index}.custom`);
  }
}

function checkSchema(schema: JsonObject, path: string): void {
  const type = schema.type;
  if (type === "object" && schema.additionalProperties !== false) {
    throw invalid(`${path}: For 'object' type, 'additionalProperties' must be explicitly set to false`);
  }
  const refused = typeof type === "string" ? (UNSUPPORTED[type] ?? []).filter((word) => word in schema) : [];
  if (refused.length > 0) {
    throw invalid(`${path}: For '${type}' type, properties ${refused.join(", ")} are not supported`);
  }
  if (type === "array" && Number(schema.minItems ?? 0) > 1) {
    throw invalid(`${path}: For 'array' type, 'minItems' values other than 0 or 1 are not supported`);
  }
  for (const child of childrenOf(schema)) checkSchema(child, path);
}

function childrenOf(schema: JsonObject): JsonObject[] {
  return [
    ...["properties", "$defs", "definitions"].flatMap((key) => Object.values(asObject(schema[key]))),
    ...["anyOf", "oneOf", "allOf"].flatMap((key) => objectsIn(schema[key])),
    schema.items,
  ].filter(isObject);
}
