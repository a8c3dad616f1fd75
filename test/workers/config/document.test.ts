import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CreateNodeOptions, parseDocument, stringify, type ToStringOptions } from "yaml";
import { parseYaml } from "../../../src/config/document.ts";
import { Report } from "../../../src/config/report.ts";
import { parse, YamlFault } from "../../../src/config/yaml/index.ts";

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
  try {
    const { value, duplicates } = parse(text);
    return duplicates.length === 0 ? { value } : undefined;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(YamlFault);
    return undefined;
  }
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
    ["an escaped line break before an empty line", '"a\\\n  \n  b"', "a\nb"],
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
    expect(parse(text)).toEqual({ value, duplicates: [] });
  });

  it("may hold themselves", () => {
    const { value } = parse("&a [*a]");
    expect(Array.isArray(value) && value[0]).toBe(value);
  });

  it("are as many as a file has without aliases", () => {
    const { value } = parse(`[${"x,".repeat(150_000)}]`);
    expect(value).toHaveLength(150_000);
  });
});

describe("the library yaml reads the same", () => {
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
        // Folding, it may write this (and "undefined" before it), and reads a space where YAML 1.2 has a line feed.
        fc.pre(!/\\\n *\n/.test(written));
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
        // There the library leaves out spaces and line breaks that the specification keeps.
        fc.pre(!/\\\n|[|>]-?1/.test(value));
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

describe("faults", () => {
  const problemsOf = (text: string): string[] => {
    const report = new Report();
    parseYaml(text, report);
    return report.problems;
  };

  it.each([
    [
      "a quote that is not closed",
      "a: 'x\nb: y",
      "line 1, column 4: the quote that begins here is not closed",
    ],
    ["a quote closed twice", "a: '''\nb: y", "line 1, column 4: the quote that begins here is not closed"],
    [
      "a bracket that is not closed",
      "a: 1\nb: [x,\nc: y",
      "line 2, column 4: the bracket that begins here is not closed",
    ],
    [
      "a comma missing",
      'a: ["x" "y"]',
      "line 1, column 9: a comma, a closing bracket or a quote is missing here",
    ],
    ["a comma too many", "a: [x,, y]", "line 1, column 7: a text cannot begin with this character"],
    [
      "a colon missing",
      "a:\n  b\n  c: d",
      "line 2, column 3: a key goes over several lines, or a colon is missing",
    ],
    ["a colon missing among keys", "a: b\nc d\ne: f", "line 2, column 1: a key goes over several lines"],
    ["a second colon", "a: http: x", "line 1, column 4: a second colon on one line"],
    ["a line too deep", "a: b\n  c: d", "line 2, column 3: a second colon on one line, or wrong indentation"],
    [
      "a key too deep",
      "a:\n  b: c\n   d: e",
      "line 3, column 4: a second colon on one line, or wrong indentation",
    ],
    [
      "a key too deep behind quotes",
      "a: 'b'\n  c: d",
      "line 2, column 3: wrong indentation: this stands deeper",
    ],
    [
      "a key that belongs to nothing",
      " a: b\nc: d",
      "line 2, column 1: wrong indentation: this belongs to nothing",
    ],
    ["a list among keys", "a: b\n- c", "line 2, column 1: an entry of a list stands among the keys"],
    ["a list behind its key", "a: - b", "line 1, column 4: a list or a mapping begins on a line of its own"],
    ["a text behind quotes", "a: 'b' c", "line 1, column 7: text stands behind the value here"],
    ["a text behind |", "a: | b", "line 1, column 4: text stands behind | or >"],
    ["an unknown escape", 'a: "x\\d"', "line 1, column 6: an unknown escape in double quotes"],
    ["an escape beyond Unicode", 'a: "\\UFFFFFFFF"', "line 1, column 5: an unknown escape in double quotes"],
    ["an unknown tag", "a: !secret b", "line 1, column 4: an unknown tag"],
    ["an & alone", "a: & b", "line 1, column 4: an anchor without a name"],
    ["a text that begins with @", "a: @b", "line 1, column 4: a text cannot begin with this character"],
    ["a tab", "a:\n  b:\n  \tc: d", "line 3, column 3: a tab is used for indentation"],
    ["a % line without ---", "%YAML 1.2\na: b", "line 2, column 1: a line --- is missing"],
    ["too deep nesting", "[".repeat(101), "line 1, column 101: nested too deeply"],
    ["text behind the document", "a: b\n...\nc: d", "line 3, column 1: a second document begins here"],
    ["a merge of a text", "a: {<<: [b]}", "the file: its YAML cannot be resolved: a merge (<<)"],
  ])("%s", (_name, text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(problem)]);
    expect(problemsOf(text.replaceAll("\n", "\r\n"))).toEqual(problemsOf(text));
  });

  it("list every key that stands twice, and the rest is still read", () => {
    const report = new Report();
    const value = parseYaml("a: 1\nb: {c: 1, c: 2}\na: 3\n<<: {}\n<<: {}", report);
    const twice = "the same key stands twice in one mapping";
    expect(report.problems).toEqual([`line 2, column 11: ${twice}`, `line 3, column 1: ${twice}`]);
    expect(value).toEqual(map(["a", 3], ["b", map(["c", 2])]));
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
        for (const problem of problemsOf(before + secret + after)) expect(problem).not.toContain(secret);
      }),
      { numRuns: 1500 },
    );
  });
});
