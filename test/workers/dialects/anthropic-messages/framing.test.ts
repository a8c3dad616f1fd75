/** A model's own events as server-sent events: their bytes stay as they are. */
import { describe, expect, it } from "vitest";
import { eventFraming } from "../../../../src/dialects/anthropic-messages/upstream/framing.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function framed(...events: readonly string[]) {
  const framing = eventFraming("claude");
  for (const event of events) framing.push(encoder.encode(event));
  return { text: decoder.decode(framing.take()), watch: framing.watch, framing };
}

const START =
  '{"type":"message_start","message":{"model":"claude-sonnet-4-5","id":"msg_1","usage":{"input_tokens":3,"cache_read_input_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":2},"cache_creation_input_tokens":4}}}';
const DELTA = String.raw`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\u00e9é\/"}}`;
const END = '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}';
const STOP = '{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":3}}';

describe("events", () => {
  it("have a name and their JSON as it came, but for the model's name", () => {
    const { text, watch } = framed(START, DELTA, END, STOP);
    expect(text).toBe(
      `event: message_start\ndata: ${START.replace('"claude-sonnet-4-5"', '"claude"')}\n\n` +
        `event: content_block_delta\ndata: ${DELTA}\n\nevent: message_delta\ndata: ${END}\n\nevent: message_stop\ndata: ${STOP}\n\n`,
    );
    expect([watch.finished, watch.begun, watch.failure]).toEqual([true, true, undefined]);
    expect(watch.usage).toEqual({
      promptTokens: 12,
      completionTokens: 9,
      cachedTokens: 5,
      cacheWriteTokens: 4,
      cacheWrite1hTokens: 2,
    });
  });

  it("of kinds that are not known cross too, and lines in a JSON become one", () => {
    const { text } = framed('{"type":"something_new","a":1}', '{\n"type":"ping"}');
    expect(text).toBe(
      'event: something_new\ndata: {"type":"something_new","a":1}\n\nevent: ping\ndata: {"type":"ping"}\n\n',
    );
  });

  it("larger than the buffer", () => {
    const large = DELTA.replace("\\/", "x".repeat(100_000));
    const { text, framing } = framed(DELTA, large);
    expect(text).toBe(
      `event: content_block_delta\ndata: ${DELTA}\n\nevent: content_block_delta\ndata: ${large}\n\n`,
    );
    expect(framing.take().length).toBe(0);
  });

  it("that fail are told, not written, and nothing behind them", () => {
    const { text, watch } = framed(
      START,
      '{"type":"error","error":{"type":"overloaded_error","message":"m"}}',
      DELTA,
    );
    expect(text).not.toContain("error");
    expect(text).not.toContain("content_block_delta");
    expect([watch.failure?.code, watch.finished]).toEqual(["upstream_unavailable", false]);
  });

  it("of a second message inside the first are a failure", () => {
    const { watch } = framed(START, START.replace("msg_1", "msg_2"));
    expect(watch.failure?.code).toBe("upstream_stream_invalid");
  });

  it("say when there is something to show: not at the start of a text", () => {
    const block = (type: string) =>
      `{"type":"content_block_start","index":0,"content_block":{"type":"${type}"}}`;
    expect(framed(START, block("text"), '{"type":"ping"}').watch.begun).toBe(false);
    expect(framed(START, block("thinking")).watch.begun).toBe(false);
    expect(framed(START, block("tool_use")).watch.begun).toBe(true);
  });
});
