/** How Claude is brought to answer in JSON. */
import { RouterError } from "../../errors.ts";
import type { ChatRequest, JsonObject, ResponseFormat } from "../../openai/types.ts";
import type { ClaudeModel } from "../catalogue.ts";
import { ANSWER_TOOL } from "../offered-tools.ts";
import { constrainedSchema, objectSchema } from "./schema.ts";
import type { ToolPlan } from "./tools.ts";

type JsonSchemaFormat = Extract<ResponseFormat, { type: "json_schema" }>;

const JSON_OBJECT =
  "Answer with one JSON object and nothing else: no text before or after it, no code fence.";

/** The request's tools once the answer's format is settled. */
export interface AnswerPlan extends ToolPlan {
  /** `output_config.format`. */
  readonly format?: JsonObject;
  /** Sentences for the system prompt. */
  readonly instructions: readonly string[];
}

/**
 * The surest way to the wanted format: the model's own constrained output; else a tool whose input is the answer, which
 * the model must call (or one of the client's); else, unless the schema is strict, an instruction.
 * @param plan The client's tools.
 * @param dropped Gets `response_format` where an instruction is all there is.
 * @throws RouterError `unsupported_parameter` where a strict schema cannot be guaranteed.
 */
export function planAnswer(
  request: ChatRequest,
  model: ClaudeModel,
  plan: ToolPlan,
  dropped: Set<string>,
): AnswerPlan {
  const { responseFormat } = request;
  const instructions = plan.instruction === undefined ? [] : [plan.instruction];
  const asIs: AnswerPlan = { ...plan, instructions };
  if (responseFormat.type === "text") return asIs;
  if (responseFormat.type === "json_object") return { ...asIs, instructions: [...instructions, JSON_OBJECT] };
  const { schema, strict } = responseFormat;
  const constrained = model.structuredOutput ? constrainedSchema(schema) : undefined;
  if (constrained !== undefined) return { ...asIs, format: { type: "json_schema", schema: constrained } };
  if (isObjectSchema(schema)) {
    // Whoever forces a tool wants its call, not an answer.
    if (plan.choice?.type === "any" || plan.choice?.type === "tool") return asIs;
    if (model.forcedTools) return { instructions: [], ...withAnswerTool(plan, responseFormat) };
  }
  if (strict) throw cannotGuarantee(isObjectSchema(schema));
  dropped.add("response_format");
  return { ...asIs, instructions: [...instructions, `${JSON_OBJECT}${schemaText(responseFormat)}`] };
}

function withAnswerTool(plan: ToolPlan, format: JsonSchemaFormat): Pick<AnswerPlan, "tools" | "choice"> {
  const description = `Gives the final answer: its input is the answer. ${format.description ?? ""}`.trim();
  const tool = { name: ANSWER_TOOL, description, input_schema: objectSchema(format.schema) };
  const clientTools = plan.tools.length > 0 && plan.choice?.type !== "none" && plan.instruction === undefined;
  return {
    tools: [...plan.tools, tool],
    choice: clientTools ? { type: "any" } : { type: "tool", name: ANSWER_TOOL },
  };
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
  return new RouterError(
    "unsupported_parameter",
    `${why}. Simplify the schema, set strict to false or use another model.`,
    { param: "response_format" },
  );
}
