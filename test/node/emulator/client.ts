/** Calls the emulator the way an AWS SDK would, and takes its answers apart. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { text as textStream } from "node:stream/consumers";
import { Sha256 } from "@aws-crypto/sha256-js";
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, expect } from "vitest";
import { type AwsCredentials, type Emulator, startEmulator } from "../../../emulator/index.ts";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import type { RecordedRequest } from "../../../emulator/log.ts";

export const HAIKU_3 = "anthropic.claude-3-haiku-20240307-v1:0";
export const SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
export const OPUS_4_6 = "global.anthropic.claude-opus-4-6-v1";
export const OPUS_4_7 = "us.anthropic.claude-opus-4-7";

export interface Call {
  readonly model?: string;
  readonly body: JsonObject | string;
  /** Default true. */
  readonly stream?: boolean;
  /** Converse instead of InvokeModel. */
  readonly converse?: boolean;
  /** E.g. `/@throttle`. */
  readonly prefix?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Signing {
  readonly credentials?: AwsCredentials;
  readonly region?: string;
  readonly service?: string;
  readonly date?: Date;
}

/** An emulator for the tests of the calling file, which ask for it once they run. */
export function emulatorHere(paceMs = 0): () => Emulator {
  let emulator: Emulator | undefined;
  beforeAll(async () => {
    emulator = await startEmulator({ paceMs });
  });
  afterAll(() => emulator?.close());
  return () => {
    if (!emulator) throw new Error("the emulator runs during the tests only");
    return emulator;
  };
}

/** The record of the newest request with this marker in its body. */
export function recordOf({ requests }: Emulator, marker: string): RecordedRequest {
  const record = requests.findLast(({ body }) => JSON.stringify(body)?.includes(marker));
  if (!record) throw new Error(`no request with ${marker}`);
  return record;
}

/** Bedrock's message for a body that breaks a model's schema. */
export function malformed(violation: string): string {
  return `Malformed input request: ${violation}, please reformat your input and try again.`;
}

/** Status and message of an answer; `accepted` where it is no refusal. */
export async function refusalOf(response: Response): Promise<{ status: number; message: string }> {
  const { status } = response;
  if (!response.ok) return { status, message: asString((await bodyOf(response)).message) };
  await response.body?.cancel();
  return { status, message: "accepted" };
}

/** Fails unless the answer refuses with this message and one of these statuses. */
export async function expectRefusal(
  response: Response,
  message: string | RegExp,
  statuses: readonly number[] = [400],
): Promise<void> {
  const { status, message: actual } = await refusalOf(response);
  if (typeof message === "string") expect(actual).toBe(message);
  else expect(actual).toMatch(message);
  expect(statuses).toContain(status);
}

/** A body that every Claude model takes. */
export function ask(text: string, more: JsonObject = {}): JsonObject {
  return {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 1000,
    messages: [{ role: "user", content: [{ type: "text", text }] }],
    ...more,
  };
}

function toRequest(
  emulator: Emulator,
  call: Call,
): {
  url: URL;
  init: Omit<RequestInit, "headers" | "body"> & { headers: Record<string, string>; body: string };
} {
  const whole = call.converse ? "converse" : "invoke";
  const streamed = call.converse ? "converse-stream" : "invoke-with-response-stream";
  const operation = call.stream === false ? whole : streamed;
  const path = `${call.prefix ?? ""}/model/${encodeURIComponent(call.model ?? HAIKU_3)}/${operation}`;
  return {
    url: new URL(emulator.url + path),
    init: {
      method: "POST",
      headers: { "content-type": "application/json", ...call.headers },
      body: typeof call.body === "string" ? call.body : JSON.stringify(call.body),
      redirect: "manual",
      ...(call.signal && { signal: call.signal }),
    },
  };
}

/** With a SigV4 signature. */
export async function callSigned(emulator: Emulator, call: Call, signing: Signing = {}): Promise<Response> {
  const { url, init } = toRequest(emulator, call);
  return fetch(url, { ...init, headers: await sign(emulator, url, url.host, init, signing) });
}

