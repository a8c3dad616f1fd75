/** Starts the upstream in a thread and asks it what it has sent. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { UpstreamStats } from "../upstream/stats.ts";

export interface Upstream {
  readonly url: string;
  stats(): Promise<UpstreamStats>;
  close(): Promise<unknown>;
}

/** Starts an upstream on any free port. */
export async function startUpstream(): Promise<Upstream> {
  const worker = new Worker(join(import.meta.dirname, "../upstream/server.ts"));
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    stats: async () => asStats(await (await fetch(`${url}/stats`)).json()),
    close: () => worker.terminate(),
  };
}

function asStats(value: unknown): UpstreamStats {
  if (isStats(value)) return value;
  throw new Error("the upstream's statistics are not what they should be");
}

function isStats(value: unknown): value is UpstreamStats {
  return typeof value === "object" && value !== null && Object.values(value).every(isStream);
}

function isStream(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && "sent" in value && "finished" in value && "times" in value
  );
}
