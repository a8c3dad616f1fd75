/**
 * The output items of a response, one at a time while they are open: each knows the events of its kind. An item's `done` and the same
 * entry of the final `output` are one object.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import { carry } from "../../../chat/carrier.ts";
import type { ReasoningBlock } from "../../../chat/delta.ts";
import type { JsonObject } from "../../../chat/request.ts";
import { customInput, type NativeTool } from "./tools.ts";

export type ItemStatus = "completed" | "incomplete";

/** Writes one event: `rest` follows its type and sequence number. */
export type Send = (type: string, rest: JsonObject) => void;

/** Writes an event whose JSON text, without the braces, is at hand: for what comes hundreds of times in an answer. */
export type SendText = (type: string, rest: string) => void;

export interface ItemPlace {
  /** The response's id without its prefix. */
  readonly id: string;
  readonly index: number;
  readonly send: Send;
  readonly sendText: SendText;
}

/** An item that is open: as a client has put it together so far. */
interface OpenItem {
  now(): JsonObject;
}

/** A message: text, or the words with which a model declines. */
export interface MessageItem extends OpenItem {
  text(piece: string): void;
  refuse(piece: string): void;
  close(status: ItemStatus): JsonObject;
}

export function openMessage({ id: answer, index, send, sendText }: ItemPlace): MessageItem {
  const id = `msg_${answer}_${index}`;
  const done: JsonObject[] = [];
  let kind: "text" | "refusal" | undefined;
  let whole = "";
  let place = "";
  const item = (status: string, content: readonly JsonObject[]): JsonObject => ({
    ...{ id, type: "message", status, role: "assistant", content },
  });
  send("response.output_item.added", { output_index: index, item: item("in_progress", []) });
  const at = () => ({ item_id: id, output_index: index, content_index: done.length });
  const finished = (): JsonObject =>
    kind === "text"
      ? { type: "output_text", text: whole, annotations: [], logprobs: [] }
      : { type: "refusal", refusal: whole };
  const end = (): void => {
    if (kind === undefined) return;
    if (kind === "text") send("response.output_text.done", { ...at(), text: whole, logprobs: [] });
    else send("response.refusal.done", { ...at(), refusal: whole });
    const part = finished();
    send("response.content_part.done", { ...at(), part });
    done.push(part);
    kind = undefined;
    whole = "";
  };
  const begin = (next: "text" | "refusal"): void => {
    if (kind === next) return;
    end();
    kind = next;
    place = JSON.stringify(at()).slice(1, -1);
    send("response.content_part.added", { ...at(), part: finished() });
  };
  return {
    text(piece) {
      begin("text");
      whole += piece;
      sendText("response.output_text.delta", `${place},"delta":${JSON.stringify(piece)},"logprobs":[]`);
    },
    refuse(piece) {
      begin("refusal");
      whole += piece;
      send("response.refusal.delta", { ...at(), delta: piece });
    },
    now: () => item("in_progress", kind === undefined ? done : [...done, finished()]),
    close(status) {
      end();
      const whole = item(status, done);
      send("response.output_item.done", { output_index: index, item: whole });
      return whole;
    },
  };
}

/** One block of reasoning. */
export interface ReasoningItem extends OpenItem {
  text(piece: string): void;
  /** @param block As the model wants it back; undefined where it signs none. */
  close(block: ReasoningBlock | undefined): { readonly item: JsonObject; readonly kept: JsonObject };
}

/** What the client asked to see of reasoning. */
export interface ReasoningPlan {
  /** Its text, as a summary. */
  readonly shown: boolean;
  /** `include: ["reasoning.encrypted_content"]` */
  readonly carried: boolean;
  /** The answer is kept, and its reasoning with it, so that a later turn can go on with it. */
  readonly kept: boolean;
  /** The configured name of the model that answers. */
  readonly model: string;
}

