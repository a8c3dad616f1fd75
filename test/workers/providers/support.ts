/** Targets, requests, bindings and a double for the wire. */
import { EventStreamCodec, type MessageHeaders } from "@smithy/eventstream-codec";
import { vi } from "vitest";
import type { BedrockTarget, OpenAiTarget, Target } from "../../../src/target.ts";
import type { CallContext, Place, Upstream } from "../../../src/contracts.ts";
import type { ReadBinding } from "../../../src/env.ts";
import type { Delta } from "../../../src/chat/delta.ts";
import { RouterError } from "../../../src/errors.ts";
import { parseChat } from "../../../src/dialects/openai-chat/client/parse.ts";
import type { ChatRequest, JsonObject } from "../../../src/chat/request.ts";
import { providerOf } from "../../../src/providers/index.ts";
import type { Credentials } from "../../../src/providers/bedrock/credentials/index.ts";

const utf8 = new TextEncoder();

/** AWS's documentation examples. */
export const ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE";
export const SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
export const SESSION_TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQD+fake/token==";
export const HAIKU = "anthropic.claude-3-haiku-20240307-v1:0";

export function bedrockTarget(more: Partial<BedrockTarget> = {}): BedrockTarget {
  return {
    kind: "bedrock",
    name: "claude",
    provider: "bedrock",
    model: HAIKU,
    description: "",
    regions: [],
    credentials: {},
    ...more,
  };
}

export function sigv4(accessKeyId: string, secretAccessKey: string, sessionToken?: string): Credentials {
  return {
    kind: "sigv4",
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
  };
}

export function openAiTarget(more: Partial<OpenAiTarget> = {}): OpenAiTarget {
  return {
    kind: "openai",
    name: "nim",
    provider: "nvidia",
    model: "meta/llama-3.1-8b-instruct",
    description: "",
    baseUrl: "https://upstream.test/v1",
    chatPath: "/chat/completions",
    auth: "bearer",
    apiKeys: ["key-1"],
    ...more,
  };
}

/** Where a target is tried first. */
export function placeOf(target: Target, binding: ReadBinding = bindings()): Place {
  const [first] = providerOf(target).places(target, binding);
  if (!first) throw new Error("a target without a place");
  return first;
}

/** All deltas of an answer. */
export async function deltasOf({ deltas }: Upstream): Promise<Delta[]> {
  const all: Delta[] = [];
  for (let read = await deltas.next(); read; read = await deltas.next()) all.push(...read);
  return all;
}

export function chatRequest(more: JsonObject = {}): ChatRequest {
  return parseChat({ model: "auto", messages: [{ role: "user", content: "Hi there" }], ...more });
}

/** Bindings, and the names that were read. */
export function recordedBindings(values: Readonly<Record<string, string>>): {
  binding: ReadBinding;
  read: string[];
} {
  const read: string[] = [];
  return {
    read,
    binding: (name) => {
      read.push(name);
      return Object.hasOwn(values, name) ? values[name] : undefined;
    },
  };
}

export const AWS_BINDINGS = { AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: SECRET_KEY };

export function bindings(values: Readonly<Record<string, string>> = AWS_BINDINGS): ReadBinding {
  return recordedBindings(values).binding;
}

export function callContext(binding: ReadBinding = bindings(), abort = new AbortController()): CallContext {
  return { binding, abort, idleTimeoutMs: 300_000 };
}

/** What went out through fetch. */
export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly redirect: string | undefined;
}

/** Puts `answer` in place of the network, until vi.restoreAllMocks. */
export function wire(answer: (sent: Sent) => Response | Promise<Response>): Sent[] {
  const sent: Sent[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const one: Sent = {
      url: request.url,
      method: request.method,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
      redirect: init?.redirect,
    };
    sent.push(one);
    return answer(one);
  });
  return sent;
}

/** The RouterError that `work` fails with. */
export async function failureOf(work: () => unknown): Promise<RouterError> {
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof RouterError) return thrown;
    throw thrown;
  }
  throw new Error("expected a RouterError, got none");
}

/** Amazon's own encoder, the oracle for frames. */
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes)),
  (text) => utf8.encode(text),
);

/** A frame with string headers. */
export function frame(headers: Readonly<Record<string, string>>, body: string): Uint8Array {
  const typed: MessageHeaders = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, { type: "string", value }]),
  );
  return codec.encode({ headers: typed, body: utf8.encode(body) });
}

/** An ordinary event. */
export function eventFrame(event: string, body: string): Uint8Array {
  return frame({ ":event-type": event, ":content-type": "application/json", ":message-type": "event" }, body);
}

/** A chunk of InvokeModelWithResponseStream around a model's JSON. */
export function chunkFrame(payload: unknown): Uint8Array {
  return eventFrame(
    "chunk",
    JSON.stringify({ bytes: utf8.encode(JSON.stringify(payload)).toBase64(), p: "abcd" }),
  );
}

/** A modelled exception inside a stream. */
export function exceptionFrame(type: string, body: JsonObject): Uint8Array {
  return frame(
    { ":exception-type": type, ":content-type": "application/json", ":message-type": "exception" },
    JSON.stringify(body),
  );
}

/** An unmodelled error inside a stream. */
export function errorFrame(code: string, message: string): Uint8Array {
  return frame({ ":error-code": code, ":error-message": message, ":message-type": "error" }, "");
}
