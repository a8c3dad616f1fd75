/**
 * Runs the Worker on this machine in the real runtime, without an account. Used by `npm start` and the tests. Wrangler
 * builds it and Miniflare runs it: `wrangler dev` would put a proxy in front that hides a client's reset from the Worker.
 */
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { bundledConfig } from "./config-check/bundled.ts";

export interface LocalWorker {
  /** Without a trailing slash. */
  readonly url: string;
  /** Starts it again at the same address, with other bindings and, if given, another build. Its storage stays. */
  restart(options: Pick<LocalWorkerOptions, "bindings"> & { readonly build?: string }): Promise<void>;
  /** Its Durable Objects under a binding, to be called as the Worker calls them. */
  objects(binding: string): ReturnType<Miniflare["getDurableObjectNamespace"]>;
  close(): Promise<void>;
}

export interface PrintedLine {
  /** Of the console's method: `log`, `warn`, `error`, … */
  readonly level: string;
  readonly message: string;
}

export interface LocalWorkerOptions {
  /** Bindings beside those of wrangler.toml and .dev.vars, which they win over. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Default: any free port. */
  readonly port?: number;
  /** Is given what the Worker prints, line by line. Default: nobody hears it. */
  readonly hear?: (line: PrintedLine) => void;
  /** The folder of {@link buildWorker}; it must stay while the Worker may be started again. */
  readonly build: string;
}

/** Of what lies beside the code. */
const MODULE_TYPES: Readonly<Record<string, "Data" | "Text">> = { ".bin": "Data", ".txt": "Text" };
const ROOT = join(import.meta.dirname, "..");
const CONFIG = join(ROOT, "wrangler.toml");
const WRANGLER = join(
  dirname(fileURLToPath(import.meta.resolve("wrangler/package.json"))),
  "bin/wrangler.js",
);

/**
 * Bundles the Worker into `folder` as a deployment would.
 * @throws Error saying what is wrong with config/router.yaml, which then is all of its message.
 */
export async function buildWorker(folder: string): Promise<void> {
  const { packed, text } = await bundledConfig(ROOT);
  // Asked here, too: wrangler would print what it knows of the process around it.
  if (packed === undefined) throw new Error(text);
  await promisify(execFile)(process.execPath, [WRANGLER, "deploy", "--dry-run", "--outdir", folder], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
  });
}

/** Starts the Worker on 127.0.0.1; resolves once it answers. */
export async function startLocalWorker(options: LocalWorkerOptions): Promise<LocalWorker> {
  let built = options.build;
  const runtime = new Miniflare(settings(built, options));
  const ready = await runtime.ready;
  const port = Number(ready.port);
  return {
    url: String(ready).replace(/\/$/, ""),
    async restart({ bindings, build = built }) {
      built = build;
      await runtime.setOptions(settings(built, { ...options, bindings, port }));
    },
    objects: (binding) => runtime.getDurableObjectNamespace(binding),
    close: () => runtime.dispose(),
  };
}

function settings(folder: string, { bindings, port = 0, hear }: LocalWorkerOptions) {
  // Without the rules for finding modules: they are found.
  const {
    modulesRules: _,
    bindings: vars,
    ...worker
  } = unstable_getMiniflareWorkerOptions(CONFIG).workerOptions;
  return convertV4MiniflareOptions({
    ...worker,
    modules: ["index.js", ...globSync("further/*.{mjs,bin,txt}", { cwd: folder })].map((name) => ({
      type: MODULE_TYPES[extname(name)] ?? "ESModule",
      path: join(folder, name),
    })),
    modulesRoot: folder,
    bindings: { ...(typeof vars === "object" ? vars : {}), ...bindings },
    host: "127.0.0.1",
    port,
    // Nothing here needs Cloudflare's servers.
    cf: false,
    log: new Log(hear ? LogLevel.WARN : LogLevel.NONE),
    handleStructuredLogs({ level, message }) {
      hear?.({ level, message });
    },
  });
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
