import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { directivesIn, readDirectives } from "../../../emulator/answer/directives.ts";
import { compose } from "../../../emulator/answer/compose.ts";
import { type Conversation, PROMPT_ONLY } from "../../../emulator/answer/conversation.ts";
import { arithmeticIn } from "../../../emulator/answer/skills.ts";
import { splitArguments, splitText } from "../../../emulator/answer/split.ts";
import { synthesise } from "../../../emulator/answer/synthesise.ts";
import { asObject, spacedJson } from "../../../emulator/json.ts";
import { parse } from "./client.ts";

const unicode = fc.string({ unit: "grapheme" });

describe("directives", () => {
  it("are read and removed", () => {
    const text = "a [[fault: throttle 3]]b[[pace 5]] [[repeat 2 x]][[system]][[ refuse ]][[echo]] c";
    expect(readDirectives(text)).toEqual({
      fault: "throttle 3",
      pace: 5,
      repeat: { count: 2, word: "x" },
      system: true,
      refuse: true,
      echo: true,
      text: "a b  c",
    });
    expect(directivesIn(text)).toBe(
      "[[fault: throttle 3]][[pace 5]][[repeat 2 x]][[system]][[ refuse ]][[echo]]",
    );
  });

  it("leave other brackets alone", () => {
    const text = "[[wiki link]] [echo] [[repeated]]";
    expect(readDirectives(text)).toEqual({ system: false, refuse: false, echo: false, text });
  });
});

describe("split", () => {
  it("loses nothing and splits no code point", () => {
    fc.assert(
      fc.property(unicode, (text) => {
        for (const pieces of [splitText(text), splitArguments(text)]) {
          expect(pieces.join("")).toBe(text);
          expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
        }
        expect(splitText(text).every((piece) => piece !== "")).toBe(true);
      }),
    );
  });

  it("splits inside graphemes and keeps long texts to a bearable number of pieces", () => {
    expect(splitText("\u{1f1f3}\u{1f1f4}")).toEqual(["\u{1f1f3}", "\u{1f1f4}"]);
    expect(splitText("a few plain words to say here").length).toBeGreaterThan(3);
    expect(splitText("word ".repeat(20_000)).length).toBeLessThan(400);
    expect(splitText("x".repeat(100_000)).length).toBeLessThan(400);
  });
});

