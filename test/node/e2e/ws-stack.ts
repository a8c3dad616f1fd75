/** The stack of the session tests: clients on `ws` and in Chromium → the Worker in workerd, or `wrangler dev` → the emulator. */
import { afterAll, beforeAll, describe } from "vitest";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import type { RecordedRequest } from "../../../emulator/log.ts";
import { startLocalWorker } from "../../../scripts/local-worker.ts";
import { browserPath } from "../../support/browser.ts";
import { awsBindings, CLIENT_KEY, UNSET } from "../../support/stack.ts";
import { workerBuild } from "../../support/worker-build.ts";
import { startWranglerDev } from "../../support/wrangler-dev.ts";
import { type BrowserClients, startBrowserClients } from "./ws-browser.ts";
import { type ConnectOptions, connect, type SocketClient } from "./ws-client.ts";
import { type PageServer, startPageServer } from "./ws-page.ts";

/** The key of somebody else. */
export const OTHER_KEY = "sk-bob-is-a-client";
/** The configured ones: Bedrock, Bedrock in another format, OpenAI-compatible. */
export const MODELS = ["claude", "nova", "gpt"];
const START_MS = 90_000;

export interface SessionStack {
  readonly emulator: Emulator;
  /** The router's address, without `/v1`. */
  readonly url: string;
  /** Its pages may call the router; those of its other origin may not. */
  readonly pages: PageServer;
  /** The newest request that reached the emulator. Throws if there is none. */
  lastUpstream(): RecordedRequest;
  /** The conversation of that request, as text. */
  lastConversation(): string;
  close(): Promise<void>;
}

/**
 * Answers begin with `[model] `. Requests for no model in particular go to `nova` and `gpt` in turn.
 * @param withDev With `wrangler dev`, whose proxy stands between the clients and the Worker.
 */
export async function startSessionStack(withDev = false): Promise<SessionStack> {
  const emulator = await startEmulator({ paceMs: 0 });
  const pages = await startPageServer();
  const end = () => Promise.all([emulator.close(), pages.close()]);
  const bindings = {
    ...awsBindings(emulator),
    ROUTER_API_KEYS: `alice=${CLIENT_KEY},bob=${OTHER_KEY}`,
    ROUTER_CONFIG: JSON.stringify(configuration(emulator, pages)),
  };
  const start = async () =>
    withDev
      ? startWranglerDev({ bindings })
      : startLocalWorker({ build: await workerBuild(), bindings: { ...UNSET, ...bindings } });
  const router = await start().catch(async (thrown: unknown) => {
    await end();
    throw thrown;
  });
  const lastUpstream = () => {
    const record = emulator.requests.at(-1);
    if (!record) throw new Error("nothing reached the emulator");
    return record;
  };
  return {
    emulator,
    url: router.url,
    pages,
    lastUpstream,
    lastConversation: () => JSON.stringify(lastUpstream().body),
    async close() {
      await router.close();
      await end();
    },
  };
}

function configuration(emulator: Emulator, pages: PageServer): object {
  return {
    serve: { show_model_prefix: true, cors_origins: [pages.origin] },
    router: { retry: 0, strategy: "round_robin", weights: { claude: 0 } },
    llms: {
      claude: { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" },
      nova: { provider: "bedrock", model: "us.amazon.nova-pro-v1:0" },
      gpt: {
        provider: "openai",
        model: "emulated-small",
        base_url: emulator.openaiUrl,
        api_key: emulator.openaiKey,
      },
    },
  };
}

/** What a suite over both kinds of client is given; usable once its tests run. */
export interface SessionSuite {
  readonly kind: "ws" | "Chromium";
  readonly stack: () => SessionStack;
  readonly connect: (options?: ConnectOptions) => Promise<SocketClient>;
}

/**
 * Runs a suite with the clients of `ws`, and with Chromium's where there is one. They share a stack.
 * @param options `concurrent` for both at the same time; `withDev` as in {@link startSessionStack}.
 */
export function describeSessions(
  suite: (session: SessionSuite) => void,
  { withDev, ...options }: { readonly concurrent?: boolean; readonly withDev?: boolean } = {},
): void {
  let started: SessionStack | undefined;
  const stack = () => {
    if (!started) throw new Error("the stack is not there yet");
    return started;
  };
  beforeAll(async () => {
    started = await startSessionStack(withDev);
  }, START_MS);
  afterAll(() => started?.close());

  describe("with the package ws", options, () => {
    suite({ kind: "ws", stack, connect: (options) => connect(stack().url, options) });
  });

  const path = browserPath();
  describe.skipIf(path === undefined)("with Chromium's WebSocket", options, () => {
    let clients: BrowserClients | undefined;
    beforeAll(async () => {
      clients = await startBrowserClients(path ?? "", stack().pages);
    }, START_MS);
    afterAll(() => clients?.close());
    suite({
      kind: "Chromium",
      stack,
      async connect(options) {
        if (!clients) throw new Error("the browser is not there yet");
        return clients.connect(stack().url, options);
      },
    });
  });
}

let names = 0;

/** A session that nobody had before. */
export function newName(): string {
  return `session ${names++}`;
}
