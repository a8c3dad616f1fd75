/**
 * `npm start`: the router on this machine. With AWS credentials in the environment or in .dev.vars it calls Bedrock
 * itself; without, a local Bedrock emulator answers, so that everything works without an account.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { type Emulator, startEmulator } from "../emulator/index.ts";
import { freePort, startLocalWorker } from "./local-worker.ts";

const PORT = 8787;
const PARENT = process.ppid;
/** What the router reads from its bindings by fixed names, see docs in README. */
const NAMES = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_BEARER_TOKEN_BEDROCK",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
  "ROUTER_API_KEYS",
  "ROUTER_AUTH",
  "ROUTER_CONFIG",
];

const devVars: Record<string, string | undefined> = existsSync(".dev.vars")
  ? parseEnv(readFileSync(".dev.vars", "utf8"))
  : {};
// .dev.vars is about this project, the environment about the whole machine: the former wins.
const known = new Map<string, string>();
for (const [name, value] of Object.entries({ ...process.env, ...devVars })) {
  const wanted = NAMES.includes(name) || name.endsWith("_API_KEY") || /^ROUTER_(CONFIG|API_KEYS)_/.test(name);
  if (value && wanted) known.set(name, value);
}

const hasAws =
  known.has("AWS_BEARER_TOKEN_BEDROCK") ||
  (known.has("AWS_ACCESS_KEY_ID") && known.has("AWS_SECRET_ACCESS_KEY"));
const emulator = hasAws ? undefined : await startEmulator();
if (emulator) useEmulator(emulator);
const open = known.get("ROUTER_AUTH") !== undefined;
const ownKeys = known.get("ROUTER_API_KEYS");
const key = ownKeys ? "YOUR_KEY" : `sk-local-${randomBytes(12).toString("hex")}`;
if (!ownKeys && !open) known.set("ROUTER_API_KEYS", key);

const port = await freePort(Number(process.env.PORT) || PORT);
const worker = await startLocalWorker({ bindings: Object.fromEntries(known), port, log: true }).catch(
  async (thrown: unknown) => {
    await emulator?.close();
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exit(1);
  },
);
console.log(greeting(worker.url));

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await worker.close();
  await emulator?.close();
  process.exit(0);
}
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
if (process.env.npm_lifecycle_event) stopWithParent(stop);

/** npm sends SIGTERM to the shell between it and this process, which ends without a word to its child. */
function stopWithParent(whenGone: () => void): void {
  setInterval(() => process.ppid !== PARENT && whenGone(), 250).unref();
}

function useEmulator({ url, credentials, openaiUrl, openaiKey }: Emulator): void {
  known.set("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url);
  known.set("AWS_ACCESS_KEY_ID", credentials.accessKeyId);
  known.set("AWS_SECRET_ACCESS_KEY", credentials.secretAccessKey);
  known.delete("AWS_SESSION_TOKEN");
  // For configurations that name an OpenAI-compatible upstream beside Bedrock.
  known.set("EMULATOR_OPENAI_URL", openaiUrl);
  known.set("EMULATOR_OPENAI_API_KEY", openaiKey);
}

function greeting(url: string): string {
  const upstream = emulator
    ? "a local Bedrock emulator (no AWS credentials in the environment or .dev.vars)"
    : `Amazon Bedrock, ${known.get("AWS_REGION") ?? known.get("AWS_DEFAULT_REGION") ?? "us-east-1"}: calls cost money`;
  // A fragment never leaves the browser, so the key gets into no log; the page takes it out of the address bar at once.
  const fragment = open || ownKeys ? "" : `#key=${encodeURIComponent(key)}`;
  const auth = open ? "" : ` \\\n    -H 'authorization: Bearer ${key}'`;
  return `
  OpenClaw Edge Router   ${url}/v1
  Upstream               ${upstream}
  Playground             ${url}/playground${fragment}
  Client key             ${open ? "none needed (ROUTER_AUTH)" : ownKeys ? "one of your ROUTER_API_KEYS" : key}

  Try it:

  curl -N ${url}/v1/chat/completions${auth} \\
    -H 'content-type: application/json' \\
    -d '{"model":"auto","stream":true,"messages":[{"role":"user","content":"Say hello to the edge"}]}'

  Ctrl-C stops it.
`;
}
