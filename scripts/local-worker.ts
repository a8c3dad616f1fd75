/** Runs the Worker on this machine in the real runtime, without an account. Used by `npm start` and the tests. */
import { createServer } from "node:net";
import { unstable_startWorker } from "wrangler";

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
  readonly logLevel?: "none" | "error" | "warn" | "info";
}

// Nothing here needs Cloudflare's servers.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
process.env.WRANGLER_SEND_METRICS = "false";
process.env.WRANGLER_HIDE_BANNER = "true";

/** Builds and starts the Worker on 127.0.0.1; resolves once it answers. */
export async function startLocalWorker(options: LocalWorkerOptions): Promise<LocalWorker> {
  const { bindings, port = 0, logLevel = "none" } = options;
  const texts = Object.entries(bindings).map(([name, value]) => [name, { type: "plain_text", value }] as const);
  const worker = await unstable_startWorker({
    config: "wrangler.toml",
    bindings: Object.fromEntries(texts),
    dev: {
      server: { hostname: "127.0.0.1", port },
      inspector: false,
      watch: false,
      persist: false,
      logLevel,
    },
  });
  const url = String(await worker.url).replace(/\/$/, "");
  await fetch(`${url}/health`);
  return { url, close: () => worker.dispose() };
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
