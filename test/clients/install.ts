/** Brings clients from npm, once, into a folder beside the system's temporary files (or `CLIENTS`). */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Kit, PACKAGES } from "./packages.ts";

const run = promisify(execFile);

const CLIENTS = process.env.CLIENTS ?? join(tmpdir(), "router-clients");
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;
/** Without the scripts of packages, with their builds for this system. */
const INSTALL = ["install", "--ignore-scripts", "--include=optional", "--no-audit", "--no-fund"];

const installs = new Map<Kit, Promise<string>>();

/** @returns the folder that holds the kit's `node_modules`. Rejects where npm cannot bring it. */
export function installed(kit: Kit): Promise<string> {
  const known = installs.get(kit) ?? install(kit);
  installs.set(kit, known);
  return known;
}

async function install(kit: Kit): Promise<string> {
  const manifest = JSON.stringify({ private: true, type: "module", dependencies: PACKAGES[kit] });
  const digest = createHash("sha256").update(manifest).digest("hex").slice(0, 12);
  const folder = join(CLIENTS, `${kit}-${digest}`);
  if (existsSync(folder)) return folder;
  // Under its name only when it is whole.
  const draft = `${folder}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, "package.json"), manifest);
  await run("npm", INSTALL, { cwd: draft, maxBuffer: MOST_OUTPUT_BYTES });
  renameSync(draft, folder);
  return folder;
}

/** The C library that programs of this machine are linked with, as packages of binaries are named after it. */
export function isMusl(): boolean {
  return existsSync("/etc/alpine-release") || !readFileSync("/proc/self/maps", "utf8").includes("/libc.so.6");
}
