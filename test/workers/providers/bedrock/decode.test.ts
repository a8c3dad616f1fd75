import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BedrockOperation } from "../../../../src/families/family.ts";
import type { Delta } from "../../../../src/chat/delta.ts";
import { RouterError } from "../../../../src/errors.ts";
import { familyFor } from "../../../../src/families/index.ts";
import { type AnswerDecoder, bodyDecoder, streamDecoder } from "../../../../src/providers/bedrock/decode.ts";
import { fold } from "../../../support/deltas.ts";
import { concat } from "../../../support/bytes.ts";
import {
  bedrockTarget,
  chatRequest,
  chunkFrame,
  errorFrame,
  eventFrame,
  exceptionFrame,
  frame,
} from "../support.ts";
import { fakeCall, isDelta } from "./fake-family.ts";
import { CODES, claude } from "./recorded.ts";

const PLACE = { name: "claude", model: "fake.model-v1", region: "us-east-1" };
const utf8 = new TextEncoder();

const text = (words: string): Delta => ({ type: "text", text: words });
const FINISH: Delta = { type: "finish", reason: "stop" };
const ONE = chunkFrame([text("one ")]);
const TWO = chunkFrame([text("two")]);
const END = chunkFrame([FINISH]);

function open(operation: BedrockOperation = "invoke-with-response-stream"): AnswerDecoder {
  return streamDecoder(fakeCall(operation).call, PLACE);
}