describe("synthesised arguments", () => {
  const source = { question: "Send 5 letters to Oslo by rail", subject: "Oslo" };
  const make = (schema: unknown) => synthesise(schema, source);
  const integers = { type: "integer" };

  it.each([
    ["the subject", { type: "string" }, "Oslo"],
    ["an enum the question names", { enum: ["car", "rail"] }, "rail"],
    ["an enum it does not name", { enum: [null, "ship"] }, "ship"],
    ["a constant", { const: 3 }, 3],
    ["a number from the question", integers, 5],
    ["a bound", { type: "number", maximum: -2 }, -2],
    ["a multiple", { type: "integer", multipleOf: 7 }, 7],
    ["a union of types", { type: ["null", "boolean"] }, true],
    ["a union of schemas", { anyOf: [{ type: "null" }, integers] }, 5],
    ["a list", { type: "array", items: integers, minItems: 2 }, [5, 5]],
    ["a format", { type: "string", format: "date" }, "2025-01-01"],
    ["a length", { type: "string", maxLength: 2 }, "Os"],
    [
      "the whole question",
      { type: "object", properties: { query: { type: "string" } } },
      { query: source.question },
    ],
    [
      "what is required",
      { type: "object", properties: { a: integers, b: integers }, required: ["b"] },
      { b: 5 },
    ],
    ["nothing of nothing", { type: "object" }, {}],
    ["a reference", { $ref: "#/$defs/n", $defs: { n: integers } }, 5],
    [
      "all of several",
      { allOf: [{ type: "object", properties: { a: integers }, required: ["a"] }, { required: ["b"] }] },
      { a: 5, b: "Oslo" },
    ],
    [
      "a tree",
      {
        type: "object",
        properties: { left: { $ref: "#" }, n: integers },
        required: ["n"],
      },
      { n: 5 },
    ],
  ])("%s", (_, schema, expected) => {
    expect(make(schema)).toEqual(expected);
  });

  it("ends for lists of themselves", () => {
    const schema = { type: "array", items: { $ref: "#" } };
    expect(JSON.stringify(make(schema))).toMatch(/^\[+\]+$/);
  });

  it("satisfies the schema", () => {
    const ajv = new Ajv2020({ strict: false, ownProperties: true });
    const bounds = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(50));
    // ajv never counts that name among the properties of a schema.
    const propertyName = fc.string({ minLength: 1 }).filter((name) => name !== "__proto__");
    const { schema } = fc.letrec((tie) => ({
      schema: fc.oneof({ maxDepth: 4 }, tie("leaf"), tie("object"), tie("list"), tie("union")),
      leaf: fc.oneof(
        fc.constantFrom({ type: "boolean" }, { type: "null" }, { type: ["string", "null"] }, {}),
        fc
          .tuple(fc.nat(20), fc.nat(20))
          .map(([min, more]) => ({ type: "string", minLength: min, maxLength: min + more })),
        bounds.map(([minimum, more]) => ({ type: "integer", minimum, maximum: minimum + more })),
        bounds.map(([minimum, more]) => ({
          type: "number",
          exclusiveMinimum: minimum,
          maximum: minimum + more + 1,
        })),
        fc
          .uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { minLength: 1 })
          .map((list) => ({ enum: list })),
      ),
      object: fc.tuple(fc.dictionary(propertyName, tie("schema")), fc.boolean()).map(([properties, all]) => ({
        type: "object",
        properties,
        additionalProperties: false,
        ...(all && { required: Object.keys(properties) }),
      })),
      list: fc
        .tuple(tie("schema"), fc.nat(3))
        .map(([items, minItems]) => ({ type: "array", items, minItems })),
      union: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    }));
    fc.assert(
      fc.property(schema, fc.string(), (generated, question) => {
        const validate = ajv.compile(asObject(parse(JSON.stringify(generated))));
        expect(
          validate(synthesise(generated, { question, subject: "Oslo" })),
          ajv.errorsText(validate.errors),
        ).toBe(true);
      }),
    );
  });

  it("is written with spaces and reads back the same", () => {
    expect(spacedJson({ a: [1, "x: y"], b: null })).toBe('{"a": [1, "x: y"], "b": null}');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parse(spacedJson(value))).toEqual(parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("skills", () => {
  const answer = (question: string, more: Partial<Conversation> = {}) => {
    const conversation: Conversation = {
      ...{ ...PROMPT_ONLY, system: "", received: {}, maxTokens: 1000, stop: [] },
      ...{ question, ...more },
    };
    const [block] = compose(conversation).blocks;
    return block?.pieces.join("");
  };

  it.each([
    ["Use the calculator: what is (12.5 + 3) * 4?", "(12.5 + 3) * 4"],
    ["2+2", "2+2"],
    ["Add 3 to 4", undefined],
    ["On 2026-11-30 it was 3 * 4.", "2026-11-30"],
    ["(".repeat(50_000), undefined],
  ])("finds the arithmetic of %.60s", (question, expression) => {
    expect(arithmeticIn(question)).toBe(expression);
  });

  it("fills an expression with it", () => {
    const schema = { type: "object", properties: { expression: { type: "string" } } };
    const source = { question: "How much is 6 * 7?", subject: "Oslo" };
    expect(synthesise(schema, source)).toEqual({ expression: "6 * 7" });
  });

  it("draws a table of what is compared", () => {
    expect(answer("Compare SSE and WebSocket in a small table")).toContain(
      "|  | SSE | WebSocket |\n| --- | --- | --- |\n",
    );
  });

  it("knows a name that was said in the conversation", () => {
    const received = { messages: [{ role: "user", content: "My name is Ada" }] };
    expect(answer("What is my name?", { received })).toContain("Your name is Ada.");
    expect(answer("What is my name?")).toContain("You have not told me your name.");
  });

  it("chooses from a list as a router model does", () => {
    const system = [
      "Choose:",
      '- {"name":"small","description":"Everyday questions"}',
      '- {"name":"large","description":"Mathematics, proofs"}',
      'Reply with {"model": "NAME"}.',
    ].join("\n");
    expect(answer("<request>A proof, please</request>", { system })).toBe('{"model":"large"}');
    expect(answer("<request>Hello</request>", { system })).toBe('{"model":"small"}');
  });

  it("answers in JSON when the system prompt wants nothing else", () => {
    const system = "Answer with one JSON object and nothing else.";
    expect(JSON.parse(answer("Hello", { system }) ?? "")).toEqual({ answer: "You asked: Hello" });
  });
});
