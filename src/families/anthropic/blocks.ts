/** The content blocks of an answer, one reader for each kind. */
import type { JsonObject } from "../../chat/request.ts";
import type { AnswerWriter } from "../answer/writer.ts";
import { asText } from "../../lib/json.ts";

/** One block while it is open. */
export interface Block {
  /** Takes a `content_block_delta`'s delta; kinds it does not know are ignored. */
  push(delta: JsonObject): void;
  close(): void;
}

type OpenBlock = (start: JsonObject, writer: AnswerWriter) => Block;

const OPENERS: ReadonlyMap<unknown, OpenBlock> = new Map([
  ["text", textBlock],
  ["thinking", thinkingBlock],
  ["redacted_thinking", redactedBlock],
  ["tool_use", toolBlock],
]);

/** Opens a block by the `content_block` of its start event. Kinds that are not known are read over. */
export function openBlock(start: JsonObject, writer: AnswerWriter): Block {
  return OPENERS.get(start.type)?.(start, writer) ?? { push() {}, close() {} };
}

function textBlock(start: JsonObject, writer: AnswerWriter): Block {
  writer.write(asText(start.text));
  return {
    push(delta) {
      if (delta.type === "text_delta") writer.write(asText(delta.text));
    },
    close() {},
  };
}

function thinkingBlock(start: JsonObject, writer: AnswerWriter): Block {
  let thinking = "";
  let signature = asText(start.signature);
  const think = (text: string): void => {
    thinking += text;
    writer.reason(text);
  };
  think(asText(start.thinking));
  return {
    push(delta) {
      if (delta.type === "thinking_delta") think(asText(delta.thinking));
      else if (delta.type === "signature_delta") signature += asText(delta.signature);
    },
    close() {
      // Claude takes back only what it signed.
      if (signature !== "") writer.keep({ kind: "signed", text: thinking, signature });
    },
  };
}

function redactedBlock(start: JsonObject, writer: AnswerWriter): Block {
  return {
    push() {},
    close() {
      const data = asText(start.data);
      if (data !== "") writer.keep({ kind: "redacted", data });
    },
  };
}

function toolBlock(start: JsonObject, writer: AnswerWriter): Block {
  const call = writer.openCall(asText(start.id), asText(start.name));
  let streamed = false;
  return {
    push(delta) {
      const text = delta.type === "input_json_delta" ? asText(delta.partial_json) : "";
      streamed ||= text !== "";
      call.push(text);
    },
    close() {
      // Some answers carry the input in the start.
      if (!streamed) call.push(start.input);
      call.close();
    },
  };
}
