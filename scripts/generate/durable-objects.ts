/** The Durable Objects of wrangler.toml in docs/: which migration brought which class, and what an environment of one's own binds. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Generated } from "../generate.ts";

const BINDING = /((?:^#.*\n)+)\[\[durable_objects\.bindings\]\]\nname = "(\w+)"\nclass_name = "(\w+)"/gm;
const MIGRATION = /\[\[migrations\]\]\ntag = "(\w+)"\nnew_sqlite_classes = \[(.*)\]/g;

/** @throws Error for a class without a binding and a comment that says what it is for. */
export function generated(): Generated[] {
  const toml = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
  const bindings = [...toml.matchAll(BINDING)].map(([, comment = "", name = "", className = ""]) => ({
    name,
    className,
    purpose: comment.replace(/^# ?/gm, "").trim().replaceAll("\n", " "),
  }));
  const rows = [...toml.matchAll(MIGRATION)].flatMap(([, tag = "", classes = ""]) =>
    [...classes.matchAll(/"(\w+)"/g)].map(([, className = ""]) => {
      const bound = bindings.find((binding) => binding.className === className);
      if (bound === undefined) throw new Error(`wrangler.toml does not say what ${className} is for`);
      return `| \`${tag}\` | \`${className}\` | \`${bound.name}\` | ${bound.purpose} |`;
    }),
  );
  const table = ["| Tag | Class | Binding | |", "|---|---|---|---|", ...rows].join("\n");
  const lines = bindings.map(({ name, className }) => `  { name = "${name}", class_name = "${className}" },`);
  const environment = ["```toml", "[env.staging]", "durable_objects.bindings = [", ...lines, "]", "```"].join(
    "\n",
  );
  return [
    { path: "docs/upgrade.md", part: "migrations", content: table },
    { path: "docs/deploy.md", part: "environment", content: environment },
  ];
}
