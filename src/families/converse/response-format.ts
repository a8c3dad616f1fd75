/** How a model is brought to answer in JSON through Converse. */
import { RouterError } from "../../errors.ts";
import type { ChatRequest, JsonObject, ResponseFormat } from "../../openai/types.ts";
import { constrainableSchema } from "../chat-schema.ts";
import { ANSWER_TOOL } from "../offered-tools.ts";
import type { ConverseModel } from "./models.ts";
import { type ToolPlan, toolSpec } from "./tools.ts";

type JsonSchemaFormat = Extract<ResponseFormat, { type: "json_schema" }>;

const JSON_OBJECT =
  "Answer with one JSON object and nothing else: no text before or after it, no code fence.";

/** The request's tools once the answer's format is settled. */
export interface AnswerPlan extends ToolPlan {
  /** `outputConfig.textFormat`. */
  readonly format?: JsonObject;
  /** Sentences for the system prompt. */
  readonly instructions: readonly string[];
  /** The tool whose input is the answer. */
  readonly answerTool?: string;
}

/**
 * The surest way to the wanted format: the model's own structured output; else a tool whose input is the answer, which
 * the model must call (or one of the client's); else, unless the schema is strict, an instruction.
 * @param plan The client's tools.
 * @param dropped Gets `response_format` where an instruction is all there is.
 * @throws RouterError `unsupported_parameter` where a strict schema cannot be guaranteed.
 */
export function planAnswer(
  { responseFormat }: ChatRequest,
  model: ConverseModel,
  plan: ToolPlan,
  dropped: Set<string>,
): AnswerPlan {
  const instructions = plan.instruction === undefined ? [] : [plan.instruction];
  const asIs: AnswerPlan = { ...plan, instructions };
  if (responseFormat.type === "text") return asIs;
  if (responseFormat.type === "json_object") return { ...asIs, instructions: [...instructions, JSON_OBJECT] };
  const { schema, strict } = responseFormat;
  const constrained = model.structuredOutput ? constrainableSchema(schema) : undefined;
  if (constrained !== undefined) return { ...asIs, format: textFormat(responseFormat, constrained) };
  if (isObjectSchema(schema)) {
    // Whoever forces a tool wants its call, not an answer.
    if (plan.mode?.type === "any" || plan.mode?.type === "tool") return asIs;
    if (model.tools && model.toolChoice !== "auto") return withAnswerTool(plan, responseFormat, model);
  }
  if (strict) throw cannotGuarantee(isObjectSchema(schema));
  dropped.add("response_format");
  return { ...asIs, instructions: [...instructions, `${JSON_OBJECT}${schemaText(responseFormat)}`] };
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_JsonSchemaDefinition.html */
function textFormat({ name, description }: JsonSchemaFormat, schema: JsonObject): JsonObject {
  const definition = {
    schema: JSON.stringify(schema),
    ...(name && { name }),
    ...(description && { description }),
  };
  return { type: "json_schema", structure: { jsonSchema: definition } };
}

function withAnswerTool(plan: ToolPlan, format: JsonSchemaFormat, model: ConverseModel): AnswerPlan {
  const description = `Gives the final answer: its input is the answer. ${format.description ?? ""}`.trim();
  const tool = toolSpec(ANSWER_TOOL, description, format.schema, model);
  const common = { instructions: [], answerTool: ANSWER_TOOL };
  const clientTools = plan.tools.length > 0 && plan.instruction === undefined;
  if (clientTools) return { ...common, tools: [...plan.tools, tool], mode: { type: "any" } };
  if (model.toolChoice === "any") return { ...common, tools: [tool], mode: { type: "any" } };
  return { ...common, tools: [...plan.tools, tool], mode: { type: "tool", name: ANSWER_TOOL } };
}

/** A tool's input is an object; a schema for anything else cannot travel as one. */
function isObjectSchema({ type }: JsonObject): boolean {
  return type === undefined || type === "object";
}

function schemaText({ schema, description }: JsonSchemaFormat): string {
  const about = description ? ` ${description}` : "";
  return `${about} It must match this JSON Schema: ${JSON.stringify(schema)}`;
}

function cannotGuarantee(isObject: boolean): RouterError {
  const why = isObject
    ? "This model cannot guarantee an answer that matches this schema"
    : 'The schema of a strict response_format must be of type "object"';
  const text = `${why}. Simplify the schema, set strict to false or use another model.`;
  return new RouterError("unsupported_parameter", text, { param: "response_format" });
}