export function openReasoning({ id: answer, index, send }: ItemPlace, plan: ReasoningPlan): ReasoningItem {
  const id = `rs_${answer}_${index}`;
  const at = { item_id: id, output_index: index, summary_index: 0 };
  let said = "";
  let begun = false;
  const summary = () => (begun ? [{ type: "summary_text", text: said }] : []);
  send("response.output_item.added", {
    output_index: index,
    item: { id, type: "reasoning", summary: [], status: "in_progress" },
  });
  return {
    text(piece) {
      said += piece;
      if (!plan.shown || piece === "") return;
      if (!begun)
        send("response.reasoning_summary_part.added", { ...at, part: { type: "summary_text", text: "" } });
      begun = true;
      send("response.reasoning_summary_text.delta", { ...at, delta: piece });
    },
    now: () => ({ id, type: "reasoning", summary: summary(), status: "in_progress" }),
    close(block) {
      const [part] = summary();
      if (begun) {
        send("response.reasoning_summary_text.done", { ...at, text: said });
        send("response.reasoning_summary_part.done", { ...at, part });
      }
      const blocks: ReasoningBlock[] = block ? [block] : [{ kind: "text", text: said }];
      const bare = { id, type: "reasoning", summary: summary(), status: "completed" };
      const whole =
        plan.carried || plan.kept
          ? { ...bare, encrypted_content: carry({ model: plan.model, blocks }) }
          : bare;
      const item = plan.carried ? whole : bare;
      send("response.output_item.done", { output_index: index, item });
      return { item, kept: whole };
    },
  };
}

/** A call of one of the client's tools. */
export interface CallItem extends OpenItem {
  arguments(piece: string): void;
  /** Whether the arguments are a whole JSON object, so that nothing more can come. */
  isWhole(): boolean;
  close(status: ItemStatus): JsonObject;
}

export function openCall(place: ItemPlace, callId: string, tool: NativeTool): CallItem {
  return tool.kind === "custom" ? openCustomCall(place, callId, tool) : openFunctionCall(place, callId, tool);
}

function openFunctionCall(
  { id: answer, index, send, sendText }: ItemPlace,
  callId: string,
  { name, namespace }: NativeTool,
): CallItem {
  const id = `fc_${answer}_${index}`;
  const item = (status: string, text: string): JsonObject => ({
    ...{ id, type: "function_call", status, arguments: text, call_id: callId, name },
    ...(namespace !== undefined && { namespace }),
  });
  const at = { item_id: id, output_index: index };
  const start = JSON.stringify(at).slice(1, -1);
  let whole = "";
  send("response.output_item.added", { output_index: index, item: item("in_progress", "") });
  return {
    arguments(piece) {
      if (piece === "") return;
      whole += piece;
      sendText("response.function_call_arguments.delta", `${start},"delta":${JSON.stringify(piece)}`);
    },
    isWhole: () => isObjectText(whole),
    now: () => item("in_progress", whole),
    close(status) {
      // Clients parse it: a call without arguments has an empty object.
      const text = whole === "" ? "{}" : whole;
      send("response.function_call_arguments.done", { ...at, name, arguments: text });
      const done = item(status, text);
      send("response.output_item.done", { output_index: index, item: done });
      return done;
    },
  };
}

/** Its input is held back to the end: it comes escaped, inside of JSON. */
function openCustomCall(
  { id: answer, index, send }: ItemPlace,
  callId: string,
  { name, namespace }: NativeTool,
): CallItem {
  const id = `ctc_${answer}_${index}`;
  const item = (status: string, input: string): JsonObject => ({
    ...{ id, type: "custom_tool_call", status, call_id: callId, name, input },
    ...(namespace !== undefined && { namespace }),
  });
  let whole = "";
  send("response.output_item.added", { output_index: index, item: item("in_progress", "") });
  return {
    arguments(piece) {
      whole += piece;
    },
    isWhole: () => isObjectText(whole),
    // Nothing of it was told.
    now: () => item("in_progress", ""),
    close(status) {
      const input = customInput(whole);
      const at = { item_id: id, output_index: index };
      send("response.custom_tool_call_input.delta", { ...at, delta: input });
      send("response.custom_tool_call_input.done", { ...at, input });
      const done = item(status, input);
      send("response.output_item.done", { output_index: index, item: done });
      return done;
    },
  };
}

function isObjectText(text: string): boolean {
  if (!text.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
