/** Serves the built Worker and the baselines, each in a workerd process of its own, so that its CPU can be read. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import workerd from "workerd";
import { freePort } from "../scripts/local-worker.ts";

const ROOT = join(import.meta.dirname, "..");
/** Clock ticks a second of /proc/PID/stat; 100 on every Linux that matters. */
const TICKS = 100;

export interface Served {
  readonly name: string;
  readonly url: string;
  /** CPU that the process has used so far, user and system, in milliseconds. */
  cpuMs(): number;
  /** Resident memory in MiB. */
  memoryMiB(): number;
  close(): Promise<void>;
}

/** Builds the router as `wrangler deploy` would and serves it. */
export async function serveRouter(name: string, bindings: Readonly<Record<string, string>>): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "router-bench-"));
  execFileSync(join(ROOT, "node_modules/.bin/wrangler"), ["deploy", "--dry-run", "--outdir", folder], {
    cwd: ROOT,
    stdio: "ignore",
  });
  const modules = readdirSync(folder)
    .filter((file) => file.endsWith(".js") || file.endsWith(".yaml"))
    .sort((a, b) => Number(b === "index.js") - Number(a === "index.js"));
  return serve(name, folder, modules, bindings, durableObjects());
}

/** Bundles one file of `baselines/` and serves it. */
export async function serveBaseline(
  name: string,
  bindings: Readonly<Record<string, string>>,
): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  await build({
    entryPoints: [join(import.meta.dirname, `baselines/${name}.js`)],
    bundle: true,
    format: "esm",
    outfile: join(folder, "index.js"),
    logLevel: "error",
  });
  return serve(name, folder, ["index.js"], bindings, []);
}

interface DurableObject {
  readonly binding: string;
  readonly className: string;
}

/** The Durable Objects that wrangler.toml binds. */
function durableObjects(): DurableObject[] {
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  return [...toml.matchAll(/name = "(\w+)"[^[]*?class_name = "(\w+)"/g)].map(
    ([, binding = "", className = ""]) => ({
      binding,
      className,
    }),
  );
}

async function serve(
  name: string,
  folder: string,
  modules: readonly string[],
  bindings: Readonly<Record<string, string>>,
  objects: readonly DurableObject[],
): Promise<Served> {
  const port = await freePort(0);
  const storage = join(folder, "storage");
  mkdirSync(storage);
  writeFileSync(join(folder, "config.capnp"), capnp(port, storage, modules, bindings, objects));
  const child = spawn(workerd.default, ["serve", join(folder, "config.capnp")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url, child);
  const stat = () => readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return {
    name,
    url,
    // Fields 14 and 15 of proc(5): utime and stime; the split drops the first two.
    cpuMs: () => ((Number(stat()[11]) + Number(stat()[12])) * 1000) / TICKS,
    memoryMiB: () => (Number(stat()[21]) * 4096) / 2 ** 20,
    async close() {
      const closed = once(child, "exit");
      child.kill();
      await closed;
    },
  };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (child.exitCode !== null) throw new Error("workerd did not start");
    try {
      await fetch(`${url}/health`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`nothing answers at ${url}`);
}

function capnp(
  port: number,
  storage: string,
  modules: readonly string[],
  bindings: Readonly<Record<string, string>>,
  objects: readonly DurableObject[],
): string {
  const moduleList = modules.map((file) => {
    const type = file.endsWith(".js") ? "esModule" : "text";
    return `(name = ${JSON.stringify(file.endsWith(".js") ? file : `./${file}`)}, ${type} = embed ${JSON.stringify(file)})`;
  });
  const texts = Object.entries(bindings).map(
    ([key, value]) => `(name = "${key}", text = ${JSON.stringify(value)})`,
  );
  const namespaces = objects.map(
    ({ className }) => `(className = "${className}", uniqueKey = "${className}", enableSql = true)`,
  );
  const objectBindings = objects.map(
    ({ binding, className }) => `(name = "${binding}", durableObjectNamespace = "${className}")`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
    (name = "storage", disk = (path = ${JSON.stringify(storage)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${moduleList.join(", ")}],
  compatibilityDate = "2026-11-02",
  compatibilityFlags = ["enable_request_signal"],
  bindings = [${[...texts, ...objectBindings].join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = ${objects.length > 0 ? '(localDisk = "storage")' : "(none = void)"},
);
`;
}
