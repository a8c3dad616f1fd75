/** A container's process on this machine: the script that starts it, with nothing in its environment but what it is given. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "../../../scripts/local-worker.ts";

const START_MS = 60_000;
const POLL_MS = 50;

export interface ContainerOptions {
  /** What `npm run container` built. */
  readonly folder: string;
  /** What is stored. */
  readonly data: string;
  /** Also for temporary files. */
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface ContainerProcess {
  readonly url: string;
  /** All that it printed. */
  output(): string;
  /** Ends it, and waits until it has. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Resolves once it answers; rejects with what it printed where it does not. */
export async function startContainer({
  folder,
  data,
  work,
  env,
}: ContainerOptions): Promise<ContainerProcess> {
  const port = await freePort(0);
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(join(folder, "start"), [], {
    env: {
      PATH: "/usr/bin:/bin",
      TMPDIR: work,
      DATA: data,
      ADDRESS: "127.0.0.1",
      PORT: String(port),
      CONFIG: join(work, "router.yaml"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // The script becomes workerd: there is no other process to end.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (output += String(bytes)));
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  for (const end = Date.now() + START_MS; !(await answers(url)); ) {
    if (isGone() || Date.now() > end) {
      kill();
      throw new Error(`the container does not answer:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return {
    url,
    output: () => output,
    async end(signal) {
      process.removeListener("exit", kill);
      if (isGone()) return;
      const gone = once(child, "exit");
      child.kill(signal);
      await gone;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    () => true,
    () => false,
  );
}
