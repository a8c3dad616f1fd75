import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect as connectTcp, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, objectsIn } from "../../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, eventually, type Stack, startStack } from "../../support/stack.ts";
import { codeOf, connect, type Frame, type SocketClient, seqs, textOf } from "./ws-client.ts";

const SHOWN = { show_model_prefix: true, cors_origins: ["https://app.example"] };

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    bindings: (emulator) => ({ ...awsBindings(emulator), ROUTER_API_KEYS: `alice=${CLIENT_KEY},bob=sk-bob` }),
    config: (emulator) => ({
      serve: SHOWN,
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
    }),
  });
});
afterAll(() => stack?.close());

const MODELS = ["claude", "nova", "gpt"];
const say = (model: string, content: string) => ({ model, messages: [{ role: "user", content }] });
const words = (count: number) => "word ".repeat(count);
let names = 0;
const newName = () => `session ${names++}`;

/** A turn on a connection of its own. */
async function oneTurn(message: object, session?: string): Promise<Frame[]> {
  const client = await connect(stack.url, session === undefined ? {} : { session });
  client.send(message);
  const frames = await client.turn();
  await client.close();
  return frames;
}

/** All that is sent until the turns are over, on as many connections as it takes. */
async function resumeToEnd(session: string, received: Frame[]): Promise<void> {
  const client = await connect(stack.url, { session });
  client.send({ type: "resume", after: lastSeq(received) });
  received.push(...(await client.turn()));
  await client.close();
}

function lastSeq(frames: readonly Frame[]): number {
  const last = frames.findLast((frame) => typeof frame !== "string");
  return Number(asObject(last).seq ?? 0);
}

function expectWhole(frames: readonly Frame[], text: string): void {
  expect(frames.at(-1)).toBe("[DONE]");
  expect(seqs(frames)).toEqual(seqs(frames).map((_, index) => index + 1));
  expect(textOf(frames) === text).toBe(true);
}

describe.each(MODELS)("a turn of %s", (model) => {
  it("streams chunks, the first telling the route, and ends in [DONE]", async () => {
    const frames = await oneTurn(say(model, "[[repeat 5 word]]"));
    expect(frames.at(-1)).toBe("[DONE]");
    expect(textOf(frames)).toBe(`[${model}] ${words(5)}`);
    expect(asObject(frames[0]).router).toEqual({ model, strategy: "named", attempts: 1 });
    expect(new Set(seqs(frames))).toEqual(new Set([undefined]));
  });

  it("carries a tool loop through a session", async () => {
    const client = await connect(stack.url, { session: newName() });
    const tools = [
      {
        type: "function",
        function: {
          name: "get_weather",
          parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        },
      },
    ];
    client.send({ model, tools, tool_choice: "required", message: "What is the weather in Oslo?" });
    const called = await client.turn();
    expect(called.at(-1)).toBe("[DONE]");
    const deltas = called
      .filter((frame) => typeof frame !== "string")
      .flatMap((frame) => objectsIn(frame.choices))
      .flatMap((choice) => objectsIn(asObject(choice.delta).tool_calls));
    const [id] = deltas.flatMap((call) => (typeof call.id === "string" ? [call.id] : []));
    client.send({ model, tools, message: { role: "tool", tool_call_id: id, content: "12 degrees" } });
    expect((await client.turn()).at(-1)).toBe("[DONE]");
    expect(JSON.stringify(stack.lastUpstream().body)).toMatch(/Oslo.*12 degrees/);
    await client.close();
  });

  it("that fails tells why, and the socket goes on", async () => {
    const client = await connect(stack.url);
    for (const [fault, code] of [
      ["throttle", "rate_limit_exceeded"],
      ["cut", "upstream_truncated"],
    ]) {
      client.send(say(model, `Hello there [[fault: ${fault}]]`));
      const frames = await client.turn();
      expect(frames).not.toContain("[DONE]");
      expect(codeOf(frames)).toBe(code);
    }
    client.send(say(model, "[[repeat 2 word]]"));
    expect((await client.turn()).at(-1)).toBe("[DONE]");
    await client.close();
  });

  it("is cancelled: its upstream ends, what came is kept", async () => {
    const client = await connect(stack.url, { session: newName() });
    client.send({ model, message: "[[pace 10]] [[repeat 3000 word]]" });
    const record = await eventually(() => client.frames.length > 5 && stack.emulator.requests.at(-1));
    client.send({ type: "cancel" });
    const frames = await client.turn();
    expect(codeOf(frames)).toBe("turn_cancelled");
    await eventually(() => record.outcome === "aborted-by-client");
    client.send({ model, message: "Go on" });
    expect((await client.turn()).at(-1)).toBe("[DONE]");
    expect(JSON.stringify(stack.lastUpstream().body)).toContain("word word");
    await client.close();
  });

  it.each([1, 2, 5, 11, 20])(
    "goes on when its client drops after %i frames, which resumes",
    async (count) => {
      const session = newName();
      const client = await connect(stack.url, { session });
      client.send({ model, message: "[[pace 15]] [[repeat 30 word]]" });
      await eventually(() => client.frames.length >= count);
      const received = client.frames.slice(0, count);
      await client.close();
      await resumeToEnd(session, received);
      expectWhole(received, `[${model}] ${words(30)}`);
    },
  );
});

