/** What is to be known of a Messages answer that is handed on: what it cost, whether it failed, whether its end came. */
import type { TokenCounts, Usage } from "../../../chat/delta.ts";
import { RouterError } from "../../../errors.ts";
import { asObject, asText, type JsonObject, parseObject } from "../../../lib/json.ts";
import { messagesError } from "./errors.ts";
import { countsOf, usageOf } from "./usage.ts";

export interface MessagesWatch {
  /**
   * Takes an event.
   * @param type Its name.
   * @param chars How long its JSON is.
   * @param data Gives its JSON; called only for the few events that say something here.
   */
  see(type: string, chars: number, data: () => unknown): void;
  /** Takes the data of an event as a text. @returns the same; of an `error` without keys. */
  event(data: string): string;
  /** Takes a whole answer as a text. */
  body(text: string): void;
  /** Something has come that a client shows: from then on no other model can answer in this one's place. */
  readonly begun: boolean;
  readonly finished: boolean;
  readonly usage: Usage | undefined;
  /** Characters of the answer, roughly, for an estimate where it tells no usage. */
  readonly chars: number;
  /** The `error` of an `error` event, or what is wrong with the order of events: nothing counts behind it. */
  readonly failure: RouterError | undefined;
}

/** The JSON around the text of a delta. */
const DELTA_CHARS = 90;

/** The type of an event without parsing it: in most of them it stands at the start of the JSON. */
const TYPE = /^\{"type":\s?"([a-z_]+)"/;

export interface WatchOptions {
  /** Reads the member `error` of an event. */
  readonly errorOf?: (error: unknown) => RouterError;
  /** Takes the router's keys out of a foreign text. */
  readonly redact?: (text: string) => string;
}

export function messagesWatch({
  errorOf = messagesError,
  redact = (text) => text,
}: WatchOptions = {}): MessagesWatch {
  let counts: TokenCounts = {};
  let begun = false;
  let finished = false;
  let chars = 0;
  let failure: RouterError | undefined;
  let id: unknown;

  const startMessage = (message: JsonObject): void => {
    if (id !== undefined && id !== message.id) {
      failure = new RouterError(
        "upstream_stream_invalid",
        "A second answer began inside the first one. Try again.",
      );
    }
    id ??= message.id;
    counts = countsOf(message.usage, counts);
  };
  const see = (type: string, length: number, data: () => unknown): void => {
    if (failure !== undefined) return;
    switch (type) {
      case "content_block_delta":
        begun = true;
        chars += Math.max(0, length - DELTA_CHARS);
        return;
      case "content_block_start":
        // Text and thinking begin with nothing.
        begun ||= !/^(?:text|thinking)$/.test(asText(asObject(asObject(data())?.content_block)?.type));
        return;
      case "message_start":
        startMessage(asObject(asObject(data())?.message) ?? {});
        return;
      case "message_delta":
        begun = true;
        counts = countsOf(asObject(data())?.usage, counts);
        return;
      case "message_stop":
        finished = true;
        return;
      case "error":
        failure = errorOf(asObject(data())?.error);
        return;
      default:
        return;
    }
  };
  return {
    see,
    event(data) {
      const type = TYPE.exec(data.slice(0, 60))?.[1] ?? asText(parseObject(data)?.type);
      const clean = type === "error" ? redact(data) : data;
      see(type, clean.length, () => parseObject(clean));
      return clean;
    },
    body(text) {
      const message = parseObject(text);
      if (message === undefined) return;
      begun = true;
      if (message.type === "error") failure = errorOf(parseObject(redact(text))?.error);
      counts = countsOf(message.usage);
      finished = Array.isArray(message.content) && typeof message.stop_reason === "string";
    },
    get begun() {
      return begun;
    },
    get finished() {
      return finished && failure === undefined;
    },
    get usage() {
      return usageOf(counts);
    },
    get chars() {
      return chars;
    },
    get failure() {
      return failure;
    },
  };
}
