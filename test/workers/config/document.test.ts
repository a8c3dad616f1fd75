import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CreateNodeOptions, parseDocument, stringify, type ToStringOptions } from "yaml";
import { readJson } from "../../../src/config/document.ts";
import { readYaml, yamlOf } from "../../../src/config/yaml.ts";

/** What the library `yaml` reads; undefined where it finds a fault. */
function readByLibrary(text: string): { value: unknown } | undefined {
  const document = parseDocument(text, { merge: true, prettyErrors: false, logLevel: "error" });
  if (document.errors.length > 0) return undefined;
  try {
    return { value: document.toJS({ mapAsMap: true, maxAliasCount: -1 }) };
  } catch {
    return undefined;
  }
}

/** What we read; undefined where we find a fault, which is always one with a place and a sentence. */
function readByUs(text: string): { value: unknown } | undefined {
  const { value, problems } = yamlOf(text);
  for (const problem of problems) expect(problem).toMatch(/^line \d+, column \d+: ./);
  return problems.length === 0 ? { value } : undefined;
}

const map = (...pairs: [unknown, unknown][]) => new Map(pairs);

describe("values", () => {
  it.each<[string, string, unknown]>([
    [
      "scalars",
      "[~, null, true, FALSE, 12, -3, 0o17, 0x1F, 1.5e3, .5, -.inf, text, ]",
      [null, null, true, false, 12, -3, 15, 31, 1500, 0.5, Number.NEGATIVE_INFINITY, "text"],
    ],
    [
      "no number",
      "[1_000, 0b1, 12e, 1.2.3, yes, .infinity]",
      ["1_000", "0b1", "12e", "1.2.3", "yes", ".infinity"],
    ],
    ["NaN", ".nan", Number.NaN],
    ["colons and hashes inside", "a: http://x:1/#y # gone", map(["a", "http://x:1/#y"])],
    ["text over lines", "a: one\n  two\n\n  three", map(["a", "one two\nthree"])],
    ["single quotes", "a: 'it''s # here\n  too'", map(["a", "it's # here too"])],
    ["double quotes", '"\\x41\\u00e9\\U0001F600\\n\\t\\"\\\\ \\\n   on"', 'Aé😀\n\t"\\ on'],
    ["a literal text", "a: |\n  one\n   two\n\n  three\nb: 1", map(["a", "one\n two\n\nthree\n"], ["b", 1])],
    ["a literal text without its last line break", "a: |- # why\n  one\n\nb: 1", map(["a", "one"], ["b", 1])],
    ["a literal text with all its line breaks", "a: |+\n  one\n\nb: 1", map(["a", "one\n\n"], ["b", 1])],
    ["a literal text that begins with spaces", "a: |1\n   one\n two", map(["a", "  one\ntwo\n"])],
    [
      "a folded text",
      "a: >\n  one\n  two\n\n  three\n    code\n  four",
      map(["a", "one two\nthree\n  code\nfour\n"]),
    ],
    [
      "lists",
      "- a\n- - b\n  - c\n-\n  d: e\n  f:\n  - g\n- ",
      ["a", ["b", "c"], map(["d", "e"], ["f", ["g"]]), null],
    ],
    ["a list in its key's column", "a:\n- b\n- c\nd: e", map(["a", ["b", "c"]], ["d", "e"])],
    [
      "brackets",
      '{a: [b, {c: d}], "e":f, g, h: }',
      map(["a", ["b", map(["c", "d"])]], ["e", "f"], ["g", null], ["h", null]),
    ],
    ["brackets over lines", "a: [\n  b, # why\n  c\n]\nd: {\n}", map(["a", ["b", "c"]], ["d", map()])],
    ["pairs in a list", "[a: b, c]", [map(["a", "b"]), "c"]],
    ["explicit keys", "? a\n: b\n? [c]\n: - d\n? e", map(["a", "b"], [["c"], ["d"]], ["e", null])],
    ["keys that are no texts", "{1: a, true: b, ~: c}", map([1, "a"], [true, "b"], [null, "c"])],
    ["tags", "[!!str 1, ! 2, !!int 3, !!map {}]", ["1", "2", 3, map()]],
    ["directives and markers", "%YAML 1.2\n# c\n---\na: 1\n...\n# c\n", map(["a", 1])],
    [
      "other line breaks and a byte order mark",
      "\uFEFFa: 1\r\nb: 2\rc: 3",
      map(["a", 1], ["b", 2], ["c", 3]),
    ],
    [
      "line breaks that are none",
      'a: "x\u2028y"\nb: |\n  \u2029\u0085',
      map(["a", "x\u2028y"], ["b", "\u2029\u0085\n"]),
    ],
    ["an alias", "a: &x [1]\nb: *x", map(["a", [1]], ["b", [1]])],
    ["an anchor on its own line", "a: &x\n  b: 1\nc: *x", map(["a", map(["b", 1])], ["c", map(["b", 1])])],
    ["an anchor of a key", "&x a: 1\nb: *x", map(["a", 1], ["b", "a"])],
    [
      "a merge",
      "a: &x {b: 1, c: 2}\nd: {c: 3, <<: *x}",
      map(["a", map(["b", 1], ["c", 2])], ["d", map(["c", 3], ["b", 1])]),
    ],
    [
      "several merges, the first first",
      "- &x {a: 1}\n- &y {a: 2, b: 2}\n- <<: [*x, *y]",
      [map(["a", 1]), map(["a", 2], ["b", 2]), map(["a", 1], ["b", 2])],
    ],
    ["a quoted << is a key", '{"<<": 1}', map(["<<", 1])],
  ])("%s", (_name, text, value) => {
    expect(yamlOf(text)).toEqual({ value, problems: [] });
  });

  it("are as many as a file has without aliases", () => {
    const { value } = yamlOf(`[${"x,".repeat(150_000)}]`);
    expect(value).toHaveLength(150_000);
  });
});

