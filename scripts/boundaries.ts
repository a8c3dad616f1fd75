/**
 * Checks who imports whom in src/: one way only, no cycles. Prints every breach and exits with 1 if there is one.
 * A module is named by its path without extension; a rule for `openai` covers all below it.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** What every family may import. */
const FAMILY_BASE: readonly string[] = [
  ...["families/request", "families/answer", "families/models", "chat", "lib", "errors", "contracts"],
];

/** What each part may import beside itself; the longest matching part counts. */
const RULES: Readonly<Record<string, readonly string[]>> = {
  index: ["app", "objects"],
  app: ["endpoints", "http", "dialects/index", "services", "lib", "env", "errors", "contracts"],
  endpoints: [
    ...["routing", "dialects/index", "http", "services", "objects"],
    ...["chat", "lib", "env", "errors", "contracts"],
  ],
  http: [
    ...["routing", "dialects/index", "observers/index", "services"],
    ...["chat", "lib", "env", "errors", "contracts"],
  ],
  services: [
    ...["config", "providers/index", "observers/index", "objects/reasoning/client"],
    ...["objects/round-robin/client", "env", "errors", "contracts"],
  ],
  objects: [
    ...["routing", "dialects/index", "http", "observers/index", "services", "config/types"],
    ...["chat", "lib", "env", "errors", "contracts"],
  ],
  observers: ["routing/facts", "chat", "errors", "contracts"],
  routing: ["providers", "dialects/index", "chat", "lib", "config/types", "errors", "contracts"],
  providers: [
    ...["families/index", "eventstream/index"],
    ...["dialects/openai-chat/upstream", "dialects/openai-responses/upstream"],
    ...["dialects/anthropic-messages/upstream", "chat", "lib", "errors", "contracts"],
  ],
  "families/index": ["families", "errors", "contracts"],
  families: FAMILY_BASE,
  // The families whose models take the body of a dialect.
  "families/anthropic": [...FAMILY_BASE, "dialects/anthropic-messages/upstream"],
  "families/openai-chat": [...FAMILY_BASE, "dialects/openai-chat/upstream"],
  // Those that stand on another's format, or on its way to write a prompt.
  "families/mistral": [...FAMILY_BASE, "families/openai-chat", "families/prompt/mistral"],
  "families/nova": [...FAMILY_BASE, "families/converse"],
  "families/prompt": [...FAMILY_BASE, "families/openai-chat/decode"],
  "families/answer": ["families/request", "families/models", "chat", "lib", "errors", "contracts"],
  "families/request": ["families/models", "chat", "lib", "errors", "contracts"],
  "families/models": ["chat", "lib", "contracts"],
  config: ["chat", "families/index", "lib", "errors", "contracts"],
  dialects: ["chat", "lib", "errors"],
  chat: ["lib", "errors"],
  lib: ["errors"],
  env: ["errors", "contracts"],
  contracts: ["config/types", "errors", "chat", "lib"],
  errors: [],
  eventstream: [],
};

/** A family's own folder, of those without a rule of their own; a dialect's, and the half of it. */
const FAMILY = /^families\/(?!(?:request|answer|models)\/|index$)([^/]+)/;
const DIALECT = /^dialects\/([^/]+)\/(?:(client|upstream)\/)?/;
/** The class of a Durable Object. */
const OBJECT = /^objects\/[^/]+\/object$/;

const ROOT = join(import.meta.dirname, "../src");
const IMPORT = /(?:^|\n)\s*(?:import|export)\s(type\s)?(?:[^;"']*?\sfrom\s)?["'](\.[^"']+)["']/g;

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const edges = globSync("**/*.ts", { cwd: ROOT }).flatMap(importsOf);
const problems = [...edges.flatMap(breach), ...cycles(edges.filter((edge) => !edge.typeOnly))];
for (const problem of problems) console.error(problem);
console.log(`import boundaries: ${edges.length} imports, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

function importsOf(file: string): Edge[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  const from = file.replace(/(\.d)?\.ts$/, "");
  return [...source.matchAll(IMPORT)]
    .map(([, typeOnly, path = ""]) => ({
      from,
      to: normalize(join(dirname(file), path)).replace(/\.ts$/, ""),
      typeOnly: typeOnly !== undefined,
    }))
    .filter(({ to }) => to !== "../dist/config.json");
}

function partOf(module: string): string {
  const parts = Object.keys(RULES).filter((part) => module === part || module.startsWith(`${part}/`));
  return parts.sort((a, b) => b.length - a.length)[0] ?? module;
}

function breach({ from, to, typeOnly }: Edge): string[] {
  const part = partOf(from);
  const foreign = partOf(to) === part ? foreignImport(from, to) : undefined;
  if (foreign !== undefined) return [`src/${from}.ts imports ${to}: ${foreign}`];
  if (from === "contracts" && !typeOnly) return [`src/${from}.ts imports more than types of ${to}`];
  if (OBJECT.test(to) && from !== "index") {
    return [
      `src/${from}.ts imports ${to}: a Durable Object is reached by its client, and exported by index.ts alone`,
    ];
  }
  if (partOf(to) === part) return [];
  const allowed = RULES[part] ?? [];
  if (allowed.some((rule) => to === rule || to.startsWith(`${rule}/`))) return [];
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

/** Every module that can reach itself. */
function cycles(all: readonly Edge[]): string[] {
  const next = Map.groupBy(all, ({ from }) => from);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (module: string, path: readonly string[]): void => {
    const start = path.indexOf(module);
    if (start !== -1) {
      found.push(`cycle: ${[...path.slice(start), module].join(" -> ")}`);
      return;
    }
    if (done.has(module)) return;
    for (const { to } of next.get(module) ?? []) visit(to, [...path, module]);
    done.add(module);
  };
  for (const module of next.keys()) visit(module, []);
  return found;
}
