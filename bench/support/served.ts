/** Serves a Worker in a workerd process of its own, so that its CPU and memory can be read. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import workerd from "workerd";
import { freePort } from "../../scripts/local-worker.ts";
import { type Bundle, runtimeSettings } from "./bundle.ts";
import { capnp } from "./capnp.ts";
import { cpuMs, memoryMiB } from "./process.ts";

const EXECUTABLE = typeof workerd === "string" ? workerd : workerd.default;
const START_TRIES = 1200;
const START_PAUSE_MS = 25;
/** The port opens before the modules have run. */
const SETTLE_MS = 150;
const SETTLED_CPU_MS = 1;

export interface Served {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  /** Answers Bedrock streams with server-sent events that end in `[DONE]`; baselines hand on what they get. */
  readonly isRouter: boolean;
  /** CPU of its start, until it had nothing more to do, in milliseconds. */
  readonly startCpuMs: number;
  /** Whether the process still runs. */
  isAlive(): boolean;
  /** The end of what it wrote to stderr. */
  errors(): string;
  /** CPU that the process has used so far, user and system, in milliseconds. */
  cpuMs(): number;
  /** Resident memory in MiB. */
  memoryMiB(): number;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly name: string;
  readonly bundle: Bundle;
  readonly bindings: Readonly<Record<string, string>>;
  readonly isRouter: boolean;
  readonly v8Flags?: readonly string[];
  /** Where to open V8's inspector. */
  readonly inspector?: string;
  /** Keep what Durable Objects store in memory: to open its files for nine of them takes as long as all that the router does until it listens. */
  readonly inMemory?: boolean;
}

/** Starts workerd; resolves once its modules have run. The Worker has not been called by then. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { name, bundle, bindings, isRouter, inspector, v8Flags = [], inMemory = false } = options;
  const port = await freePort(0);
  const storage = inMemory ? undefined : mkdtempSync(join(bundle.folder, "storage-"));
  // Beside the modules, because it embeds them by relative paths.
  const config = join(bundle.folder, `port-${port}.capnp`);
  writeFileSync(config, capnp(bundle, { port, storage, bindings, runtime: runtimeSettings(), v8Flags }));
  const flags = inspector === undefined ? [] : [`--inspector-addr=${inspector}`];
  const child = spawn(EXECUTABLE, ["serve", ...flags, config], { stdio: ["ignore", "ignore", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let errors = "";
  child.stderr.on("data", (bytes: Buffer) => {
    errors = `${errors}${bytes}`.slice(-4000);
  });
  await listening(port, child, () => errors);
  const { pid } = child;
  if (pid === undefined) throw new Error("workerd has no process id");
  await settled(pid);
  return {
    name,
    startCpuMs: cpuMs(pid),
    url: `http://127.0.0.1:${port}`,
    port,
    isRouter,
    cpuMs: () => cpuMs(pid),
    errors: () => errors,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    memoryMiB: () => memoryMiB(pid),
    async close() {
      process.removeListener("exit", kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, "exit");
      kill();
      await closed;
    },
  };
}

/** Waits for the port, not for an answer: the first call of a Worker is measured, too. */
async function listening(port: number, child: ChildProcess, errors: () => string): Promise<void> {
  for (let attempt = 0; attempt < START_TRIES; attempt++) {
    if (child.exitCode !== null) throw new Error(`workerd did not start:\n${errors()}`);
    if (await connects(port)) return;
    await new Promise((resolve) => setTimeout(resolve, START_PAUSE_MS));
  }
  throw new Error(`nothing listens at port ${port}:\n${errors()}`);
}

async function settled(pid: number): Promise<void> {
  for (let before = -SETTLED_CPU_MS; cpuMs(pid) - before >= SETTLED_CPU_MS; ) {
    before = cpuMs(pid);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.destroy());
    socket.once("error", () => resolve(false));
    socket.once("close", (failed) => resolve(!failed));
  });
}
