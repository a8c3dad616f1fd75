/** The body of a request for an upstream that speaks OpenAI's Responses. */
import { hasCachePoint } from "../../../chat/cache-points.ts";
import {
  checkParameters,
  paramName,
  refuseForeignTools,
  refuseIdleChoice,
} from "../../../chat/parameters.ts";
import type { ChatRequest, Concept, FunctionTool, ResponseFormat } from "../../../chat/request.ts";
import { type JsonObject, withoutEmpty } from "../../../lib/json.ts";
import { inputItems } from "./input.ts";
import { ownResponsesBody, type ResponsesBodyOptions } from "./own.ts";

export interface ResponsesBody {
  /** Without `model`, `stream` and the number of output tokens. */
  readonly body: JsonObject;
  /** In the client's words. */
  readonly dropped: readonly string[];
}

/** What the format has a place for; stop sequences are the caller's to watch for. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>([
  ...(["max_tokens", "parallel_tool_calls", "reasoning", "response_format", "service_tier"] as const),
  ...(["stop", "temperature", "tool_choice", "tools", "top_p", "user"] as const),
]);

/** Tiers that stand for "whatever there is". */
const NO_TIER = /^(?:auto|default|standard_only)$/;

/**
 * What the client sent, where it speaks this dialect itself; else the same in this dialect's words. Nothing is stored upstream: what
 * a client wants kept, the router keeps.
 * @throws RouterError with `param` for what it cannot say.
 */
export function responsesBody(request: ChatRequest, options: ResponsesBodyOptions): ResponsesBody {
  const { source, serviceTier: tier } = request;
  if (source.dialect === "openai-responses" && !options.rewritten) {
    return { body: ownResponsesBody(request, options), dropped: [] };
  }
  refuseForeignTools(request);
  const tools = offeredTools(request);
  refuseIdleChoice(request, tools.length);
  const reasoning = reasoningField(request, options.reasons);
  const body = {
    input: inputItems(request.messages),
    temperature: request.temperature,
    top_p: request.topP,
    tools,
    tool_choice: tools.length > 0 ? choiceField(request.toolChoice) : undefined,
    parallel_tool_calls: tools.length > 0 ? request.parallelToolCalls : undefined,
    text: withoutEmpty({ format: formatField(request.responseFormat) }),
    reasoning,
    include: reasoning === undefined ? [] : ["reasoning.encrypted_content"],
    service_tier: tier === undefined || NO_TIER.test(tier) ? undefined : tier,
    user: request.user,
  };
  const dropped = new Set(checkParameters(request, HANDLED));
  if (hasCachePoint(request)) dropped.add("cache_control");
  // Only a seed has no place that other formats have.
  if (request.seed !== undefined) dropped.add(paramName(request, "seed"));
  return { body: { ...withoutEmpty(body), store: false }, dropped: [...dropped].sort() };
}

/** `auto` gives the fullest summary that the model has: it is all that is ever shown of its reasoning. */
function reasoningField(
  { reasoningEffort: effort, thinking }: ChatRequest,
  reasons: boolean,
): JsonObject | undefined {
  if (effort === undefined && !reasons) return undefined;
  if (effort === "none") return { effort };
  const shown = thinking?.display !== "omitted";
  return { ...(effort !== undefined && { effort }), ...(shown && { summary: "auto" }) };
}

/** Of those that may be called. */
function offeredTools({ tools, toolChoice }: ChatRequest): JsonObject[] {
  const names = toolChoice?.type === "allowed_tools" ? toolChoice.names : undefined;
  return tools.filter(({ name }) => names === undefined || names.includes(name)).map(functionTool);
}

/** `strict` is always said: OpenAI's default is true, which most schemas do not fit. */
function functionTool({ name, description, parameters, strict }: FunctionTool): JsonObject {
  return { type: "function", name, ...(description !== undefined && { description }), parameters, strict };
}

function choiceField(choice: ChatRequest["toolChoice"]): JsonObject | string | undefined {
  if (choice?.type === "function") return { type: "function", name: choice.name };
  return choice?.type === "allowed_tools" ? choice.mode : choice?.type;
}

function formatField(format: ResponseFormat): JsonObject | undefined {
  if (format.type === "text") return undefined;
  if (format.type === "json_object") return { type: "json_object" };
  const { type, name, description, schema, strict } = format;
  return { type, name, ...(description !== undefined && { description }), schema, strict };
}