describe("aliases, merges and keys become what the library makes of them", () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: "grapheme", maxLength: 8 }),
    fc
      .array(
        fc.constantFrom(
          "a",
          "word ".repeat(20),
          "  b",
          "",
          "\tc",
          " ",
          "#",
          "k: v",
          "- x",
          "'",
          '"',
          "\\",
          "\u2028",
        ),
        {
          maxLength: 6,
        },
      )
      .map((lines) => lines.join("\n")),
  );
  const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      texts,
      fc.constantFrom(null, true, false, -0, 1e21, Number.NaN, Number.POSITIVE_INFINITY, "<<", "1", "~"),
      fc.integer(),
      fc.double(),
      fc.array(tie("value"), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.oneof(texts, fc.integer()), tie("value")), { maxLength: 4 })
        .map((pairs) => new Map(pairs)),
    ),
  }));
  const styles: fc.Arbitrary<CreateNodeOptions & ToStringOptions> = fc.record({
    indent: fc.constantFrom(2, 3),
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 20, 80),
    collectionStyle: fc.constantFrom("any", "flow", "block"),
    defaultStringType: fc.constantFrom(
      "PLAIN",
      "QUOTE_DOUBLE",
      "QUOTE_SINGLE",
      "BLOCK_LITERAL",
      "BLOCK_FOLDED",
    ),
    defaultKeyType: fc.constantFrom(null, "PLAIN", "QUOTE_DOUBLE"),
  });

  it("where it wrote the text itself, in any style", () => {
    fc.assert(
      fc.property(values, styles, fc.boolean(), (value, style, windows) => {
        const written = stringify(value, style);
        const text = windows ? written.replaceAll("\n", "\r\n") : written;
        const theirs = readByLibrary(text);
        // Not all that it writes can it read.
        if (theirs !== undefined) expect(readByUs(text)).toEqual(theirs);
      }),
      { numRuns: 1500 },
    );
  });

  it("where both find sense in it, whatever it is", () => {
    const pieces = [
      "a",
      "b: ",
      "- ",
      "? ",
      ": ",
      ":",
      "\n",
      "\n  ",
      "\n ",
      "{",
      "}",
      "[",
      "]",
      ", ",
      "&a ",
      "*a",
      "<<: ",
      "|",
      ">-\n",
    ];
    const others = [
      "'",
      '"',
      "#",
      " # c",
      "~",
      "1",
      ".inf",
      "---\n",
      "...\n",
      "\\",
      "\\n",
      "\t",
      "  ",
      "!!str ",
      "%",
      "''",
      "\u00a0",
    ];
    const text = fc
      .array(fc.constantFrom(...pieces, ...others), { maxLength: 10 })
      .map((list) => list.join(""));
    let both = 0;
    fc.assert(
      fc.property(text, (value) => {
        const ours = readByUs(value);
        const theirs = ours && readByLibrary(value);
        if (theirs === undefined) return;
        both++;
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 5000 },
    );
    expect(both).toBeGreaterThan(1000);
  });
});

