/**
 * YAML text to plain values. Mappings become `Map`s, so that keys such as `__proto__` are only keys.
 */
import { kindOf, type Report } from "./report.ts";
import { type Parsed, parse, YamlFault } from "./yaml/index.ts";

/**
 * Parses YAML 1.2 with merge keys (`<<`).
 *
 * @returns The file's mapping, of Maps, arrays and scalars, possibly with cycles (aliases); undefined when it cannot be
 * read at all. Notes a problem with line and column for what is wrong; a duplicate key leaves the rest readable.
 */
export function parseYaml(text: string, report: Report): ReadonlyMap<unknown, unknown> | undefined {
  const parsed = parsedOr(text, report);
  if (parsed === undefined) return undefined;
  for (const place of parsed.duplicates) report.problem(place, "the same key stands twice in one mapping");
  return mapping(parsed.value, report);
}

function parsedOr(text: string, report: Report): Parsed | undefined {
  try {
    return parse(text);
  } catch (thrown) {
    if (!(thrown instanceof YamlFault)) throw thrown;
    if (thrown.place === undefined)
      report.problem("the file", `its YAML cannot be resolved: ${thrown.message}`);
    else report.problem(thrown.place, thrown.message);
    return undefined;
  }
}

function mapping(value: unknown, report: Report): ReadonlyMap<unknown, unknown> | undefined {
  if (value instanceof Map) return value;
  const found = value === null ? "the configuration is empty" : `${kindOf(value)} stands here`;
  report.problem("the file", `${found}; wanted a mapping with at least the section llms and one model in it`);
  return undefined;
}
