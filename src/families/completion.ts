/**
 * `family: completion`: imported models that take a bare prompt and answer with `choices[].text` (OpenAI's text
 * completion, TGI). They have no template of their own here, so a conversation becomes a transcript; one lone message
 * goes as it is. Imported models that know messages do better with `family: openai`.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/invoke-imported-model.html
 */
import type { Family, ModelFacts } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { checkParameters } from "../openai/parameters.ts";
import type { ChatRequest, JsonObject, ResponseFormat } from "../openai/types.ts";
import { type ChatEncoded, chatBody, chatDecoder, chatShapeOf } from "./chat-shape.ts";
import { refuseTools, type TextConversation, textConversation } from "./text-messages.ts";

const HANDLED: ReadonlySet<string> = new Set([
  ...[
    "function_call",
    "functions",
    "response_format",
    "stop",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
  ],
]);
const DEFAULT_MAX_TOKENS = 4096;
/** Servers sample from at least one token. */
const LEAST_TOP_P = 1e-6;
const NO_TOOLS = 'Use another model, or "family: openai" where this one knows messages.';
const REASONING_TAGS = ["reasoning", "think"];

const LABELS = { system: "System", user: "User", assistant: "Assistant" } as const;
/** A line that would read as the next speaker's. */
const LABEL_IN_TEXT = /^([^\S\n]*(?:System|User|Assistant)):/gm;
/** Ends the answer where the model goes on with the user's part. */
const NEXT_TURN = `\n${LABELS.user}:`;

const FACTS: ModelFacts = {
  contextWindow: undefined,
  maxOutput: undefined,
  capabilities: { tools: false, images: false, streaming: true, reasoning: false },
};

function encode(request: ChatRequest): ChatEncoded {
  const dropped = new Set(checkParameters(request, HANDLED));
  refuseTools(request, NO_TOOLS);
  const conversation = textConversation(request.messages, NO_TOOLS);
  const instruction = jsonInstruction(request.responseFormat, dropped);
  const { prompt, stops } = promptOf(conversation, instruction);
  const stop = [...new Set([...request.stop.filter((sequence) => sequence !== ""), ...stops])];
  const { temperature, topP } = request;
  const body: JsonObject = {
    prompt,
    max_tokens: request.maxTokens ?? DEFAULT_MAX_TOKENS,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: Math.max(topP, LEAST_TOP_P) }),
    ...(stop.length > 0 && { stop }),
  };
  return {
    body,
    operation: request.stream ? "invoke-with-response-stream" : "invoke",
    dropped: [...dropped].sort(),
    chat: { reasoningTags: REASONING_TAGS },
  };
}

function promptOf(
  { system, turns }: TextConversation,
  instruction: string,
): { prompt: string; stops: readonly string[] } {
  const lead = [system, instruction].filter((text) => text !== "").join("\n\n");
  const [first, ...more] = turns;
  if (lead === "" && first !== undefined && more.length === 0) return { prompt: first.text, stops: [] };
  const parts = [
    ...(lead === "" ? [] : [`${LABELS.system}: ${unlabelled(lead)}`]),
    ...turns.map(({ role, text }) => `${LABELS[role]}: ${unlabelled(text)}`),
  ];
  // A final assistant turn is written on; otherwise the next turn is the assistant's.
  const open = turns.at(-1)?.role === "assistant" ? [] : [`${LABELS.assistant}:`];
  return { prompt: [...parts, ...open].join("\n\n"), stops: [NEXT_TURN] };
}

/** Nobody speaks for somebody else: a label in a text gets a space before its colon. */
function unlabelled(text: string): string {
  return text.replace(LABEL_IN_TEXT, "$1 :");
}

/** A sentence that asks for JSON; reported, because nothing guarantees it. */
function jsonInstruction(format: ResponseFormat, dropped: Set<string>): string {
  if (format.type === "text") return "";
  if (format.type === "json_schema" && format.strict) {
    const text = "This model cannot guarantee a schema. Set strict to false or use another model.";
    throw new RouterError("unsupported_parameter", text, { param: "response_format" });
  }
  dropped.add("response_format");
  const schema =
    format.type === "json_schema" ? ` It must match this JSON Schema: ${JSON.stringify(format.schema)}` : "";
  return `Answer with one JSON value and nothing else: no text before or after it, no code fence.${schema}`;
}

/** `family: completion`. */
export const completion: Family = {
  name: "completion",
  facts: () => FACTS,
  encode,
  decoder: (encoded) => chatDecoder(chatShapeOf(encoded)),
  decodeBody: (body, headers, encoded) => chatBody(body, headers, chatShapeOf(encoded)),
};