/** Further examples of the specification, each of which is one configuration. */
describe("what YAML 1.2 allows", () => {
  it.each<[string, string, unknown]>([
    ["tabs as white space", "\t{}", map()],
    ["tabs in front of a text on a line of its own", "foo:\n \tbar", map(["foo", "bar"])],
    ["a tag before a line break", "!!map {\n  k: !!seq\n  [ a, !!str b]\n}", map(["k", ["a", "b"]])],
    ["lists without indentation as an explicit key and its value", "?\n- a\n:\n- c\n", map([["a"], ["c"]])],
  ])("%s", (_name, text, root) => {
    expect(readYaml(text)).toEqual({ root, problems: [] });
  });
});

describe("faults", () => {
  it.each([
    [
      "a quote that is not closed",
      "a: 'x\nb: y",
      "line 2, column 5: a comma, a colon, a closing bracket or quote",
    ],
    [
      "a bracket that is not closed",
      "a: 1\nb: [x,\nc: y",
      "line 3, column 1: wrong indentation: this belongs to nothing above it, or a bracket",
    ],
    ["a comma missing", 'a: ["x" "y"]', "line 1, column 9: a comma, a colon, a closing bracket or quote"],
    ["a comma too many", "a: [x,, y]", "line 1, column 7: this cannot stand here"],
    [
      "a colon missing",
      "a:\n  b\n  c: d",
      "line 2, column 3: a key goes over several lines, or a colon is missing",
    ],
    ["a colon missing among keys", "a: b\nc d\ne: f", "line 2, column 1: a comma, a colon"],
    [
      "a second colon",
      "a: http: x",
      "line 1, column 4: a list or a mapping begins on a line of its own; a second colon",
    ],
    [
      "a line too deep",
      "a: b\n  c: d",
      "line 1, column 4: a list or a mapping begins on a line of its own; a second colon on one line, or wrong indentation",
    ],
    ["a key too deep behind quotes", "a: 'b'\n  c: d", "line 2, column 1: wrong indentation"],
    [
      "a key that belongs to nothing",
      " a: b\nc: d",
      "line 2, column 1: this cannot stand here: wrong indentation",
    ],
    ["a list among keys", "a: b\n- c", "line 2, column 1: a key goes over several lines"],
    ["a text behind quotes", "a: 'b' c", "line 1, column 8: this cannot stand here"],
    ["an unknown escape", 'a: "x\\d"', "line 1, column 6: an unknown escape in double quotes"],
    ["an escape beyond Unicode", 'a: "\\UFFFFFFFF"', "line 1, column 5: an unknown escape in double quotes"],
    ["an unknown tag", "a: !secret b", "line 1, column 4: an unknown tag"],
    ["two anchors", "a: &x &y b", "line 1, column 7: a value has two anchors (&)"],
    ["an & alone", "a: & b", "line 1, column 4: an anchor (&) or alias (*) has no name"],
    ["an alias of nothing", "a: *b", "line 1, column 4: an alias (*) without its anchor (&) above"],
    [
      "an alias inside its anchor",
      "a: &b {c: *b}",
      "line 1, column 11: an alias (*) without its anchor (&) above, or inside of it",
    ],
    [
      "an alias with an anchor",
      "a: &x *y",
      "line 1, column 7: an alias (*) can have neither an anchor (&) nor a tag (!)",
    ],
    ["a text that begins with @", "a: @b", "line 1, column 4: a text cannot begin with this character"],
    ["a tab", "a:\n  b:\n  \tc: d", "line 3, column 3: a tab is used for indentation"],
    [
      "a % line without ---",
      "%YAML 1.2\na: b",
      "line 2, column 1: a comma, a colon, a closing bracket or quote, or a line --- is missing",
    ],
    ["text behind the document", "a: b\n...\nc: d", "line 3, column 1: a second document begins here"],
    ["a second document", "a: b\n---\nc: d", "line 2, column 1: a second document begins here"],
    ["a merge of a text", "a: {<<: [b]}", "line 1, column 5: a merge (<<) of what is no mapping"],
    ["nothing at all", "", "the file: the configuration is empty; wanted a mapping"],
    ["no mapping", "- a", "the file: a list stands here; wanted a mapping"],
  ])("%s", (_name, text, problem) => {
    const { root, problems } = readYaml(text);
    expect([root, problems]).toEqual([undefined, [expect.stringContaining(problem)]]);
    expect(readYaml(text.replaceAll("\n", "\r\n")).problems).toEqual(problems);
  });

  it("list every key that stands twice, and the rest is still read", () => {
    const twice = "the same key stands twice in one mapping";
    expect(readYaml("a: 1\nb: {c: 1, c: 2}\na: 3\n1: x\n'1': y\n<<: {}\n<<: {}")).toEqual({
      root: map(["a", 3], ["b", map(["c", 2])], [1, "x"], ["1", "y"]),
      problems: ["line 2, column 11", "line 3, column 1", "line 5, column 1"].map((at) => `${at}: ${twice}`),
    });
  });

  it("never quote the file", () => {
    const secret = "sk-hidden";
    const around = fc
      .array(
        fc.constantFrom(
          "a: ",
          "- ",
          "\n",
          "\n  ",
          "[",
          "{",
          "'",
          '"',
          "*",
          "&",
          "!",
          "|",
          "%",
          "\\",
          ": ",
          "? ",
          "@",
          secret,
        ),
        { maxLength: 8 },
      )
      .map((list) => list.join(""));
    fc.assert(
      fc.property(around, around, (before, after) => {
        for (const problem of readYaml(before + secret + after).problems)
          expect(problem).not.toContain(secret);
      }),
      { numRuns: 1500 },
    );
  });
});

