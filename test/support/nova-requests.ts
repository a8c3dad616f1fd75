/** Requests encoded for Nova. */
import { expect } from "vitest";
import type { BedrockTarget } from "../../src/target.ts";
import type { FamilyCall } from "../../src/families/family.ts";
import { nova } from "../../src/families/nova/index.ts";
import type { JsonObject } from "../../src/chat/request.ts";
import { asSent, bedrockTarget, chat, thrownBy } from "./bedrock.ts";
import { emptyMembers } from "./bodies.ts";
import { tool } from "./claude-requests.ts";

export const PRO = "us.amazon.nova-pro-v1:0";
export const MICRO = "amazon.nova-micro-v1:0";
export const NOVA_2 = "global.amazon.nova-2-lite-v1:0";
export const PNG = "iVBORw0KGgoAAAANSUhEUg==";
export const IMAGE = { type: "image_url", image_url: { url: `data:image/jpeg;base64,${PNG}` } };
export const CACHED = { cache_control: { type: "ephemeral" } };
export const TOOLS = { tools: [tool("look"), tool("find")] };

export interface Message {
  role: string;
  content: JsonObject[];
}

/** Encodes a request; without `messages` the user says "Hi". Fails for a body that holds null or undefined. */
export const encode = (body: JsonObject, model = PRO, more: Partial<BedrockTarget> = {}): FamilyCall => {
  const encoded = nova.encode(chat(body), bedrockTarget(model, more));
  expect(emptyMembers(encoded.body, ["input", "json"])).toEqual([]);
  return asSent(encoded);
};
/** What encoding a request throws. */
export const refused = (body: JsonObject, model = PRO): unknown => thrownBy(() => encode(body, model));
/** The messages that a conversation becomes. */
export const turns = (messages: unknown[], model?: string): Message[] =>
  encode({ messages }, model).body.messages as Message[];
export const toolConfig = (body: JsonObject) => encode(body).body.toolConfig as JsonObject | undefined;
/** Asks for an answer by schema. */
export const json = (schema: JsonObject, more: JsonObject = {}) => ({
  response_format: { type: "json_schema", json_schema: { name: "x", schema, ...more } },
});
