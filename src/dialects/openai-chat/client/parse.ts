/** Parses a chat completion request: `unknown` in, {@link ChatRequest} out, or a RouterError that names the field. */
import { sessionOfBody } from "../../../chat/session-name.ts";
import { RouterError } from "../../../errors.ts";
import { countCheck } from "../../../lib/counts.ts";
import { isObject, pathText } from "../../../lib/json.ts";
import { noFault } from "../../shape.ts";
import { parseMessages } from "./messages.ts";
import { paramsOf } from "./params.ts";
import { requestShape, type WireRequest } from "./schema.ts";
import type {
  ChatRequest,
  FunctionTool,
  JsonObject,
  ResponseFormat,
  ToolChoice,
} from "../../../chat/request.ts";

/** Far above what honest clients send; a model's own smaller limit is its own affair. */
const checkCounts = countCheck({
  messages: 10_000,
  "messages[].content": 10_000,
  "messages[].tool_calls": 1000,
  tools: 1000,
  functions: 1000,
  "tool_choice.allowed_tools.tools": 1000,
  stop: 256,
  logit_bias: 2048,
  metadata: 500,
});

/**
 * @param body The request's JSON, as parsed.
 * @throws RouterError `invalid_value` with `param` for the first field that is wrong.
 */
export function parseChat(body: unknown): ChatRequest {
  if (!isObject(body)) throw invalid(undefined, "The request body must be a JSON object.");
  checkCounts(body);
  const wire = checked(body);
  const { tools, otherTools } = parseTools(wire);
  return {
    model: wire.model?.trim() || "auto",
    messages: parseMessages(wire.messages),
    stream: wire.stream === true,
    stop: typeof wire.stop === "string" ? [wire.stop] : (wire.stop ?? []),
    n: wire.n ?? 1,
    tools,
    otherTools,
    responseFormat: parseResponseFormat(wire),
    ...present("maxTokens", wire.max_completion_tokens ?? wire.max_tokens),
    ...present("temperature", wire.temperature),
    ...present("topP", wire.top_p),
    ...present("topK", positiveInteger(body.top_k)),
    ...present("seed", wire.seed),
    ...present("frequencyPenalty", wire.frequency_penalty),
    ...present("presencePenalty", wire.presence_penalty),
    ...present("toolChoice", parseToolChoice(wire)),
    ...present("parallelToolCalls", wire.parallel_tool_calls),
    ...present("reasoningEffort", wire.reasoning_effort),
    ...present("serviceTier", wire.service_tier),
    ...present("metadata", wire.metadata),
    ...present("user", wire.user),
    params: paramsOf(body),
    ...sessionOfBody(body),
    source: { dialect: "openai-chat", body },
  };
}

function checked(body: JsonObject): WireRequest {
  const fault = noFault();
  if (requestShape(body, fault)) return body;
  const param = pathText(fault.path);
  throw invalid(param, `Invalid '${param}': ${fault.text}.`);
}

/** What the answer to a request looks like, beyond what is asked of the model. */
export interface AnswerOptions {
  /** `stream_options.include_usage`: every chunk carries `usage`, null but in the last. */
  readonly includeUsage: boolean;
  /** The client sent the deprecated `functions` and no `tools`: it knows one call and is told in `function_call`. */
  readonly functionCalls: boolean;
}

/** @param request One that {@link parseChat} gave. */
export function answerOptions({ source: { body } }: ChatRequest): AnswerOptions {
  const { stream_options: options, functions, tools } = body;
  return {
    includeUsage: isObject(options) && options.include_usage === true,
    functionCalls: isFilled(functions) && !isFilled(tools),
  };
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** Not one of OpenAI's fields, so whatever else it may be is no error. */
function positiveInteger(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** `{ [key]: value }`, or nothing when the value is not set: JSON's null means "not set" to OpenAI. */
function present<K extends string, V>(key: K, value: V | null | undefined): { [P in K]?: V } {
  const entry: { [P in K]?: V } = {};
  if (value !== null && value !== undefined) entry[key] = value;
  return entry;
}

function invalid(param: string | undefined, message: string): RouterError {
  return new RouterError("invalid_value", message, param === undefined ? {} : { param });
}

const EMPTY_SCHEMA: JsonObject = { type: "object", properties: {} };

function parseTools(wire: WireRequest): Pick<ChatRequest, "tools" | "otherTools"> {
  const tools: FunctionTool[] = [];
  const otherTools: { kind: string; param: string }[] = [];
  for (const [index, tool] of (wire.tools ?? []).entries()) {
    if (tool.type !== "function") {
      otherTools.push({ kind: tool.type, param: `tools[${index}]` });
      continue;
    }
    const definition = tool.function;
    if (!definition) {
      throw invalid(`tools[${index}].function`, `Invalid 'tools[${index}].function': expected an object.`);
    }
    const cache = tool.cache_control;
    tools.push({
      ...toTool(definition, `tools[${index}].function`),
      ...(cache && { cacheControl: { type: cache.type, ...(cache.ttl && { ttl: cache.ttl }) } }),
    });
  }
  for (const [index, definition] of (wire.functions ?? []).entries()) {
    tools.push(toTool(definition, `functions[${index}]`));
  }
  return { tools, otherTools };
}

function toTool(definition: NonNullable<WireRequest["functions"]>[number], param: string): FunctionTool {
  return {
    param,
    name: definition.name,
    ...present("description", definition.description),
    parameters: definition.parameters ?? EMPTY_SCHEMA,
    strict: definition.strict === true,
  };
}

function parseToolChoice(wire: WireRequest): ToolChoice | undefined {
  const choice = wire.tool_choice ?? legacyChoice(wire);
  if (choice === undefined) return undefined;
  const param = wire.tool_choice ? "tool_choice" : "function_call";
  if (typeof choice === "string") return { param, type: choice };
  if (choice.type === "function") {
    if (!choice.function) {
      throw invalid(
        "tool_choice.function",
        "Invalid 'tool_choice.function': expected an object with a name.",
      );
    }
    return { param, type: "function", name: choice.function.name };
  }
  if (choice.type === "allowed_tools" && choice.allowed_tools) {
    const names = choice.allowed_tools.tools.map((tool, index) => toolName(tool, index));
    return { param, type: "allowed_tools", mode: choice.allowed_tools.mode, names };
  }
  return { param, type: "other", kind: choice.type };
}

function toolName(tool: JsonObject, index: number): string {
  const named = isObject(tool.function) ? tool.function.name : tool.name;
  if (typeof named === "string") return named;
  const param = `tool_choice.allowed_tools.tools[${index}]`;
  throw invalid(param, `Invalid '${param}': expected a function with a name.`);
}

/** `function_call` of the deprecated interface, in today's words. */
function legacyChoice(wire: WireRequest) {
  const call = wire.function_call;
  if (call === null || call === undefined || typeof call === "string") return call ?? undefined;
  return { type: "function", function: { name: call.name }, allowed_tools: null };
}

function parseResponseFormat(wire: WireRequest): ResponseFormat {
  const format = wire.response_format;
  if (!format || format.type === "text") return { type: "text" };
  if (format.type === "json_object") return { type: "json_object" };
  const definition = format.json_schema;
  if (!definition) {
    const param = "response_format.json_schema";
    throw invalid(param, `Invalid '${param}': expected an object with a name and a schema.`);
  }
  return {
    type: "json_schema",
    name: definition.name,
    ...present("description", definition.description),
    schema: definition.schema ?? {},
    strict: definition.strict === true,
  };
}
