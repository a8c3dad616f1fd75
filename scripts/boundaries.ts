/**
 * Checks who imports whom in src/: one way only, no cycles. Prints every breach and exits with 1 if there is one.
 * A module is named by its path without extension; a rule for `openai` covers all below it.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** What each part may import beside itself; the longest matching part counts. */
const RULES: Readonly<Record<string, readonly string[]>> = {
  index: ["app", "objects"],
  app: ["endpoints", "http", "services", "lib", "env", "errors", "contracts"],
  endpoints: [
    "routing",
    "dialects",
    "chat",
    "http",
    "services",
    "objects",
    "lib",
    "env",
    "errors",
    "contracts",
  ],
  http: ["routing", "chat", "config", "dialects", "lib", "services", "env", "errors", "contracts"],
  services: ["config", "providers/index", "env", "errors", "contracts"],
  objects: [
    ...[
      "routing",
      "dialects",
      "chat",
      "http",
      "services",
      "lib",
      "config/types",
      "env",
      "errors",
      "contracts",
    ],
  ],
  routing: ["providers", "dialects", "chat", "lib", "config/types", "errors", "contracts"],
  providers: ["families/index", "eventstream/index", "dialects", "chat", "lib", "errors", "contracts"],
  "families/index": ["families", "errors", "contracts"],
  families: [
    ...[
      "families/request",
      "families/answer",
      "families/models",
      "families/openai-chat",
      "families/converse",
      "families/prompt",
    ],
    ...["chat", "lib", "errors", "contracts"],
  ],
  // The one family whose models take the body of a dialect.
  "families/openai-chat": [
    ...["families/request", "families/answer", "families/models", "dialects/openai-chat/upstream"],
    ...["chat", "lib", "errors", "contracts"],
  ],
  "families/models": ["chat"],
  config: ["chat", "families/index", "lib", "errors", "contracts"],
  dialects: ["chat", "lib", "errors"],
  "dialects/openai-chat/upstream": ["chat", "lib", "errors"],
  chat: ["routing", "providers", "config/types", "lib", "errors", "contracts"],
  lib: ["chat", "errors", "contracts"],
  env: ["errors", "contracts"],
  contracts: ["config/types", "errors", "chat", "lib"],
  errors: [],
  eventstream: [],
};

/** A family's own file or folder. */
const FAMILY = /^families\/(?!(?:request|answer|models|openai-chat|converse|prompt)\/|index$)([^/]+)/;

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
    .filter(({ to }) => !to.endsWith(".yaml"));
}

function partOf(module: string): string {
  const parts = Object.keys(RULES).filter((part) => module === part || module.startsWith(`${part}/`));
  return parts.sort((a, b) => b.length - a.length)[0] ?? module;
}

function breach({ from, to, typeOnly }: Edge): string[] {
  const part = partOf(from);
  const [, mine] = FAMILY.exec(from) ?? [];
  const [, theirs] = FAMILY.exec(to) ?? [];
  if (mine !== undefined && theirs !== undefined && mine !== theirs) {
    return [`src/${from}.ts imports ${to}: a family does not know another`];
  }
  if (from === "contracts" && !typeOnly) return [`src/${from}.ts imports more than types of ${to}`];
  if (partOf(to) === part) return [];
  const allowed = RULES[part] ?? [];
  if (allowed.some((rule) => to === rule || to.startsWith(`${rule}/`))) return [];
  return [`src/${from}.ts may not import ${to}; ${part} may import: ${allowed.join(", ") || "nothing"}`];
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
