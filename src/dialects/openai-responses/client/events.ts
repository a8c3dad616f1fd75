/**
 * Deltas → the events of a response, in OpenAI's order: each with its number, each item with one id, each `done` with the whole
 * content. An answer that fails ends in `error` and `response.failed`, since some clients know only the one and some only the other.
 */
import type { Delta, FinishReason, ReasoningBlock, Usage } from "../../../chat/delta.ts";
import type { AnswerEncoder, Emit } from "../../../chat/dialect.ts";
import type { JsonObject } from "../../../chat/request.ts";
import type { RouterError } from "../../../errors.ts";
import {
  type CallItem,
  type ItemPlace,
  type ItemStatus,
  type MessageItem,
  openCall,
  openMessage,
  openReasoning,
  type ReasoningItem,
  type ReasoningPlan,
} from "./items.ts";
import { type ResponseFrame, responseObject } from "./response.ts";
import type { ToolBook } from "./tools.ts";
import { inputWords } from "./words.ts";

export interface EventPlan {
  /** The answer's id, without a prefix. */
  readonly id: string;
  /** Made anew for each event that holds it: the model may be another until the first delta. */
  readonly frame: () => ResponseFrame;
  readonly reasoning: () => ReasoningPlan;
  readonly book: ToolBook;
  /** Ids of the conversation's calls: some models begin to count anew in each turn, and clients refuse an id that comes twice. */
  readonly called: ReadonlySet<string>;
}

export interface ResponseEncoder extends AnswerEncoder {
  /** The response object as it stands; whole once `end` was called. */
  snapshot(): JsonObject;
}

type Status = "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";

type OpenItem =
  | { readonly kind: "message"; readonly index: number; readonly item: MessageItem }
  | { readonly kind: "reasoning"; readonly index: number; readonly item: ReasoningItem };

