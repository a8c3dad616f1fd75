/** Folds the events of a Messages stream as a strict client does: every fault of order fails the test. */
import { expect } from "vitest";
import { asObject, type JsonObject } from "../../src/lib/json.ts";

export interface WireEvent {
  readonly event: string | undefined;
  readonly data: JsonObject;
}

const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ["text_delta", "citations_delta"],
  thinking: ["thinking_delta", "signature_delta"],
  tool_use: ["input_json_delta"],
  redacted_thinking: [],
};

interface OpenBlock {
  readonly block: JsonObject;
  readonly texts: Map<string, string>;
  signatures: number;
}

/** The message that the events add up to. */
export function foldMessage(events: readonly WireEvent[]): JsonObject {
  const content: JsonObject[] = [];
  let message: JsonObject = {};
  let open: OpenBlock | undefined;
  let ended = false;
  for (const [at, { event, data }] of events.entries()) {
    expect(event).toBe(data.type);
    if (event === "ping") continue;
    expect(event === "message_start").toBe(at === 0);
    switch (event) {
      case "message_start":
        message = { ...asObject(data.message) };
        break;
      case "content_block_start":
        expect([open, ended, data.index]).toEqual([undefined, false, content.length]);
        open = { block: { ...asObject(data.content_block) }, texts: new Map(), signatures: 0 };
        break;
      case "content_block_delta": {
        const delta = asObject(data.delta) ?? {};
        expect(data.index).toBe(content.length);
        expect(DELTAS[String(open?.block.type)]).toContain(delta.type);
        if (open) readDelta(open, delta);
        break;
      }
      case "content_block_stop":
        expect(data.index).toBe(content.length);
        if (open) content.push(closed(open));
        open = undefined;
        break;
      case "message_delta":
        expect(open).toBeUndefined();
        ended = true;
        message = {
          ...message,
          ...asObject(data.delta),
          usage: { ...asObject(message.usage), ...asObject(data.usage) },
        };
        break;
      case "message_stop":
        expect([ended, at]).toEqual([true, events.length - 1]);
        break;
      default:
        throw new Error(`an event ${event}`);
    }
  }
  expect(events.at(-1)?.event).toBe("message_stop");
  return { ...message, content };
}

function readDelta(open: OpenBlock, delta: JsonObject): void {
  for (const key of ["text", "thinking", "partial_json", "signature"]) {
    const piece = delta[key];
    if (typeof piece === "string") open.texts.set(key, (open.texts.get(key) ?? "") + piece);
  }
  if (delta.type === "signature_delta") open.signatures += 1;
}

function closed({ block, texts, signatures }: OpenBlock): JsonObject {
  // Anthropic's SDK keeps only the last.
  if (block.type === "thinking") expect(signatures).toBe(1);
  const { partial_json: json, ...pieces } = Object.fromEntries(texts);
  if (block.type === "tool_use") return { ...block, input: JSON.parse(json || "{}") };
  return { ...block, ...pieces };
}
