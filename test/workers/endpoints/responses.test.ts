/** Responses that are kept: chains without a pause, runs in the background from which clients drop off, and runs that are cut. */
import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import type { ResponseChain } from "../../../src/objects/responses/object.ts";
import { exchangeOf } from "../../../src/objects/responses/run.ts";
import { storedResponses } from "../../../src/objects/responses/client.ts";
import {
  claudeAnswer,
  endFrames,
  eventStream,
  type FedBody,
  fedBody,
  playUpstream,
  SILENT,
  START,
  textFrame,
} from "../../support/upstream.ts";
import { ask, CLAUDE, envOf, GPT, KEY, NO_RETRY, quietLog, rebind } from "../support.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      RESPONSES: DurableObjectNamespace<ResponseChain>;
    }
  }
}

const router = envOf(
  { router: { retry: NO_RETRY }, llms: { claude: CLAUDE, gpt: GPT } },
  { RESPONSES: env.RESPONSES, ROUTER_API_KEYS: `alice=${KEY}` },
);

beforeEach(() => {
  quietLog();
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

interface Event extends JsonObject {
  readonly type: string;
  readonly sequence_number: number;
}

function eventsIn(text: string): Event[] {
  return text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [JSON.parse(line.slice(6))] : []));
}

async function post(body: object): Promise<Response> {
  return ask(router, "/v1/responses", { method: "POST", body });
}

describe("chains", () => {
  it("of two turns go on at once, a hundred times", async () => {
    const chunk = (delta: object, finish_reason: string | null = null) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    // Answers with the words of the newest user message.
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const { messages, stream } = asObject(await new Request(input, init).json());
      const said = objectsIn(messages).map(({ content }) => asString(content));
      if (stream !== true) {
        const message = { role: "assistant", content: said.join("|") };
        return Response.json({ choices: [{ index: 0, message, finish_reason: "stop" }] });
      }
      const text = `${chunk({ content: said.join("|") })}${chunk({}, "stop")}data: [DONE]\n\n`;
      return new Response(text, { headers: { "content-type": "text/event-stream" } });
    });
    const chain = async (n: number): Promise<string> => {
      const first = await post({ model: "gpt", input: `first ${n}`, stream: true });
      const { id } = asObject(eventsIn(await first.text()).at(-1)?.response);
      const second = await post({ model: "gpt", input: `second ${n}`, previous_response_id: id });
      const done = asObject(await second.json());
      const [message] = objectsIn(done.output);
      return asString(objectsIn(message?.content)[0]?.text);
    };
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    const told: string[] = [];
    const work = async (): Promise<void> => {
      for (let n = numbers.shift(); n !== undefined; n = numbers.shift()) told[n] = await chain(n);
    };
    await Promise.all(Array.from({ length: 8 }, work));
    expect(told).toEqual(told.map((_, n) => `first ${n}|first ${n}|second ${n}`));
    expect(told).toHaveLength(100);
  });
});

it("is read for a run in the background to the last digit", () => {
  const body =
    '{"input":"Hi","tools":[{"type":"function","name":"f","parameters":{"const":9007199254740993}}]}';
  const caller = { client: "alice", host: "router.example", requestId: "req_1" };
  const { request } = exchangeOf({ chain: "0", number: 0, parent: undefined, body, input: "[]", caller });
  expect(JSON.stringify(request.tools[0]?.parameters)).toBe('{"const":9007199254740993}');
});

let chains = 0;

interface Run {
  readonly id: string;
  readonly object: DurableObjectStub<ResponseChain>;
}

async function chainObject(chain: string): Promise<DurableObjectStub<ResponseChain>> {
  const bytes = new TextEncoder().encode(JSON.stringify(["responses", "alice", chain]));
  const name = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return env.RESPONSES.get(env.RESPONSES.idFromName(name));
}

/** Starts a run in the background, in an object that has the bindings of the test. */
async function start(): Promise<Run> {
  const chain = (++chains).toString(16).padStart(32, "0");
  const object = await chainObject(chain);
  await runInDurableObject(object, (own) => rebind(own, router));
  const request = { model: "claude", input: "Hi", background: true, stream: true, store: true };
  await object.start({
    ...{ chain, number: 0, parent: undefined, body: JSON.stringify(request), input: "[]" },
    caller: { client: "alice", host: "router.example", requestId: "req_1" },
  });
  return { id: `resp_${chain}_0`, object };
}

