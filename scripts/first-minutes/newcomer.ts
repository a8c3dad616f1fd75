/** A machine of somebody who does not know the project: a home of its own, and nothing in the environment but what finds packages. */
import { type ChildProcess, spawn } from "node:child_process";
import { dirname } from "node:path";

export interface Newcomer {
  /** Runs a command in a shell, to its end. */
  run(command: string, folder: string): Promise<Ran>;
  /** Runs one until it has printed `words`; what it prints later is in `output()`, too. Rejects where it ends before. */
  runUntil(command: string, folder: string, words: string): Promise<Running>;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  /** Both streams, as they came. */
  readonly output: string;
}

export interface Running {
  output(): string;
  /** Ends it with all that it started, and waits until it is gone. */
  end(): Promise<void>;
}

const PATIENCE_MS = 600_000;
/** How this machine reaches its package registry; nothing of it is the project's. */
const REGISTRY = /^(npm_config_(registry|userconfig|cache)|(https?|no)_proxy|NODE_EXTRA_CA_CERTS)$/i;

/** @param home An empty folder. @param more Variables beside. */
export function newcomer(home: string, more: Readonly<Record<string, string>>): Newcomer {
  const { HOME = "", PATH = "" } = process.env;
  const kept = Object.entries(process.env).filter(([name]) => REGISTRY.test(name));
  const env = {
    npm_config_cache: `${HOME}/.npm`,
    npm_config_userconfig: `${HOME}/.npmrc`,
    ...Object.fromEntries(kept),
    ...more,
    HOME: home,
    PATH: `${dirname(process.execPath)}:${PATH}`,
  };

  function start(command: string, folder: string) {
    const child = spawn("bash", ["-euo", "pipefail", "-c", command], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that what it leaves behind can be ended.
      detached: true,
    });
    const heard = { stdout: "", output: "" };
    child.stdout.on("data", (bytes) => (heard.stdout += String(bytes)));
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (bytes) => (heard.output += String(bytes)));
    const gone = new Promise<number | null>((resolve, reject) => {
      child.once("close", resolve);
      child.once("error", reject);
    });
    return { child, heard, gone };
  }

  return {
    async run(command, folder) {
      const { child, heard, gone } = start(command, folder);
      const timer = setTimeout(() => endGroup(child), PATIENCE_MS);
      const code = await gone;
      clearTimeout(timer);
      return { code, ...heard };
    },
    async runUntil(command, folder, words) {
      const { child, heard, gone } = start(command, folder);
      let over = false;
      const end = async () => {
        endGroup(child);
        await gone;
      };
      void gone.then(() => (over = true));
      for (const last = Date.now() + PATIENCE_MS; !heard.output.includes(words); ) {
        if (over || Date.now() > last) {
          await end();
          throw new Error(`${command} did not print ${JSON.stringify(words)}:\n${heard.output}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return { output: () => heard.output, end };
    },
  };
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}