export function responseEvents({ id, frame, reasoning, book, called }: EventPlan): ResponseEncoder {
  const output: JsonObject[] = [];
  /** The same with the reasoning that the client did not ask for. */
  const kept: JsonObject[] = [];
  /** Calls by the model's own index, which are open until their arguments are whole. */
  const calls = new Map<number, { readonly index: number; readonly item: CallItem }>();
  /** Ids that no further call may have. */
  const taken = new Set(called);
  let open: OpenItem | undefined;
  let count = 0;
  let sequence = 0;
  let started = false;
  let finish: { readonly reason: FinishReason; readonly refused: boolean } | undefined;
  let refused = false;
  let failure: RouterError | undefined;
  let usage: Usage | undefined;
  let status: Status = "in_progress";
  let out: Emit = () => {};

  const sendText = (type: string, rest: string): void =>
    out(`{"type":"${type}","sequence_number":${sequence++},${rest}}`, type);
  const send = (type: string, rest: JsonObject): void => sendText(type, JSON.stringify(rest).slice(1, -1));
  const response = (): JsonObject =>
    responseObject(frame(), {
      status,
      output: items(),
      error: status === "cancelled" ? undefined : failure,
      reason: incompleteReason(),
      usage: ended() ? usage : undefined,
    });
  /** Those that are open stand among them: clients go on from what such an event holds. */
  const items = (): JsonObject[] => {
    const all = [...output];
    if (open !== undefined) all[open.index] = open.item.now();
    for (const { index, item } of calls.values()) all[index] = item.now();
    return all;
  };
  const ended = (): boolean => status !== "in_progress";
  const incompleteReason = () => {
    if (status !== "incomplete") return undefined;
    return finish?.reason === "length" ? "max_output_tokens" : "content_filter";
  };
  const start = (): void => {
    if (started) return;
    started = true;
    send("response.created", { response: response() });
    send("response.in_progress", { response: response() });
  };
  const place = (): ItemPlace => ({ id, index: count++, send, sendText });

  const put = (index: number, item: JsonObject, whole = item): void => {
    output[index] = item;
    kept[index] = whole;
  };
  const closeReasoning = (index: number, reason: ReasoningItem, block?: ReasoningBlock): void => {
    const closed = reason.close(block);
    put(index, closed.item, closed.kept);
  };
  const closeOpen = (itemStatus: ItemStatus): void => {
    if (open?.kind === "message") put(open.index, open.item.close(itemStatus));
    if (open?.kind === "reasoning") closeReasoning(open.index, open.item);
    open = undefined;
  };
  const closeCalls = (itemStatus: ItemStatus, all: boolean): void => {
    for (const [key, { index, item }] of calls) {
      if (!all && !item.isWhole()) continue;
      put(index, item.close(itemStatus));
      calls.delete(key);
    }
  };
  const message = (): MessageItem => {
    if (open?.kind === "message") return open.item;
    closeOpen("completed");
    closeCalls("completed", false);
    const at = place();
    const item = openMessage(at);
    open = { kind: "message", index: at.index, item };
    return item;
  };
  const thought = (): ReasoningItem => {
    if (open?.kind === "reasoning") return open.item;
    closeOpen("completed");
    const at = place();
    const item = openReasoning(at, reasoning());
    open = { kind: "reasoning", index: at.index, item };
    return item;
  };

  const take = (delta: Delta): void => {
    switch (delta.type) {
      case "text":
        if (delta.text !== "") message().text(delta.text);
        break;
      case "refusal":
        refused = true;
        message().refuse(delta.text);
        break;
      case "reasoning":
        thought().text(delta.text);
        break;
      case "reasoning_block": {
        const item = thought();
        if (open) closeReasoning(open.index, item, delta.block);
        open = undefined;
        break;
      }
      case "tool_start": {
        closeOpen("completed");
        closeCalls("completed", false);
        const at = place();
        const callId = taken.has(delta.id) ? `call_${id}_${at.index}` : delta.id;
        taken.add(callId);
        calls.set(delta.index, { index: at.index, item: openCall(at, callId, book.native(delta.name)) });
        break;
      }
      case "tool_arguments":
        calls.get(delta.index)?.item.arguments(delta.text);
        break;
      case "finish":
        finish = { reason: delta.reason, refused };
        break;
      case "error":
        failure = delta.error;
        break;
    }
  };

  const closeAll = (): void => {
    const cut = failure !== undefined || finish?.reason === "length";
    closeOpen(cut ? "incomplete" : "completed");
    closeCalls(cut ? "incomplete" : "completed", true);
  };
  const finalStatus = (): Status => {
    if (failure) return failure.code === "turn_cancelled" ? "cancelled" : "failed";
    const filtered = finish?.reason === "content_filter" && !finish.refused;
    return finish?.reason === "length" || filtered ? "incomplete" : "completed";
  };
  /** Ends the answer: closes what is open and says how it went. */
  const finishUp = (): void => {
    closeAll();
    status = finalStatus();
    if (failure && status !== "cancelled") {
      send("error", { code: failure.code, ...inputWords(failure) });
    }
    // OpenAI has a status for what was cancelled, and no event of that name.
    send(`response.${status === "cancelled" ? "failed" : status}`, { response: response() });
  };

  return {
    push(delta, emit) {
      if (ended()) return;
      if (delta.type === "usage") {
        usage = delta.usage;
        return;
      }
      if (delta.type === "extra") return;
      out = emit;
      start();
      take(delta);
      if (failure) finishUp();
    },
    record(emit) {
      if (ended() || finish === undefined || failure) return undefined;
      out = emit;
      start();
      closeAll();
      const before = status;
      status = finalStatus();
      const record = { response: response(), output: [...kept] };
      status = before;
      return record;
    },
    end(emit) {
      if (ended() || finish === undefined) return;
      out = emit;
      start();
      finishUp();
    },
    silence() {
      let text = "";
      out = (data, event) => {
        text += `event: ${event}\ndata: ${data}\n\n`;
      };
      if (started) send("response.in_progress", { response: response() });
      start();
      return text;
    },
    snapshot: response,
    get begun() {
      return started;
    },
    get complete() {
      return finish !== undefined && failure === undefined;
    },
    get failure() {
      return failure;
    },
    get usage() {
      return usage;
    },
  };
}
