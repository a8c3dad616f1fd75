import { Ajv } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExact } from "../../../src/lib/exact-json.ts";
import { isObject } from "../../../src/lib/json.ts";
import { type SchemaRules, schemaReader } from "../../../src/families/request/schema/index.ts";
import { clientInput, modelInput } from "../../../src/families/request/schema/property-keys.ts";
import { broken, draft7, fitting, modern, values } from "./arbitrary-schemas.ts";

type Json = Record<string, unknown>;

const OPTIONS = { strict: false, validateFormats: false, logger: false } as const;
/** Their meta-schemas take long to compile. */
const AJV_2020 = new Ajv2020(OPTIONS);
const AJV_2019 = new Ajv2019(OPTIONS);
const AJV_7 = new Ajv(OPTIONS);
const RUNS = { numRuns: 100 };

/** What families take, by what they say of it. */
const FORMATS: Readonly<Record<string, SchemaRules>> = {
  "an OpenAI-shaped model": { root: "any", references: true },
  "Converse's models": { root: "object", references: true },
  Claude: { root: "object", references: true, plainKeys: true },
  Nova: { root: "members", references: false },
};

function read(rules: SchemaRules, schema: Json) {
  return schemaReader(rules)(schema, 'tool "f"', "tools[0].function.parameters");
}

/** Whether a value fits; undefined where ajv cannot take the schema. */
function judge(ajv: Ajv, schema: unknown): ((value: unknown) => boolean) | undefined {
  try {
    if (!isObject(schema)) return undefined;
    const validate = ajv.compile(schema);
    return (value) => {
      try {
        return validate(value) === true;
      } catch {
        // References that only lead to each other.
        return false;
      }
    };
  } catch {
    return undefined;
  }
}

function checkForm(schema: Json, { root, references, plainKeys }: SchemaRules): void {
  expect(AJV_2020.validateSchema(schema), JSON.stringify([schema, AJV_2020.errors])).toBe(true);
  expect(() => AJV_2020.compile(schema)).not.toThrow();
  const text = JSON.stringify(schema);
  if (!references) expect(text).not.toContain('"$ref"');
  if (root === "any") return;
  expect(schema.type).toBe("object");
  for (const word of ["$ref", "anyOf", "oneOf", "allOf"]) expect(schema).not.toHaveProperty([word]);
  if (root === "members")
    expect(["properties", "required", "type"]).toEqual(expect.arrayContaining(Object.keys(schema)));
  for (const key of Object.keys((schema.properties ?? {}) as Json)) {
    if (plainKeys) expect(key).toMatch(/^[a-zA-Z0-9_.-]{1,64}$/);
  }
}

it.each([
  ["draft 2020-12", modern, AJV_2020],
  ["draft 7", draft7, AJV_7],
])(
  "a schema of %s comes out valid for every format and accepts what it accepted",
  (_draft, schemas, ajv) => {
    let accepted = 0;
    const tried = fc.array(values, { maxLength: 3 });
    const seeds = fc.array(fc.nat(), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(schemas, tried, seeds, (schema, some, numbers) => {
        // Draft 7 ignores what stands beside a reference; ajv does not.
        const meant = ajv === AJV_7 ? alone(schema) : schema;
        const accepts = judge(ajv, meant);
        const promised = judge(ajv === AJV_7 ? AJV_2019 : AJV_2020, asPromised(meant));
        fc.pre(accepts !== undefined && promised !== undefined);
        const objects = [...some, ...numbers.map((number) => fitting(schema, number))].filter(isObject);
        const inputs = objects.filter((value) => accepts(value) && promised(value));
        accepted += inputs.length;
        for (const rules of Object.values(FORMATS)) {
          const made = read(rules, schema);
          if (made !== undefined) checkForm(made.schema, rules);
          const fits = made && judge(AJV_2020, made.schema);
          for (const value of inputs) {
            const input = made === undefined ? value : modelInput(value, made.keys);
            expect(fits?.(input), JSON.stringify({ rules, schema, value, made: made?.schema })).toBe(true);
          }
        }
      }),
      RUNS,
    );
    expect(accepted).toBeGreaterThan(50);
  },
  120_000,
);

