/**
 * The whole stack over real sockets: OpenAI's own client → the Worker in workerd → the emulator. One of it serves a test
 * file.
 */
import { cp, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import OpenAI from "openai";
import { type Emulator, startEmulator } from "../../emulator/index.ts";
import type { RecordedRequest } from "../../emulator/log.ts";
import { type LocalWorker, type PrintedLine, startLocalWorker } from "../../scripts/local-worker.ts";
import { workerBuild } from "./worker-build.ts";

/** The client key of every stack. */
export const CLIENT_KEY = "sk-test-client-key";

/** What a developer's own .dev.vars might bring in; an empty binding counts as unset. */
export const UNSET = {
  AWS_ACCESS_KEY_ID: "",
  AWS_SECRET_ACCESS_KEY: "",
  AWS_SESSION_TOKEN: "",
  AWS_BEARER_TOKEN_BEDROCK: "",
  AWS_REGION: "",
  AWS_DEFAULT_REGION: "",
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: "",
  AWS_ENDPOINT_URL_BEDROCK_MANTLE: "",
  AWS_ENDPOINT_URL_STS: "",
  AWS_OIDC_PRIVATE_KEY: "",
  AWS_OIDC_PUBLIC_KEYS: "",
  ROUTER_AUTH: "",
};

export interface Stack {
  readonly emulator: Emulator;
  /** The router's address, without `/v1`. */
  readonly url: string;
  /** Repeats nothing by itself, so that one call is one request. */
  readonly client: OpenAI;
  /** The newest request that reached the emulator. Throws if there is none. */
  lastUpstream(): RecordedRequest;
  /** The Worker's Durable Objects under a binding. */
  readonly objects: LocalWorker["objects"];
  close(): Promise<void>;
}

export interface StackOptions {
  /** The router's configuration; written as JSON, which is YAML. */
  readonly config: (emulator: Emulator) => object;
  /** Beside the key and the configuration. */
  readonly bindings?: (emulator: Emulator) => Readonly<Record<string, string>>;
  /** Milliseconds between the emulator's stream events; 0 unless given. */
  readonly paceMs?: number;
  /** Is given what the Worker prints, line by line. */
  readonly hear?: (line: PrintedLine) => void;
  /** What lies beside the Worker as its vectors; the build's, which are none, unless given. */
  readonly vectors?: (emulator: Emulator) => Promise<Uint8Array>;
  /** Shares the emulator of another stack, which then closes it. */
  readonly emulator?: Emulator;
}

/** Starts emulator and Worker. Ends what it started if it fails half-way. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const emulator = options.emulator ?? (await startEmulator({ paceMs: options.paceMs ?? 0 }));
  const end = async () => {
    if (!options.emulator) await emulator.close();
  };
  let worker: LocalWorker;
  try {
    const build = await workerBuild();
    const vectors = await options.vectors?.(emulator);
    worker = await startLocalWorker({
      build: vectors === undefined ? build : await withVectors(build, vectors),
      ...(options.hear && { hear: options.hear }),
      bindings: {
        ...UNSET,
        ROUTER_API_KEYS: CLIENT_KEY,
        ROUTER_CONFIG: JSON.stringify(options.config(emulator)),
        ...options.bindings?.(emulator),
      },
    });
  } catch (thrown) {
    await end();
    throw thrown;
  }
  return {
    emulator,
    url: worker.url,
    client: openAiClient(worker.url),
    objects: worker.objects,
    lastUpstream() {
      const record = emulator.requests.at(-1);
      if (!record) throw new Error("nothing reached the emulator");
      return record;
    },
    async close() {
      await worker.close();
      await end();
    },
  };
}

/** A copy of the built Worker with other vectors beside it, below the folder of the run, which goes with it. */
async function withVectors(build: string, vectors: Uint8Array): Promise<string> {
  const folder = await mkdtemp(`${build}-`);
  await cp(build, folder, { recursive: true });
  await writeFile(join(folder, "further/vectors.bin"), vectors);
  return folder;
}

/** OpenAI's client for the router at `url`. */
export function openAiClient(url: string, apiKey = CLIENT_KEY): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, logLevel: "off" });
}

/** The bindings with which Bedrock lets the router in. */
export function awsBindings({ url, credentials }: Emulator): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
    AWS_ENDPOINT_URL_BEDROCK_MANTLE: `${url}/mantle`,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

const POLL_MS = 20;

/** Waits until `check` gives something; fails after `capMs`, generous so that only "never" fails. */
export async function eventually<T>(check: () => T | undefined | false, capMs = 15_000): Promise<T> {
  for (const end = Date.now() + capMs; ; ) {
    const found = check();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`did not happen within ${capMs} ms: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
