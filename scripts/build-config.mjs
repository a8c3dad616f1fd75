/**
 * What the Worker's bundle needs beside its sources: in src/further/ config/router.yaml, checked and packed (config.txt), and
 * what an isolate loads when it needs it: modules, and the vectors that `npm run embed` has made. Ends with 1 and what is wrong when the file is not valid. Plain
 * JavaScript, because wrangler runs it with whatever Node there is; the rest is TypeScript.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { replaceFile } from "./replace-file.mjs";

const ROOT = join(import.meta.dirname, "..");
/** Each from a source of its own. */
const FURTHER = {
  reader: "src/config/index.ts",
  yaml: "src/config/yaml.ts",
  judges: "src/routing/strategies/judges/index.ts",
};

/** What of the package writes YAML, or makes plain values of what was read: nobody here does, and it is a sixth of it. */
const WRITERS =
  /[\\/]yaml[\\/]browser[\\/]dist[\\/](?:stringify[\\/]\w+|visit|parse[\\/]cst-visit|doc[\\/]createNode|nodes[\\/](?:addPairToJSMap|toJS))\.js$/;

/** The module with its exports alone. */
async function withoutWriting({ path }) {
  const [, names = ""] = /export \{([^}]*)\}/.exec(await readFile(path, "utf8")) ?? [];
  const stubs = names.split(",").map((name) => `stub as ${name.trim()}`);
  const contents = `const stub = () => { throw new Error("nothing here does more than read YAML"); };\nexport { ${stubs.join(", ")} };`;
  return { contents, loader: "js" };
}

const further = await build({
  absWorkingDir: ROOT,
  entryPoints: FURTHER,
  outdir: "src/further",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  target: "es2024",
  conditions: ["workerd", "worker", "browser"],
  legalComments: "eof",
  logLevel: "warning",
  plugins: [{ name: "reads only", setup: ({ onLoad }) => onLoad({ filter: WRITERS }, withoutWriting) }],
});
await Promise.all(further.outputFiles.map(({ path, contents }) => replaceFile(path, contents)));

// Below the project's folder, so that it finds the packages.
const folder = join(ROOT, ".wrangler/tmp", `config-${process.pid}`);
await mkdir(folder, { recursive: true });
try {
  const outfile = join(folder, "check.mjs");
  const entry = "scripts/config-check/bundled.ts";
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  });
  const { bundledConfig } = await import(pathToFileURL(outfile).href);
  const { packed, text, vectors } = await bundledConfig(ROOT);
  if (packed === undefined) {
    console.error(text);
    process.exitCode = 1;
  } else {
    if (text !== "") console.log(text);
    await replaceFile(join(ROOT, "src/further/config.txt"), packed);
    await replaceFile(join(ROOT, "src/further/vectors.bin"), vectors ?? new Uint8Array());
  }
} finally {
  await rm(folder, { recursive: true });
}
