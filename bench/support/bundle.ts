/** Builds what is measured: the router as it is deployed, the baselines with esbuild. */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { unstable_readConfig } from "wrangler";
import { bundledConfig, FILE } from "../../scripts/config-check/bundled.ts";

const ROOT = join(import.meta.dirname, "../..");
const BASELINES = join(import.meta.dirname, "../baselines");
const WRANGLER = join(
  dirname(fileURLToPath(import.meta.resolve("wrangler/package.json"))),
  "bin/wrangler.js",
);

/** A built Worker; `modules` lie in `folder`, the entry first. */
export interface Bundle {
  readonly folder: string;
  readonly modules: readonly string[];
  /** The Durable Objects that it is bound to. */
  readonly objects: readonly { readonly binding: string; readonly className: string }[];
}

/** What baselines and router are run with, as wrangler.toml says. */
export interface RuntimeSettings {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
}

const config = unstable_readConfig({ config: join(ROOT, "wrangler.toml") });

/** @throws Error when wrangler.toml has no compatibility date. */
export function runtimeSettings(): RuntimeSettings {
  const { compatibility_date: date, compatibility_flags: flags } = config;
  if (!date) throw new Error("wrangler.toml has no compatibility_date");
  return { compatibilityDate: date, compatibilityFlags: flags };
}

/**
 * Bundles the router as `wrangler deploy` does.
 * @param readable Keeps all names, for profiles; a source map lies beside it either way.
 */
export function bundleRouter({ readable }: { readonly readable: boolean }): Bundle {
  const folder = mkdtempSync(join(tmpdir(), "bench-router-"));
  const flags = readable ? ["--no-minify"] : [];
  execFileSync(process.execPath, [WRANGLER, "deploy", "--dry-run", "--outdir", folder, ...flags], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const bound: readonly { name: string; class_name: string }[] = config.durable_objects.bindings;
  const objects = bound.map(({ name, class_name }) => ({ binding: name, className: class_name }));
  return { folder, modules: modulesIn(folder), objects };
}

/** The modules of a built Worker, the entry first. */
export function modulesIn(folder: string): string[] {
  return ["index.js", ...globSync("further/*.{mjs,bin,txt}", { cwd: folder })];
}

/** The router behind an entry of the bench's own, which counts how often a session's constructor runs. */
export function countingConstructors(router: Bundle): Bundle {
  const entry = "count-constructors.js";
  writeFileSync(
    join(router.folder, entry),
    `import router, { ChatSession as Session } from "./index.js";
export { ReasoningStore, RoundRobin } from "./index.js";
let constructed = 0;
export class ChatSession extends Session {
  constructor(state, env) {
    super(state, env);
    constructed += 1;
  }
}
export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/constructed") return new Response(String(constructed));
    return router.fetch(request, env, context);
  },
};
`,
  );
  return { ...router, modules: [entry, ...router.modules] };
}

/**
 * The router as it is deployed with a configuration of its own: checked and packed by the build.
 * @throws Error with what is wrong with the configuration.
 */
export async function deployedWith(router: Bundle, yaml: string): Promise<Bundle> {
  const folder = copyOf(router);
  mkdirSync(join(folder, dirname(FILE)));
  writeFileSync(join(folder, FILE), yaml);
  const { packed, text } = await bundledConfig(folder);
  if (packed === undefined) throw new Error(text);
  writeFileSync(join(folder, "further/config.txt"), packed);
  return { ...router, folder };
}

/** A Worker of one module that has the router's modules beside it and imports none of them. */
export function withUnused(worker: Bundle, router: Bundle): Bundle {
  const [entry = ""] = worker.modules;
  const folder = copyOf(router);
  cpSync(join(worker.folder, entry), join(folder, "alone.js"));
  return { folder, modules: ["alone.js", ...router.modules], objects: [] };
}

function copyOf({ folder: from, modules }: Bundle): string {
  const folder = mkdtempSync(join(tmpdir(), "bench-copy-"));
  for (const name of modules) cpSync(join(from, name), join(folder, name));
  return folder;
}

/** Bundles one file of `baselines/`. */
export async function bundleBaseline(name: string): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  await build({
    entryPoints: [join(BASELINES, `${name}.js`)],
    bundle: true,
    format: "esm",
    outfile: join(folder, "index.js"),
    logLevel: "error",
  });
  return { folder, modules: ["index.js"], objects: [] };
}
