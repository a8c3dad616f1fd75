/** How Nova is brought to answer in JSON: a tool whose input is the answer, decoded under constraints. */
import type { ChatRequest, JsonObject, ResponseFormat } from "../../openai/types.ts";
import { objectSchema } from "../object-schema.ts";
import { ANSWER_TOOL } from "../offered-tools.ts";
import { type ToolPlan, toolSpec, unsupported } from "./tools.ts";

type JsonSchemaFormat = Extract<ResponseFormat, { type: "json_schema" }>;

const JSON_OBJECT =
  "Answer with one JSON object and nothing else: no text before or after it, no code fence.";

/** The request's tools once the answer's format is settled. */
export interface AnswerPlan extends ToolPlan {
  /** Sentences for the system prompt. */
  readonly instructions: readonly string[];
}

/**
 * @param plan The client's tools.
 * @param dropped Gets `response_format` where an instruction is all there is.
 * @throws RouterError `unsupported_parameter` where a strict schema cannot be guaranteed.
 */
export function planAnswer(
  { responseFormat }: ChatRequest,
  plan: ToolPlan,
  dropped: Set<string>,
): AnswerPlan {
  const instructions = plan.instruction === undefined ? [] : [plan.instruction];
  const asIs: AnswerPlan = { ...plan, instructions };
  if (responseFormat.type === "text") return asIs;
  if (responseFormat.type === "json_object") {
    dropped.add("response_format");
    return { ...asIs, instructions: [...instructions, JSON_OBJECT] };
  }
  // Whoever forces a tool wants its call, not an answer.
  if (plan.mode?.type === "any" || plan.mode?.type === "tool") return asIs;
  if (fitsTool(responseFormat.schema)) return withAnswerTool(plan, responseFormat);
  if (responseFormat.strict) {
    const text =
      'Nova guarantees answers only for schemas of type "object" that name their properties. Change the schema, set strict to false or use another model.';
    throw unsupported("response_format", text);
  }
  dropped.add("response_format");
  return { ...asIs, instructions: [...instructions, `${JSON_OBJECT}${schemaText(responseFormat)}`] };
}

/** A tool's input is an object of named properties; an open map or a list cannot travel as one. */
function fitsTool(schema: JsonObject): boolean {
  if (schema.type !== undefined && schema.type !== "object") return false;
  return Object.keys(objectSchema(schema).properties).length > 0 || schema.additionalProperties === false;
}

function withAnswerTool(plan: ToolPlan, format: JsonSchemaFormat): AnswerPlan {
  const description = `Gives the final answer: its input is the answer. ${format.description ?? ""}`.trim();
  const tool = toolSpec(ANSWER_TOOL, description, format.schema);
  const clientTools = plan.tools.length > 0 && plan.instruction === undefined;
  return {
    tools: [...plan.tools, tool],
    mode: clientTools ? { type: "any" } : { type: "tool", name: ANSWER_TOOL },
    instructions: [],
  };
}

function schemaText({ schema, description }: JsonSchemaFormat): string {
  const about = description ? ` ${description}` : "";
  return `${about} It must match this JSON Schema: ${JSON.stringify(schema)}`;
}
