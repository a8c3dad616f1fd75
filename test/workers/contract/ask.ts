/** Representative models asked and answered, for the contract that every family keeps. */
import type { FamilyCall, FamilyMessage } from "../../../src/families/family.ts";
import type { Delta } from "../../../src/chat/delta.ts";
import { familyFor } from "../../../src/families/index.ts";
import type { JsonObject } from "../../../src/chat/request.ts";
import { bodyDecoder, streamDecoder } from "../../../src/providers/bedrock/decode.ts";
import { bedrockTarget, chat, thrownBy } from "../../support/bedrock.ts";
import { type Folded, fold } from "../../support/deltas.ts";
import { says, tool } from "../../support/families.ts";
import { COUNT_HEADERS, type Said, type Streamed } from "../../support/native-answers.ts";
import type { RepresentativeModel } from "../../support/representative-models.ts";
import { eventFrame, typedFrame } from "../../support/upstream.ts";

/** The schema of an object with a city. */
export const CITY = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
/** A tool with an argument and one without. */
export const TOOLS = { tools: [tool("get_weather", { parameters: CITY }), tool("reboot")] };
/** Asks for a stream. */
export const STREAMED = { stream: true };
const QUESTION = { messages: [says("user", "Hi")] };
const PLACE = { name: "tested", model: "tested", region: "us-east-1" };

/** The target of a row. */
export function target({ model, settings }: RepresentativeModel) {
  return bedrockTarget(model, settings);
}

/** What its family sends; without `messages` the user says "Hi". */
export function encode(row: RepresentativeModel, body: JsonObject = {}): FamilyCall {
  return familyFor(target(row)).encode(chat({ ...QUESTION, ...body }), target(row));
}

/** What encoding a request throws, or undefined. */
export function refused(row: RepresentativeModel, body: JsonObject): unknown {
  return thrownBy(() => encode(row, body));
}

/** A message as the bytes of its frame. */
export function framed({ event, payload }: FamilyMessage): Uint8Array {
  const value = Object(payload);
  return event === "chunk" ? eventFrame(value) : typedFrame(event, value);
}

/** All messages of an answer. */
export function messagesOf({ before, end, after }: Streamed): FamilyMessage[] {
  return [...before, end, ...after];
}

/** An answer that is streamed, beside the request it answers. */
export function streamed(row: RepresentativeModel, said: Said, body: JsonObject = {}) {
  const encoded = encode(row, { ...body, ...STREAMED });
  const stream = row.wire.stream(said);
  // An answer that comes as one body is decoded as its family's stream all the same.
  const operation = row.family === "converse" ? "converse-stream" : "invoke-with-response-stream";
  return { encoded: { ...encoded, operation } as const, stream };
}

/** What pieces of bytes come to; they need not be frames. */
export function deltasOf(encoded: FamilyCall, chunks: readonly Uint8Array[]): Delta[] {
  const decoder = streamDecoder(encoded, PLACE);
  return [...chunks.flatMap((bytes) => decoder.decode(bytes)), ...decoder.end()];
}

/** What the streamed answer to a request comes to. */
export function read(row: RepresentativeModel, said: Said, body: JsonObject = {}): Folded {
  const { encoded, stream } = streamed(row, said, body);
  return fold(deltasOf(encoded, messagesOf(stream).map(framed)));
}

/** What the whole answer to a request comes to. */
export function readBody(row: RepresentativeModel, said: Said, body: JsonObject = {}): Folded {
  const encoded = encode(row, body);
  const headers = new Headers(COUNT_HEADERS);
  const decoder = bodyDecoder(encoded, headers, PLACE);
  const bytes = new TextEncoder().encode(JSON.stringify(row.wire.body(said)));
  return fold([...decoder.decode(bytes), ...decoder.end()]);
}

/** Both ways to read an answer. */
export const READERS = [
  ["streamed", read],
  ["whole", readBody],
] as const;

/** All strings of a value, in their order. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
