/**
 * Every regular expression of the Worker is linear: what one client sends, or one upstream, would otherwise stop everybody in the
 * isolate. Each is run on 1 MiB of its worst text, in a thread that is ended when it has run for seconds: a quadratic one would
 * for hours.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type HardText, hardTexts } from "../../../scripts/config-check/hard-texts.ts";
import { type Pattern, slowAmong } from "../../../scripts/config-check/slow-patterns.ts";
import { type Node, parsePattern } from "../../../src/config/pattern/parse.ts";
import { patternsOfSource, type SourcePatterns } from "./patterns-of-source.ts";

const MIB = 2 ** 20;
/** Of a thread's own running; 1 MiB takes a linear pattern 1 to 30 ms. */
const LIMIT_MS = 5000;
/** Where the worst of the texts is looked for: a quadratic pattern takes seconds for it. */
const LOOK_CHARS = 2 ** 16;

const long = (pump: string, tail = "", head = ""): HardText => ({ head, pump, tail, chars: MIB });
/** Texts that people think of, and no rule makes; by the pattern's source. */
const BY_HAND: ReadonlyMap<string, readonly HardText[]> = new Map([
  [String.raw`<think(?:ing)?>[\s\S]*?(?:<\/think(?:ing)?>|$)`, [long("<think>"), long("<think></thin")]],
  [String.raw`<\|[A-Za-z0-9_]+\|>`, [long("<|a"), long("a", "|", "<|")]],
  ["^data:([^,;]*)((?:;[^,;]*)*),", [long(";", "", "data:"), long(";a=b", "", "data:image/png")]],
  ["^Runtime:.*$", [long("Runtime:\n"), long("Runtime: x")]],
]);

/** The modules that make some when they are loaded. */
const MADE_AT_ONCE = new Map<string, () => Promise<unknown>>([
  ["src/families/models/index.ts", () => import("../../../src/families/models/index.ts")],
  ["src/providers/bedrock/lessons.ts", () => import("../../../src/providers/bedrock/lessons.ts")],
  ["src/providers/bedrock/rules.ts", () => import("../../../src/providers/bedrock/rules.ts")],
  [
    "src/providers/openai-compatible/errors.ts",
    () => import("../../../src/providers/openai-compatible/errors.ts"),
  ],
]);

/** Those that are made of something else, and why that is right. */
const MADE_LATER: ReadonlyMap<string, string> = new Map([
  ['src/config/fields.ts: value, "i"', "the configuration's own patterns, which config:check tries"],
  ["src/config/packed.ts: String(parts[0]), String(parts[1])", "the same, tried by the build"],
  [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what stands in the source
    'src/config/fields.ts: `^\\\\s*(\\\\d+(?:\\\\.\\\\d+)?) *(${Object.keys(units).join("|")})\\\\s*$`, "i"',
    "tried below, with units",
  ],
  [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what stands in the source
    "src/config/pattern/sets.ts: `^(?:${raw})$`, this.#flags",
    "one set, held against one character",
  ],
  [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what stands in the source
    "src/http/path-router.ts: `^${source}$`",
    "the router's own paths: a parameter is a segment, or all that is left",
  ],
  ["src/families/request/schema/keywords.ts: pattern, flags", "compiled to see whether it is one, never run"],
]);

/** As `src/config/fields.ts` makes it. */
const UNITS: Pattern = { source: String.raw`^\s*(\d+(?:\.\d+)?) *(ms|s|m|h|d)\s*$`, flags: "i" };

let found: SourcePatterns;
beforeAll(async () => {
  found = await patternsOfSource();
});
afterAll(() => vi.unstubAllGlobals());

describe("patterns of the Worker", () => {
  it("are found, also those that are made at run time", () => {
    expect(found.literals.length).toBeGreaterThan(200);
    const known = (made: string) => MADE_LATER.has(made) || MADE_AT_ONCE.has(made.split(": ")[0] ?? "");
    expect(found.made.filter((made) => !known(made))).toEqual([]);
    expect([...MADE_LATER.keys()].filter((made) => !found.made.includes(made))).toEqual([]);
  });

  it("take no longer than a text is long", async () => {
    const all = [...found.literals, ...(await madeAtOnce()), UNITS];
    const open = new Map(
      all
        .filter((pattern) => isOpen(tree(pattern)))
        .map((pattern) => [`/${pattern.source}/${pattern.flags}`, pattern]),
    );
    expect(open.size).toBeGreaterThan(50);
    const sources = [...open.values()].map(({ source }) => source);
    expect([...BY_HAND.keys()].filter((source) => !sources.includes(source))).toEqual([]);
    const trial = { chars: LOOK_CHARS, limitMs: LIMIT_MS / 5 };
    const slow = slowAmong([...open.values()], trial, textsOf);
    expect(slow.map(({ source }) => source)).toEqual([]);
    const whole = slowAmong([...open.values()], { chars: MIB, limitMs: LIMIT_MS }, worstOf);
    expect(whole.map(({ source }) => source)).toEqual([]);
  }, 240_000);

  it("would be found where they take longer", () => {
    const slow = [
      String.raw`\/+$`,
      ":.*$",
      String.raw`^\s*(\w+)?\s*$`,
      String.raw`^[\s.]+|[\s.]+$`,
      String.raw`\s+!`,
      "a.*b",
      "(?:<.*>)+",
      "foo.*bar",
      String.raw`\d[\d.]*e`,
    ].map((source) => ({ source, flags: "g" }));
    const linear = { source: "a[^b]b|c+", flags: "" };
    expect(slowAmong([...slow, linear], { chars: LOOK_CHARS / 2, limitMs: 100 }, textsOf)).toEqual(slow);
  }, 240_000);
});

/** What modules make when they are loaded. */
async function madeAtOnce(): Promise<Pattern[]> {
  const seen: Pattern[] = [];
  const Own = RegExp;
  class Watched extends Own {
    constructor(pattern: string | RegExp, flags?: string) {
      super(pattern, flags);
      seen.push({ source: this.source, flags: this.flags });
    }
  }
  vi.resetModules();
  vi.stubGlobal("RegExp", Watched);
  for (const load of MADE_AT_ONCE.values()) await load();
  vi.unstubAllGlobals();
  expect(seen.length).toBeGreaterThan(MADE_AT_ONCE.size);
  return seen;
}

function tree({ source, flags }: Pattern): Node {
  return parsePattern(source, /[uv]/.test(flags));
}

/** Whether something in it may be repeated without end: without that a match ends within as many characters as it has parts. */
function isOpen(node: Node): boolean {
  switch (node.kind) {
    case "repeat":
      return node.max === Number.POSITIVE_INFINITY || isOpen(node.body);
    case "sequence":
      return node.parts.some(isOpen);
    case "choice":
      return node.options.some(isOpen);
    case "look":
      return isOpen(node.body);
    default:
      return false;
  }
}

/** Long texts of its parts, with ends that fail. */
function textsOf(pattern: Pattern, chars: number): HardText[] {
  const ends = new Map<string, HardText>();
  for (const text of hardTexts(pattern, chars)) {
    if (text.chars === chars && text.tail.length <= 1) ends.set(JSON.stringify(text), text);
  }
  return [...ends.values()];
}

/** One of them, and what is known to be worse. */
function worstOf(pattern: Pattern, chars: number): HardText[] {
  return [...textsOf(pattern, chars).slice(0, 4), ...(BY_HAND.get(pattern.source) ?? [])];
}
