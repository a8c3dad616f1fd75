/**
 * `npm run container`: builds into dist/container/ what a container needs to run the router without Cloudflare: the Worker as it
 * is deployed, its pages, workerd, its configuration, and the script that starts it.
 */
import { chmodSync, copyFileSync, cpSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";
import workerd from "workerd";
import { unstable_readConfig } from "wrangler";
import { configTemplate } from "./container/config.ts";
import { readPages } from "./container/pages.ts";
import { buildWorker } from "./local-worker.ts";

const ROOT = join(import.meta.dirname, "..");
const EXECUTABLE = typeof workerd === "string" ? workerd : workerd.default;
const ENTRY = `import router from "./index.js";
export * from "./index.js";
import { front } from "./front.js";
import pages from "./pages.json";
export default front(router, pages);
`;

const folder = process.argv[2] ?? join(ROOT, "dist/container");
rmSync(folder, { recursive: true, force: true });
const worker = join(folder, "worker");
mkdirSync(worker, { recursive: true });

await buildWorker(worker);
for (const file of globSync(["README.md", "*.map"], { cwd: worker })) rmSync(join(worker, file));
const settings = unstable_readConfig({ config: join(ROOT, "wrangler.toml") });
const { directory } = settings.assets ?? {};
if (directory === undefined) throw new Error("wrangler.toml has no assets");
cpSync(directory, join(folder, "pages"), { recursive: true });
writeFileSync(join(worker, "pages.json"), JSON.stringify(readPages(join(folder, "pages"))));
rmSync(join(folder, "pages/_headers"));
writeFileSync(join(worker, "entry.js"), ENTRY);
await build({
  entryPoints: [join(ROOT, "container/front.ts")],
  outfile: join(worker, "front.js"),
  bundle: true,
  format: "esm",
  target: "es2024",
  tsconfig: join(ROOT, "tsconfig.json"),
});

const bound: readonly { name: string; class_name: string }[] = settings.durable_objects.bindings;
const config = configTemplate({
  modules: ["entry.js", "front.js", "index.js", ...globSync("further/*.{mjs,bin,txt}", { cwd: worker })],
  json: "pages.json",
  objects: bound.map(({ name, class_name }) => ({ binding: name, className: class_name })),
  compatibilityDate: settings.compatibility_date ?? "",
  compatibilityFlags: settings.compatibility_flags,
});
writeFileSync(join(folder, "router.capnp"), config);
for (const [from, to] of [
  [EXECUTABLE, "workerd"],
  [join(ROOT, "container/start"), "start"],
] as const) {
  copyFileSync(from, join(folder, to));
  chmodSync(join(folder, to), 0o755);
}
const shown = relative(process.cwd(), folder) || ".";
console.log(`${shown} is ready: ROUTER_API_KEYS=… DATA=./data ${shown}/start`);
