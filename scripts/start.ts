/**
 * `npm start`: the router on this machine. With AWS credentials in the environment or in .dev.vars it calls Bedrock
 * itself; without, a local Bedrock emulator answers, so that everything works without an account.
 */
import { join } from "node:path";
import { readOptions, type StartOptions } from "./start/options.ts";
import type { Running } from "./start/run.ts";

const CONFIG = join(import.meta.dirname, "../config/router.yaml");
const PARENT = process.ppid;

const options = askedFor();
console.log("Building the Worker: some seconds …");
// Loaded only now: they take a second themselves.
const { run } = await import("./start/run.ts");
const running: Running = await run(options).catch((thrown: unknown) => {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exit(1);
});

let stopping = false;
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
if (process.env.npm_lifecycle_event) stopWithParent();

function askedFor(): StartOptions {
  try {
    return readOptions(process.argv.slice(2), process.env, process.env.INIT_CWD ?? process.cwd(), CONFIG);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exit(2);
  }
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await running.close();
  process.exit(0);
}

/** npm sends SIGTERM to the shell between it and this process, which ends without a word to its child. */
function stopWithParent(): void {
  setInterval(() => process.ppid !== PARENT && stop(), 250).unref();
}
