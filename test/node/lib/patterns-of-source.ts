/** The regular expressions of the Worker's sources, found by parsing them: a new one is found, too. */
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseAst, transformWithOxc } from "vite";

const ROOT = join(import.meta.dirname, "../../..");
/** Made from libraries; not the project's own. */
const MADE = "src/further/";

export interface Literal {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

export interface SourcePatterns {
  readonly literals: readonly Literal[];
  /** `FILE: ARGUMENTS` of each `RegExp` that is put together at run time. */
  readonly made: readonly string[];
}

/** Reads all files of src/. */
export async function patternsOfSource(): Promise<SourcePatterns> {
  const all = await readdir(join(ROOT, "src"), { recursive: true });
  const files = all
    .filter((file) => /\.[mc]?[jt]s$/.test(file))
    .map((file) => `src/${file}`)
    .filter((file) => !file.startsWith(MADE));
  const literals: Literal[] = [];
  const made: string[] = [];
  for (const file of files.toSorted()) {
    const path = join(ROOT, file);
    const { code } = await transformWithOxc(readFileSync(path, "utf8"), path);
    visit(parseAst(code), (node) => {
      const { regex } = node;
      if (isRecord(regex)) {
        literals.push({ file, source: String(regex.pattern), flags: String(regex.flags) });
      }
      const { type, callee } = node;
      if ((type === "NewExpression" || type === "CallExpression") && isRegExp(callee)) {
        const given = Array.isArray(node.arguments) ? node.arguments : [];
        made.push(`${file}: ${given.map((argument) => textOf(code, argument)).join(", ")}`);
      }
    });
  }
  return { literals, made };
}

type Node = Readonly<Record<string, unknown>>;

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const each of value) visit(each, see);
  if (!isRecord(value) || Array.isArray(value) || value instanceof RegExp) return;
  see(value);
  for (const member of Object.values(value)) visit(member, see);
}

function isRecord(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}

/** `RegExp`, also as a member of something. */
function isRegExp(callee: unknown): boolean {
  if (!isRecord(callee)) return false;
  return callee.name === "RegExp" || (isRecord(callee.property) && callee.property.name === "RegExp");
}

function textOf(code: string, node: unknown): string {
  if (!isRecord(node)) return "";
  return code.slice(Number(node.start), Number(node.end)).replaceAll(/\s+/g, " ");
}
