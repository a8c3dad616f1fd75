/**
 * Real clients, headless: each is installed once, from npm, into a folder beside the system's temporary files, and gets a home and
 * a folder to work in that are thrown away. A client that cannot be installed or started is a failure.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const CLIENTS = process.env.CLIENTS ?? join(tmpdir(), "router-clients");
const RUN_MS = 240_000;
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

/** A 1×1 PNG, for tools that read images. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Installs a package with its optional parts, of exactly this version. @returns the folder `node_modules`. */
export async function install(name: string, version: string): Promise<string> {
  const folder = join(CLIENTS, `${name.replaceAll(/[^a-z0-9]+/g, "-")}-${version}`);
  const modules = join(folder, "node_modules");
  if (existsSync(join(folder, "installed"))) return modules;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  const args = [
    "install",
    `${name}@${version}`,
    "--ignore-scripts",
    "--include=optional",
    "--no-audit",
    "--no-fund",
  ];
  await run("npm", args, { cwd: folder, maxBuffer: MOST_OUTPUT_BYTES });
  writeFileSync(join(folder, "installed"), version);
  return modules;
}

/** Where a client lives while it works. */
export interface Place {
  readonly home: string;
  /** Holds `pixel.png`. */
  readonly work: string;
  remove(): void;
}

export function newPlace(): Place {
  const root = mkdtempSync(join(tmpdir(), "router-client-"));
  const home = join(root, "home");
  const work = join(root, "work");
  mkdirSync(home);
  mkdirSync(work);
  writeFileSync(join(work, "pixel.png"), Buffer.from(PIXEL, "base64"));
  return { home, work, remove: () => rmSync(root, { recursive: true, force: true }) };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a client to its end, with nothing of this process's environment but PATH. Its input is empty. */
export async function runClient(
  command: string,
  args: readonly string[],
  { home, work }: Place,
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const all = { PATH: process.env.PATH ?? "", HOME: home, TERM: "dumb", ...env };
  const running = run(command, args, {
    ...{ cwd: work, env: all, timeout: RUN_MS, maxBuffer: MOST_OUTPUT_BYTES },
  });
  running.child.stdin?.end();
  try {
    const { stdout, stderr } = await running;
    return { code: 0, stdout, stderr };
  } catch (thrown) {
    if (isExit(thrown))
      return { code: Number(thrown.code) || 1, stdout: thrown.stdout, stderr: thrown.stderr };
    throw thrown;
  }
}

function isExit(thrown: unknown): thrown is { code: unknown; stdout: string; stderr: string } {
  return typeof thrown === "object" && thrown !== null && "stdout" in thrown && "stderr" in thrown;
}

/** The C library that programs of this machine are linked with, as packages of binaries are named after it. */
export function isMusl(): boolean {
  return existsSync("/etc/alpine-release") || !readFileSync("/proc/self/maps", "utf8").includes("/libc.so.6");
}
