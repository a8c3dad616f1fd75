/** One family's requests and answers in short words, for the tests of families that take a prompt. */
import { expect } from "vitest";
import type { BedrockTarget } from "../../src/target.ts";
import type { FamilyCall, Family } from "../../src/families/family.ts";
import type { JsonObject } from "../../src/chat/request.ts";
import { asSent, bedrockTarget, chat, thrownBy } from "./bedrock.ts";
import { type Folded, fold } from "./deltas.ts";

export interface FamilyTools {
  /** Encodes a request; without `messages` the user says "Hi". Fails for a body that holds null or undefined. */
  encode(model: string, body?: JsonObject, more?: Partial<BedrockTarget>): FamilyCall;
  /** What encoding a request throws. */
  refused(model: string, body: JsonObject): unknown;
  /** What a stream of chunks comes to. */
  read(payloads: readonly unknown[], encoded: FamilyCall): Folded;
  /** What a whole body comes to. */
  readBody(body: unknown, encoded: FamilyCall, headers?: Record<string, string>): Folded;
}

/** The tools for a family. */
export function familyTools(family: Family): FamilyTools {
  const encode: FamilyTools["encode"] = (model, body = {}, more = {}) => {
    const encoded = family.encode(chat(body), bedrockTarget(model, more));
    expect(emptyMembers(encoded.body)).toEqual([]);
    return asSent(encoded);
  };
  return {
    encode,
    refused: (model, body) => thrownBy(() => encode(model, body)),
    read(payloads, encoded) {
      const decode = encoded.stream();
      return fold(payloads.flatMap((payload) => decode({ event: "chunk", payload })));
    },
    readBody: (body, encoded, headers = {}) => fold(encoded.whole(body, new Headers(headers))),
  };
}

/** The paths of everything null or undefined in a value. */
export function emptyMembers(value: unknown, path = "#"): string[] {
  if (value === null || value === undefined) return [path];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, member]) => emptyMembers(member, `${path}/${key}`));
}

/** 1 by 1 pixel, as a data URL with a label that lies. */
export const PNG_BASE64 =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const PNG_URL = `data:image/jpeg;base64,${PNG_BASE64}`;

/** The content part of an image. */
export const imagePart = (url = PNG_URL) => ({ type: "image_url", image_url: { url } });
/** A text part. */
export const textPart = (text: string) => ({ type: "text", text });
/** A message. */
export const says = (role: string, content: unknown, more: JsonObject = {}) => ({ role, content, ...more });
/** A function tool. */
export const tool = (name: string, more: JsonObject = {}) => ({
  type: "function",
  function: { name, description: `Does ${name}`, parameters: { type: "object", properties: {} }, ...more },
});
/** An assistant's calls. */
export const calls = (...list: [id: string, name: string, args?: string][]) => ({
  tool_calls: list.map(([id, name, args = "{}"]) => ({
    id,
    type: "function",
    function: { name, arguments: args },
  })),
});

export const CONVERSATION = [
  says("system", "Be brief."),
  says("user", "Hello"),
  says("assistant", "Hi!"),
  says("user", "Why?"),
];

/** Fails unless a prompt holds all messages, in this order but for those that come first. Spaces do not count. */
export function expectInOrder(
  prompt: unknown,
  messages: readonly { readonly role: string; readonly content: unknown }[],
  first: (role: string) => boolean,
): void {
  const order = [
    ...messages.filter(({ role }) => first(role)),
    ...messages.filter(({ role }) => !first(role)),
  ];
  const unspaced = (value: unknown) => String(value).replaceAll(" ", "");
  let from = 0;
  for (const { content } of order) {
    from = unspaced(prompt).indexOf(unspaced(content), from) + 1;
    expect(from).toBeGreaterThan(0);
  }
}

/** A schema that leaves its objects open, and the same with all of them closed. */
export const OPEN_SCHEMA = {
  type: "object",
  properties: {
    city: { type: "string" },
    tags: { type: "array", items: { type: "object", properties: {} } },
  },
};
export const CLOSED_SCHEMA = {
  type: "object",
  properties: {
    city: { type: "string" },
    tags: { type: "array", items: { type: "object", properties: {}, additionalProperties: false } },
  },
  additionalProperties: false,
};