describe("a session", () => {
  it("is answered by models of several providers, by the strategy", async () => {
    const client = await connect(stack.url, { session: newName() });
    const answered: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      client.send({ message: `Question ${i}` });
      const frames = await client.turn();
      expect(frames.at(-1)).toBe("[DONE]");
      answered.push(asObject(asObject(frames[0]).router).model);
    }
    expect(answered.toSorted()).toEqual(["gpt", "gpt", "nova", "nova"]);
    expect(JSON.stringify(stack.lastUpstream().body)).toContain("Question 0");
    // Prefixes of earlier answers are for people.
    expect(JSON.stringify(stack.lastUpstream().body)).not.toMatch(/\[(nova|gpt)\]/);
    await client.close();
  });

  it("is not there for another key", async () => {
    const session = newName();
    await oneTurn({ model: "claude", message: "Remember the number 4711", id: "n" }, session);
    const bob = await connect(stack.url, { session, key: "sk-bob" });
    bob.send({ type: "resume", after: 1 });
    expect(codeOf(await bob.turn())).toBe("resume_expired");
    bob.send({ model: "claude", message: "Hello", id: "n" });
    expect((await bob.turn()).at(-1)).toBe("[DONE]");
    expect(JSON.stringify(stack.lastUpstream().body)).not.toContain("4711");
    await bob.close();
  });

  it("refuses what is no message of the protocol, and goes on", async () => {
    const client = await connect(stack.url);
    client.sendRaw("{");
    client.sendRaw(new Uint8Array([1, 2]));
    client.sendRaw(JSON.stringify({ message: "x".repeat(2 ** 20) }));
    const codes = [codeOf(await client.turn()), codeOf(await client.turn()), codeOf(await client.turn())];
    expect(codes).toEqual(["invalid_json", "invalid_value", "request_too_large"]);
    client.sendRaw("ping");
    await eventually(() => client.frames.at(-1) === "pong");
    await client.close();
  });

  it("is one of a hundred at once, each with its own answer", async () => {
    const texts = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const model = MODELS[index % MODELS.length] ?? "";
        const frames = await oneTurn({ model, message: `[[pace 5]] [[repeat 40 w${index}]]` }, newName());
        expect(frames.at(-1)).toBe("[DONE]");
        return textOf(frames);
      }),
    );
    const expected = texts.map((_, index) => `[${MODELS[index % MODELS.length]}] ${`w${index} `.repeat(40)}`);
    expect(texts).toEqual(expected);
  });

  it("of nobody ends with its socket, and so does its upstream", async () => {
    const client = await connect(stack.url);
    client.send({ model: "claude", message: "[[pace 10]] [[repeat 3000 word]]" });
    const record = await eventually(() => client.frames.length > 3 && stack.emulator.requests.at(-1));
    await client.close();
    await eventually(() => record.outcome === "aborted-by-client");
  });
});

