import splitFiles from "virtual:vectors/eventstream";
import negative from "virtual:vectors/eventstream/negative";
import positive from "virtual:vectors/eventstream/positive";
import unspecified from "virtual:vectors/eventstream/unspecified";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { crc32 } from "../../../src/eventstream/crc32.ts";
import { type HeaderValue, headerString, type Message } from "../../../src/eventstream/index.ts";
import { cut, decode, type Outcome } from "./support.ts";

const header = z.discriminatedUnion("type", [
  z.object({ name: z.string(), type: z.literal("boolean"), value: z.boolean() }),
  z.object({ name: z.string(), type: z.literal(["byte", "short", "integer"]), value: z.number() }),
  z.object({ name: z.string(), type: z.literal(["long", "timestamp"]), value: z.string() }),
  z.object({ name: z.string(), type: z.literal("binary"), value: z.string() }),
  z.object({ name: z.string(), type: z.literal(["string", "uuid"]), value: z.string() }),
]);

const message = z.object({
  offset: z.number(),
  total_length: z.number(),
  headers_length: z.number(),
  prelude_crc: z.string(),
  message_crc: z.string(),
  headers: z.array(header),
  payload_length: z.number(),
  payload_sha256: z.string(),
  payload_base64: z.string(),
  classified: z.record(z.string(), z.string()),
});

const positiveCase = z.object({ messages: z.array(message) });

const negativeCase = z.object({
  expected: z.object({
    error: z.string(),
    also_acceptable: z.array(z.string()),
    detectable_after_bytes: z.nullable(z.number()),
    messages_before_error: z.array(message),
  }),
});

const splitCase = z.object({ stream: z.string(), expected: z.string() });
const splitCases = z.object({
  every_two_way_split: z.array(splitCase),
  chunk_sizes: z.array(z.extend(splitCase, { sizes: z.array(z.number()) })),
});

type ExpectedMessage = z.infer<typeof message>;

function bytesOf(vector: { name: string; bin?: string }): Uint8Array {
  if (vector.bin === undefined) throw new Error(`${vector.name} has no bytes`);
  return Uint8Array.fromBase64(vector.bin);
}

function expectedHeader(written: z.infer<typeof header>): HeaderValue {
  switch (written.type) {
    case "long":
    case "timestamp":
      return { type: written.type, value: BigInt(written.value) };
    case "binary":
      return { type: "byte_array", value: Uint8Array.fromBase64(written.value) };
    case "boolean":
      return { type: written.type, value: written.value };
    case "byte":
    case "short":
    case "integer":
      return { type: written.type, value: written.value };
    case "string":
    case "uuid":
      return { type: written.type, value: written.value };
  }
}

/** The headers that an application tells messages apart by, as the vectors write them down. */
function classify(received: Message): Record<string, string> {
  const entries = (kind: string, names: Record<string, string>) => ({
    kind,
    ...Object.fromEntries(
      Object.entries(names).flatMap(([key, name]) => {
        const value = headerString(received, name);
        return value === undefined ? [] : [[key, value]];
      }),
    ),
  });
  switch (headerString(received, ":message-type")) {
    case "event":
      return entries("event", { event_type: ":event-type" });
    case "exception":
      return entries("exception", { exception_type: ":exception-type" });
    case "error":
      return entries("error", { error_code: ":error-code", error_message: ":error-message" });
    default:
      return { kind: "none" };
  }
}

function expectMessages(received: readonly Message[], expected: readonly ExpectedMessage[]): void {
  expect(
    received.map((one) => ({
      headers: Object.entries(one.headers),
      payload: one.payload.toBase64(),
      length: one.payload.length,
      classified: classify(one),
    })),
  ).toEqual(
    expected.map((one) => ({
      headers: one.headers.map((written) => [written.name, expectedHeader(written)]),
      payload: one.payload_base64,
      length: one.payload_length,
      classified: one.classified,
    })),
  );
}

