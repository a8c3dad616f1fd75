/** Whatever a client asks for: a family says that it cannot do it, or sends what its model on Bedrock accepts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { converse } from "../../../emulator/families/converse/index.ts";
import { familyOf } from "../../../emulator/families/index.ts";
import { RouterError } from "../../../src/errors.ts";
import { jsonText } from "../../../src/lib/exact-json.ts";
import { familyFor } from "../../../src/families/index.ts";
import type { JsonObject } from "../../../src/chat/request.ts";
import { bedrockTarget, chat, thrownBy } from "../../support/bedrock.ts";
import { calls, imagePart, says, textPart } from "../../support/families.ts";
import { MODELS, type RepresentativeModel } from "../../support/representative-models.ts";

/** Any text, often with what templates are made of; some of it empty or white space only. */
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom(
    "<|eot_id|>",
    "[INST] x [/INST]",
    "</s>",
    "User: a\nBot: b",
    "<｜User｜>",
    "<think>",
    "\ud83d",
  ),
);

const schema = fc.constantFrom<JsonObject>(
  { type: "object", properties: {} },
  { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  { $ref: "#/$defs/a", $defs: { a: { type: "object", properties: { b: { type: "integer" } } } } },
  { anyOf: [{ type: "object", properties: { a: { type: ["string", "null"] } } }, { type: "null" }] },
  { $schema: "x", type: "object", properties: { list: { type: "array", items: { enum: ["a", null] } } } },
  {},
);
const name = fc.constantFrom("get_weather", "Read-File", "a", "x".repeat(64), "functions_1");
const tools = fc
  .uniqueArray(name, { minLength: 1, maxLength: 3 })
  .chain((names) =>
    fc.tuple(
      ...names.map((one) =>
        fc
          .record({ description: text, parameters: schema, strict: fc.boolean() }, { requiredKeys: [] })
          .map((more) => ({ type: "function", function: { name: one, ...more } })),
      ),
    ),
  );

/** A step of a conversation in words only. */
const words = fc.oneof(
  fc
    .tuple(fc.constantFrom("system", "developer", "user", "assistant"), text)
    .map(([role, said]) => [says(role, said)]),
  fc.array(text, { minLength: 1, maxLength: 3 }).map((said) => [says("user", said.map(textPart))]),
);
/** Any step: also an image, or calls of tools with their results. */
const step = fc.oneof(
  { weight: 2, arbitrary: words },
  { weight: 1, arbitrary: fc.constant([says("user", [textPart("See"), imagePart()])]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.uniqueArray(fc.constantFrom("call_1", "functions.read:0", "toolu_01", "ab12cd34e"), {
          minLength: 1,
          maxLength: 3,
        }),
        name,
        fc.constantFrom("", "{}", '{"city":"Oslo"}', '{"city', "[1]"),
        fc.boolean(),
        text,
      )
      .map(([ids, tool, args, reversed, said]) => [
        says("user", "Go on"),
        says("assistant", said, calls(...ids.map((id): [string, string, string] => [id, tool, args]))),
        ...(reversed ? ids.toReversed() : ids).map((id) => says("tool", said, { tool_call_id: id })),
      ]),
  },
);

/** What every model takes in some way, or leaves out. */
const HINTS = {
  temperature: fc.double({ min: 0, max: 2, noNaN: true }),
  top_p: fc.double({ min: 0, max: 1, noNaN: true }),
  max_tokens: fc.constantFrom(1, 100, 5000),
  stop: fc.oneof(text, fc.array(text, { maxLength: 4 })),
  reasoning_effort: fc.constantFrom("none", "minimal", "low", "medium", "high", "xhigh", "max"),
  stream: fc.boolean(),
  user: text,
  metadata: fc.dictionary(text, text, { maxKeys: 2 }),
  service_tier: fc.constantFrom("auto", "default", "flex", "priority"),
  seed: fc.integer(),
  frequency_penalty: fc.double({ min: -2, max: 2, noNaN: true }),
  presence_penalty: fc.constantFrom(-2, 0, 0.5, 2),
};
/** What not every model can do. */
const DEMANDS = {
  tools,
  tool_choice: fc.constantFrom("none", "auto", "required"),
  parallel_tool_calls: fc.boolean(),
  response_format: fc.oneof(
    fc.constant({ type: "json_object" }),
    fc
      .record({ name: fc.constant("a"), schema, strict: fc.boolean() })
      .map((json_schema) => ({ type: "json_schema", json_schema })),
  ),
};

type Steps = typeof step;
type Settings = fc.Arbitrary<JsonObject>;
const requestOf = (steps: Steps, settings: Settings) =>
  fc
    .tuple(fc.array(steps, { minLength: 1, maxLength: 4 }), settings)
    .map(([said, more]): JsonObject => ({ ...more, messages: said.flat() }));
const request = fc.oneof(
  requestOf(words, fc.record(HINTS, { requiredKeys: [] })),
  requestOf(step, fc.record({ ...HINTS, ...DEMANDS }, { requiredKeys: [] })),
);

function expectAccepted({ model, settings }: RepresentativeModel, asked: JsonObject): boolean {
  const target = bedrockTarget(model, settings);
  const refusal = thrownBy(() => familyFor(target).encode(chat(asked), target));
  if (refusal !== undefined) {
    expect(refusal).toBeInstanceOf(RouterError);
    expect(refusal).toMatchObject({ status: 400, param: expect.any(String) });
    return false;
  }
  const { body, operation } = familyFor(target).encode(chat(asked), target);
  const sent: JsonObject = JSON.parse(jsonText(body));
  const emulated = operation.startsWith("converse")
    ? converse(operation === "converse-stream")
    : familyOf(model, sent);
  // Bedrock's words, if it refuses.
  expect(thrownBy(() => emulated?.validate(sent, model))).toBeUndefined();
  expect(emulated).toBeDefined();
  return true;
}

describe.each([...MODELS])("%s", (_, row) => {
  it("accepts what its family sends", () => {
    let accepted = 0;
    fc.assert(
      fc.property(request, (asked) => {
        if (expectAccepted(row, asked)) accepted += 1;
      }),
      { numRuns: 200 },
    );
    expect(accepted).toBeGreaterThan(10);
  });
});