describe("the upgrade", () => {
  it.each([
    ["a wrong key", { key: "sk-wrong" }],
    ["an empty session", { session: "" }],
  ])("is refused with %s", async (_, options) => {
    await expect(connect(stack.url, options)).rejects.toThrow("refused");
  });

  it.each(["/v1/chat/ws", "/chat/ws"])("is what GET %s needs", async (path) => {
    const headers = { authorization: `Bearer ${CLIENT_KEY}` };
    const response = await fetch(stack.url + path, { headers });
    expect(response.status).toBe(426);
    expect(asObject(asObject(await response.json()).error).code).toBe("upgrade_required");
    expect((await fetch(stack.url + path, { headers, method: "POST" })).status).toBe(405);
  });

  it.each([
    ["https://evil.example", 403],
    ["https://app.example", 101],
  ])("from a page of %s is %i", async (origin, status) => {
    const { head, socket } = await rawUpgrade(newName(), { origin });
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    socket.destroy();
  });
});

/** Upgrades on a bare TCP connection, which then reads only when told to. */
async function rawUpgrade(
  session: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ head: string; socket: Socket }> {
  const { hostname, port } = new URL(stack.url);
  const socket = connectTcp(Number(port), hostname);
  const lines = [
    `GET /v1/chat/ws?session=${encodeURIComponent(session)} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    `Authorization: Bearer ${CLIENT_KEY}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const [head]: unknown[] = await once(socket, "data");
  socket.pause();
  return { head: String(head), socket };
}

/** A text as a client's frame; the mask is zero. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** A program of the documentation. */
async function documented(name: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "../../../docs/websocket.md"), "utf8");
  const [, code] = new RegExp(`<!-- run: ${name} -->\n\`\`\`js\n(.*?)\n\`\`\``, "s").exec(text) ?? [];
  if (code === undefined) throw new Error(`docs/websocket.md has no program '${name}'`);
  return code;
}

/** Runs a program in a Node of its own; gives what it printed. */
async function run(code: string): Promise<string> {
  const env = { ...process.env, ROUTER_URL: stack.url, KEY: CLIENT_KEY };
  const args = ["--input-type=module", "--eval", code];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, timeout: 20_000 });
  expect(stderr).toBe("");
  return stdout;
}

describe("the documentation's", () => {
  it("program for Node holds a conversation", async () => {
    const printed = await run(await documented("node"));
    expect(printed).toMatch(/> My name is Ada\. Say hello\.\n\S.*\n> What is my name\?\n\S/s);
    expect(JSON.stringify(stack.lastUpstream().body)).toContain("My name is Ada");
  });

  it("function for browsers comes back when its connection breaks", async () => {
    // Breaks each of the first two connections after three frames.
    const breaking = `
const Whole = WebSocket;
let connections = 0;
globalThis.WebSocket = class extends Whole {
  #frames = connections++ < 2 ? 3 : Infinity;
  set onmessage(take) {
    this.addEventListener("message", (event) => (this.#frames-- > 0 ? take(event) : this.close()));
  }
};`;
    const call = `
await ask({
  url: process.env.ROUTER_URL.replace(/^http/, "ws"),
  key: process.env.KEY,
  session: "documented",
  message: "[[pace 20]] [[repeat 20 word]]",
  onText: (text) => process.stdout.write(text),
});
process.stdout.write("|" + connections);`;
    const printed = await run(`${await documented("browser")}${breaking}${call}`);
    expect(printed.replace(/^\[\w+\] /, "")).toBe(`${words(20)}|3`);
  });
});

describe("a client that does not read", () => {
  it("loses its socket, not its answer", async () => {
    const session = newName();
    const count = 110_000;
    const { socket } = await rawUpgrade(session);
    const message = `[[pace 0]] [[repeat ${count} w]]`;
    socket.write(clientFrame(JSON.stringify({ model: "claude", max_tokens: 64000, message })));
    const record = await eventually(() => stack.lastUpstream().framesSent > 100 && stack.lastUpstream());
    await eventually(() => record.outcome === "complete", 60_000);
    const received: Frame[] = [];
    const codes: number[] = [];
    while (received.at(-1) !== "[DONE]") {
      const client: SocketClient = await connect(stack.url, { session });
      client.send({ type: "resume", after: lastSeq(received) });
      const end = await Promise.race([client.closed, client.turn().then(() => undefined)]);
      if (end) codes.push(end.code);
      received.push(...client.frames);
      client.send({ type: "ack", seq: lastSeq(received) });
      if (!end) await client.close();
    }
    expect(codes).toEqual([1013]);
    expectWhole(received, `[claude] ${"w ".repeat(count)}`);
    socket.destroy();
  }, 120_000);
});
