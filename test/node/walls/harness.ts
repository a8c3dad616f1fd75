/**
 * The built Worker in a workerd process whose JavaScript heap is as large as Cloudflare's isolates are, before the emulator
 * and a host of images. One client attacks, another must not notice.
 */
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unstable_readConfig } from "wrangler";
import { modulesIn } from "../../../bench/support/bundle.ts";
import { type Served, serve } from "../../../bench/support/served.ts";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { awsBindings } from "../../support/stack.ts";
import { workerBuild } from "../../support/worker-build.ts";

/** The key of the client that attacks, and of the one that must not notice. */
export const ATTACKER = "sk-attacker-0123456789";
export const BYSTANDER = "sk-bystander-0123456789";
/** What an isolate has on Cloudflare. https://developers.cloudflare.com/workers/platform/limits/#memory */
const HEAP_FLAG = "--max-old-space-size=128";
const ENTRY = "walls-entry.js";
/** Where links to images point; the entry leads them to a server of this machine, which the router itself would not call. */
export const IMAGES = "https://images.example.com";

export interface Walls {
  readonly served: Served;
  readonly emulator: Emulator;
  /** Paths that were asked of the host of images. */
  readonly fetched: readonly string[];
  close(): Promise<void>;
}

/** Starts all three. */
export async function startWalls(): Promise<Walls> {
  const emulator = await startEmulator({ paceMs: 0 });
  const fetched: string[] = [];
  const images = await imageHost(fetched);
  const folder = mkdtempSync(join(tmpdir(), "walls-"));
  cpSync(await workerBuild(), folder, { recursive: true });
  writeFileSync(join(folder, ENTRY), entry(portOf(images)));
  const bound: readonly { name: string; class_name: string }[] = unstable_readConfig({
    config: join(import.meta.dirname, "../../../wrangler.toml"),
  }).durable_objects.bindings;
  const served = await serve({
    name: "router",
    isRouter: true,
    bundle: {
      folder,
      modules: [ENTRY, ...modulesIn(folder)],
      objects: bound.map(({ name, class_name }) => ({ binding: name, className: class_name })),
    },
    bindings: {
      ...awsBindings(emulator),
      ROUTER_API_KEYS: `attacker=${ATTACKER},bystander=${BYSTANDER}`,
      ROUTER_CONFIG: JSON.stringify(config(emulator)),
    },
    v8Flags: [HEAP_FLAG],
  });
  return {
    served,
    emulator,
    fetched,
    async close() {
      await served.close();
      await emulator.close();
      images.closeAllConnections();
      images.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function config({ openaiUrl, openaiKey }: Emulator) {
  const claude = {
    provider: "bedrock",
    aws_region: "us-east-1",
    model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  };
  const gpt = { provider: "openai", model: "emulated-small", base_url: openaiUrl, api_key: openaiKey };
  return { llms: { claude, gpt }, router: { retry: { attempts: 0 } } };
}

/** The router behind a `fetch` that finds the host of images. */
function entry(port: number): string {
  return `import router from "./index.js";
export * from "./index.js";
const { fetch } = globalThis;
globalThis.fetch = (input, init) => {
  const images = typeof input === "string" && input.startsWith(${JSON.stringify(IMAGES)});
  return fetch(images ? "http://127.0.0.1:${port}" + new URL(input).pathname : input, init);
};
export default router;
`;
}

const PNG_HEAD = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** `/<bytes>/…` is a PNG of that many bytes; `/endless/…` one without an end. */
async function imageHost(fetched: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    fetched.push(path);
    response.on("error", () => {});
    const [, size = ""] = path.split("/");
    response.writeHead(200, { "content-type": "image/png" });
    response.write(PNG_HEAD);
    if (size !== "endless") return response.end(Buffer.alloc(Number(size) - PNG_HEAD.length));
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return address.port;
}