/** Feeds the pieces and the end; the deltas, with errors as their code. */
function run(decoder: AnswerDecoder, pieces: Iterable<Uint8Array>): unknown[] {
  const deltas: Delta[] = [];
  for (const piece of pieces) deltas.push(...decoder.decode(piece));
  deltas.push(...decoder.end());
  return deltas.map((delta) => (delta.type === "error" ? delta.error.code : delta));
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The error that a stream of these frames ends with. */
function errorOf(...frames: readonly Uint8Array[]): RouterError {
  const decoder = open();
  const last = [...frames.flatMap((one) => decoder.decode(one)), ...decoder.end()].at(-1);
  if (last?.type !== "error") throw new Error("expected the stream to fail");
  return last.error;
}

describe("streamDecoder", () => {
  it("hands each chunk's JSON to the family, at any split of the bytes", () => {
    const bytes = concat([ONE, TWO, END]);
    for (let size = 1; size <= bytes.length; size++) {
      expect(run(open(), cut(bytes, size))).toEqual([text("one "), text("two"), FINISH]);
    }
  });

  it("gives what is complete at once, and only once", () => {
    const decoder = open();
    const bytes = concat([ONE, TWO]);
    expect(decoder.decode(bytes.subarray(0, ONE.length + 5))).toEqual([text("one ")]);
    expect(decoder.decode(bytes.subarray(ONE.length + 5))).toEqual([text("two")]);
    expect(decoder.decode(new Uint8Array(0))).toEqual([]);
    expect(decoder.decode(END)).toEqual([FINISH]);
    expect(decoder.end()).toEqual([]);
  });

  it.each([
    ["internalServerException", "upstream_error", 500],
    ["modelStreamErrorException", "upstream_error", 500],
    ["validationException", "upstream_invalid_request", 400],
    ["throttlingException", "rate_limit_exceeded", 429],
    ["modelTimeoutException", "upstream_timeout", 500],
    ["serviceUnavailableException", "upstream_unavailable", 500],
    ["somethingNewException", "upstream_error", 500],
    ["", "upstream_error", 500],
  ])("an exception %s is %s, after the text before it", (type, code, status) => {
    const failed = exceptionFrame(type, { message: "What went wrong." });
    const whole = concat([ONE, failed, TWO, END]);
    for (const size of [1, 7, ONE.length, ONE.length + 1, whole.length]) {
      expect(run(open(), cut(whole, size))).toEqual([text("one "), code]);
    }
    expect(errorOf(failed)).toMatchObject({ code, status });
  });

  it("reads what an exception says, wherever it says it", () => {
    const tooLong = "Input is too long for requested model.";
    for (const body of [
      { message: tooLong },
      { Message: tooLong },
      { originalMessage: tooLong },
      { message: "Model error.", originalMessage: tooLong, originalStatusCode: 400 },
    ]) {
      expect(errorOf(exceptionFrame("modelStreamErrorException", body)).code).toBe("context_length_exceeded");
    }
    const refused = { message: "Bad image.", originalStatusCode: 400 };
    expect(errorOf(exceptionFrame("modelStreamErrorException", refused)).code).toBe(
      "upstream_invalid_request",
    );
    const headers = { ":message-type": "exception", ":exception-type": "throttlingException" };
    for (const body of ["", "not JSON", "null", "[]", '{"message":7}']) {
      expect(errorOf(frame(headers, body)).code).toBe("rate_limit_exceeded");
    }
  });

  it.each([
    ["internalServerException", "upstream_error"],
    ["InternalFailure", "upstream_error"],
    ["ThrottlingException", "rate_limit_exceeded"],
    ["throttlingException", "rate_limit_exceeded"],
    ["com.amazon#ServiceUnavailableException:http://internal", "upstream_unavailable"],
    ["", "upstream_error"],
  ])("an error frame with the code %s is %s", (name, code) => {
    expect(run(open(), [ONE, errorFrame(name, "What went wrong."), TWO])).toEqual([text("one "), code]);
    const known = {
      rate_limit_exceeded: "ThrottlingException (HTTP 429)",
      upstream_unavailable: "ServiceUnavailableException (HTTP 503)",
    };
    const cause = Object.entries(known).find(([name]) => name === code)?.[1] ?? "(HTTP 500)";
    expect(String(errorOf(errorFrame(name, "What went wrong.")).cause)).toContain(
      `${cause}: What went wrong.`,
    );
  });

  it("skips events that it does not know, whatever is in them", () => {
    const { call, seen } = fakeCall("invoke-with-response-stream");
    const decoder = streamDecoder(call, PLACE);
    const frames = [
      eventFrame("initial-response", "{}"),
      eventFrame("somethingNew", ""),
      eventFrame("somethingNew", "not JSON"),
      eventFrame("messageStop", "{}"),
      frame({ ":message-type": "event" }, '{"bytes":"bnVsbA=="}'),
      frame({}, ""),
      END,
    ];
    expect(run(decoder, frames)).toEqual([FINISH]);
    expect(seen).toEqual([{ event: "chunk", payload: [FINISH] }]);
  });

  it("hands ConverseStream's events on under their names, and skips others unread", () => {
    const { call, seen } = fakeCall("converse-stream");
    const decoder = streamDecoder(call, PLACE);
    const frames = [
      eventFrame("initial-response", ""),
      eventFrame("messageStart", '{"role":"assistant"}'),
      eventFrame("contentBlockDelta", JSON.stringify([text("one ")])),
      eventFrame("somethingNew", "not JSON"),
      chunkFrame([text("not of this operation")]),
      eventFrame("messageStop", JSON.stringify([FINISH])),
      eventFrame("metadata", '{"usage":{}}'),
    ];
    expect(run(decoder, frames)).toEqual([text("one "), FINISH]);
    expect(seen.map(({ event }) => event)).toEqual([
      "messageStart",
      "contentBlockDelta",
      "messageStop",
      "metadata",
    ]);
    expect(seen[0]?.payload).toEqual({ role: "assistant" });
  });

  it.each(["", "{}", "null", "7", "[]", '{"bytes":7}', '{"p":"abc"}'])(
    "takes a chunk of %j for an empty one",
    (body) => {
      expect(run(open(), [ONE, eventFrame("chunk", body), END])).toEqual([text("one "), FINISH]);
    },
  );

  it.each([
    ["no JSON", "{"],
    ["no base64", '{"bytes":"%%%"}'],
    ["no JSON in the base64", '{"bytes":"ey"}'],
    ["an empty text in the base64", '{"bytes":""}'],
  ])("a chunk with %s damages the stream", (_, body) => {
    expect(run(open(), [ONE, eventFrame("chunk", body), TWO, END])).toEqual([
      text("one "),
      "upstream_stream_invalid",
    ]);
  });

  it("notices a flipped bit anywhere, and keeps the text before it", () => {
    const whole = concat([ONE, TWO, END]);
    for (let at = ONE.length; at < ONE.length + TWO.length; at++) {
      const damaged = whole.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const [first, last, ...more] = run(open(), [damaged]);
      expect([first, more]).toEqual([text("one "), []]);
      // A flip in the length may also look like a frame that never ends.
      expect(last).toMatch(/^upstream_(stream_invalid|truncated)$/);
    }
  });

  it("takes a stream that ends early for cut short, at every byte of it", () => {
    const whole = concat([ONE, eventFrame("chunk", '{"p":"ab"}'), TWO, END]);
    for (let length = 0; length < whole.length; length++) {
      const before = [text("one "), text("two")].slice(
        0,
        length < ONE.length ? 0 : length < whole.length - END.length ? 1 : 2,
      );
      const [prefix, rest] = [whole.subarray(0, length), cut(whole.subarray(0, length), 9)];
      expect(run(open(), [prefix])).toEqual([...before, "upstream_truncated"]);
      expect(run(open(), rest)).toEqual([...before, "upstream_truncated"]);
    }
    expect(run(open(), [])).toEqual(["upstream_truncated"]);
  });

  it("is complete once the family has finished, whatever comes after that", () => {
    const trailing = [
      TWO.subarray(0, 9),
      utf8.encode("rubbish that is no frame"),
      exceptionFrame("internalServerException", { message: "too late" }),
      errorFrame("InternalFailure", "too late"),
      eventFrame("chunk", "{"),
      chunkFrame("bug"),
    ];
    for (const bytes of trailing) {
      expect(run(open(), [ONE, END, bytes])).toEqual([text("one "), FINISH]);
      expect(run(open(), [concat([ONE, END, bytes])])).toEqual([text("one "), FINISH]);
    }
  });

  it("keeps the text before a mistake of the family, which is an internal error", () => {
    const decoder = open();
    const deltas = decoder.decode(concat([ONE, chunkFrame("bug"), TWO]));
    expect(deltas).toEqual([text("one "), { type: "error", error: expect.any(RouterError) }]);
    expect(deltas[1]).toMatchObject({ error: { code: "internal_error", cause: expect.any(TypeError) } });
    expect(run(open(), [ONE, chunkFrame("refuse"), TWO, END])).toEqual([text("one "), "upstream_error"]);
  });

  it("gives nothing after an error, from the family or of its own", () => {
    const decoder = open();
    const failing = chunkFrame([
      text("a"),
      { type: "error", error: { code: "upstream_error" } },
      text("b"),
      FINISH,
    ]);
    expect(decoder.decode(failing)).toMatchObject([
      text("a"),
      { type: "error", error: { code: "upstream_error" } },
    ]);
    expect([
      decoder.decode(TWO),
      decoder.decode(END),
      decoder.decode(utf8.encode("rubbish")),
      decoder.end(),
    ]).toEqual([[], [], [], []]);
    const damaged = open();
    expect(damaged.decode(utf8.encode("<html>not an event stream</html>"))).toHaveLength(1);
    expect([damaged.decode(ONE), damaged.end()]).toEqual([[], []]);
  });

  it("gives the same at any split, whatever frames come in which order", () => {
    const piece = fc.oneof(
      { weight: 4, arbitrary: fc.string({ maxLength: 5 }).map((words) => chunkFrame([text(words)])) },
      fc.constantFrom(
        END,
        eventFrame("somethingNew", ""),
        exceptionFrame("throttlingException", { message: "wait" }),
        errorFrame("InternalFailure", "x"),
        eventFrame("chunk", "{"),
        chunkFrame("bug"),
        utf8.encode("rubbish that is no frame"),
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.integer({ min: 1, max: 300 }), (frames, size) => {
        const whole = concat(frames);
        const atOnce = run(open(), [whole]);
        expect(run(open(), cut(whole, size))).toEqual(atOnce);
        // Every answer is either finished, and then without an error, or ends in exactly one.
        const finished = atOnce.some((one) => isDelta(one) && one.type === "finish");
        const errors = atOnce.filter((one) => typeof one === "string");
        expect(errors).toHaveLength(finished ? 0 : 1);
        expect(typeof atOnce.at(-1)).toBe(finished ? "object" : "string");
      }),
      { numRuns: 300 },
    );
  });

  it("advises what to do about damage, truncation and unreadable frames", () => {
    for (const error of [
      errorOf(ONE),
      errorOf(utf8.encode("rubbish that is no frame")),
      errorOf(eventFrame("chunk", "{")),
    ]) {
      expect(error.message).toMatch(/'claude'.*Try again/);
      expect(error.status).toBe(500);
    }
  });
});

describe("bodyDecoder", () => {
  const openBody = () => bodyDecoder(fakeCall("invoke").call, new Headers(), PLACE);
  const whole = utf8.encode(JSON.stringify([text("é世🙂"), FINISH]));

  it("gives everything at the end, at any split of the bytes", () => {
    for (let size = 1; size <= whole.length; size++) {
      expect(run(openBody(), cut(whole, size))).toEqual([text("é世🙂"), FINISH]);
    }
    expect(openBody().decode(whole)).toEqual([]);
  });

  it.each([
    ["", "upstream_stream_invalid"],
    ["<html>Bad gateway</html>", "upstream_stream_invalid"],
    ["{}", "upstream_truncated"],
    ["null", "upstream_truncated"],
    ['"bug"', "internal_error"],
    ['"refuse"', "upstream_error"],
  ])("a body of %j is %s", (body, code) => {
    expect(run(openBody(), [utf8.encode(body)])).toEqual([code]);
  });

  it("takes no part of a body for an answer", () => {
    for (let length = 0; length < whole.length; length++) {
      expect(run(openBody(), [whole.subarray(0, length)])).toEqual(["upstream_stream_invalid"]);
    }
    expect(run(openBody(), [utf8.encode(JSON.stringify([text("no end")]))])).toEqual([
      text("no end"),
      "upstream_truncated",
    ]);
  });

  it("does not collect a body without end", () => {
    const decoder = openBody();
    const block = new Uint8Array(1024 * 1024).fill(0x20);
    const ends = Array.from({ length: 40 }, () => decoder.decode(block)).filter(
      (deltas) => deltas.length > 0,
    );
    expect(ends).toEqual([
      [{ type: "error", error: expect.objectContaining({ code: "upstream_stream_invalid" }) }],
    ]);
    expect(decoder.end()).toEqual([]);
  });
});

describe.skipIf(claude.length === 0)("recorded streams of Claude, as bytes", () => {
  it("are all here", () => {
    expect(claude.length).toBeGreaterThanOrEqual(25);
  });

  it.each(claude)("$name", ({ bin, model_id, expected: wanted }) => {
    const bytes = Uint8Array.fromBase64(bin);
    const target = bedrockTarget({ model: model_id });
    const family = familyFor(target);
    const encoded = family.encode(chatRequest({ stream: true }), target);
    for (const size of [1, 7, 64, bytes.length]) {
      const decoder = streamDecoder(encoded, PLACE);
      const deltas = [...cut(bytes, size)].flatMap((piece) => decoder.decode(piece));
      const answer = fold([...deltas, ...decoder.end()]);
      expect(answer.text).toBe(wanted.text);
      expect(answer.reasoning).toBe(wanted.reasoning ?? "");
      expect(answer.calls).toEqual(
        wanted.tool_calls.map(({ id, name, arguments_text }) => ({ id, name, args: arguments_text || "{}" })),
      );
      expect(answer.finish ?? null).toBe(wanted.complete === true ? wanted.finish_reason : null);
      const code = wanted.error
        ? CODES[wanted.error.type]
        : wanted.complete === false
          ? "upstream_truncated"
          : undefined;
      expect(answer.error?.code).toBe(code);
      if (wanted.usage !== null) {
        expect(answer.usage).toMatchObject({
          promptTokens: wanted.usage.prompt_tokens,
          completionTokens: wanted.usage.completion_tokens,
        });
        expect(answer.usage?.cachedTokens).toBe(wanted.usage.cached_tokens);
      }
    }
  });
});
