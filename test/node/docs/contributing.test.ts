/** The code that CONTRIBUTING.md shows fits the project as it is: it passes the type check among the project's sources. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "./pages.ts";

/** "here `src/…`:" and the file itself. */
const SHOWN_FILE = /here\s+`(src\/[^`]+\.ts)`:\n\n```ts\n(.*?)^```$/gms;
/** Lines that the page shows with one name more, as they are without it. */
const REGISTRIES = [
  ["src/routing/strategies/index.ts", /^export const STRATEGIES[^;]*?(?= {2}roomiest,$)/m],
  ["src/endpoints/index.ts", /^export const ENDPOINTS[^;]*?(?= {2}version,$)/m],
  ["src/providers/index.ts", /^const PROVIDERS[^;]*?(?= {2}echo,$)/m],
] as const;

let folder: string;
let page: string;
beforeAll(async () => {
  page = await readFile(join(ROOT, "CONTRIBUTING.md"), "utf8");
  await mkdir(join(ROOT, "dist"), { recursive: true });
  // Inside the project, so that packages are found.
  folder = await mkdtemp(join(ROOT, "dist/contributing-"));
  await cp(join(ROOT, "src"), join(folder, "src"), { recursive: true });
  const tsconfig = { extends: "../../tsconfig.json", include: ["src", "../../test/types.d.ts"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
});
afterAll(() => rm(folder, { recursive: true }));

/** What the compiler has against these files. */
async function complaints(paths: readonly string[]): Promise<string[]> {
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  // It exits with an error when it has any complaint.
  const { stdout } = await promisify(execFile)(tsc, ["-p", folder]).catch((thrown) => thrown);
  return String(stdout)
    .split("\n")
    .filter((line) => paths.some((path) => line.includes(path)));
}

it("the files pass the type check", async () => {
  const files = [...page.matchAll(SHOWN_FILE)];
  const paths = files.map(([, path = ""]) => path);
  expect(paths).toEqual([
    "src/routing/strategies/roomiest.ts",
    "src/endpoints/version.ts",
    "src/providers/echo/index.ts",
    "src/families/aurora.ts",
  ]);
  for (const [, path = "", code = ""] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), code);
  }
  expect(await complaints(paths)).toEqual([]);
  // The compiler does look at them.
  await writeFile(join(folder, paths[0] ?? ""), "export const wrong: number = '';\n");
  expect(await complaints(paths)).toHaveLength(1);
}, 120_000);

it.each(REGISTRIES)("the line of %s is the one there, with a name more", async (path, pattern) => {
  const [line] = pattern.exec(page) ?? [];
  expect(await readFile(join(ROOT, path), "utf8")).toContain(line ?? "no such line on the page");
});
