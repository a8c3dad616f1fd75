/** Asks the router what a case asks, with an upstream that answers every model. */
import { asObject, asText, isObject, type JsonObject } from "../../../src/lib/json.ts";
import { json, playUpstream, type Reply, type UpstreamCall } from "../../support/upstream.ts";
import { ask, envOf } from "../support.ts";

/** A file of the cases. */
export interface Case {
  readonly models: Readonly<Record<string, string>>;
  readonly request: JsonObject;
  /** YAML files, one after the other. */
  readonly config: string;
  /** What a client sends over a WebSocket. */
  readonly frames: readonly string[];
}

export function caseOf(value: unknown): Case {
  const { models, request, config, websocket_frames: frames } = asObject(value) ?? {};
  const texts = Object.entries(asObject(models) ?? {}).map(([name, text]) => [name, String(text)]);
  return {
    models: Object.fromEntries(texts),
    request: asObject(request) ?? {},
    config: asText(config),
    frames: Array.isArray(frames) ? frames.map(String) : [],
  };
}

/** What came of a request, and what went upstream for it. */
export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  /** What the client got. */
  readonly text: string;
  readonly answer: JsonObject;
  readonly calls: readonly UpstreamCall[];
  /** The body of the first call, as text and as value; empty where there was none. */
  readonly sentText: string;
  readonly sent: JsonObject;
}

/** Every family's answer in one, that says "hi". */
const ANSWER = {
  type: "message",
  role: "assistant",
  content: [{ type: "text", text: "hi" }],
  stop_reason: "end_turn",
  output: { message: { role: "assistant", content: [{ text: "hi" }] } },
  stopReason: "end_turn",
  choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
  results: [{ outputText: "hi", completionReason: "FINISH" }],
  text: "hi",
  finish_reason: "COMPLETE",
  usage: { input_tokens: 1, output_tokens: 1, inputTokens: 1, outputTokens: 1 },
};
/** Its own, because its members tell Llama's text from others'. */
const LLAMA = { generation: "hi", prompt_token_count: 1, generation_token_count: 1, stop_reason: "stop" };

export const HI: Reply = (call) =>
  json(call.url.includes("meta.llama") ? { ...ANSWER, ...LLAMA } : ANSWER)(call);

export interface AskOptions {
  readonly replies?: readonly Reply[];
  /** Further lines of the configuration. */
  readonly config?: string;
}

/** @param body The request, or its JSON where JavaScript cannot write it; `model` is put in. */
export async function askModel(
  { models }: Pick<Case, "models">,
  model: string,
  body: JsonObject | string,
  { replies = [HI], config = "" }: AskOptions = {},
): Promise<Asked> {
  const text = typeof body === "string" ? body : JSON.stringify({ ...body, model });
  const calls = playUpstream(...replies);
  const binding = { EMULATOR_OPENAI_URL: "https://openai.example/v1" };
  const env = envOf(`llms:\n  ${model}: ${models[model]}\n${config}`, binding);
  const response = await ask(env, "/v1/chat/completions", { method: "POST", body: text });
  const answered = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text: answered,
    answer: parsedObject(answered),
    calls,
    sentText: calls[0]?.text ?? "",
    sent: asObject(calls[0]?.body) ?? {},
  };
}

function parsedObject(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}

/** The value at a path of keys; undefined where there is none. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (Array.isArray(found) && typeof key === "number") found = found.at(key);
    else found = isObject(found) ? found[key] : undefined;
  }
  return found;
}

/** A tool's schema, wherever a format has it. */
export function schemaOf(sent: JsonObject): JsonObject {
  const places = [
    at(sent, "tools", 0, "input_schema"),
    at(sent, "toolConfig", "tools", 0, "toolSpec", "inputSchema", "json"),
    at(sent, "tools", 0, "function", "parameters"),
  ];
  return asObject(places.find((schema) => schema !== undefined)) ?? {};
}
