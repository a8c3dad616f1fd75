import { once } from "node:events";
import { type ClientRequest, IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import type { RecordedRequest } from "../../../emulator/log.ts";
import { awsBindings, CLIENT_KEY, eventually, type Stack, startStack } from "../../support/stack.ts";
import { ask, say } from "./ask.ts";

const TARGETS = ["bedrock", "openai-compatible"];
/** Would take half a minute. */
const LONG = "[[pace 10]] [[repeat 3000 word]]";
const STILL_MS = 1000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    bindings: awsBindings,
    config: (emulator) => ({
      router: { retry: 0 },
      llms: {
        bedrock: { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-6" },
        "openai-compatible": {
          provider: "openai",
          model: "emulated-small",
          base_url: emulator.openaiUrl,
          api_key: emulator.openaiKey,
        },
      },
    }),
  });
}, 60_000);
afterAll(() => stack?.close());

/** Sends a request on a connection of its own. */
function post(body: JsonObject): ClientRequest {
  const sent = request(`${stack.url}/v1/chat/completions`, {
    method: "POST",
    agent: false,
    headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
  });
  sent.on("error", () => {});
  sent.end(JSON.stringify(body));
  return sent;
}

async function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [response]: unknown[] = await once(sent, "response");
  if (!(response instanceof IncomingMessage)) throw new Error("no response");
  return response.on("error", () => {});
}

/** What the emulator notes of the next request. */
function nextRecord(): Promise<RecordedRequest> {
  const before = stack.emulator.requests.length;
  return eventually(() => stack.emulator.requests[before]);
}

async function expectLeft(record: RecordedRequest): Promise<void> {
  await eventually(() => record.outcome !== "pending");
  expect(record.outcome).toBe("aborted-by-client");
}

function contentOf(event: string): string {
  const chunk = asObject(JSON.parse(event.slice("data: ".length)));
  return asString(asObject(objectsIn(chunk.choices)[0]?.delta).content);
}

describe.each(TARGETS)("a client that leaves %s", (model) => {
  it("in the middle of a stream ends the upstream's", async () => {
    const controller = new AbortController();
    const upstream = nextRecord();
    const stream = await stack.client.chat.completions.create(
      { ...say(model, LONG), stream: true },
      { signal: controller.signal },
    );
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) controller.abort();
    }
    const record = await upstream;
    await expectLeft(record);
    expect(record.framesSent).toBeLessThan(3000);
  });

  it.each(["destroy", "resetAndDestroy"] as const)(
    "by its socket's %s ends the upstream's",
    async (leave) => {
      const upstream = nextRecord();
      const sent = post({ ...say(model, LONG), stream: true });
      await once(await responseTo(sent), "data");
      sent.socket?.[leave]();
      await expectLeft(await upstream);
    },
  );

  it("by a reset while the model is silent ends the upstream's", async () => {
    const upstream = nextRecord();
    const sent = post({ ...say(model, "Hello there [[fault: hang-mid]]"), stream: true });
    await once(await responseTo(sent), "data");
    const record = await upstream;
    sent.socket?.resetAndDestroy();
    await expectLeft(record);
  });

  it.each([
    ["streamed", true, "hang"],
    ["whole", false, "hang"],
    ["whole", false, "hang-mid"],
  ])("before the head ends the upstream's (%s, %s, %s)", async (_, stream, fault) => {
    const upstream = nextRecord();
    const sent = post({ ...say(model, `Hello [[fault: ${fault}]]`), stream });
    const record = await upstream;
    await eventually(() => record.body !== undefined);
    expect(record.outcome).toBe("pending");
    sent.socket?.resetAndDestroy();
    await expectLeft(record);
  });

  it("does no harm to the next", async () => {
    expect(await ask(stack.client, say(model, "Still there?"), true)).toMatchObject({ finish: "stop" });
  });
});

describe.each(TARGETS)("a client of %s that stops reading", (model) => {
  it("stops the upstream, and misses nothing once it reads on", async () => {
    // More than the buffers of both connections hold, which grow as they are read.
    const count = 240_000;
    const upstream = nextRecord();
    const words = `[[pace 0]] [[repeat ${count} w]]`;
    const response = await responseTo(post({ ...say(model, words), stream: true, max_tokens: 128_000 }));
    response.pause();
    const record = await upstream;
    let sent = -1;
    while (sent !== record.framesSent) {
      sent = record.framesSent;
      await sleep(STILL_MS);
    }
    expect(record.outcome).toBe("pending");
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(count);
    const events = (await text(response)).split("\n\n");
    expect(events.slice(-2)).toEqual(["data: [DONE]", ""]);
    expect(events.slice(0, -2).map(contentOf).join("") === "w ".repeat(count)).toBe(true);
    await eventually(() => record.outcome === "complete");
  }, 90_000);
});
