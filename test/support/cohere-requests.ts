/** Requests encoded for Command R. */
import { expect } from "vitest";
import type { FamilyCall } from "../../src/families/family.ts";
import { cohere } from "../../src/families/cohere/index.ts";
import type { JsonObject } from "../../src/chat/request.ts";
import { asSent, bedrockTarget, chat, thrownBy } from "./bedrock.ts";
import { emptyMembers } from "./bodies.ts";

export const target = bedrockTarget("cohere.command-r-plus-v1:0");

/** Encodes a request; without `messages` the user says "Hi". Fails for a body that holds null or undefined. */
export const encode = (body: JsonObject): FamilyCall => {
  const encoded = cohere.encode(chat(body), target);
  expect(emptyMembers(encoded.body, ["parameters"])).toEqual([]);
  return asSent(encoded);
};
/** The body that a conversation becomes. */
export const talk = (messages: unknown[], more: JsonObject = {}): JsonObject =>
  encode({ messages, ...more }).body;
/** What encoding a request throws. */
export const refused = (body: JsonObject): unknown => thrownBy(() => encode(body));
