import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEPENDENCIES, FILE_BUDGET, WORKER_BUDGET } from "../../../scripts/size/budgets.ts";
import { measureWorker, type Part, piecesOf, type Size, sizeOf } from "../../../scripts/size/measure.ts";

const ROOT = join(import.meta.dirname, "../../..");
const WRANGLER = join(
  dirname(fileURLToPath(import.meta.resolve("wrangler/package.json"))),
  "bin/wrangler.js",
);

describe("the Worker", () => {
  const folder = mkdtempSync(join(tmpdir(), "worker-upload-"));
  let size: Size;
  let uploaded: string;

  beforeAll(() => {
    size = measureWorker();
    execFileSync(process.execPath, [WRANGLER, "deploy", "--dry-run", "--outdir", folder], {
      cwd: ROOT,
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
      stdio: "ignore",
    });
    uploaded = readFileSync(join(folder, "index.js"), "utf8");
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is measured as wrangler uploads it", () => {
    expect(size.minified).toBe(Buffer.byteLength(uploaded));
    expect(size.gzip).toBe(gzipSync(uploaded).length);
  });

  it(`is within ${WORKER_BUDGET / 1024} KiB gzip; npm run size shows what is large`, () => {
    expect(size.gzip).toBeLessThanOrEqual(WORKER_BUDGET);
  });

  it("holds the dependencies that have a budget, and no other", () => {
    expect(size.dependencies.map(({ name }) => name).sort()).toEqual(Object.keys(DEPENDENCIES).sort());
  });

  it.each(Object.entries(DEPENDENCIES))("gives %s no more than its share", (name, { share }) => {
    expect(size.dependencies.find((part) => part.name === name)?.share).toBeLessThanOrEqual(share);
  });

  it("has no file of its own above a file's share", () => {
    expect(size.files.length).toBeGreaterThan(50);
    expect(size.files.filter(({ alone }) => alone > FILE_BUDGET)).toEqual([]);
  });

  it("is all accounted for: hardly anything in it comes from no source", () => {
    const parts = [...size.dependencies, ...size.own];
    expect(parts.reduce((sum, { minified }) => sum + minified, 0)).toBe(size.minified);
    expect(size.own.find(({ name }) => name === "(build)")?.minified ?? 0).toBeLessThan(1000);
  });

  it("cannot read a binding while it starts: those come with each request only", () => {
    const imports = Array.from(uploaded.matchAll(/import\s*(\{[^}]*\}|[^"';]*)\s*from\s*"([^"]+)"/g));
    expect(imports.length).toBeGreaterThan(0);
    for (const [, names, from] of imports) {
      expect(from).toBe("cloudflare:workers");
      expect(names).toMatch(/^\{(?:\s*DurableObject(?: as [\w$]+)?\s*,?)+\}$/);
    }
  });
});

describe("the measure", () => {
  const part = (parts: readonly Part[], name: string) => parts.find((candidate) => candidate.name === name);
  const noise = (seed: number) =>
    Array.from({ length: 400 }, (_, i) => ((i * seed) % 9973).toString(36)).join("");

  it("gives each character to the source that the map names", () => {
    const { code, map } = transformSync("export const first = 1;\nexport const second = 2;\n", {
      sourcefile: "src/a.ts",
      sourcemap: "external",
      banner: "/* banner */",
    });
    const pieces = piecesOf(code, new SourceMap(JSON.parse(map)), (source) => source);
    expect(pieces.map(({ text }) => text).join("")).toBe(code);
    expect(
      pieces
        .filter(({ source }) => source === "src/a.ts")
        .map(({ text }) => text)
        .join(""),
    ).toContain("second = 2");
    expect(pieces.find(({ text }) => text.includes("banner"))?.source).toBe("(build)");
  });

  it("adds up by dependency, folder and file", () => {
    const size = sizeOf([
      { source: "src/a/x.ts", text: noise(7) },
      { source: "node_modules/zod/v4/core.js", text: noise(11) },
      { source: "node_modules/@scope/lib/index.js", text: noise(13) },
      { source: "src/a/y.ts", text: noise(17) },
      { source: "src/b.ts", text: "b" },
    ]);
    expect(size.dependencies.map(({ name }) => name).sort()).toEqual(["@scope/lib", "zod"]);
    expect(size.own.map(({ name }) => name)).toEqual(["src/a", "src/b.ts"]);
    expect(size.files).toHaveLength(3);
    expect(part(size.own, "src/a")?.minified).toBe(noise(7).length + noise(17).length);
  });

  it("puts what two parts have in common in nobody's share", () => {
    const size = sizeOf([
      { source: "src/a.ts", text: noise(7) },
      { source: "src/b.ts", text: noise(7) },
      { source: "src/c.ts", text: noise(11) },
    ]);
    expect(part(size.own, "src/a.ts")?.share).toBeLessThan(100);
    expect(part(size.own, "src/a.ts")?.alone).toBeGreaterThan(300);
    expect(part(size.own, "src/c.ts")?.share).toBeGreaterThan(300);
  });
});
