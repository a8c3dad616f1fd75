/** YAML to plain values, with the library `yaml`. An isolate loads this only where its configuration is YAML. */
import { Composer, LineCounter, Parser } from "yaml";
import { type Document, MAX_DEPTH } from "./document.ts";
import { kindOf } from "./kind.ts";
import { type Fault, TOO_DEEP, valuesOf } from "./yaml-values.ts";

/** Some times what Cloudflare's variables hold together. */
const MAX_CHARS = 2 ** 20;
const UNKNOWN = "nothing that YAML knows stands here";
const TWICE = "the same key stands twice in one mapping";
const SECOND = "a second document begins here; wanted a single one, without a --- between";
/** What the library's codes of errors mean here. Its own messages quote the text. */
const WORDS: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias (*) can have neither an anchor (&) nor a tag (!)",
  BAD_ALIAS: "an anchor (&) or alias (*) has no name or one that is not valid",
  BAD_COLLECTION_TYPE: "a tag (!) does not fit the value behind it",
  BAD_DIRECTIVE: "a line that begins with % is none that YAML knows",
  BAD_DQ_ESCAPE: "an unknown escape in double quotes; a \\ there is written \\\\, or take single quotes",
  BAD_INDENT: "wrong indentation: this belongs to nothing above it, or a bracket above is not closed",
  BAD_PROP_ORDER: "an anchor (&) or tag (!) stands in the wrong place",
  BAD_SCALAR_START: "a text cannot begin with this character; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY:
    "a list or a mapping begins on a line of its own; a second colon on one line, or wrong indentation",
  BLOCK_IN_FLOW: "a list or mapping over lines stands inside brackets",
  DUPLICATE_KEY: TWICE,
  IMPOSSIBLE: UNKNOWN,
  KEY_OVER_1024_CHARS: "a key is longer than 1024 characters, or a colon is missing before",
  MISSING_CHAR: "a comma, a colon, a closing bracket or quote, or a line --- is missing",
  MULTILINE_IMPLICIT_KEY: "a key goes over several lines, or a colon is missing",
  MULTIPLE_ANCHORS: "a value has two anchors (&)",
  MULTIPLE_DOCS: SECOND,
  MULTIPLE_TAGS: "a value has two tags (!)",
  NON_STRING_KEY: "a key is no text",
  RESOURCE_EXHAUSTION: TOO_DEEP,
  TAB_AS_INDENT: "a tab is used for indentation; wanted spaces",
  TAG_RESOLVE_FAILED:
    "an unknown tag (a text that begins with ! needs quotes), or a value that it does not fit",
  UNEXPECTED_TOKEN: "this cannot stand here: wrong indentation, or a text that needs quotes",
};

/** What a text of YAML says. */
export interface Yaml {
  /** Of Maps, arrays and scalars; undefined when there is none. */
  readonly value: unknown;
  /** What is wrong, by line and column. A key that stands twice leaves the rest readable. */
  readonly problems: readonly string[];
}

/** Reads a configuration written in YAML. */
export function readYaml(text: string): Document {
  const { value, problems } = yamlOf(text);
  if (value instanceof Map) return { root: value, problems };
  if (value === undefined) return { root: undefined, problems };
  const found = value === null ? "the configuration is empty" : `${kindOf(value)} stands here`;
  const wanted = "wanted a mapping with at least the section llms and one model in it";
  return { root: undefined, problems: [...problems, `the file: ${found}; ${wanted}`] };
}

/** Reads YAML 1.2 of the core schema with merge keys (`<<`). */
export function yamlOf(written: string): Yaml {
  const text = written.replaceAll(/\r\n?/g, "\n");
  if (text.length > MAX_CHARS) return failed("the file", `longer than ${MAX_CHARS} characters`);
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = tooDeep(tokens);
  if (deep !== undefined) return failed(place(deep), TOO_DEEP);
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: "silent" });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  const faults: Fault[] = [...(document?.errors ?? []), ...(document?.warnings ?? [])].map(
    ({ code, pos: [at] }) => ({ at, what: WORDS[code] ?? UNKNOWN }),
  );
  if (second !== undefined) faults.push({ at: second.range[0], what: SECOND });
  // What follows the first is often no more than its consequence.
  const [first] = faults.toSorted((a, b) => a.at - b.at);
  if (first !== undefined) return failed(place(first.at), first.what);
  const { value, fault, doubles } = valuesOf(document?.contents, text.length);
  const problems = doubles.map((offset) => `${place(offset)}: ${TWICE}`);
  if (fault !== undefined) problems.push(`${place(fault.at)}: ${fault.what}`);
  return { value, problems };
}

function failed(place: string, why: string): Yaml {
  return { value: undefined, problems: [`${place}: ${why}`] };
}

/** Where something is nested deeper than any configuration; asked before the library composes values, which recurses. */
function tooDeep(tokens: readonly unknown[]): number | undefined {
  const waiting: (readonly [token: unknown, depth: number])[] = tokens.map((token) => [token, 0]);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [token, depth] = next;
    if (typeof token !== "object" || token === null) continue;
    if (depth > MAX_DEPTH) return "offset" in token && typeof token.offset === "number" ? token.offset : 0;
    if ("items" in token && Array.isArray(token.items)) {
      for (const item of token.items) waiting.push([item.key, depth + 1], [item.value, depth + 1]);
    }
    if ("value" in token) waiting.push([token.value, depth]);
  }
  return undefined;
}
