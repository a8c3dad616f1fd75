/** How a model is brought to answer in JSON, as `response_format` asks, whatever the format of its requests. */
import { type Loss, paramName } from "../../chat/parameters.ts";
import type { ChatRequest, FunctionTool, JsonObject, ResponseFormat } from "../../chat/request.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { NO_PLAN, type ToolPlan } from "./offered-tools.ts";
import { unsupportedParameter } from "./refusals.ts";
import { ANSWER_TOOL, type ToolBook } from "./tool-book.ts";

type JsonSchemaFormat = Extract<ResponseFormat, { type: "json_schema" }>;

/** What a model and its format have for answers in JSON. */
export interface JsonAbilities {
  /** Where there is a `tool`. */
  readonly book?: ToolBook;
  /** The field for a schema that the model enforces; undefined for a schema that it cannot. */
  readonly native?: ((format: JsonSchemaFormat) => JsonObject | undefined) | undefined;
  /** The field for any JSON object, in which the model answers. */
  readonly jsonMode?: JsonObject | undefined;
  /** The definition of the tool whose arguments are the answer; undefined where the schema cannot be a tool's. */
  readonly tool?: ((tool: FunctionTool) => JsonObject | undefined) | undefined;
  /** The choices that make the model call a tool. */
  readonly forces?: readonly ("any" | "tool")[] | undefined;
  /** Whether an instruction is taken for enough where the client wants no more than some JSON object. */
  readonly trusted?: boolean;
}

/** The request's tools once the answer's form is settled. */
export interface AnswerPlan extends ToolPlan {
  /** The field that asks for JSON. */
  readonly format?: JsonObject | undefined;
  /** Sentences for the system prompt. */
  readonly instructions: readonly string[];
  /** The tool whose arguments are the answer. */
  readonly answerTool?: string;
}

/**
 * The surest way to the wanted form: the model's own structured output; else a tool whose arguments are the answer, which
 * the model must call (or one of the client's); else, unless the schema is strict, an instruction.
 * @param plan The client's tools.
 * @throws RouterError `unsupported_parameter` where a strict schema cannot be guaranteed.
 */
export function planAnswer(
  request: ChatRequest,
  plan: ToolPlan,
  { book, native, jsonMode, tool, forces = [], trusted = false }: JsonAbilities,
): AnswerPlan {
  const { responseFormat: wanted } = request;
  const param = paramName(request, "response_format");
  const instructions = plan.instruction === undefined ? [] : [plan.instruction];
  const asIs: AnswerPlan = { ...plan, instructions };
  if (wanted.type === "text") return asIs;
  const object = wanted.type === "json_object" || isObjectSchema(wanted.schema);
  if (wanted.type === "json_schema") {
    const format = native?.(wanted);
    if (format !== undefined) return { ...asIs, format };
    // Whoever forces a tool wants its call, not an answer.
    if (plan.mode?.type === "any" || plan.mode?.type === "tool") return asIs;
    const definition = object ? answerTool(wanted, param, tool && book && { book, tool }) : undefined;
    const byTool = definition && answeringTool(plan, definition, forces);
    if (byTool !== undefined) return byTool;
    if (wanted.strict) throw cannotGuarantee(param, object);
  }
  // An instruction is all there is.
  const loose = wanted.type === "json_schema" || !(trusted || jsonMode);
  return {
    ...asIs,
    dropped: loose ? [...plan.dropped, "response_format"] : plan.dropped,
    format: object ? jsonMode : undefined,
    instructions: [...instructions, jsonInstruction(wanted)],
  };
}

function answerTool(
  wanted: JsonSchemaFormat,
  param: string,
  by: Required<Pick<JsonAbilities, "book" | "tool">> | undefined,
): JsonObject | undefined {
  const parameters = by?.book.answerSchema(wanted.schema, param);
  if (parameters === undefined) return undefined;
  return by?.tool?.({
    name: ANSWER_TOOL,
    description: aboutAnswer(wanted),
    parameters,
    strict: false,
    param,
  });
}

/** Undefined where the model cannot be made to call what is needed. */
function answeringTool(
  { tools, mode, instruction, dropped }: ToolPlan,
  definition: JsonObject,
  forces: readonly ("any" | "tool")[],
): AnswerPlan | undefined {
  const answer = { instructions: [], answerTool: ANSWER_TOOL, dropped };
  const callable = tools.length > 0 && mode?.type !== "none" && instruction === undefined;
  if (!callable && forces.includes("tool")) {
    return { ...answer, tools: [...tools, definition], mode: { type: "tool", name: ANSWER_TOOL } };
  }
  if (!forces.includes("any")) return undefined;
  return { ...answer, tools: [...(callable ? tools : []), definition], mode: { type: "any" } };
}

function aboutAnswer({ description = "" }: JsonSchemaFormat): string {
  return `Gives the final answer: its arguments are the answer. ${description}`.trim();
}

/** A tool's arguments are an object; a schema for anything else cannot travel as one. */
function isObjectSchema({ type }: JsonObject): boolean {
  return type === undefined || type === "object";
}

/** A sentence for the system prompt that asks for JSON; a model needs it beside a JSON mode, too. */
function jsonInstruction(wanted: Exclude<ResponseFormat, { type: "text" }>): string {
  const what = wanted.type === "json_object" || isObjectSchema(wanted.schema) ? "one JSON object" : "JSON";
  const form = `Answer with ${what} and nothing else: no text before or after it, no code fence.`;
  if (wanted.type === "json_object") return form;
  const about = wanted.description ? ` ${wanted.description}` : "";
  return `${form}${about} It must match this JSON Schema: ${jsonText(wanted.schema)}`;
}

function cannotGuarantee(param: string, object: boolean): Error {
  const why = object
    ? "This model cannot guarantee an answer that matches this schema"
    : 'The schema of a strict format must be of type "object"';
  return unsupportedParameter(
    param,
    `${why}. Simplify the schema, set strict to false or use another model.`,
  );
}

/** For models that have nothing but their prompt: the sentence that asks for JSON; empty where text will do. */
export function promptedAnswer(request: ChatRequest): {
  readonly instruction: string;
  readonly dropped: readonly Loss[];
} {
  const { instructions, dropped } = planAnswer(request, NO_PLAN, {});
  return { instruction: instructions.join(""), dropped };
}