it("a broken schema comes out valid for every format", () => {
  fc.assert(
    fc.property(broken, (schema) => {
      for (const rules of Object.values(FORMATS)) {
        const made = read(rules, schema);
        if (made !== undefined) checkForm(made.schema, rules);
      }
    }),
    RUNS,
  );
}, 120_000);

/** References without what stands beside them. */
function alone(value: unknown): Json {
  const inside = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(inside);
    if (!isObject(part)) return part;
    if (typeof part.$ref === "string") return { $ref: part.$ref };
    return Object.fromEntries(Object.entries(part).map(([word, inner]) => [word, inside(inner)]));
  };
  const made = inside(value);
  return isObject(made) ? made : {};
}

/** Only members that the value's own branch names are promised, see object-root.ts: here no branch allows others. */
function asPromised({ $schema: _dialect, ...schema }: Json): unknown {
  const close = (branch: unknown, own: Json): unknown => {
    // Names members by a pattern, or whatever they are called; refers to what is closed here, or has an
    // `if`, of which ajv takes more for looked at than was.
    if (/"patternProperties"|"additionalProperties":[^f]|"\$ref"|"if"/.test(JSON.stringify(branch)))
      return false;
    // As it is, too: of two that fit, closing one makes the other the only one.
    return { allOf: [branch, closed(branch)], properties: own, unevaluatedProperties: false };
  };
  const closed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(closed);
    if (!isObject(value)) return value;
    const names = Object.keys(isObject(value.properties) ? value.properties : {});
    const own = Object.fromEntries(names.map((name) => [name, true]));
    const entries = Object.entries(value).map(([word, inner]) => {
      const union = (word === "anyOf" || word === "oneOf") && Array.isArray(inner);
      return [word, union ? inner.map((branch) => close(branch, own)) : closed(inner)];
    });
    return Object.fromEntries(entries);
  };
  return closed(schema);
}

const OBJECT: SchemaRules = { root: "object", references: true };
const MEMBERS: SchemaRules = { root: "members", references: false };
const line = { type: "object", properties: { line: { type: "integer" } }, required: ["line"] };

