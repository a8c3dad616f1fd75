/** Requests encoded for Claude, and the messages that they are made of. Every body has to keep Claude's rules. */
import { expect } from "vitest";
import type { BedrockTarget } from "../../src/target.ts";
import type { FamilyCall } from "../../src/families/family.ts";
import { anthropic } from "../../src/families/anthropic/index.ts";
import type { JsonObject } from "../../src/chat/request.ts";
import { asSent, bedrockTarget, chat, thrownBy } from "./bedrock.ts";
import { brokenClaudeRules } from "./claude-rules.ts";

export const SONNET_3_5 = "anthropic.claude-3-5-sonnet-20241022-v2:0";
export const SONNET_4 = "us.anthropic.claude-sonnet-4-20250514-v1:0";
export const SONNET_4_5 = "anthropic.claude-sonnet-4-5-20250929-v1:0";
export const OPUS_4_6 = "anthropic.claude-opus-4-6-v1";
export const OPUS_4_7 = "anthropic.claude-opus-4-7";
export const OPUS_5_5 = "anthropic.claude-opus-5-5";

/** A content block, as far as tests look into one. */
export interface Block {
  type: string;
  text?: string;
  id?: string;
  tool_use_id?: string;
  content?: string | Block[];
  input?: unknown;
  [key: string]: unknown;
}

export interface ClaudeMessage {
  role: string;
  content: Block[];
}

/** Encodes a request; without `messages` the user says "Hi". */
export function encode(model: string, body: JsonObject, more: Partial<BedrockTarget> = {}): FamilyCall {
  const encoded = anthropic.encode(chat(body), bedrockTarget(model, more));
  expect(brokenClaudeRules(encoded.body)).toEqual([]);
  return asSent(encoded);
}

/** What encoding a request throws. */
export const refused = (model: string, body: JsonObject): unknown => thrownBy(() => encode(model, body));

/** A conversation's system blocks and turns. */
export function converse(
  messages: unknown[],
  model = SONNET_4,
): { system: Block[]; messages: ClaudeMessage[] } {
  const { body } = encode(model, { messages });
  return { system: (body.system ?? []) as Block[], messages: body.messages as ClaudeMessage[] };
}

/** A conversation's turns. */
export const turns = (messages: unknown[], model?: string): ClaudeMessage[] =>
  converse(messages, model).messages;

// --- Messages ---------------------------------------------------------------------------------------------------

export const user = (content: unknown) => ({ role: "user", content });

/** An assistant's message with its tool calls. */
export const says = (content: unknown, ...calls: [id: string, args?: string, name?: string][]) => ({
  role: "assistant",
  content,
  ...(calls.length > 0 && {
    tool_calls: calls.map(([id, args = "{}", name = "look"]) => ({
      id,
      type: "function",
      function: { name, arguments: args },
    })),
  }),
});

export const result = (tool_call_id: string, content: unknown) => ({ role: "tool", tool_call_id, content });

/** A history that ends with the result of a call. */
export const called = (name = "look") => [user("Look"), says(null, ["c1", "{}", name]), result("c1", "seen")];

/** A function tool. */
export const tool = (name: string, more: JsonObject = {}) => ({
  type: "function",
  function: { name, description: `Does ${name}`, parameters: { type: "object", properties: {} }, ...more },
});

/** A text block. */
export const text = (value: string): Block => ({ type: "text", text: value });
