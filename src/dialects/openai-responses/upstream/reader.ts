/**
 * The answers of an upstream that speaks OpenAI's Responses, as deltas. A whole answer is read as the events that it would have been.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { Delta, FinishReason } from "../../../chat/delta.ts";
import { RouterError } from "../../../errors.ts";
import { asObject, asText, isObject, type JsonObject } from "../../../lib/json.ts";
import { readUsage, usageOf } from "../../openai-usage.ts";
import { flatName } from "./names.ts";

/** Reads the error that an answer tells of. */
export type ErrorOf = (error: unknown) => RouterError;

export interface ResponsesReader {
  /** The deltas of an event. What this router does not know says nothing. */
  event(value: unknown): Delta[];
}

interface Call {
  readonly index: number;
  /** Of a custom tool, whose input is text: it travels as the one member of a JSON object. */
  readonly custom: boolean;
  wrote: boolean;
}

interface State {
  readonly out: Delta[];
  readonly errorOf: ErrorOf;
  /** Calls, and the texts that have begun, by the place of their item. */
  readonly calls: Map<unknown, Call>;
  readonly said: Set<unknown>;
  reasoned: boolean;
  phase: "open" | "over";
}

export function responsesReader(errorOf: ErrorOf): ResponsesReader {
  const state: State = {
    ...{ out: [], errorOf, calls: new Map(), said: new Set(), reasoned: false, phase: "open" },
  };
  return {
    event(value) {
      if (isObject(value) && state.phase === "open") read(value, state);
      return state.out.splice(0);
    },
  };
}

/** The deltas of a whole response; an `error` delta for what is none. */
export function wholeResponse(body: unknown, errorOf: ErrorOf): Delta[] {
  const response = asObject(body);
  const { status, output } = response ?? {};
  if (response === undefined || !Array.isArray(output)) {
    const failed = asObject(response?.error);
    return [{ type: "error", error: failed === undefined ? noResponse() : errorOf(failed) }];
  }
  const reader = responsesReader(errorOf);
  const items = output.flatMap((item: unknown, index) =>
    reader.event({ type: "response.output_item.done", output_index: index, item }),
  );
  return [...items, ...reader.event({ type: `response.${asText(status) || "completed"}`, response })];
}

function read(event: JsonObject, state: State): void {
  const { output_index: at, delta } = event;
  const piece = asText(delta);
  switch (event.type) {
    case "response.output_text.delta":
      say(state, at, { type: "text", text: piece });
      break;
    case "response.refusal.delta":
      say(state, at, { type: "refusal", text: piece });
      break;
    case "response.reasoning_summary_text.delta":
    case "response.reasoning_text.delta":
      state.reasoned = true;
      say(state, at, { type: "reasoning", text: piece });
      break;
    case "response.reasoning_summary_part.added":
      // Parts are paragraphs.
      if (state.said.has(at)) state.out.push({ type: "reasoning", text: "\n\n" });
      break;
    case "response.output_item.added":
      openItem(state, at, asObject(event.item));
      break;
    case "response.function_call_arguments.delta":
    case "response.custom_tool_call_input.delta":
      writeInput(state, at, piece);
      break;
    case "response.output_item.done":
      closeItem(state, at, asObject(event.item));
      break;
    case "response.completed":
    case "response.incomplete":
      finish(state, asObject(event.response) ?? {});
      break;
    case "response.failed":
    case "response.cancelled":
      fail(state, asObject(event.response)?.error);
      break;
    case "error":
      fail(state, event.error ?? event);
      break;
    default:
      if (isObject(event.error)) fail(state, event.error);
  }
}

function say(
  state: State,
  at: unknown,
  delta: Extract<Delta, { readonly text: string; type: "text" | "refusal" | "reasoning" }>,
): void {
  if (delta.text === "") return;
  state.said.add(at);
  state.out.push(delta);
}

function openItem(state: State, at: unknown, item: JsonObject | undefined): void {
  const type = item?.type;
  if (item === undefined || (type !== "function_call" && type !== "custom_tool_call") || state.calls.has(at))
    return;
  const index = state.calls.size;
  const namespace = asText(item.namespace) || undefined;
  const id = asText(item.call_id) || asText(item.id) || `call_${index}`;
  state.calls.set(at, { index, custom: type === "custom_tool_call", wrote: false });
  state.out.push({ type: "tool_start", index, id, name: flatName(asText(item.name), namespace) });
}

function writeInput(state: State, at: unknown, piece: string): void {
  const call = state.calls.get(at);
  if (call === undefined || piece === "") return;
  const opening = call.custom && !call.wrote ? '{"input":"' : "";
  const text = call.custom ? opening + JSON.stringify(piece).slice(1, -1) : piece;
  call.wrote = true;
  state.out.push({ type: "tool_arguments", index: call.index, text });
}

/** The whole item: what of it has not come in pieces, comes now. */
function closeItem(state: State, at: unknown, item: JsonObject | undefined): void {
  switch (item?.type) {
    case "message":
      if (!state.said.has(at)) for (const part of objectsIn(item.content)) sayPart(state, at, part);
      return;
    case "reasoning": {
      if (!state.said.has(at)) {
        const parts = [...objectsIn(item.summary), ...objectsIn(item.content)];
        const text = parts.map((part) => asText(part.text)).join("\n\n");
        say(state, at, { type: "reasoning", text });
      }
      const data = asText(item.encrypted_content);
      if (data !== "") state.out.push({ type: "reasoning_block", block: { kind: "redacted", data } });
      return;
    }
    case "function_call":
    case "custom_tool_call": {
      openItem(state, at, item);
      const call = state.calls.get(at);
      if (call === undefined) return;
      if (!call.wrote) writeInput(state, at, asText(item.arguments) || asText(item.input));
      if (call.custom)
        state.out.push({
          type: "tool_arguments",
          index: call.index,
          text: call.wrote ? '"}' : '{"input":""}',
        });
      else if (!call.wrote) state.out.push({ type: "tool_arguments", index: call.index, text: "{}" });
      return;
    }
    default:
  }
}

function sayPart(state: State, at: unknown, part: JsonObject): void {
  if (part.type === "refusal") say(state, at, { type: "refusal", text: asText(part.refusal) });
  else say(state, at, { type: "text", text: asText(part.text) });
}

function finish(state: State, response: JsonObject): void {
  const usage = usageOf(readUsage(response.usage, "input_tokens", "output_tokens"));
  if (usage !== undefined) state.out.push({ type: "usage", usage });
  const why = asText(asObject(response.incomplete_details)?.reason);
  const native = why || asText(response.status) || "completed";
  state.out.push({ type: "finish", reason: finishReason(why, state.calls.size > 0), native });
  state.phase = "over";
}

function finishReason(incomplete: string, called: boolean): FinishReason {
  if (incomplete === "content_filter") return "content_filter";
  if (incomplete !== "") return "length";
  return called ? "tool_calls" : "stop";
}

function fail(state: State, error: unknown): void {
  state.out.push({ type: "error", error: state.errorOf(error) });
  state.phase = "over";
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function noResponse(): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    "The upstream's answer is no response. Check the model's base_url, and whether it is to be called by Responses.",
  );
}