describe("what servers write", () => {
  it.each<[string, SchemaRules, Json, Json]>([
    [
      "a reference through a list",
      MEMBERS,
      {
        type: "object",
        properties: { from: { anyOf: [line, { type: "null" }] }, to: { $ref: "#/properties/from/anyOf/0" } },
      },
      { type: "object", properties: { from: { anyOf: [line, { type: "null" }] }, to: line } },
    ],
    [
      "an encoded reference, and one by an anchor",
      MEMBERS,
      {
        properties: { a: { $ref: "#/definitions/List%3Cint%3E" }, b: { $ref: "#word" } },
        definitions: {
          "List<int>": { type: "array" },

          X: { $anchor: "word" },
        },
        $defs: { Y: { $anchor: "word", type: "string" } },
      },
      { type: "object", properties: { a: { type: "array" }, b: {} } },
    ],
    [
      "a reference that leads nowhere, or elsewhere",
      OBJECT,
      { properties: { a: { $ref: "#/$defs/Gone", title: "A" }, b: { $ref: "https://example.com/b.json" } } },
      { type: "object", properties: { a: { title: "A" }, b: {} } },
    ],
    [
      "references through a list where they are kept",
      OBJECT,
      {
        properties: {
          a: { items: [line] },
          b: { $ref: "#/properties/a/items/0" },
          c: { $ref: "#/definitions/C" },
        },
        definitions: { C: { type: "null" } },
      },
      {
        type: "object",
        properties: { a: { prefixItems: [line] }, b: { $ref: "#/$defs/0" }, c: { $ref: "#/$defs/C" } },
        $defs: { "0": line, C: { type: "null" } },
      },
    ],
    [
      "members beside a reference at the root",
      OBJECT,
      {
        $ref: "#/$defs/Args",
        properties: { z: { type: "integer" } },
        required: ["z"],
        $defs: { Args: { type: "object", properties: { q: { type: "string" } }, required: ["q"] } },
      },
      { type: "object", properties: { z: { type: "integer" }, q: { type: "string" } }, required: ["z", "q"] },
    ],
    [
      "a union of which a branch only says what it requires",
      OBJECT,
      {
        properties: { pid: { type: "integer" }, allow: { type: "boolean" } },
        anyOf: [{ required: ["pid"] }, { properties: { allow: { const: true } }, required: ["allow"] }],
      },
      { type: "object", properties: { pid: { type: "integer" }, allow: { type: "boolean" } } },
    ],
    [
      "a discriminated union",
      OBJECT,
      {
        oneOf: ["x", "y", "z"].map((action, index) => ({
          properties: {
            action: { type: "string", const: action },
            id: { type: index === 1 ? "string" : "integer" },
          },
          required: ["action"],
        })),
      },
      {
        type: "object",
        properties: {
          action: { type: "string", enum: ["x", "y", "z"] },
          id: { anyOf: [{ type: "integer" }, { type: "string" }] },
        },
        required: ["action"],
      },
    ],
    [
      "limits of draft 4",
      OBJECT,
      {
        $schema: "http://json-schema.org/draft-04/schema#",
        id: "https://example.com/tool",
        properties: {
          page: { type: "integer", minimum: 0, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false },
        },
      },
      { type: "object", properties: { page: { type: "integer", exclusiveMinimum: 0, maximum: 9 } } },
    ],
    [
      "a property that says itself that it is required",
      OBJECT,
      { properties: { a: { type: "string", required: true }, b: { type: "any", required: false } } },
      { type: "object", properties: { a: { type: "string" }, b: {} }, required: ["a"] },
    ],
    [
      "tuples and dependencies of draft 7",
      OBJECT,
      {
        properties: { a: { items: [{ type: "string" }], additionalItems: false } },
        dependencies: { a: ["b"], b: { required: ["c"] } },
      },
      {
        type: "object",
        properties: { a: { prefixItems: [{ type: "string" }], items: false } },
        dependentRequired: { a: ["b"] },
        dependentSchemas: { b: { required: ["c"] } },
      },
    ],
    ["PHP's empty object", OBJECT, { type: "object", properties: [] }, { type: "object", properties: {} }],
    [
      "Go's nil slices",
      OBJECT,
      {
        type: "object",
        properties: { o: { properties: { a: { enum: null, default: null, const: null } }, required: null } },
        required: null,
        description: null,
      },
      { type: "object", properties: { o: { properties: { a: { default: null, const: null } } } } },
    ],
    [
      "a type's name for a schema, and types of other languages",
      OBJECT,
      {
        properties: {
          a: "string",
          b: { type: "INT" },
          c: { type: ["str", "null"] },
          d: { type: ["string", "file"] },
        },
      },
      {
        type: "object",
        properties: { a: { type: "string" }, b: { type: "integer" }, c: { type: ["string", "null"] }, d: {} },
      },
    ],
    [
      "a schema inside itself",
      MEMBERS,
      {
        properties: { tree: { $ref: "#/$defs/Tree" } },
        $defs: {
          Tree: {
            type: "object",
            description: "T",
            properties: { left: { $ref: "#/$defs/Tree" }, not: { not: { $ref: "#/$defs/Tree" } } },
          },
        },
      },
      {
        type: "object",
        properties: {
          tree: {
            type: "object",
            description: "T",
            properties: { left: { type: "object", description: "T" }, not: {} },
          },
        },
      },
    ],
    [
      "numbers with more digits than JavaScript has",
      OBJECT,
      { properties: { id: { type: "integer", maximum: parseExact("9223372036854775807") } } },
      { type: "object", properties: { id: { type: "integer", maximum: parseExact("9223372036854775807") } } },
    ],
  ])("%s", (_what, rules, schema, expected) => {
    expect(JSON.parse(JSON.stringify(read(rules, schema)?.schema))).toEqual(
      JSON.parse(JSON.stringify(expected)),
    );
  });

  it.each([{ type: "string" }, { type: "array", items: {} }, { anyOf: [{ type: "null" }] }])(
    "%j is no schema for a tool",
    (schema) => expect(read(OBJECT, schema)).toBeUndefined(),
  );

  it("many references keep their types", () => {
    const names = Array.from({ length: 230 }, (_, index) => `f${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, { $ref: "#/$defs/Id" }]));
    const made = read(MEMBERS, { type: "object", properties, $defs: { Id: { type: "integer" } } });
    expect(Object.values(made?.schema.properties ?? {})).toEqual(names.map(() => ({ type: "integer" })));
  });
});

describe("names of members that a model refuses", () => {
  const long = "k".repeat(70);
  const schema = {
    type: "object",
    properties: {
      "filter[id]": { type: "string" },
      "filter{id}": {},
      filter_id_: {},
      $top: { type: "integer" },
      [long]: {},
    },
    required: ["filter[id]"],
  };

  it("are changed, each into another one, and changed back", () => {
    const made = read({ ...OBJECT, plainKeys: true }, schema);
    if (made === undefined) throw new Error("left out");
    expect(made.schema).toEqual({
      type: "object",
      properties: {
        filter_id__2: { type: "string" },
        filter_id__3: {},
        filter_id_: {},
        _top: { type: "integer" },
        [long.slice(0, 64)]: {},
      },
      required: ["filter_id__2"],
    });
    const input = {
      "filter[id]": "1",
      "filter{id}": 2,
      filter_id_: 3,
      $top: 4,
      [long]: { "filter[id]": 5 },
      other: 6,
    };
    const text = JSON.stringify(modelInput(input, made.keys));
    expect(JSON.parse(clientInput(text, made.keys))).toEqual(input);
    expect(clientInput('{"_top":12345678901234567890}', made.keys)).toBe('{"$top":12345678901234567890}');
    expect(clientInput('{"_top":1', made.keys)).toBe('{"_top":1');
  });
});

describe("bounds", () => {
  const big = Object.fromEntries(
    Array.from({ length: 2000 }, (_, index) => [
      `property${index}`,
      { type: "string", description: "x".repeat(60) },
    ]),
  );
  const refs = (count: number, $ref: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, { $ref }]));

  it("a schema that its references blow up is refused by its tool's name", () => {
    const schema = { type: "object", properties: refs(200, "#/$defs/B"), $defs: { B: { properties: big } } };
    expect(() => read(MEMBERS, schema)).toThrow(/^Invalid 'tools\[0\].*tool "f" grows beyond 2 MiB/);
    // Where references are kept nothing grows.
    expect(JSON.stringify(read(OBJECT, schema)?.schema).length).toBeLessThan(
      JSON.stringify(schema).length * 1.1,
    );
  });

  it("levels of references that double are counted, not made", () => {
    const levels = Array.from({ length: 60 }, (_, index) => [
      `L${index}`,
      { properties: refs(2, `#/$defs/L${index + 1}`) },
    ]);
    const schema = { properties: refs(2, "#/$defs/L0"), $defs: Object.fromEntries(levels) };
    expect(() => read(MEMBERS, schema)).toThrow(/beyond 2 MiB/);
  });

  it("schemas that all contain each other end small", () => {
    const names = Array.from({ length: 40 }, (_, index) => `N${index}`);
    const all = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]));
    const $defs = Object.fromEntries(names.map((name) => [name, { type: "object", properties: all }]));
    const made = read(MEMBERS, { type: "object", properties: all, $defs });
    expect(JSON.stringify(made?.schema).length).toBeLessThan(2 * 1024 * 1024);
    expect(Object.keys(made?.schema.properties ?? {})).toEqual(names);
  });

  it("the tools of a request share the room", () => {
    const reader = schemaReader(MEMBERS);
    const schema = { type: "object", properties: refs(5, "#/$defs/B"), $defs: { B: { properties: big } } };
    const one = () => reader(schema, 'tool "f"', "tools[0].function.parameters");
    expect(() => Array.from({ length: 10 }, one)).toThrow(/beyond 2 MiB/);
  });

  it.each(["inlined", "kept"])("a schema with too many levels is refused where references are %s", (how) => {
    let schema: Json = { type: "string" };
    for (let level = 0; level < 3000; level += 1) schema = { type: "object", properties: { a: schema } };
    const rules = how === "kept" ? OBJECT : MEMBERS;
    expect(() => read(rules, schema)).toThrow(/tool "f" is nested more than 200 levels deep/);
  });
});
