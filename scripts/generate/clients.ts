/** The clients that the tests run, in docs/clients.md and the README. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MODELS, type Model } from "../../test/clients/models.ts";
import { PACKAGES } from "../../test/clients/packages.ts";
import { type Dialect, ROWS } from "../../test/clients/table.ts";
import type { Generated } from "../generate.ts";

const DIALECTS: readonly Dialect[] = ["chat", "Responses", "Messages"];
const LABELS: Readonly<Record<Model, string>> = {
  claude: "Claude (budget)",
  "claude-adaptive": "Claude (adaptive)",
  nova: "Nova",
  "gpt-oss": "gpt-oss",
  gpt: "OpenAI-compatible",
};
/** SDKs of the project's own tests, which all of these speak. */
const SDKS = [
  { name: "OpenAI SDK", dialect: "chat", package: "openai" },
  { name: "Anthropic SDK", dialect: "Messages", package: "@anthropic-ai/sdk" },
] as const;
const EVERYWHERE = "every family";

interface Line {
  readonly name: string;
  readonly versions: ReadonlySet<string>;
  readonly models: ReadonlyMap<string, string>;
}

/** A table of clients and APIs, and a sentence for the README. */
export function generated(): Generated[] {
  const lines = [...clientLines(), ...sdkLines()].reduce(merged, []);
  const head = ["Client", "Version", "Chat Completions", "Responses", "Messages"];
  const rows = lines.map(({ name, versions, models }) => [
    name,
    [...versions].join(", "),
    ...DIALECTS.map((dialect) => models.get(dialect) ?? ""),
  ]);
  const table = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const names = lines.map(({ name, versions }) => `${name} ${[...versions].join(" and ")}`);
  return [
    { path: "docs/clients.md", part: "clients", content: table },
    { path: "README.md", part: "clients", content: `${names.slice(0, -1).join(", ")} and ${names.at(-1)}.` },
  ];
}

function clientLines(): Line[] {
  return ROWS.map(({ program, dialect, models }) => ({
    name: program.name,
    // The client itself comes first.
    versions: new Set(Object.values(PACKAGES[program.kit]).slice(0, 1)),
    models: new Map([[dialect, shownModels(models)]]),
  }));
}

function sdkLines(): Line[] {
  const manifest = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  return SDKS.map((sdk) => {
    const [, version = ""] = new RegExp(`"${sdk.package}": "([^"]+)"`).exec(manifest) ?? [];
    return { name: sdk.name, versions: new Set([version]), models: new Map([[sdk.dialect, EVERYWHERE]]) };
  });
}

function shownModels(models: readonly Model[]): string {
  return models.length === MODELS.length ? "all five" : models.map((model) => LABELS[model]).join(", ");
}

/** One line for a client, whichever APIs it was run over. */
function merged(lines: readonly Line[], next: Line): Line[] {
  const known = lines.find(({ name }) => name === next.name);
  if (known === undefined) return [...lines, next];
  const both = {
    name: next.name,
    versions: known.versions.union(next.versions),
    models: new Map([...known.models, ...next.models]),
  };
  return lines.map((line) => (line === known ? both : line));
}
