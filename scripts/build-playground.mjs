/**
 * Builds the playground and the console into dist-playground/, the folder that wrangler.toml serves as static assets. Plain JavaScript,
 * because wrangler runs it with whatever Node there is. Several builds may run at once (every local stack starts
 * one) while a Worker serves the folder: a file is replaced in one step, and only when it has changed.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { replaceFile } from "./replace-file.mjs";

const ROOT = join(import.meta.dirname, "..");
const SOURCE = join(ROOT, "playground");
const CONSOLE = join(ROOT, "console");
const OUT = join(ROOT, "dist-playground");

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
    // HTML from a text only by way of the sanitiser.
    "require-trusted-types-for 'script'",
    "trusted-types dompurify",
  ].join("; ")}
  x-content-type-options: nosniff
  referrer-policy: no-referrer
  cross-origin-opener-policy: same-origin
  cross-origin-resource-policy: same-origin
  permissions-policy: camera=(), geolocation=(), microphone=()
  x-dns-prefetch-control: off
`;

const files = new Map([
  ["_headers", HEADERS],
  ["playground.html", await readFile(join(SOURCE, "playground.html"))],
  ["console.html", await readFile(join(CONSOLE, "console.html"))],
  ["playground/icon.svg", await readFile(join(SOURCE, "icon.svg"))],
]);

for (const [name, entryPoints, tsconfig] of [
  [
    "playground",
    { app: join(SOURCE, "src/main.ts"), style: join(SOURCE, "styles/style.css") },
    "tsconfig.playground.json",
  ],
  [
    "console",
    { app: join(CONSOLE, "src/main.tsx"), style: join(CONSOLE, "style.css") },
    "tsconfig.console.json",
  ],
]) {
  const bundle = await build({
    absWorkingDir: ROOT,
    entryPoints,
    outdir: join(OUT, name),
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: ["es2023", "chrome119", "firefox121", "safari17.4"],
    charset: "utf8",
    // The licences of what is bundled.
    legalComments: "eof",
    tsconfig: join(ROOT, tsconfig),
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
