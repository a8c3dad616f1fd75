/** How a model with OpenAI's body is brought to answer in JSON. */
import { RouterError } from "../errors.ts";
import type { ChatRequest, JsonObject, ResponseFormat } from "../openai/types.ts";
import type { ChatModel } from "./chat-model.ts";
import { constrainableSchema } from "./chat-schema.ts";
import { type ChatToolPlan, functionTool, namedChoice } from "./chat-tools.ts";
import { ANSWER_TOOL } from "./offered-tools.ts";

type JsonSchemaFormat = Extract<ResponseFormat, { type: "json_schema" }>;

const JSON_OBJECT =
  "Answer with one JSON object and nothing else: no text before or after it, no code fence.";

/** The request's tools once the answer's format is settled. */
export interface ChatAnswerPlan extends ChatToolPlan {
  /** `response_format`. */
  readonly format?: JsonObject;
  /** Sentences for the system prompt. */
  readonly instructions: readonly string[];
  /** The tool whose arguments are the answer. */
  readonly answerTool?: string;
}

/**
 * The surest way to the wanted format: the model's own `response_format`; else a tool whose arguments are the answer,
 * which the model must call (or one of the client's); else, unless the schema is strict, an instruction.
 * @param plan The client's tools.
 * @param dropped Gets `response_format` where an instruction is all there is.
 * @throws RouterError `unsupported_parameter` where a strict schema cannot be guaranteed.
 */
export function planChatAnswer(
  { responseFormat }: ChatRequest,
  model: ChatModel,
  plan: ChatToolPlan,
  dropped: Set<string>,
): ChatAnswerPlan {
  const asIs: ChatAnswerPlan = { ...plan, instructions: [] };
  if (responseFormat.type === "text") return asIs;
  const jsonObject = model.jsonObject ? { format: { type: "json_object" } } : {};
  if (responseFormat.type === "json_object") {
    if (!model.jsonObject) dropped.add("response_format");
    // Servers with a JSON mode want the prompt to ask for JSON too.
    return { ...asIs, ...jsonObject, instructions: [JSON_OBJECT] };
  }
  const { schema, strict } = responseFormat;
  const constrained = model.constrained ? constrainableSchema(schema) : undefined;
  if (constrained !== undefined) return { ...asIs, format: schemaFormat(responseFormat, constrained) };
  if (isObjectSchema(schema)) {
    // Whoever forces a tool wants its call, not an answer.
    if (plan.choice === "required" || typeof plan.choice === "object") return asIs;
    const byTool = withAnswerTool(plan, responseFormat, model);
    if (byTool !== undefined) return byTool;
  }
  if (strict) throw cannotGuarantee(isObjectSchema(schema));
  dropped.add("response_format");
  return {
    ...asIs,
    ...(isObjectSchema(schema) && jsonObject),
    instructions: [`${JSON_OBJECT}${schemaText(responseFormat)}`],
  };
}

function schemaFormat({ name, description, strict }: JsonSchemaFormat, schema: JsonObject): JsonObject {
  return {
    type: "json_schema",
    json_schema: { name, ...(description && { description }), schema, ...(strict && { strict }) },
  };
}

/** Undefined where the model cannot be made to call what is needed. */
function withAnswerTool(
  plan: ChatToolPlan,
  { description = "", schema }: JsonSchemaFormat,
  { tools, toolChoices }: ChatModel,
): ChatAnswerPlan | undefined {
  const clientTools = plan.tools.length > 0 && plan.choice !== "none";
  if (!tools || !toolChoices.includes(clientTools ? "required" : "function")) return undefined;
  const about = `Gives the final answer: its arguments are the answer. ${description}`.trim();
  const { $schema: _dialect, ...parameters } = schema;
  return {
    tools: [...plan.tools, functionTool(ANSWER_TOOL, about, { ...parameters, type: "object" })],
    choice: clientTools ? "required" : namedChoice(ANSWER_TOOL),
    instructions: [],
    answerTool: ANSWER_TOOL,
  };
}

/** A tool's arguments are an object; a schema for anything else cannot travel as one. */
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
