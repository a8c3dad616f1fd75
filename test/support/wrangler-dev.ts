/**
 * `wrangler dev` as developers run it: the command itself, in a process of its own. It puts a proxy in
 * front of the Worker, which hides an HTTP client's reset: that is shown with scripts/local-worker.ts instead.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export interface WranglerDev {
  /** Without a trailing slash. */
  readonly url: string;
  /** Ends it and all of its processes. */
  close(): Promise<void>;
}

export interface WranglerDevOptions {
  /** The Worker's variables, beside those of wrangler.toml. */
  readonly bindings: Readonly<Record<string, string>>;
}

const ROOT = join(import.meta.dirname, "../..");
/** Not copied: what git ignores, git itself and what a Worker is not made of. */
const LEFT_OUT = /^(node_modules|dist|coverage|\.wrangler|\.git|\.dev\.vars.*|test|bench)$/;
const WRANGLER = join(
  dirname(fileURLToPath(import.meta.resolve("wrangler/package.json"))),
  "bin/wrangler.js",
);
/** It bundles first; a busy machine takes its time. */
const START_MS = 60_000;

/**
 * Starts it on a free port of 127.0.0.1, with a storage of its own; resolves once it answers. It runs a copy of the project:
 * an edit would restart the Worker in the middle of a test, and a developer's `.dev.vars` would lead to their AWS account.
 * @throws Error with what it printed, when it ends or does not answer within 60 s.
 */
export async function startWranglerDev({ bindings }: WranglerDevOptions): Promise<WranglerDev> {
  const folder = await mkdtemp(join(tmpdir(), "edge-router-dev-"));
  const remove = () => rm(folder, { recursive: true, maxRetries: 5 });
  try {
    await cp(ROOT, folder, { recursive: true, filter: (path) => !LEFT_OUT.test(relative(ROOT, path)) });
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  } catch (thrown) {
    await remove();
    throw thrown;
  }
  const child = run(folder, bindings);
  const killed = () => kill(child);
  // Also when the tests are stopped half-way.
  process.once("exit", killed);
  const close = async () => {
    process.removeListener("exit", killed);
    const gone = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    kill(child);
    await gone;
    await remove();
  };
  try {
    return { url: await ready(child), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function run(folder: string, bindings: Readonly<Record<string, string>>): ChildProcess {
  const options = [
    "--ip",
    "127.0.0.1",
    "--port",
    "0",
    "--inspector-port",
    "0",
    "--persist-to",
    ".wrangler/state",
  ];
  const vars = Object.entries(bindings).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  return spawn(process.execPath, [WRANGLER, "dev", ...options, ...vars], {
    cwd: folder,
    // Nothing of the developer's own: neither an account nor settings. And nothing here needs Cloudflare's servers.
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      NO_COLOR: "1",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_WRITE_LOGS: "false",
      WRANGLER_REGISTRY_PATH: join(folder, ".wrangler/registry"),
    },
    // A process group of its own: it starts further processes, which outlive it when it is killed.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
}

/** The address, which wrangler tells the process that started it. */
async function ready(child: ChildProcess): Promise<string> {
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (printed += String(data)));
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`wrangler dev ${why}:\n${printed}`));
    const timer = setTimeout(() => fail(`did not answer within ${START_MS} ms`), START_MS);
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
    child.on("message", (message) => {
      const { event, ip, port }: { event?: unknown; ip?: unknown; port?: unknown } = JSON.parse(
        String(message),
      );
      if (event !== "DEV_SERVER_READY") return;
      clearTimeout(timer);
      resolve(`http://${ip}:${port}`);
    });
  });
}

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of them have ended.
  }
}