/** A signed POST to any path. */
export async function postSigned(
  emulator: Emulator,
  path: string,
  body: JsonObject,
  { headers: more, ...signing }: Signing & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const url = new URL(emulator.url + path);
  const init = { headers: { "content-type": "application/json", ...more }, body: JSON.stringify(body) };
  const headers = await sign(emulator, url, url.host, init, signing);
  return fetch(url, { method: "POST", headers, body: init.body });
}

/** The same with a Host header of choice, which fetch does not allow. */
export async function callAtHost(
  emulator: Emulator,
  host: string,
  call: Call,
  signing: Signing,
): Promise<{ status: number | undefined; text: string }> {
  const { url, init } = toRequest(emulator, call);
  const headers = await sign(emulator, url, host, init, signing);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(url, { method: "POST", headers }, resolve).on("error", reject).end(init.body);
  });
  return { status: response.statusCode, text: await textStream(response) };
}

async function sign(
  emulator: Emulator,
  url: URL,
  host: string,
  init: { headers: Record<string, string>; body: string },
  signing: Signing,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service: signing.service ?? "bedrock",
    region: signing.region ?? "us-east-1",
    credentials: signing.credentials ?? emulator.credentials,
    sha256: Sha256,
  });
  const request = {
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    headers: { ...init.headers, host },
    body: init.body,
  };
  const signed = await signer.sign(request, { signingDate: signing.date ?? new Date() });
  return signed.headers;
}

/** With the Bedrock API key. */
export function call(emulator: Emulator, { headers, ...rest }: Call): Promise<Response> {
  const { url, init } = toRequest(emulator, {
    ...rest,
    headers: { authorization: `Bearer ${emulator.bearerToken}`, ...headers },
  });
  return fetch(url, init);
}

export interface Frame {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);

/** The whole frames of a body and what is left of a cut one. Throws what AWS's codec throws. */
export function framesOf(bytes: Uint8Array): { frames: Frame[]; rest: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  let at = 0;
  while (bytes.length - at >= 4 && at + view.getUint32(at) <= bytes.length) {
    const length = view.getUint32(at);
    const { headers, body } = codec.decode(bytes.subarray(at, at + length));
    const flat = Object.entries(headers).map(([name, { value }]) => [name, String(value)]);
    frames.push({ headers: Object.fromEntries(flat), body: Buffer.from(body).toString("utf8") });
    at += length;
  }
  return { frames, rest: bytes.length - at };
}

/** The model's own JSON in a chunk frame. */
export function payloadOf(frame: Frame): JsonObject {
  const { bytes } = asObject(parse(frame.body));
  return asObject(parse(Buffer.from(asString(bytes), "base64").toString("utf8")));
}

/** All payloads of a streamed answer. */
export async function eventsOf(response: Response): Promise<JsonObject[]> {
  const { frames, rest } = framesOf(new Uint8Array(await response.arrayBuffer()));
  if (rest > 0) throw new Error("the stream was cut inside a frame");
  return frames.map(payloadOf);
}

/** The deltas of a streamed answer, as they came. */
export function deltasOf(events: readonly JsonObject[]): JsonObject[] {
  return events.filter(({ type }) => type === "content_block_delta").map(({ delta }) => asObject(delta));
}

/** All text of a streamed answer. */
export function textOf(events: readonly JsonObject[]): string {
  return deltasOf(events)
    .map(({ text }) => asString(text))
    .join("");
}

/** Every tool call of a streamed answer with its arguments as they were streamed. */
export function callsOf(events: readonly JsonObject[]): { name: unknown; json: string }[] {
  const starts = events.filter(({ content_block }) => asObject(content_block).type === "tool_use");
  return starts.map(({ index, content_block }) => ({
    name: asObject(content_block).name,
    json: deltasOf(events.filter((event) => event.index === index))
      .map(({ partial_json }) => asString(partial_json))
      .join(""),
  }));
}

/** The one text of a message that was not streamed. */
export function messageText(message: JsonObject): string {
  return objectsIn(message.content)
    .map(({ text }) => asString(text))
    .join("");
}

/** A response's body. */
export async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

/** A response's body as a JSON object. */
export async function bodyOf(response: Response): Promise<JsonObject> {
  return asObject(parse(await response.text()));
}

/** JSON of unknown shape. */
export function parse(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return value;
}