/** The events behind one: so many of them, then the client drops off. */
async function read(id: string, after: number, most = Number.POSITIVE_INFINITY): Promise<Event[]> {
  const response = await ask(router, `/v1/responses/${id}?stream=true&starting_after=${after}`);
  expect(response.status).toBe(200);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const found = eventsIn(text.slice(0, text.lastIndexOf("\n\n") + 1));
    const chunk = found.length < most ? await reader?.read() : undefined;
    if (chunk?.done === false) {
      text += chunk.value;
      continue;
    }
    await reader?.cancel();
    return found.slice(0, most);
  }
}

/** An upstream that says a word at each read, a moment later, and then ends. */
function wordByWord(words: number): FedBody {
  let said = 0;
  return fedBody((body) => {
    setTimeout(() => {
      if (said === 0) body.push(START);
      if (said++ < words) return body.push(textFrame(`word ${said} `));
      body.push(...endFrames());
      body.end();
    }, 1);
  });
}

describe("a run in the background", () => {
  it("has a place again where those that had all four were cut off", async () => {
    playUpstream(SILENT, SILENT, SILENT, SILENT);
    const places = await storedResponses(router, "alice").places();
    for (let at = 0; at < 4; at++) {
      const { id } = await start();
      expect(await places.acquire(id.slice("resp_".length), Date.now() + 60_000)).toBeUndefined();
    }
    const background = async () => (await post({ model: "claude", input: "Hi", background: true })).status;
    expect(await background()).toBe(429);
    await abortAllDurableObjects();
    expect(await background()).toBe(200);
  });

  it("that a full chain has no room for is refused, and holds no place", async () => {
    playUpstream(claudeAnswer("Hello"));
    const first = await post({ model: "claude", input: "Hi" });
    const previous_response_id = asObject(await first.json())?.id;
    const [, chain = ""] = String(previous_response_id).split("_");
    const object = await chainObject(chain);
    await runInDurableObject(object, (_, { storage }) => storage.kv.put("bytes", 64 * 2 ** 20 - 10));
    for (let at = 0; at < 5; at++) {
      const refused = await post({ model: "claude", input: "Again", background: true, previous_response_id });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ error: { param: "previous_response_id" } });
    }
  });

  it("gives whoever dropped off anywhere exactly what was missed, and then the live rest", async () => {
    const drops = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(drops, fc.integer({ min: 1, max: 40 }), async (takes, words) => {
        playUpstream(eventStream(wordByWord(words)));
        const { id } = await start();
        const seen: Event[] = [];
        const lastSeen = () => seen.at(-1)?.sequence_number ?? -1;
        for (const most of takes) {
          if (seen.at(-1)?.type === "response.completed") break;
          seen.push(...(await read(id, lastSeen(), most)));
        }
        seen.push(...(await read(id, lastSeen())));
        expect(seen.map(({ sequence_number }) => sequence_number)).toEqual([...seen.keys()]);
        expect(seen.at(-1)?.type).toBe("response.completed");
        expect(seen.filter(({ type }) => type === "response.output_text.delta")).toHaveLength(words);
        expect(await read(id, -1)).toEqual(seen);
        vi.restoreAllMocks();
      }),
      { numRuns: 25 },
    );
  });

  it("that a reset cuts is failed, to whoever asks and to whoever follows its events", async () => {
    const half = [START, textFrame("Half of an")];
    playUpstream(eventStream(fedBody((body) => body.push(...half.splice(0)))));
    const { id } = await start();
    const before = await read(id, -1, 5);
    expect(before.at(-1)).toMatchObject({ type: "response.output_text.delta", delta: "Half of an" });
    const running = await ask(router, `/v1/responses/${id}`);
    expect(await running.json()).toMatchObject({ id, status: "in_progress" });
    await abortAllDurableObjects();
    const response = asObject(await (await ask(router, `/v1/responses/${id}`)).json());
    expect(response).toMatchObject({ id, status: "failed", error: { code: "server_error" } });
    const rest = await read(id, before.at(-1)?.sequence_number ?? -1);
    expect(rest.map(({ type }) => type)).toEqual(["error", "response.failed"]);
    expect(rest[1]).toMatchObject({ response: { id, status: "failed" } });
    // Also for a client that had seen events which the object had not yet written.
    expect((await read(id, 900)).map(({ type }) => type)).toEqual(["error", "response.failed"]);
  });
});
