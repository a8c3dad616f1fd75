/** Several API keys for one provider (`api_keys.<provider>`): they take turns, and one that fails is passed over. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { type Stack, startStack } from "../../support/stack.ts";
import { ask, failureOf, say } from "./ask.ts";

const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;

/** How the provider answers each key; a key that is not listed is a good one. */
const BAD_KEYS: Readonly<Record<string, { readonly status: number; readonly retryAfter?: string }>> = {
  "key-refused": { status: 401 },
  "key-unpaid": { status: 402 },
  "key-forbidden": { status: 403 },
  "key-throttled": { status: 429, retryAfter: "60" },
};

let emulator: Emulator;
let gate: Server;
let stack: Stack;
/** The keys of the calls since the test began, in order. */
let seen: string[] = [];

/** Models of a provider each, since keys belong to a provider; each model has its pool to itself. */
function provider(name: string, keys: string | readonly string[]) {
  const models = { streamed: `${name}-streamed`, whole: `${name}-whole` };
  return { name, keys, models };
}
const PROVIDERS = [
  provider("good", ["key-one", "key-two", "key-three"]),
  provider("single", "key-only"),
  provider("refused", ["key-refused", "key-one"]),
  provider("unpaid", ["key-unpaid", "key-one"]),
  provider("forbidden", ["key-forbidden", "key-one"]),
  provider("throttled", ["key-throttled", "key-one"]),
  provider("hopeless", ["key-refused", "key-forbidden"]),
];

beforeAll(async () => {
  emulator = await startEmulator({ paceMs: 0 });
  gate = createServer((request, response) => void forward(request, response)).listen(0, "127.0.0.1");
  const address = await new Promise<ReturnType<Server["address"]>>((resolve) =>
    gate.once("listening", () => resolve(gate.address())),
  );
  const port = typeof address === "object" && address ? address.port : 0;
  const models = PROVIDERS.flatMap(({ name, models }) =>
    Object.values(models).map((model) => [
      model,
      { provider: name, model: "emulated-small", base_url: `http://127.0.0.1:${port}/v1` },
    ]),
  );
  stack = await startStack({
    emulator,
    config: () => ({
      router: { retry: { attempts: 1, base_ms: 1, max_ms: 5 } },
      api_keys: Object.fromEntries(PROVIDERS.map(({ name, keys }) => [name, keys])),
      llms: Object.fromEntries(models),
    }),
  });
}, 60_000);
afterAll(async () => {
  await stack?.close();
  gate?.closeAllConnections();
  gate?.close();
  await emulator?.close();
});
beforeEach(() => {
  seen = [];
});

/** A provider with many keys: refuses the bad ones, and lets the emulator answer for the others. */
async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  seen.push(key);
  const parts: Buffer[] = [];
  for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part);
  const bad = BAD_KEYS[key];
  if (bad) {
    const headers = {
      "content-type": "application/json",
      ...(bad.retryAfter !== undefined && { "retry-after": bad.retryAfter }),
    };
    response.writeHead(bad.status, headers);
    response.end(JSON.stringify({ error: { message: `${key} is no good`, type: "x", code: "x" } }));
    return;
  }
  const answer = await fetch(`${emulator.localUrl}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.concat(parts),
  });
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
  response.end(Buffer.from(await answer.arrayBuffer()));
}

describe.each(WAYS)("keys of a provider, %s", (way, streaming) => {
  const modelOf = (name: string) => `${name}-${way}`;
  const asked = async (name: string) => {
    const { headers, text } = await ask(stack.client, say(modelOf(name), "Hello"), streaming);
    expect(text).toContain('You asked: "Hello"');
    return headers.get("x-router-attempts");
  };

  it("take turns", async () => {
    for (let call = 0; call < 6; call++) expect(await asked("good")).toBe("1");
    expect(new Set(seen.slice(0, 3))).toEqual(new Set(["key-one", "key-two", "key-three"]));
    expect(seen.slice(3)).toEqual(seen.slice(0, 3));
  });

  it("may be a single one", async () => {
    await asked("single");
    await asked("single");
    expect(seen).toEqual(["key-only", "key-only"]);
  });

  it.each(["refused", "unpaid", "forbidden", "throttled"])(
    "are passed over where one is %s: the call goes to the other at once, and later ones do not try it",
    async (name) => {
      const attempts: (string | null)[] = [];
      for (let call = 0; call < 4; call++) attempts.push(await asked(name));
      const bad = seen.filter((key) => key === `key-${name}`);
      expect(bad).toHaveLength(1);
      expect(seen.filter((key) => key === "key-one")).toHaveLength(4);
      expect(attempts.toSorted()).toEqual(["1", "1", "1", "2"]);
    },
  );

  it("that are all refused are an error that says what to check, and shows none of them", async () => {
    const error = await failureOf(ask(stack.client, say(modelOf("hopeless"), "Hello"), streaming));
    expect(error).toMatchObject({ status: 500, code: "upstream_credentials_rejected" });
    expect(error.message).toMatch(/Check the key/);
    expect(error.message).not.toMatch(/key-refused|key-forbidden/);
    expect(seen.toSorted()).toEqual(["key-forbidden", "key-refused"]);
  });
});
