/**
 * Builds the Worker into dist/worker/, from where wrangler deploys it: esbuild bundles, SWC minifies. Wrangler alone would
 * minify with esbuild, and the Worker would be 5 KiB gzip larger: SWC also puts what is used once where it is used. Plain
 * JavaScript, because wrangler runs it with whatever Node there is. Several builds may run at once (every local stack starts
 * one), so a file is replaced in one step, and only when it has changed.
 *
 * For profiles: `node scripts/build-worker.mjs --readable FOLDER` writes it with all its names elsewhere.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { minify } from "@swc/core";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  options: { readable: { type: "boolean", default: false } },
  allowPositionals: true,
});
const OUT = positionals[0] ? resolve(positionals[0]) : join(ROOT, "dist/worker");

// What is not about size is as wrangler would have it.
const { outputFiles } = await build({
  absWorkingDir: ROOT,
  entryPoints: ["src/index.ts"],
  outdir: OUT,
  bundle: true,
  write: false,
  minify: !values.readable,
  keepNames: values.readable,
  sourcemap: "external",
  legalComments: "eof",
  format: "esm",
  target: "es2024",
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "node:*"],
  define: { "process.env.NODE_ENV": '"production"', "navigator.userAgent": '"Cloudflare-Workers"' },
  loader: { ".yaml": "text" },
  logLevel: "warning",
});
const bundled = (extension) => outputFiles.find(({ path }) => path.endsWith(extension)).text;

const { code, map } = values.readable
  ? { code: bundled(".js"), map: bundled(".map") }
  : await minify(bundled(".js"), {
      module: true,
      ecma: 2022,
      compress: { passes: 3 },
      mangle: { toplevel: true },
      format: { comments: "some" },
      sourceMap: { filename: "index.js", content: bundled(".map") },
    });
await mkdir(OUT, { recursive: true });
await writeIfChanged("index.js.map", map);
await writeIfChanged("index.js", `${code}\n//# sourceMappingURL=index.js.map\n`);

async function writeIfChanged(name, text) {
  const path = join(OUT, name);
  const found = await readFile(path, "utf8").catch(() => undefined);
  if (found === text) return;
  // On the same disk, and where wrangler does not look for modules.
  const temporary = `${OUT}-${randomUUID()}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}
