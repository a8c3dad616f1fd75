/**
 * Answers in the shape of OpenAI's chat completions, as deltas: gpt-oss, Qwen, Kimi, Jamba, Palmyra, Mistral's chat form
 * and what else is served by vLLM or its kin; also text completions (`choices[].text`). A whole answer is decoded as the
 * one chunk that it could have been, so both ways give the same.
 */
import type { Delta, Encoded, FamilyMessage, Usage } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import type { JsonObject } from "../openai/types.ts";
import {
  firstCounts,
  guardrailIntervened,
  headerCounts,
  invocationMetrics,
  type TokenCounts,
  usageOf,
} from "./bedrock-fields.ts";
import { chatError } from "./chat-error.ts";
import { type ChatShape, type ChatWriter, chatWriter } from "./chat-writer.ts";
import { finishDelta } from "./finish.ts";
import { asCount, asObject, asText, isObject } from "./json.ts";

export type { ChatShape } from "./chat-writer.ts";

/** What `encode` hands to the decoder beside what is sent. */
export interface ChatEncoded extends Encoded {
  readonly chat: ChatShape;
}

/** The shape that `encode` chose; the plain one where there is none. */
export function chatShapeOf(encoded: Encoded): ChatShape {
  return isChatEncoded(encoded) ? encoded.chat : {};
}

function isChatEncoded(encoded: Encoded): encoded is ChatEncoded {
  return "chat" in encoded && isObject(encoded.chat);
}

interface State {
  readonly out: Delta[];
  readonly writer: ChatWriter;
  /** The model's own counts; the last ones stand. */
  usage?: TokenCounts | undefined;
  /** Bedrock's counts. */
  metrics?: TokenCounts | undefined;
  /** What the client was told. */
  told?: Usage | undefined;
  refusal: string;
  intervened: boolean;
  ended: boolean;
  failed: boolean;
}

/**
 * A fresh decoder for one answer of InvokeModelWithResponseStream. The answer ends with the first `finish_reason` or
 * `stop_reason`; usage that comes after it is given after it.
 */
export function chatDecoder(shape: ChatShape = {}): (message: FamilyMessage) => Delta[] {
  const state = freshState(shape);
  return ({ event, payload }) => {
    // Writer's last chunk is the string "[DONE]".
    if (event !== "chunk" || !isObject(payload)) return [];
    readPayload(payload, state);
    return state.out.splice(0);
  };
}

/**
 * The deltas of a whole answer of InvokeModel; an `error` delta for a body that is not a finished answer.
 * @param headers Carry token counts for where the body has none.
 */
export function chatBody(body: unknown, headers: Headers, shape: ChatShape = {}): Delta[] {
  const state = freshState(shape);
  state.metrics = headerCounts(headers);
  if (isObject(body)) {
    readPayload(body, state);
    // What a guardrail put in the model's place may come without a finish reason.
    if (!state.ended && !state.failed && state.intervened && firstChoice(body)) end(undefined, state);
  }
  if (!state.ended && !state.failed) {
    const text = "The model's answer is incomplete: it has no choices or no finish reason. Try again.";
    return [{ type: "error", error: new RouterError("upstream_error", text) }];
  }
  return state.out;
}

function freshState(shape: ChatShape): State {
  const out: Delta[] = [];
  return {
    out,
    writer: chatWriter(shape, out),
    refusal: "",
    intervened: false,
    ended: false,
    failed: false,
  };
}

function readPayload(payload: JsonObject, state: State): void {
  if (state.failed) return;
  state.intervened ||= guardrailIntervened(payload);
  state.metrics = invocationMetrics(payload) ?? state.metrics;
  state.usage = chatCounts(payload.usage) ?? state.usage;
  if (state.ended) {
    count(state);
    return;
  }
  const error = chatError(payload);
  if (error !== undefined) {
    state.out.push({ type: "error", error });
    state.failed = true;
    return;
  }
  const choice = firstChoice(payload);
  if (choice === undefined) return;
  readChoice(choice, state);
  const reason = asText(choice.finish_reason) || asText(choice.stop_reason);
  if (reason !== "") end(reason, state);
  else if (replacedByGuardrail(payload, choice)) end(undefined, state);
}

/** The last chunk of a blocked answer, in the model's shape but without the reason that every chunk of it has. */
function replacedByGuardrail(payload: JsonObject, choice: JsonObject): boolean {
  const last = "amazon-bedrock-trace" in payload || "amazon-bedrock-invocationMetrics" in payload;
  return guardrailIntervened(payload) && last && !("finish_reason" in choice || "stop_reason" in choice);
}

function firstChoice({ choices }: JsonObject): JsonObject | undefined {
  return Array.isArray(choices) ? asObject(choices[0]) : undefined;
}

function readChoice(choice: JsonObject, state: State): void {
  const { writer } = state;
  writer.write(asText(choice.text));
  const piece = asObject(choice.delta) ?? asObject(choice.message);
  if (piece === undefined) return;
  writer.reason(asText(piece.reasoning_content) || asText(piece.reasoning));
  readContent(piece.content, writer);
  state.refusal += asText(piece.refusal);
  writer.calls.push(piece.tool_calls);
}

/** A string, or parts: text, and for Magistral thinking whose content is parts again. */
function readContent(content: unknown, writer: ChatWriter): void {
  if (typeof content === "string") writer.write(content);
  if (!Array.isArray(content)) return;
  for (const part of content) {
    const { text, thinking } = asObject(part) ?? {};
    writer.write(asText(text));
    if (Array.isArray(thinking)) for (const inner of thinking) writer.reason(asText(asObject(inner)?.text));
    else writer.reason(asText(thinking));
  }
}

function end(reason: string | undefined, state: State): void {
  const { out, writer } = state;
  writer.close();
  if (state.refusal !== "") out.push({ type: "refusal", text: state.refusal });
  count(state);
  const facts = { calledTools: writer.called() > 0, guardrailIntervened: state.intervened };
  const last = finishDelta(reason, facts);
  out.push(last);
  state.ended = last.type === "finish";
  state.failed = !state.ended;
}

function count(state: State): void {
  const usage = usageOf(firstCounts(state.usage, state.metrics));
  const { promptTokens, completionTokens } = state.told ?? {};
  if (usage === undefined) return;
  if (usage.promptTokens === promptTokens && usage.completionTokens === completionTokens) return;
  state.out.push({ type: "usage", usage });
  state.told = usage;
}

/** OpenAI's `usage`, whose prompt tokens include the cached ones. */
function chatCounts(value: unknown): TokenCounts | undefined {
  const usage = asObject(value);
  if (usage === undefined) return undefined;
  const prompt = asCount(usage.prompt_tokens);
  const details = asObject(usage.prompt_tokens_details);
  const cacheRead = asCount(details?.cached_tokens) ?? 0;
  const cacheWrite = asCount(details?.cache_write_tokens) ?? 0;
  const input = prompt && Math.max(0, prompt - cacheRead - cacheWrite);
  return { input, output: asCount(usage.completion_tokens), cacheRead, cacheWrite };
}
