/**
 * `npm run generate`: writes what is made from the code (tables in docs/, the JSON Schema of the configuration), so that it
 * cannot drift from it. With --check it writes nothing and exits with 1, naming what is out of date.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A file, or a part of one between two marker lines, and what it should hold. */
export interface Generated {
  /** From the project's root. */
  readonly path: string;
  /**
   * The part between the lines `<!-- generated: NAME -->` and `<!-- /generated -->`; undefined: the whole file.
   */
  readonly part?: string;
  readonly content: string;
}

/** What a file in scripts/generate/ exports as `generated`. */
export type Generator = () => readonly Generated[] | Promise<readonly Generated[]>;

const ROOT = join(import.meta.dirname, "..");

/** The file's text with `item` in its place. Throws when the file has no such part. */
function withGenerated(text: string, { path, part, content }: Generated): string {
  if (part === undefined) return content;
  const open = `<!-- generated: ${part} -->\n`;
  const start = text.indexOf(open);
  const end = text.indexOf("<!-- /generated -->", start);
  if (start === -1 || end === -1)
    throw new Error(`${path} has no lines ${open.trim()} … <!-- /generated -->`);
  return `${text.slice(0, start + open.length)}\n${content.trim()}\n\n${text.slice(end)}`;
}

function isGenerator(value: unknown): value is Generator {
  return typeof value === "function";
}

async function run(check: boolean): Promise<number> {
  let stale = 0;
  for (const file of globSync("*.ts", { cwd: join(import.meta.dirname, "generate") }).sort()) {
    const module: Record<string, unknown> = await import(`./generate/${file}`);
    if (!isGenerator(module.generated))
      throw new Error(`scripts/generate/${file} exports no function generated`);
    for (const item of await module.generated()) {
      const path = join(ROOT, item.path);
      const old = existsSync(path) ? readFileSync(path, "utf8") : "";
      const wanted = withGenerated(old, item);
      if (old === wanted) continue;
      stale++;
      if (check) console.error(`${item.path} is out of date; run: npm run generate`);
      else writeFileSync(path, wanted);
      if (!check) console.log(`wrote ${item.path}`);
    }
  }
  return check && stale > 0 ? 1 : 0;
}

process.exitCode = await run(process.argv.includes("--check"));
