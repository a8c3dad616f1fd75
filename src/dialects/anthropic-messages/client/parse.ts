/**
 * Parses a request of Anthropic's Messages API: `unknown` in, {@link ChatRequest} out, or a RouterError that names the field
 * as Anthropic does (`messages.3.content.0.source`). https://platform.claude.com/docs/en/api/messages/create
 */
import { sessionOfBody } from "../../../chat/session-name.ts";
import type { ChatRequest, ReasoningEffort, ResponseFormat, Thinking } from "../../../chat/request.ts";
import { asObject, type JsonObject } from "../../../lib/json.ts";
import {
  invalid,
  isUnset,
  listAt,
  objectAt,
  optionalBoolean,
  optionalNumber,
  optionalText,
  optionalWord,
  textAt,
} from "../../fields.ts";
import { readConversation } from "./messages.ts";
import { paramsOf } from "./params.ts";
import { readToolChoice, readTools } from "./tools.ts";

/** What the server can be asked for with `stop_sequences`; far above what clients send. */
const MOST_STOP_SEQUENCES = 256;
/** Betas of a request, of all its headers together. */
const MOST_BETAS = 100;
const EFFORTS = ["low", "medium", "high", "xhigh", "max"] as const;
/** The smallest budget that Claude takes. */
const LEAST_BUDGET = 1024;

/**
 * @param body The request's JSON, as parsed.
 * @param headers For `anthropic-beta`.
 * @param text The body as it was received, where it is at hand.
 * @param counting The request only counts tokens: it needs no `max_tokens`.
 * @throws RouterError `invalid_value` with `param` for the first field that is wrong.
 */
export function parseMessages(
  body: unknown,
  headers: Headers,
  { text, counting = false }: { readonly text?: string | undefined; readonly counting?: boolean } = {},
): ChatRequest {
  const wire = asObject(body);
  if (wire === undefined) throw invalid("body", "the request body must be a JSON object");
  const stream = optionalBoolean(wire.stream, "stream") ?? false;
  const { tools, otherTools } = readTools(wire.tools);
  const thinking = readThinking(wire.thinking);
  const output = isUnset(wire.output_config) ? {} : objectAt(wire.output_config, "output_config");
  const effort = optionalWord(output.effort, "output_config.effort", EFFORTS);
  return {
    model: optionalText(wire.model, "model")?.trim() || "auto",
    messages: readConversation(wire),
    stream,
    n: 1,
    stop: readStopSequences(wire.stop_sequences),
    tools,
    otherTools,
    responseFormat: readFormat(output, wire.output_format),
    ...present("maxTokens", readMaxTokens(wire.max_tokens, counting)),
    ...present("temperature", optionalNumber(wire.temperature, "temperature", { least: 0, most: 1 })),
    ...present("topP", optionalNumber(wire.top_p, "top_p", { least: 0, most: 1 })),
    ...present("topK", optionalNumber(wire.top_k, "top_k", { least: 0, most: 1_000_000, whole: true })),
    ...readToolChoice(wire.tool_choice),
    ...present("thinking", thinking),
    ...present("reasoningEffort", effortOf(thinking, effort)),
    ...present("user", optionalText(metadataOf(wire).user_id, "metadata.user_id")),
    params: paramsOf(wire, otherTools),
    ...sessionOfBody(wire),
    source: {
      dialect: "anthropic-messages",
      body: wire,
      betas: readBetas(wire, headers),
      ...present("text", text),
    },
  };
}

/** `{ [key]: value }`, or nothing when the value is not set. */
function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  const entry: { [P in K]?: V } = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}

function readMaxTokens(value: unknown, counting: boolean): number | undefined {
  if (isUnset(value)) {
    if (counting) return undefined;
    throw invalid("max_tokens", "Field required");
  }
  const rules = { least: counting ? 0 : 1, most: Number.MAX_SAFE_INTEGER, whole: true };
  return optionalNumber(value, "max_tokens", rules);
}

/** An empty one says nothing, and some upstreams take it for an end before the first word. */
function readStopSequences(value: unknown): string[] {
  if (isUnset(value)) return [];
  const list = listAt(value, "stop_sequences", MOST_STOP_SEQUENCES);
  const sequences = list.map((sequence, index) => textAt(sequence, `stop_sequences.${index}`));
  return sequences.filter((sequence) => sequence !== "");
}

function readThinking(value: unknown): Thinking | undefined {
  if (isUnset(value)) return undefined;
  const { type, budget_tokens: tokens, display: shown } = objectAt(value, "thinking");
  const modes = ["enabled", "adaptive", "disabled", "between_tools"] as const;
  const mode = optionalWord(type, "thinking.type", modes);
  if (mode === undefined) throw invalid("thinking.type", "Field required");
  const least = mode === "enabled" ? LEAST_BUDGET : 0;
  const rules = { least, most: Number.MAX_SAFE_INTEGER, whole: true };
  const budget = optionalNumber(tokens, "thinking.budget_tokens", rules);
  if (mode === "enabled" && budget === undefined) throw invalid("thinking.budget_tokens", "Field required");
  const display = optionalWord(shown, "thinking.display", ["summarized", "omitted", "updates"] as const);
  // Only a few models know thinking between tools alone; to all others it is the mode that thinks where it helps.
  const neutral = mode === "between_tools" ? "adaptive" : mode;
  return { mode: neutral, ...present("budget", budget), ...present("display", display) };
}

/** The effort that the other models know, from Anthropic's two ways to ask for it. */
function effortOf(
  thinking: Thinking | undefined,
  effort: (typeof EFFORTS)[number] | undefined,
): ReasoningEffort | undefined {
  if (thinking?.mode === "disabled") return "none";
  if (effort !== undefined || thinking === undefined) return effort;
  const { budget } = thinking;
  // Adaptive thinking without a word about effort is Anthropic's `high`.
  if (budget === undefined) return "high";
  if (budget <= 2048) return "low";
  if (budget <= 8192) return "medium";
  return budget <= 24_576 ? "high" : "xhigh";
}

/** `output_config.format`, or its older place `output_format`. */
function readFormat({ format }: JsonObject, older: unknown): ResponseFormat {
  const [value, param] = isUnset(format) ? [older, "output_format"] : [format, "output_config.format"];
  if (isUnset(value)) return { type: "text" };
  const { type, schema } = objectAt(value, param);
  if (type !== "json_schema") throw invalid(`${param}.type`, 'expected "json_schema"');
  return { type: "json_schema", name: "answer", schema: objectAt(schema, `${param}.schema`), strict: true };
}

function metadataOf({ metadata }: JsonObject): JsonObject {
  return isUnset(metadata) ? {} : objectAt(metadata, "metadata");
}

/** The betas of the headers, which come as one list or as several, and of the body, where some clients put them. */
function readBetas({ betas, anthropic_beta: older }: JsonObject, headers: Headers): string[] {
  const listed = (headers.get("anthropic-beta") ?? "").split(",");
  const written = [betas, older].flatMap((value) => {
    if (isUnset(value)) return [];
    return typeof value === "string" ? value.split(",") : listAt(value, "betas", MOST_BETAS);
  });
  const names = [...listed, ...written.map((name, index) => textAt(name, `betas.${index}`))];
  if (names.length > MOST_BETAS) throw invalid("betas", `expected at most ${MOST_BETAS} betas`);
  return [...new Set(names.map((name) => name.trim()))].filter((name) => name !== "");
}
