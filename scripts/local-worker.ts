/**
 * Runs the Worker on this machine in the real runtime, without an account. Used by `npm start` and the tests. Wrangler
 * builds it and Miniflare runs it: `wrangler dev` would put a proxy in front that hides a client's reset from the Worker.
 */
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { bundledConfig } from "./config-check/bundled.ts";

export interface LocalWorker {
  /** Without a trailing slash. */
  readonly url: string;
  close(): Promise<void>;
}

export interface LocalWorkerOptions {
  /** Bindings beside those of wrangler.toml and .dev.vars, which they win over. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Default: any free port. */
  readonly port?: number;
  /** Whether to print what the Worker warns of and its errors. */
  readonly log?: boolean;
  /** The folder of {@link buildWorker}; without it the Worker is built for this start. */
  readonly build?: string;
}

const ROOT = join(import.meta.dirname, "..");
const CONFIG = join(ROOT, "wrangler.toml");
const WRANGLER = join(
  dirname(fileURLToPath(import.meta.resolve("wrangler/package.json"))),
  "bin/wrangler.js",
);

/** Starts the Worker on 127.0.0.1; resolves once it answers. */
export async function startLocalWorker(options: LocalWorkerOptions): Promise<LocalWorker> {
  if (options.build !== undefined) return run(options.build, options);
  const folder = await mkdtemp(join(tmpdir(), "edge-router-"));
  try {
    await buildWorker(folder);
    return await run(folder, options);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Bundles the Worker into `folder` as a deployment would.
 * @throws Error saying what is wrong with config/router.yaml, which then is all of its message.
 */
export async function buildWorker(folder: string): Promise<void> {
  const { json, text } = bundledConfig(ROOT);
  // Asked here, too: wrangler would print what it knows of the process around it.
  if (json === undefined) throw new Error(text);
  await promisify(execFile)(process.execPath, [WRANGLER, "deploy", "--dry-run", "--outdir", folder], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
  });
}

async function run(
  folder: string,
  { bindings, port = 0, log = false }: LocalWorkerOptions,
): Promise<LocalWorker> {
  // Without the rules for finding modules: they are found.
  const {
    modulesRules: _,
    bindings: vars,
    ...settings
  } = unstable_getMiniflareWorkerOptions(CONFIG).workerOptions;
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      ...settings,
      modules: ["index.js", ...globSync("further/*.mjs", { cwd: folder })].map((name) => ({
        type: "ESModule",
        path: join(folder, name),
      })),
      modulesRoot: folder,
      bindings: { ...(typeof vars === "object" ? vars : {}), ...bindings },
      host: "127.0.0.1",
      port,
      // Nothing here needs Cloudflare's servers.
      cf: false,
      log: new Log(log ? LogLevel.WARN : LogLevel.NONE),
      handleStructuredLogs({ level, message }) {
        if (log && (level === "warn" || level === "error")) console.error(message);
      },
    }),
  );
  const url = String(await runtime.ready).replace(/\/$/, "");
  return { url, close: () => runtime.dispose() };
}

/** The wanted port of 127.0.0.1 if nobody listens there, else any free one. */
export function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", () => (wanted === 0 ? reject(new Error("no free port")) : resolve(freePort(0))));
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : wanted;
      server.close(() => resolve(port));
    });
  });
}
