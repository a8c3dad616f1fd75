/** Runs a client headless: it gets a home and a folder to work in that are thrown away, and nothing of this process but PATH. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Only "never" takes so long: on a loaded machine some need minutes to start. */
const RUN_MS = 480_000;
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

/** A 1×1 PNG. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** How the base64 of any PNG begins: some clients write pictures anew. */
export const PICTURE = "iVBORw0KGgo";

/** Where a client lives while it works. */
export interface Place {
  readonly home: string;
  readonly work: string;
  /** A PNG in `work`. */
  readonly picture: string;
  remove(): void;
}

export function newPlace(): Place {
  const root = mkdtempSync(join(tmpdir(), "router-client-"));
  const home = join(root, "home");
  const work = join(root, "work");
  mkdirSync(home);
  mkdirSync(work);
  const picture = join(work, "pixel.png");
  writeFileSync(picture, Buffer.from(PIXEL, "base64"));
  return { home, work, picture, remove: () => rmSync(root, { recursive: true, force: true }) };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Its input is empty. Rejects where it cannot be started. */
export async function runProgram(
  command: string,
  args: readonly string[],
  { home, work }: Place,
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  // The Node that runs the tests comes first: some clients want a new one.
  const PATH = [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter);
  const running = run(command, args, {
    cwd: work,
    env: { PATH, HOME: home, TERM: "dumb", DO_NOT_TRACK: "1", ...env },
    timeout: RUN_MS,
    maxBuffer: MOST_OUTPUT_BYTES,
  });
  running.child.stdin?.end();
  try {
    return { code: 0, ...(await running) };
  } catch (thrown) {
    if (!isExit(thrown)) throw thrown;
    return { code: Number(thrown.code) || 1, stdout: thrown.stdout, stderr: thrown.stderr };
  }
}

function isExit(thrown: unknown): thrown is { code: unknown; stdout: string; stderr: string } {
  // A program that cannot be started has a code in letters, ENOENT.
  return (
    thrown instanceof Error && "stdout" in thrown && !("code" in thrown && typeof thrown.code === "string")
  );
}
