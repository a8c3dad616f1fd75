/** JSON Schemas as servers write them, and values to hold against them. */
import fc from "fast-check";

type Json = Record<string, unknown>;

const NAMES = ["a", "b", "c", "kind", "filter[id]", "$top"];
const name = fc.constantFrom(...NAMES);

/** References of every form that stay in the document; some lead nowhere. */
const reference = fc.constantFrom(
  "#",
  "#/$defs/D1",
  "#/$defs/D2",
  "#/$defs/Gen%5BX%5D",
  "#anchored",
  "#/$defs/D1/anyOf/0",
  "#/properties/a",
  "#/properties/b/items",
  "#/$defs/D2/properties/kind",
);

const scalar = fc.oneof(
  fc.constant({ type: "string" }),
  fc.constant({ type: "integer" }),
  fc.constant({ type: ["string", "null"] }),
  fc.constant({ type: "string", const: "x" }),
  fc.constant({ type: "string", enum: ["x", "y"] }),
  fc.constant({ const: null }),
  fc.constant({ enum: [null, 1, "x"] }),
  fc.record({ type: fc.constant("integer"), minimum: fc.integer({ min: -2, max: 2 }) }),
  fc.record({ type: fc.constant("number"), exclusiveMaximum: fc.integer({ min: -1, max: 3 }) }),
  fc.record({ type: fc.constant("string"), minLength: fc.nat(2), pattern: fc.constantFrom("^x", "y$") }),
  fc.constant({}),
  fc.boolean(),
);

/** An object's schema; what it requires it names, nearly always. */
function objects(member: fc.Arbitrary<unknown>): fc.Arbitrary<Json> {
  const more = fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.record({ additionalProperties: fc.oneof(fc.constant(false), scalar) }) },
    { weight: 1, arbitrary: fc.constant({ description: "words" }) },
    { weight: 1, arbitrary: fc.record({ patternProperties: fc.record({ "^[ab]": member }) }) },
    { weight: 1, arbitrary: fc.constant({ propertyNames: { maxLength: 10 }, maxProperties: 4 }) },
  );
  return fc
    .tuple(
      fc.dictionary(name, member, { maxKeys: 3 }),
      fc.nat(7),
      fc.constantFrom({}, { type: "object" }),
      more,
    )
    .map(([properties, chosen, type, rest]) => {
      const required = Object.keys(properties).filter((_, index) => (chosen >> index) & 1);
      return { ...type, properties, ...(chosen > 5 && { required }), ...rest };
    });
}

/** @param tuples How the draft writes a list's head and the rest of it. */
function schemas(tuples: (head: unknown[], rest: unknown) => Json): fc.Arbitrary<unknown> {
  const { schema } = fc.letrec<{ schema: unknown; object: Json; more: unknown }>((tie) => ({
    schema: fc.oneof({ maxDepth: 3, depthSize: "small" }, scalar, tie("object"), tie("more")),
    object: objects(tie("schema")),
    more: fc.oneof(
      fc.record({ $ref: reference }),
      fc.record({ $ref: reference, description: fc.constant("beside") }),
      fc.record({ $ref: reference, properties: fc.dictionary(name, tie("schema"), { maxKeys: 2 }) }),
      fc.record({ type: fc.constant("array"), items: tie("schema") }),
      fc
        .tuple(fc.array(tie("schema"), { minLength: 1, maxLength: 2 }), tie("schema"))
        .map(([head, rest]) => tuples(head, rest)),
      ...["anyOf", "oneOf", "allOf"].map((union) =>
        fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((list) => ({ [union]: list })),
      ),
      fc.record({ not: tie("schema") }),
      fc
        .array(tie("schema"), { minLength: 3, maxLength: 3 })
        .map((three) =>
          Object.fromEntries(["if", "then", "else"].map((word, index) => [word, three[index]])),
        ),
    ),
  }));
  return schema;
}

/** Roots: objects, unions, references, with everything that they may lead to. */
function documents(schema: fc.Arbitrary<unknown>, dialect: Json): fc.Arbitrary<Json> {
  const branch = fc.oneof(
    { weight: 4, arbitrary: objects(schema) },
    { weight: 1, arbitrary: fc.uniqueArray(name, { maxLength: 2 }).map((required) => ({ required })) },
    { weight: 1, arbitrary: schema },
  );
  const branches = fc.array(branch, { minLength: 1, maxLength: 3 });
  const none = fc.constant({});
  const root = fc
    .tuple(
      fc.oneof({ weight: 3, arbitrary: objects(schema) }, { weight: 2, arbitrary: none }),
      fc.oneof(
        none,
        fc.record({ anyOf: branches }),
        fc.record({ oneOf: branches }),
        fc.record({ allOf: branches }),
      ),
      fc.oneof({ weight: 4, arbitrary: none }, { weight: 1, arbitrary: fc.record({ $ref: reference }) }),
    )
    .map((parts) => Object.assign({}, ...parts));
  const definitions = fc.record({
    D1: fc.record({ anyOf: fc.array(schema, { minLength: 1, maxLength: 2 }) }),
    D2: objects(schema),
    "Gen[X]": schema,
    E: fc.constant({ $anchor: "anchored", type: "object", properties: { kind: { type: "string" } } }),
  });
  return fc.tuple(root, definitions).map(([whole, $defs]) => ({ ...dialect, ...whole, $defs }));
}