/** The CRCs as the vectors state them, at their places in the stream and by our own function. */
function expectCrcs(bytes: Uint8Array, expected: readonly ExpectedMessage[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { offset, total_length, prelude_crc, message_crc } of expected) {
    const end = offset + total_length - 4;
    expect(crc32(view, offset, offset + 8)).toBe(Number.parseInt(prelude_crc, 16));
    expect(crc32(view, offset, end)).toBe(Number.parseInt(message_crc, 16));
    expect(view.getUint32(end)).toBe(Number.parseInt(message_crc, 16));
  }
}

/** An outcome in a form that compares quickly however long its payloads are. */
function comparable({ messages, error }: Outcome) {
  return {
    messages: messages.map(({ headers, payload }) => ({ headers, payload: payload.toBase64() })),
    error,
  };
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function acceptableErrors(expected: z.infer<typeof negativeCase>["expected"]): string[] {
  return [expected.error, ...expected.also_acceptable];
}

describe.skipIf(positive.length === 0)("well-formed streams", () => {
  it.each(positive.map((vector) => [vector.name, vector] as const))("%s", async (_, vector) => {
    const { messages: expected } = z.parse(positiveCase, vector.json);
    const bytes = bytesOf(vector);
    const { messages, error } = decode([bytes]);
    expect(error).toBeUndefined();
    expectMessages(messages, expected);
    expectCrcs(bytes, expected);
    const digests = await Promise.all(messages.map(({ payload }) => sha256(payload)));
    expect(digests).toEqual(expected.map(({ payload_sha256 }) => payload_sha256));
  });
});

describe.skipIf(negative.length === 0)("malformed streams", () => {
  it.each(negative.map((vector) => [vector.name, vector] as const))("%s", (_, vector) => {
    const { expected } = z.parse(negativeCase, vector.json);
    const bytes = bytesOf(vector);
    const { messages, error } = decode([bytes]);
    expect(acceptableErrors(expected)).toContain(error);
    expectMessages(messages, expected.messages_before_error);

    const enough = expected.detectable_after_bytes;
    const early = decode([bytes.subarray(0, enough ?? bytes.length)], { end: false });
    expect(early.error).toBe(enough === null ? undefined : error);
  });
});

describe.skipIf(unspecified.length === 0)("streams on which Amazon's decoders disagree", () => {
  // `decode` rethrows whatever is not an EventStreamError.
  it.each(unspecified.map((vector) => [vector.name, vector] as const))("%s: no crash", (_, vector) => {
    const bytes = bytesOf(vector);
    const whole = decode([bytes]);
    expect(whole.messages.length + (whole.error === undefined ? 0 : 1)).toBe(1);
    expect(comparable(decode(cut(bytes, [1])))).toEqual(comparable(whole));
  });
});

const splitFile = splitFiles.find(({ name }) => name === "split");

describe.skipIf(splitFile === undefined)("streams in any division", () => {
  const splits = splitFile && z.parse(splitCases, splitFile.json);
  const streams = new Map<string, { bytes: Uint8Array; whole: ReturnType<typeof comparable> }>();
  for (const [folder, vectors] of Object.entries({ positive, negative })) {
    for (const vector of vectors) {
      const bytes = bytesOf(vector);
      streams.set(`${folder}/${vector.name}.bin`, { bytes, whole: comparable(decode([bytes])) });
    }
  }
  // What the whole stream must give is checked above, against the same case.
  const lookUp = (path: string) => {
    const found = streams.get(path);
    if (found === undefined) throw new Error(`there is no stream ${path}`);
    return found;
  };

  it.each(splits?.every_two_way_split ?? [])("$stream in two parts", ({ stream }) => {
    const { bytes, whole } = lookUp(stream);
    for (let at = 0; at <= bytes.length; at++) {
      const parts = decode([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(comparable(parts), `split at ${at}`).toEqual(whole);
    }
  });

  it.each(splits?.chunk_sizes ?? [])("$stream in chunks of $sizes", ({ stream, sizes }) => {
    const { bytes, whole } = lookUp(stream);
    expect(comparable(decode(cut(bytes, sizes)))).toEqual(whole);
  });
});
