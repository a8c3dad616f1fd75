/** Runs the project's scripts as their users do: in a process of their own. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { inject } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

export interface ScriptRun {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ScriptOptions {
  readonly cwd: string;
  /** All of its environment; default: none. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/**
 * Node keeps what it compiles for the next one: that is most of what a script takes.
 * @param script The path in the project.
 */
export function runScript(
  script: string,
  args: readonly string[],
  { cwd, env }: ScriptOptions,
): Promise<ScriptRun> {
  const options = { cwd, env: { NODE_COMPILE_CACHE: join(inject("runFolder"), "compiled"), ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, script), ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}
