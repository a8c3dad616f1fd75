/** Requests encoded for Converse, and its answers in pieces. Every body has to fit the service model. */
import { expect } from "vitest";
import type { BedrockTarget } from "../../src/target.ts";
import type { FamilyCall, FamilyMessage } from "../../src/families/family.ts";
import type { Delta } from "../../src/chat/delta.ts";
import { familyFor } from "../../src/families/index.ts";
import type { JsonObject } from "../../src/chat/request.ts";
import { asSent, bedrockTarget, chat, thrownBy } from "./bedrock.ts";
import { emptyMembers } from "./bodies.ts";
import { tool } from "./claude-requests.ts";
import { type Folded, fold } from "./deltas.ts";
import { serviceViolations } from "./service-model.ts";

export const SONNET_4 = "us.anthropic.claude-sonnet-4-20250514-v1:0";
export const SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
export const OPUS_4_6 = "global.anthropic.claude-opus-4-6-v1";
export const OPUS_4_7 = "us.anthropic.claude-opus-4-7";
export const NOVA = "us.amazon.nova-pro-v1:0";
export const NOVA_2 = "global.amazon.nova-2-lite-v1:0";
export const LLAMA = "us.meta.llama3-3-70b-instruct-v1:0";
export const MISTRAL_LARGE = "mistral.mistral-large-2407-v1:0";
export const GLM = "zai.glm-4.7";
export const GPT_OSS = "openai.gpt-oss-120b-1:0";
export const TITAN = "amazon.titan-text-express-v1";
/** Hides its model. */
export const PROFILE_ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123";

/** The family that every target with `api: converse` gets. */
export const converse = familyFor(bedrockTarget(PROFILE_ARN, { api: "converse" }));

/** A content block, and a message. */
export type Block = Record<string, unknown>;
export interface Message {
  role: string;
  content: Block[];
}

/** Encodes a request; without `messages` the user says "Hi". */
export function encode(body: JsonObject, model = SONNET_4, more: Partial<BedrockTarget> = {}): FamilyCall {
  const encoded = converse.encode(chat(body), bedrockTarget(model, { api: "converse", ...more }));
  expect(emptyMembers(encoded.body, ["input", "json"])).toEqual([]);
  const shape = encoded.operation === "converse" ? "ConverseRequest" : "ConverseStreamRequest";
  expect(serviceViolations(encoded.body, shape)).toEqual([]);
  return asSent(encoded);
}

/** What encoding a request throws. */
export const refused = (body: JsonObject, model?: string): unknown => thrownBy(() => encode(body, model));

/** The messages that a conversation becomes. */
export const turns = (messages: unknown[], model?: string, more: JsonObject = {}): Message[] =>
  encode({ messages, ...more }, model).body.messages as Message[];

// --- Requests ---------------------------------------------------------------------------------------------------

export const TOOLS = { tools: [tool("look"), tool("find")] };
export const SCHEMA = { type: "object", properties: { a: { type: "string" } } };
/** Asks for an answer by schema. */
export const json = (schema: JsonObject = SCHEMA, more: JsonObject = {}) => ({
  response_format: { type: "json_schema", json_schema: { name: "answer", schema, ...more } },
});
/** A member of the body that a request becomes. */
export const member = (name: string, body: JsonObject, model?: string) => encode(body, model).body[name];

export const PNG = "iVBORw0KGgoAAAANSUhEUg==";
export const PDF = "JVBERi0xLjQK";
export const image = (base64 = PNG, more: JsonObject = {}) => ({
  type: "image_url",
  image_url: { url: `data:image/jpeg;base64,${base64}` },
  ...more,
});
export const file = (base64: string, filename?: string, label = "application/octet-stream") => ({
  type: "file",
  file: { file_data: `data:${label};base64,${base64}`, ...(filename !== undefined && { filename }) },
});
export const text = (value: string, more: JsonObject = {}) => ({ type: "text", text: value, ...more });

// --- Answers ----------------------------------------------------------------------------------------------------

export const plain = encode({});

/** The deltas of a stream of events. */
export function stream(events: readonly FamilyMessage[], encoded: FamilyCall = plain): Delta[] {
  const decode = encoded.stream();
  return events.flatMap((event) => decode(event));
}

/** What a stream of events comes to. */
export const read = (events: readonly FamilyMessage[], encoded?: FamilyCall): Folded =>
  fold(stream(events, encoded));

/** What a body of Converse comes to. */
export const readBody = (body: unknown, encoded: FamilyCall = plain): Folded =>
  fold(encoded.whole(body, new Headers()));

export const event = (name: string, payload: unknown): FamilyMessage => ({ event: name, payload });
export const START = event("messageStart", { role: "assistant" });
export const piece = (contentBlockIndex: number, delta: JsonObject) =>
  event("contentBlockDelta", { contentBlockIndex, delta });
export const close = (contentBlockIndex: number) => event("contentBlockStop", { contentBlockIndex });
export const textBlock = (index: number, ...pieces: string[]) => [
  ...pieces.map((text) => piece(index, { text })),
  close(index),
];
export const toolBlock = (index: number, toolUseId: string, name: string, ...pieces: string[]) => [
  event("contentBlockStart", { contentBlockIndex: index, start: { toolUse: { toolUseId, name } } }),
  ...pieces.map((input) => piece(index, { toolUse: { input } })),
  close(index),
];
export const stop = (stopReason: string) => event("messageStop", { stopReason });
export const metadata = (usage: JsonObject = { inputTokens: 10, outputTokens: 7, totalTokens: 17 }) =>
  event("metadata", { usage, metrics: { latencyMs: 5 } });
