/** Checks sources against the rules: who imports whom, no circle (types counted), and what may be written where. */
import { dirname, join, normalize } from "node:path";
import { MOST_LINES, PHRASES, RULES, SMALL_LINES, TYPES_ONLY } from "./rules.ts";

/** A family's own folder, of those without a rule of their own; a dialect's, and the half of it. */
const FAMILY = /^families\/(?!(?:request|answer|models)\/|(?:index|family)$)([^/]+)/;
const DIALECT = /^dialects\/([^/]+)\/(?:(client|upstream)\/)?/;
/** The class of a Durable Object. */
const OBJECT = /^objects\/[^/]+\/object$/;

/** `import … from`, `export … from`, `import "…"`, `import("…")`. */
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(type\s)?(?:[^;"']*?\sfrom\s)?["'](\.[^"']+)["']|\bimport\(["'](\.[^"']+)["']\)/g;
/** Written by tools, and checked by nobody. */
const GENERATED = /(?:\.generated\.ts|\.mjs)$/;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/**
 * @param sources The files below src/, by their path in it.
 * @param entries Modules that others than src/ use: they count as users of what is small.
 */
export function checkBoundaries(
  sources: ReadonlyMap<string, string>,
  entries: ReadonlySet<string> = new Set(),
): { readonly imports: number; readonly problems: readonly string[] } {
  const edges = [...sources].flatMap(([file, source]) => importsOf(file, source));
  const problems = [
    ...edges.flatMap(breach),
    ...circles(edges),
    ...[...sources].flatMap(([file, source]) => (GENERATED.test(file) ? [] : written(file, source))),
    ...small(sources, edges, entries),
  ];
  return { imports: edges.length, problems };
}

function moduleOf(file: string): string {
  return file.replace(/(\.d)?\.ts$|\.mjs$/, "");
}

function importsOf(file: string, source: string): Edge[] {
  const from = moduleOf(file);
  return [...source.matchAll(IMPORT)].map(([, typeOnly, path, dynamic]) => ({
    from,
    to: moduleOf(normalize(join(dirname(file), path ?? dynamic ?? ""))),
    typeOnly: typeOnly !== undefined,
  }));
}

/** Whether a rule names the module or a folder above it. */
function covers(rules: readonly string[], module: string): boolean {
  return rules.some((rule) => module === rule || module.startsWith(`${rule}/`));
}

function partOf(module: string): string {
  const parts = Object.keys(RULES).filter((part) => covers([part], module));
  return parts.sort((a, b) => b.length - a.length)[0] ?? module;
}

function breach({ from, to, typeOnly }: Edge): string[] {
  const part = partOf(from);
  const foreign = partOf(to) === part ? foreignImport(from, to) : undefined;
  if (foreign !== undefined) return [`src/${from}.ts imports ${to}: ${foreign}`];
  if (TYPES_ONLY.has(from) && !typeOnly) return [`src/${from}.ts imports more than types of ${to}`];
  if (OBJECT.test(to) && from !== "index") {
    return [
      `src/${from}.ts imports ${to}: a Durable Object is reached by its client, and exported by index.ts alone`,
    ];
  }
  if (partOf(to) === part) return [];
  const allowed = RULES[part] ?? [];
  if (covers(allowed, to)) return [];
  return [`src/${from}.ts may not import ${to}; ${part} may import: ${allowed.join(", ") || "nothing"}`];
}

/** What is wrong with an import inside of a part that holds several rooms. */
function foreignImport(from: string, to: string): string | undefined {
  const [, family] = FAMILY.exec(from) ?? [];
  const [, otherFamily] = FAMILY.exec(to) ?? [];
  if (family !== undefined && otherFamily !== undefined && family !== otherFamily) {
    return "a family does not know another";
  }
  const [, dialect, half] = DIALECT.exec(from) ?? [];
  const [, otherDialect, otherHalf] = DIALECT.exec(to) ?? [];
  if (dialect === undefined || otherDialect === undefined) return undefined;
  if (dialect !== otherDialect) return "a dialect does not know another";
  return half === "upstream" && otherHalf !== "upstream" ? "upstream/ does not know client/" : undefined;
}

/** What a file may not say, and how long it may be. */
function written(file: string, source: string): string[] {
  const module = moduleOf(file);
  const code = source.replace(COMMENT, "");
  const lines = lineCount(source);
  const exports = /^export (?:async )?(?:const|let|function|class|enum|default)\b/m;
  return [
    ...(lines > MOST_LINES ? [`src/${file} has ${lines} lines; ${MOST_LINES} are the most`] : []),
    ...(TYPES_ONLY.has(module) && exports.test(code) ? [`src/${file} holds types only`] : []),
    ...PHRASES.flatMap(({ pattern, only, says }) =>
      pattern.test(code) && !covers(only, module) ? [`src/${file} ${says}`] : [],
    ),
  ];
}

function lineCount(source: string): number {
  return source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
}

/** Files that are only a door: few lines, one user, no registry that lists them. */
function small(
  sources: ReadonlyMap<string, string>,
  edges: readonly Edge[],
  entries: ReadonlySet<string>,
): string[] {
  const users = Map.groupBy(edges, ({ to }) => to);
  return [...sources].flatMap(([file, source]) => {
    const module = moduleOf(file);
    // What the build makes may be one long line.
    if (module.startsWith("further/")) return [];
    if (lineCount(source) >= SMALL_LINES || file.endsWith(".d.ts") || /(^|\/)index$/.test(module)) return [];
    const by = new Set((users.get(module) ?? []).map(({ from }) => from));
    if (entries.has(module) || by.size > 1 || [...by].some((user) => /(^|\/)index$/.test(user))) return [];
    return [
      `src/${file} has ${lineCount(source)} lines and ${by.size} user: below ${SMALL_LINES} it needs a registry or a second one`,
    ];
  });
}

/** Every way round from a module to itself; types count. */
function circles(edges: readonly Edge[]): string[] {
  const next = Map.groupBy(edges, ({ from }) => from);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (module: string, path: readonly string[]): void => {
    const start = path.indexOf(module);
    if (start !== -1) {
      found.push(`circle: ${[...path.slice(start), module].join(" -> ")}`);
      return;
    }
    if (done.has(module)) return;
    for (const { to } of next.get(module) ?? []) visit(to, [...path, module]);
    done.add(module);
  };
  for (const module of next.keys()) visit(module, []);
  return found;
}
