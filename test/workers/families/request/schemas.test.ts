/** JSON Schemas and names of tools as models take them. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constrainableSchema } from "../../../../src/families/request/constrainable-schema.ts";
import { originalName, plainName } from "../../../../src/families/request/tool-names.ts";
import { CLOSED_SCHEMA, OPEN_SCHEMA } from "../../../support/families.ts";

describe("constrainableSchema", () => {
  it("closes objects, and drops the dialect", () => {
    expect(constrainableSchema({ $schema: "x", ...OPEN_SCHEMA })).toEqual(CLOSED_SCHEMA);
    const nested = { type: "object", $defs: { A: { type: "object" } }, anyOf: [{ $ref: "#/$defs/A" }] };
    expect(constrainableSchema(nested)).toEqual({
      ...nested,
      $defs: { A: { type: "object", additionalProperties: false } },
      additionalProperties: false,
    });
  });

  it.each([
    ["a root that is no object", { type: "string" }],
    ["open objects", { type: "object", additionalProperties: true }],
    ["a length limit", { type: "object", properties: { a: { type: "string", maxLength: 3 } } }],
    ["a long list", { type: "object", properties: { a: { type: "array", minItems: 2 } } }],
    ["a foreign reference", { type: "object", properties: { a: { $ref: "https://example.com/a" } } }],
    ["itself as root", { type: "object", properties: { a: { $ref: "#" } } }],
    [
      "recursion",
      { type: "object", $defs: { A: { items: { $ref: "#/$defs/B" } }, B: { $ref: "#/$defs/A" } } },
    ],
    ["a schema that is true", { type: "object", properties: { a: true } }],
  ])("refuses %s", (_, schema) => {
    expect(constrainableSchema(schema)).toBeUndefined();
  });

  it.each([
    ["a format that is not in its list", { type: "string", format: "phone" }],
    ["choices that are objects", { enum: [{ a: 1 }] }],
    ["a reference to nothing", { $ref: "#/$defs/None" }],
  ])("refuses %s", (_, a) => {
    expect(constrainableSchema({ type: "object", properties: { a } })).toBeUndefined();
  });

  it("leaves a schema as it is where that has to say everything itself", () => {
    expect(constrainableSchema(CLOSED_SCHEMA, false)).toEqual(CLOSED_SCHEMA);
    expect(constrainableSchema(OPEN_SCHEMA, false)).toBeUndefined();
    const untyped = { type: "object", properties: { a: { description: "?" } }, additionalProperties: false };
    expect(constrainableSchema(untyped, false)).toBeUndefined();
    expect(constrainableSchema(untyped)).toEqual(untyped);
  });

  it("takes what is referred to twice", () => {
    const twice = {
      type: "object",
      properties: { a: { $ref: "#/$defs/A" }, b: { $ref: "#/$defs/A" } },
      $defs: { A: { type: "string" } },
      additionalProperties: false,
    };
    expect(constrainableSchema(twice)).toEqual(twice);
  });
});

describe("escaped names", () => {
  it("come back, whatever they are", () => {
    const name = fc.oneof(fc.string(), fc.stringMatching(/^[-_x0-9a-f.]{0,12}$/));
    fc.assert(
      fc.property(name, (value) => {
        const plain = plainName(value);
        expect(plain).toMatch(/^(?:[A-Za-z_][A-Za-z0-9_]*)?$/);
        expect(originalName(plain)).toBe(value);
      }),
      { numRuns: 500 },
    );
  });
});
