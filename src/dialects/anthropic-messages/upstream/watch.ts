/** What is to be known of a Messages stream that is handed on: what it cost, whether it failed, whether its end came. */
import type { Usage } from "../../../chat/delta.ts";
import { asObject, type JsonObject } from "../../../lib/json.ts";
import { type Counts, countsOf, usageOf } from "./usage.ts";

export interface MessagesWatch {
  /**
   * Takes an event.
   * @param type Its name.
   * @param data Gives its JSON; called only for the few events that say something here.
   */
  see(type: string, data: () => unknown): void;
  /** Something has come that a client shows: from then on no other model can answer in this one's place. */
  readonly begun: boolean;
  readonly complete: boolean;
  readonly usage: Usage | undefined;
  /** The `error` of an `error` event, or what is wrong with the order of events: nothing counts behind it. */
  readonly failure: JsonObject | undefined;
}

export function messagesWatch(): MessagesWatch {
  let counts: Counts = {};
  let begun = false;
  let complete = false;
  let failure: JsonObject | undefined;
  let id: unknown;

  const startMessage = (message: JsonObject): void => {
    if (id !== undefined && id !== message.id) {
      failure = { type: "api_error", message: "A second message began inside the first one." };
    }
    id ??= message.id;
    counts = countsOf(message.usage, counts);
  };
  return {
    see(type, data) {
      if (failure !== undefined) return;
      switch (type) {
        case "content_block_delta":
          begun = true;
          return;
        case "content_block_start":
          // Text and thinking begin with nothing.
          begun ||= !/^(?:text|thinking)$/.test(String(asObject(asObject(data())?.content_block)?.type));
          return;
        case "message_start":
          return startMessage(asObject(asObject(data())?.message) ?? {});
        case "message_delta":
          begun = true;
          counts = countsOf(asObject(data())?.usage, counts);
          return;
        case "message_stop":
          complete = true;
          return;
        case "error":
          failure = asObject(asObject(data())?.error) ?? {};
          return;
        default:
          return;
      }
    },
    get begun() {
      return begun;
    },
    get complete() {
      return complete && failure === undefined;
    },
    get usage() {
      return usageOf(counts);
    },
    get failure() {
      return failure;
    },
  };
}