export const modern: fc.Arbitrary<Json> = documents(
  schemas((head, rest) => ({ type: "array", prefixItems: head, items: rest })),
  {},
);
/** Tuples as `items`. */
export const draft7: fc.Arbitrary<Json> = documents(
  schemas((head, rest) => ({ type: "array", items: head, additionalItems: rest })),
  { $schema: "http://json-schema.org/draft-07/schema#" },
);

/** What a value of each kind may be; objects have the members of {@link NAMES}. */
export const values: fc.Arbitrary<Json> = fc.letrec<{ value: unknown; object: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom(null, 0, 1, -1, 2.5, "", "x", "y", "xy", true),
    fc.array(tie("value"), { maxLength: 2 }),
    tie("object"),
  ),
  object: fc.dictionary(name, tie("value"), { maxKeys: 4 }),
})).object;

/** Broken as servers are seen to break them: anything at any place. */
export const broken: fc.Arbitrary<Json> = fc
  .tuple(
    modern,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(null, [], {}, "string", "any", true, 7, "x-y")), {
      maxLength: 4,
    }),
  )
  .map(([schema, changes]) => {
    const whole = structuredClone(schema);
    for (const [at, value] of changes) {
      const places = placesIn(whole);
      const place = places[at % Math.max(places.length, 1)];
      if (place !== undefined) place.holder[place.key] = value;
    }
    return whole;
  });

function placesIn(value: unknown): { holder: Json; key: string }[] {
  if (Array.isArray(value)) return value.flatMap(placesIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ holder: value, key }, ...placesIn(inner)]);
}

/** A value in which members stand that the schema speaks of, so that many of them fit. */
export function fitting(schema: Json, seed: number): unknown {
  let state = seed >>> 0;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const one = (list: readonly unknown[]): unknown => list[random(list.length)];
  const at = (reference: string): unknown => {
    const path = reference === "#anchored" ? "#/$defs/E" : decodeURIComponent(reference);
    let node: unknown = schema;
    for (const key of path.slice(1).split("/").slice(1)) {
      node =
        typeof node === "object" && node !== null
          ? Object.entries(node).find(([name]) => name === key)?.[1]
          : undefined;
    }
    return node;
  };
  const sample = (node: unknown, depth: number): unknown => {
    if (!isObject(node) || depth > 5) return one([null, 1, "x", {}]);
    if ("const" in node) return node.const;
    if (Array.isArray(node.enum)) return one(node.enum);
    const union = listOf(node.anyOf ?? node.oneOf);
    const branches = [
      ...(typeof node.$ref === "string" ? [at(node.$ref)] : []),
      ...(union.length > 0 ? [one(union)] : []),
      ...listOf(node.allOf),
    ];
    switch (one([node.type ?? (branches.length > 0 ? "any" : "object")].flat())) {
      case "string":
        return one(["x", "xy", "y", "xyy"]);
      case "integer":
      case "number":
        return random(5) - 2;
      case "null":
        return null;
      case "array": {
        const [head, rest] = Array.isArray(node.items)
          ? [node.items, node.additionalItems]
          : [node.prefixItems, node.items];
        return [...listOf(head), ...Array(random(2)).fill(rest)].map((inner) => sample(inner, depth + 1));
      }
      default: {
        const parts = branches.map((branch) => sample(branch, depth + 1));
        const other = parts.find((part) => !isObject(part));
        if (other !== undefined && node.type !== "object" && depth > 0) return other;
        return Object.assign({}, ...parts.filter(isObject), membersOf(node, depth));
      }
    }
  };
  const membersOf = (node: Json, depth: number): Json => {
    const properties = Object.entries(isObject(node.properties) ? node.properties : {});
    const required = listOf(node.required);
    const own = properties
      .filter(([key]) => required.includes(key) || random(2) === 0)
      .map(([key, inner]) => [key, sample(inner, depth + 1)]);
    return { ...Object.fromEntries(required.map((key) => [key, "x"])), ...Object.fromEntries(own) };
  };
  return sample(schema, 0);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
