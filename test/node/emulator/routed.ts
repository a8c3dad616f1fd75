/** What the router's families send to the emulator, and its answers as they read them. */
import fc from "fast-check";
import { expect } from "vitest";
import type { EmulatedFamily } from "../../../emulator/families/family.ts";
import type { Emulator } from "../../../emulator/index.ts";
import type { JsonObject } from "../../../emulator/json.ts";
import type { BedrockTarget } from "../../../src/target.ts";
import { familyFor } from "../../../src/families/index.ts";
import { asSent, bedrockTarget, chat } from "../../support/bedrock.ts";
import { type Folded, fold } from "../../support/deltas.ts";
import { bodyOf, call, eventsOf } from "./client.ts";

// --- Requests of OpenAI's ---------------------------------------------------------------------------------------

export const user = (content: unknown) => ({ role: "user", content });
export const tool = (name: string, properties: JsonObject = {}) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties, required: Object.keys(properties) } },
});
export const weather = tool("get_weather", { city: { type: "string" } });
const strictWeather = { ...weather, function: { ...weather.function, strict: true } };

/** An assistant's message with one call. */
export const calls = (id: string, name: string, args: string, content: unknown = null) => ({
  role: "assistant",
  content,
  tool_calls: [{ id, type: "function", function: { name, arguments: args } }],
});
export const result = (tool_call_id: string, content: unknown) => ({ role: "tool", tool_call_id, content });

/** The messages that give every call of an answer its result. */
export function answered({ text, calls: made }: Folded, resultOf: (name: string) => string): JsonObject[] {
  const tool_calls = made.map(({ id, name, args }) => {
    return { id, type: "function", function: { name, arguments: args } };
  });
  const results = made.map(({ id, name }) => result(id, resultOf(name)));
  return [{ role: "assistant", content: text, tool_calls }, ...results];
}

const jsonSchema = (schema: object) => ({ type: "json_schema", json_schema: { name: "x", schema } });

/** Any of the settings that a request may have beside its messages. */
export const SETTINGS = {
  max_tokens: fc.constantFrom(1, 500, 100_000),
  temperature: fc.constantFrom(0, 0.7, 2),
  top_p: fc.constantFrom(0, 0.5, 1),
  stop: fc.constantFrom("", "x", ["a", ""], "User:"),
  frequency_penalty: fc.constantFrom(0, 1.5),
  presence_penalty: fc.constantFrom(0, -2),
  seed: fc.constantFrom(null, 1, -1),
  parallel_tool_calls: fc.boolean(),
  reasoning_effort: fc.constantFrom("none", "minimal", "medium", "max"),
  response_format: fc.constantFrom(
    { type: "text" },
    { type: "json_object" },
    jsonSchema({ type: "object", properties: {} }),
    jsonSchema({
      type: "object",
      properties: { a: { $ref: "#/$defs/A" } },
      $defs: { A: { type: "string" } },
    }),
    jsonSchema({ type: "array" }),
  ),
  tools: fc.constantFrom([], [weather], [strictWeather]),
  tool_choice: fc.constantFrom("none", "auto"),
  user: fc.constantFrom("me", null),
};

// --- Answers ----------------------------------------------------------------------------------------------------

export interface Routed {
  /** The answer to a request, streamed or whole. */
  read(body: JsonObject, model: string, stream: boolean): Promise<Folded>;
  /** The streamed answer; fails unless the whole one is the same. */
  both(body: JsonObject, model: string): Promise<Folded>;
}

/**
 * Asks the emulator as a family does.
 * @param comparable What has to be the same of a streamed and a whole answer.
 */
export function routedTo(
  emulator: () => Emulator,
  settings: (model: string) => Partial<BedrockTarget>,
  comparable: (folded: Folded) => unknown = (folded) => folded,
): Routed {
  const read: Routed["read"] = async (body, model, stream) => {
    const target = bedrockTarget(model, settings(model));
    const family = familyFor(target);
    const encoded = asSent(family.encode(chat({ ...body, stream }), target));
    const streams = encoded.operation === "invoke-with-response-stream";
    const response = await call(emulator(), { model, body: encoded.body, stream: streams });
    if (response.status !== 200) throw new Error(await response.text());
    if (!streams) return fold(encoded.whole(await bodyOf(response), response.headers));
    const decode = encoded.stream();
    const events = await eventsOf(response);
    return fold(events.flatMap((payload) => decode({ event: "chunk", payload })));
  };
  return {
    read,
    async both(body, model) {
      const streamed = await read(body, model, true);
      const whole = await read(body, model, false);
      expect(comparable(whole)).toEqual(comparable(streamed));
      return streamed;
    },
  };
}

/** An answer with its calls by name and arguments: some models make up another id for every answer. */
export function withoutIds({ calls: made, ...rest }: Folded) {
  return { ...rest, calls: made.map(({ name, args }) => ({ name, args })) };
}

/** Fails unless an emulated model takes what a family makes of a request, and the family reads its answer to the end. */
export function expectUnderstood(
  target: BedrockTarget,
  body: JsonObject,
  emulatedFor: (id: string, sent: JsonObject) => EmulatedFamily | undefined,
): void {
  const family = familyFor(target);
  const encoded = asSent(family.encode(chat(body), target));
  const emulated = emulatedFor(target.model, encoded.body);
  if (emulated === undefined) throw new Error(`nobody speaks for ${target.model}`);
  expect(() => emulated.validate(encoded.body, target.model)).not.toThrow();
  const streams = encoded.operation === "invoke-with-response-stream";
  const able = family.facts(target).capabilities?.streaming ?? true;
  expect(streams).toBe(body.stream === true && able);
  const parts = emulated.shape(emulated.respond(encoded.body, target.model), streams);
  const decode = encoded.stream();
  const deltas = streams
    ? parts.flatMap((payload) => decode({ event: "chunk", payload }))
    : encoded.whole(parts[0], new Headers());
  expect(fold(deltas).finish).toBeDefined();
}