describe("bounds", () => {
  const problemOf = (text: string) => readYaml(text).problems.join();
  const many = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i));

  it.each([
    ["brackets", `a: ${"[".repeat(100_000)}`],
    ["mappings", many(1000, (index) => `${" ".repeat(index)}a:`).join("\n")],
    ["lists", `a:\n${"- ".repeat(3000)}b`],
    ["explicit keys", `${"? ".repeat(3000)}b`],
    [
      "aliases",
      many(150, (index) => `a${index}: &a${index} [${index > 0 ? `*a${index - 1}` : ""}]`).join("\n"),
    ],
  ])("end what is nested too deeply: %s", (_name, text) => {
    expect(problemOf(text)).toMatch(/^line \d+, column \d+: nested too deeply: more than 100 levels$/);
  });

  it.each([
    [
      "aliases of aliases",
      many(
        30,
        (index) => `a${index}: &a${index} [${index > 0 ? `*a${index - 1}, *a${index - 1}` : "x"}]`,
      ).join("\n"),
    ],
    [
      "merges",
      `a: &a {${many(5000, (index) => `k${index}: v`).join()}}\n${many(5000, (index) => `b${index}: {<<: *a}`).join("\n")}`,
    ],
    [
      "merges of merges",
      many(
        2000,
        (index) => `a${index}: &a${index} {k${index}: v${index > 0 ? `, <<: *a${index - 1}` : ""}}`,
      ).join("\n"),
    ],
  ])("end what grows: %s", (_name, text) => {
    expect(problemOf(text)).toContain("too much comes from aliases (*) and merges (<<)");
  });

  it("end a text of a megabyte, and let what people write pass", () => {
    expect(problemOf(`a: ${"x".repeat(2 ** 20)}`)).toBe("the file: longer than 1048576 characters");
    const models = many(2000, (index) => `  m${index}: {<<: *shared, model: id-${index}}`).join("\n");
    expect(problemOf(`shared: &shared {provider: bedrock, aws_region: [eu-west-1]}\nllms:\n${models}`)).toBe(
      "",
    );
  });
});

describe("JSON", () => {
  it("is read as JSON, whatever its keys are called", () => {
    const text = '{"a": {"__proto__": [1, {"b\\"": null}]}, "1": "x: {y"}';
    const root = map(["1", "x: {y"], ["a", map(["__proto__", [1, map(['b"', null])]])]);
    expect(readJson(text)).toEqual({ root, problems: [] });
    expect(readYaml(text)).toEqual({ root, problems: [] });
  });

  it.each([
    ["is not JSON", "{a: 1}"],
    ["is no mapping", "[1]"],
    ["has a key twice", '{"a": 1, "b": {"c": 1, "c": 2}}'],
    ["is nested too deeply", `{"a": ${"[".repeat(150)}${"]".repeat(150)}}`],
  ])("is left to the reader of YAML where it %s", (_why, text) => {
    expect(readJson(text)).toBeUndefined();
  });
});
