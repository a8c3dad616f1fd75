/**
 * YAML text to plain values. Mappings become `Map`s, so that keys such as `__proto__` are only keys. The parser's own
 * messages quote the file, which may hold keys, so problems are worded here.
 */
import { type Document, isAlias, LineCounter, parseDocument, visit, type YAMLParseError } from "yaml";
import { kindOf, type Report } from "./report.ts";

/** How often aliases may multiply: enough for shared settings, too little to fill the memory. */
const MAX_ALIAS_COUNT = 100;
/** Stands for every YAML error that spoils what follows it. */
const BROKEN = "the text is not valid YAML here";

const SYNTAX: Readonly<Partial<Record<YAMLParseError["code"], string>>> = {
  BAD_ALIAS: "a * starts an alias here; put text that begins with * in quotes",
  BAD_DQ_ESCAPE: "an unknown escape in double quotes; use single quotes for text with a \\ in it",
  BAD_INDENT: "wrong indentation, or a bracket or quote that is not closed",
  BAD_SCALAR_START: "a text cannot begin with this character; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY:
    "a second colon on one line, or wrong indentation; put text that holds a colon in quotes",
  DUPLICATE_KEY: "the same key stands twice in one mapping",
  MISSING_CHAR: "a closing quote, bracket or a separator is missing here",
  MULTILINE_IMPLICIT_KEY: "a key goes over several lines, or a colon is missing",
  MULTIPLE_DOCS: "a second document begins here; wanted a single one, without a --- between",
  RESOURCE_EXHAUSTION: "nested too deeply",
  TAB_AS_INDENT: "a tab is used for indentation; use spaces",
};

/**
 * Parses YAML 1.2 with merge keys (`<<`).
 *
 * @returns The file's mapping, of Maps, arrays and scalars, possibly with cycles (aliases); undefined when it cannot be
 * read at all. Notes a problem with line and column for everything wrong; a duplicate key leaves the rest readable.
 */
export function parseYaml(text: string, report: Report): ReadonlyMap<unknown, unknown> | undefined {
  const lines = new LineCounter();
  // "error", since "silent" would also silence a second document.
  const options = { merge: true, prettyErrors: false, lineCounter: lines, logLevel: "error" } as const;
  const where = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  try {
    const document = parseDocument(text, options);
    reportErrors(document.errors, where, report);
    if (document.errors.some((error) => error.code !== "DUPLICATE_KEY")) return undefined;
    const unresolved = unresolvedAlias(document);
    if (unresolved !== undefined) {
      report.problem(where(unresolved), "an alias (*name) without an anchor (&name) before it");
      return undefined;
    }
    return mapping(document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIAS_COUNT }), report);
  } catch {
    report.problem(
      "the file",
      "its YAML cannot be resolved: too many aliases, too deep nesting, or a merge (<<) of something that is no mapping",
    );
    return undefined;
  }
}

function mapping(value: unknown, report: Report): ReadonlyMap<unknown, unknown> | undefined {
  if (value instanceof Map) return value;
  const found = value === null ? "the configuration is empty" : `${kindOf(value)} stands here`;
  report.problem("the file", `${found}; wanted a mapping with at least the section llms and one model in it`);
  return undefined;
}

/** One problem for each place and kind: a broken bracket makes the parser complain at every level. */
function reportErrors(
  errors: readonly YAMLParseError[],
  where: (offset: number) => string,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const error of errors) {
    const place = where(error.pos[0]);
    const key = error.code === "RESOURCE_EXHAUSTION" ? error.code : `${error.code} ${place}`;
    if (seen.has(key)) continue;
    seen.add(key);
    report.problem(place, SYNTAX[error.code] ?? BROKEN);
  }
}

/** Where the first alias stands that names no anchor before it. */
function unresolvedAlias(document: Document.Parsed): number | undefined {
  const anchors = new Set<string>();
  let found: number | undefined;
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        if (anchors.has(node.source)) return undefined;
        found = node.range?.[0] ?? 0;
        return visit.BREAK;
      }
      if (node.anchor !== undefined) anchors.add(node.anchor);
      return undefined;
    },
  });
  return found;
}
