/** The frames of one answer of Claude, as Bedrock's event stream and as OpenAI's server-sent events. */
import { EventStreamCodec } from "@smithy/eventstream-codec";

/** An answer of any length: texts repeat after {@link DISTINCT}. */
export interface Frames {
  readonly head: readonly Buffer[];
  readonly texts: readonly Buffer[];
  readonly tail: readonly Buffer[];
}

/** Distinct text frames; a stream of 200,000 sends each many times, so that it takes no memory to speak of. */
const DISTINCT = 500;
const WORDS = "The quick brown fox jumps over the lazy dog while streaming tokens at the edge ".split(" ");

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);

/** What Titan answers for any text. */
export const VECTOR_ANSWER = JSON.stringify({
  embedding: Array.from({ length: 1024 }, (_, n) => Math.fround(Math.sin(n) / 32)),
  inputTextTokenCount: 12,
});

/** What `invoke` answers, of about 1,600 characters. */
export const WHOLE_ANSWER = JSON.stringify({
  id: "msg_1",
  type: "message",
  role: "assistant",
  content: [{ type: "text", text: WORDS.join(" ").repeat(20) }],
  stop_reason: "end_turn",
  usage: { input_tokens: 9, output_tokens: 300 },
});

/** The answer of `invoke-with-response-stream` for a Claude model. */
export function bedrockFrames(): Frames {
  const usage = { input_tokens: 9, output_tokens: 1 };
  return {
    head: [
      frame({ type: "message_start", message: { id: "msg_1", role: "assistant", usage } }),
      frame({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    ],
    texts: words((text) =>
      frame({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
    ),
    tail: [
      frame({ type: "content_block_stop", index: 0 }),
      frame({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 500 } }),
      frame({ type: "message_stop" }),
    ],
  };
}

/** The answer of an OpenAI-compatible upstream. */
export function openaiFrames(): Frames {
  const chunk = (delta: object, finish: string | null = null) => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    const body = { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices };
    return Buffer.from(`data: ${JSON.stringify(body)}\n\n`);
  };
  return {
    head: [],
    texts: words((content) => chunk({ content })),
    tail: [chunk({}, "stop"), Buffer.from("data: [DONE]\n\n")],
  };
}

function words(make: (text: string) => Buffer): Buffer[] {
  return Array.from({ length: DISTINCT }, (_, index) => make(`${WORDS[index % WORDS.length]} `));
}

/** A frame as Bedrock sends it: the model's JSON in base64, padded to hide its length. */
function frame(payload: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(payload)).toString("base64");
  const padding = "abcdefghijklmnopqrstuvwxyz".slice(0, bytes.length % 26);
  const text = (value: string) => ({ type: "string", value }) as const;
  const headers = {
    ":event-type": text("chunk"),
    ":content-type": text("application/json"),
    ":message-type": text("event"),
  };
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify({ bytes, p: padding })) }));
}
