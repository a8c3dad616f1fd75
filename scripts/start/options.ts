/** What `npm start` was asked for. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export const USAGE = `usage: npm start -- [options]
  --port N        the port to listen on (default 8787, or the next free one)
  --config FILE   another configuration than config/router.yaml
  --watch         build again when the sources change, too`;

export interface StartOptions {
  /** Undefined: 8787, or another where it is taken. */
  readonly port: number | undefined;
  /** Absolute. */
  readonly config: string;
  readonly watch: boolean;
}

/**
 * Reads the arguments; `PORT` in the environment stands for `--port`.
 * @param from The folder from which FILE is meant: npm changes to the project's.
 * @throws Error whose message says what is wrong and how to call it.
 */
export function readOptions(
  args: readonly string[],
  { PORT }: Readonly<Record<string, string | undefined>>,
  from: string,
  file: string,
): StartOptions {
  const { values } = parsed(args);
  return {
    port: portOf(values.port, "--port") ?? portOf(PORT || undefined, "PORT"),
    config: values.config === undefined ? file : resolve(from, values.config),
    watch: values.watch ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { port: { type: "string" }, config: { type: "string" }, watch: { type: "boolean" } },
    });
  } catch (thrown) {
    throw new Error(`${thrown instanceof Error ? thrown.message : thrown}\n${USAGE}`);
  }
}

function portOf(written: string | undefined, name: string): number | undefined {
  if (written === undefined) return undefined;
  const port = Number(written);
  if (!/^\d+$/.test(written) || port < 1 || port > 65_535)
    throw new Error(`${name} must be a port from 1 to 65535, not "${written}"\n${USAGE}`);
  return port;
}
