/**
 * Builds the pages, the playground and the console, into dist/pages/, the folder that wrangler.toml serves as static assets. Plain JavaScript,
 * because wrangler runs it with whatever Node there is. Several builds may run at once (every local stack starts
 * one) while a Worker serves the folder: a file is replaced in one step, and only when it has changed.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { replaceFile } from "./replace-file.mjs";

const ROOT = join(import.meta.dirname, "..");
const SOURCE = join(ROOT, "pages");
const OUT = join(ROOT, "dist/pages");

/**
 * Assets bypass the Worker, so what protects the pages stands here. They ask for nothing of another host, and a browser
 * that was told otherwise, say by a model's Markdown, refuses. The last line: no lookup of the hosts of links.
 */
const HEADERS = `/*
  content-security-policy: ${[
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // No HTML is made from a text, and nobody can allow it.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ")}
  x-content-type-options: nosniff
  referrer-policy: no-referrer
  cross-origin-opener-policy: same-origin
  cross-origin-resource-policy: same-origin
  permissions-policy: camera=(), geolocation=(), microphone=()
  x-dns-prefetch-control: off
`;

const files = new Map([["_headers", HEADERS]]);
for (const page of ["playground", "console"]) {
  files.set(`${page}.html`, await readFile(join(SOURCE, page, `${page}.html`)));
  files.set(`${page}/icon.svg`, await readFile(join(SOURCE, "lib/icon.svg")));
}

for (const [page, entryPoints] of [
  ["playground", { app: "playground/main.tsx", style: "playground/styles/style.css" }],
  ["console", { app: "console/main.tsx", style: "console/style.css" }],
]) {
  const bundle = await build({
    absWorkingDir: SOURCE,
    entryPoints,
    outdir: join(OUT, page),
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: ["es2023", "chrome119", "firefox121", "safari17.4"],
    charset: "utf8",
    // The licences of what is bundled.
    legalComments: "eof",
    tsconfig: join(ROOT, "tsconfig.pages.json"),
    logLevel: "warning",
  });
  for (const { path, contents } of bundle.outputFiles) files.set(relative(OUT, path), contents);
}

await Promise.all(Array.from(files, ([path, contents]) => replaceFile(join(OUT, path), contents)));
await removeOthers();

/** Takes away what an older build left. */
async function removeOthers() {
  const entries = await readdir(OUT, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(relative(OUT, path))) await rm(path, { force: true });
  }
}
