/**
 * Deltas → the events of a Messages stream. Blocks are counted from 0 and never overlap; on this hot path only the text itself is
 * stringified. https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import { carry } from "../../../chat/carrier.ts";
import { callsInOrder } from "../../../chat/calls-in-order.ts";
import type { Delta, ReasoningBlock, Usage } from "../../../chat/delta.ts";
import type { AnswerEncoder, AnswerIdentity, Emit } from "../../../chat/dialect.ts";
import type { RouterError } from "../../../errors.ts";
import { streamError } from "./errors.ts";
import { stopFields } from "./stop.ts";
import { wireUsage } from "./usage.ts";

/** Whether a model's thinking is for the client: `hidden` blocks have no text, only what the model needs of them. */
export type Thoughts = "shown" | "hidden" | "none";

export interface StreamOptions {
  readonly thoughts: Thoughts;
  /** The client's stop sequences. */
  readonly stop: readonly string[];
  /** A call's id as the client gets it. */
  readonly callId: (id: string) => string;
  /** Tokens of the prompt by a guess, for the head of an answer whose model counts at the end. */
  readonly promptTokens: () => number;
}

type BlockKind = "text" | "thinking" | "redacted" | "tool";

export function messageEvents(identity: AnswerIdentity, options: StreamOptions): AnswerEncoder {
  let emit: Emit = () => {};
  let index = -1;
  let open: BlockKind | undefined;
  let started = false;
  /** What the model wants back of its unsigned thinking, until the block that carries it is closed. */
  let unsigned: ReasoningBlock[] = [];
  let refusal = "";
  let finish: Extract<Delta, { type: "finish" }> | undefined;
  let failure: RouterError | undefined;
  let usage: Usage | undefined;

  const send = (type: string, members: object): void => emit(JSON.stringify({ type, ...members }), type);
  const start = (): void => {
    if (started) return;
    started = true;
    const { id, model } = identity;
    const counts = usage ?? { promptTokens: options.promptTokens(), completionTokens: 0 };
    const ends = { stop_reason: null, stop_sequence: null, usage: wireUsage(counts) };
    send("message_start", {
      message: { id: `msg_${id}`, type: "message", role: "assistant", model, content: [], ...ends },
    });
  };
  const begin = (kind: BlockKind, block: string): void => {
    start();
    close();
    index += 1;
    open = kind;
    emit(`{"type":"content_block_start","index":${index},"content_block":${block}}`, "content_block_start");
  };
  const piece = (delta: string): void =>
    emit(`{"type":"content_block_delta","index":${index},"delta":${delta}}`, "content_block_delta");
  const stopBlock = (): void => {
    if (open !== undefined) emit(`{"type":"content_block_stop","index":${index}}`, "content_block_stop");
    open = undefined;
  };
  const sign = (signature: string): void => {
    piece(`{"type":"signature_delta","signature":${JSON.stringify(signature)}}`);
    stopBlock();
  };
  /** Closes what is open. Thinking that no model signed gets the router's signature, which the same model gets back. */
  const close = (): void => {
    if (open !== "thinking") {
      stopBlock();
    } else {
      sign(carry({ model: identity.model, blocks: unsigned }));
      unsigned = [];
    }
  };
  const think = (text = ""): void => {
    if (open !== "thinking") begin("thinking", '{"type":"thinking","thinking":"","signature":""}');
    if (text !== "") piece(`{"type":"thinking_delta","thinking":${JSON.stringify(text)}}`);
  };
  const write = (text: string): void => {
    if (text === "") return;
    if (open !== "text") begin("text", '{"type":"text","text":""}');
    piece(`{"type":"text_delta","text":${JSON.stringify(text)}}`);
  };
  const keep = (block: ReasoningBlock): void => {
    if (block.kind === "redacted") {
      begin("redacted", JSON.stringify({ type: "redacted_thinking", data: block.data }));
      stopBlock();
    } else if (block.kind === "signed") {
      // A block that came at once has its text here; of one that was streamed it is told already.
      think(open !== "thinking" && options.thoughts === "shown" ? block.text : "");
      sign(block.signature);
    } else if (options.thoughts !== "none") {
      unsigned.push(block);
      think();
    }
  };
  const put = (delta: Delta): void => {
    switch (delta.type) {
      case "text":
        write(delta.text);
        break;
      case "reasoning":
        if (options.thoughts === "shown" && delta.text !== "") think(delta.text);
        break;
      case "reasoning_block":
        keep(delta.block);
        break;
      case "tool_start": {
        const { id, name } = delta;
        begin("tool", JSON.stringify({ type: "tool_use", id: options.callId(id), name, input: {} }));
        break;
      }
      case "tool_arguments":
        if (delta.text !== "")
          piece(`{"type":"input_json_delta","partial_json":${JSON.stringify(delta.text)}}`);
        break;
      case "refusal":
        refusal += delta.text;
        break;
      case "usage":
        usage = delta.usage;
        break;
      case "finish":
        finish = delta;
        break;
      case "error":
        failure = delta.error;
        send("error", streamError(delta.error));
        break;
      case "extra":
        break;
    }
  };
  const order = callsInOrder(put);

  return {
    push(delta, sink) {
      emit = sink;
      if (failure === undefined) order.push(delta);
    },
    end(sink) {
      emit = sink;
      if (failure !== undefined || finish === undefined) return;
      order.end();
      // A model that declines in words, without its answer being filtered, has said them to the user.
      if (finish.reason !== "content_filter") write(refusal);
      start();
      close();
      send("message_delta", {
        delta: stopFields({ ...finish, refusal }, options.stop),
        usage: wireUsage(usage),
      });
      send("message_stop", {});
    },
    silence: () => 'event: ping\ndata: {"type":"ping"}\n\n',
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
