/** Sessions end to end, with `wrangler dev`. What happens when connections break is in websocket-resume.test.ts. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { asObject, objectsIn } from "../../../emulator/json.ts";
import { CLIENT_KEY, eventually } from "../../support/stack.ts";
import { codeOf, deltasOf, type Frame, seqs, textOf } from "./ws-client.ts";
import { describeSessions, MODELS, newName, OTHER_KEY, type SessionSuite } from "./ws-stack.ts";

const say = (model: string, content: string) => ({ model, messages: [{ role: "user", content }] });
const words = (count: number) => "word ".repeat(count);
const WEATHER = [
  {
    type: "function",
    function: {
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

describeSessions(
  (session) => {
    describe.each(MODELS)("a turn of %s", (model) => turnCases(session, model));
    describe("a session", () => sessionCases(session));
    describe("what is no message of the protocol", () => refusalCases(session));
    describe("the upgrade", () => upgradeCases(session));
    if (session.kind === "ws") {
      describe("without a page", () => headerCases(session));
      describe("the documentation's", () => documentationCases(session));
    }
  },
  { withDev: true },
);

function turnCases({ stack, connect }: SessionSuite, model: string): void {
  it("streams chunks, the first telling the route, and ends in [DONE]", async () => {
    const client = await connect();
    await client.send(say(model, "[[repeat 5 word]]"));
    const frames = await client.turn();
    expect(frames.at(-1)).toBe("[DONE]");
    expect(textOf(frames)).toBe(`[${model}] ${words(5)}`);
    expect(asObject(frames[0]).router).toEqual({
      ...{ model, strategy: "named", attempts: 1, reason: "The request names it." },
      trail: [expect.objectContaining({ model, outcome: "ok" })],
    });
    // Numbers are for sessions that can be resumed.
    expect(new Set(seqs(frames))).toEqual(new Set([undefined]));
    await client.close();
  });

  it("carries a tool loop through a session", async () => {
    const client = await connect({ session: newName() });
    const ask = { model, tools: WEATHER, tool_choice: "required", message: "What is the weather in Oslo?" };
    await client.send(ask);
    const called = await client.turn();
    expect(called.at(-1)).toBe("[DONE]");
    const [id] = deltasOf(called)
      .flatMap((delta) => objectsIn(delta.tool_calls))
      .flatMap((call) => (typeof call.id === "string" ? [call.id] : []));
    const result = { role: "tool", tool_call_id: id, content: "12 degrees" };
    await client.send({ model, tools: WEATHER, message: result });
    expect((await client.turn()).at(-1)).toBe("[DONE]");
    expect(stack().lastConversation()).toMatch(/Oslo.*12 degrees/);
    await client.close();
  });

  it("that fails tells why, and the socket goes on", async () => {
    const client = await connect();
    for (const [fault, code] of [
      ["throttle", "rate_limit_exceeded"],
      ["cut", "upstream_truncated"],
    ]) {
      await client.send(say(model, `Hello there [[fault: ${fault}]]`));
      const frames = await client.turn();
      expect(frames).not.toContain("[DONE]");
      expect(codeOf(frames)).toBe(code);
    }
    await client.send(say(model, "[[repeat 2 word]]"));
    expect((await client.turn()).at(-1)).toBe("[DONE]");
    await client.close();
  });

  it("is cancelled: its upstream ends, what came is kept", async () => {
    const client = await connect({ session: newName() });
    await client.send({ model, message: "[[pace 10]] [[repeat 3000 word]]" });
    await client.until(() => client.frames.length > 5);
    const record = stack().lastUpstream();
    await client.send({ type: "cancel" });
    expect(codeOf(await client.turn())).toBe("turn_cancelled");
    await eventually(() => record.outcome === "aborted-by-client");
    await client.send({ model, message: "Go on" });
    expect((await client.turn()).at(-1)).toBe("[DONE]");
    expect(stack().lastConversation()).toContain("word word");
    await client.close();
  });
}

function sessionCases({ stack, connect }: SessionSuite): void {
  it("is answered by models of several providers, by the strategy", async () => {
    const client = await connect({ session: newName() });
    const answered: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      await client.send({ message: `Question ${i}` });
      const frames = await client.turn();
      expect(frames.at(-1)).toBe("[DONE]");
      const { model } = asObject(asObject(frames[0]).router);
      expect(textOf(frames)).toContain(`[${model}] You asked: "Question ${i}"`);
      answered.push(model);
    }
    expect(answered.toSorted()).toEqual(["gpt", "gpt", "nova", "nova"]);
    expect(stack().lastConversation()).toContain("Question 0");
    // Prefixes of earlier answers are for people.
    expect(stack().lastConversation()).not.toMatch(/\[(nova|gpt)\]/);
    await client.close();
  });

  it("keeps its history and its system message from socket to socket, until it is reset", async () => {
    const name = newName();
    const first = await connect({ session: name });
    await first.send({ model: "claude", system: "Speak like Pliny.", message: "My name is Ada." });
    await first.turn();
    await first.close();
    const second = await connect({ session: name });
    await second.send({ model: "claude", message: "What is my name?" });
    const frames = await second.turn();
    expect(stack().lastConversation()).toMatch(/My name is Ada.*What is my name/);
    expect(stack().lastConversation()).toContain("Pliny");
    // One numbering for the whole session.
    expect(Number(seqs(frames)[0])).toBeGreaterThan(1);
    await second.send({ type: "reset" });
    await second.send({ model: "claude", message: "And now?" });
    expect((await second.turn()).at(-1)).toBe("[DONE]");
    expect(stack().lastConversation()).toContain("And now?");
    expect(stack().lastConversation()).not.toMatch(/Ada|Pliny/);
    await second.close();
  });

  it("is not there for another key", async () => {
    const name = newName();
    const alice = await connect({ session: name });
    await alice.send({ model: "claude", message: "Remember the number 4711", id: "n" });
    await alice.turn();
    const bob = await connect({ session: name, key: OTHER_KEY });
    await bob.send({ type: "resume", after: 1 });
    expect(codeOf(await bob.turn())).toBe("resume_expired");
    await bob.send({ model: "claude", message: "Hello", id: "n" });
    expect((await bob.turn()).at(-1)).toBe("[DONE]");
    expect(stack().lastConversation()).not.toContain("4711");
    await Promise.all([alice.close(), bob.close()]);
  });

  it("is one of a hundred at once, each with its own answer", async () => {
    const models = Array.from({ length: 100 }, (_, index) => MODELS[index % MODELS.length]);
    const clients = await Promise.all(models.map(() => connect({ session: newName() })));
    const answers = clients.map(async (client, index): Promise<Frame[]> => {
      await client.send({ model: models[index], message: `[[pace 5]] [[repeat 40 w${index}]]` });
      return client.turn();
    });
    const frames = await Promise.all(answers);
    expect(frames.map((all) => all.at(-1))).toEqual(models.map(() => "[DONE]"));
    expect(frames.map(textOf)).toEqual(models.map((model, at) => `[${model}] ${`w${at} `.repeat(40)}`));
    await Promise.all(clients.map((client) => client.close()));
  }, 120_000);

  it("hears its client's close", async () => {
    const client = await connect();
    await client.close();
    expect(await client.closed).toEqual({ code: 1000, reason: "" });
  });
}

function refusalCases({ connect }: SessionSuite): void {
  it.each([
    ["half of a JSON text", "{", "invalid_json", null],
    ["a binary message", new Uint8Array([1, 2]), "invalid_value", null],
    ["more than 1 MiB", JSON.stringify({ message: "x".repeat(2 ** 20) }), "request_too_large", null],
    ["an unknown type", '{"type":"banana"}', "invalid_value", "type"],
    ["no turn at all", '{"model":"claude"}', "invalid_value", "messages"],
    ["both kinds of turn", '{"message":"Hi","messages":[]}', "invalid_value", "message"],
    ["a wrong number", '{"type":"resume","after":-1}', "invalid_value", "after"],
    [
      "a wrong field",
      '{"model":"claude","message":"Hi","temperature":"hot"}',
      "invalid_value",
      "temperature",
    ],
    ["several answers", '{"model":"claude","message":"Hi","n":2}', "unsupported_parameter", "n"],
  ])("is refused, and the socket goes on: %s", async (_, data, code, param) => {
    const client = await connect({ session: newName() });
    await client.sendRaw(data);
    const [frame, ...none] = await client.turn();
    expect(none).toEqual([]);
    expect(asObject(asObject(frame).error)).toMatchObject({ code, param });
    await client.sendRaw("ping");
    await client.until(() => client.frames.at(-1) === "pong");
    await client.close();
  });

  const collected = collectedMessages();
  describe(`but not what means no more than the same without it (${collected.length} collected)`, () => {
    it.each([...MESSAGES, ...collected])("%s", async (_, text) => {
      const client = await connect();
      await client.sendRaw(text);
      expect((await client.turn()).at(-1)).toBe("[DONE]");
      await client.close();
    });
  });

  it("but a field that only the model does not know is left out, which is said", async () => {
    const client = await connect();
    await client.send({ ...say("claude", "[[repeat 2 word]]"), banana: 1 });
    const frames = await client.turn();
    expect(frames.at(-1)).toBe("[DONE]");
    expect(asObject(asObject(frames[0]).router).dropped_params).toEqual(["banana"]);
    await client.close();
  });
}

const MESSAGES: readonly [string, string][] = [
  [
    "fields that are null",
    '{"type":null,"id":null,"system":null,"messages":null,"message":"Hi","model":"claude"}',
  ],
  ["null beside messages", '{"message":null,"messages":[{"role":"user","content":"Hi"}],"model":"claude"}'],
  ["a byte order mark", '\ufeff{"message":"Hi","model":"claude"}'],
];

/** What clients were seen to send, where the collection is at hand. */
function collectedMessages(): [string, string][] {
  const folder = join(import.meta.dirname, "../../../../shared/cases");
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("ws-")) : [];
  return files.flatMap((file) => {
    const { title, websocket_frames: frames } = asObject(
      JSON.parse(readFileSync(join(folder, file), "utf8")),
    );
    const texts: unknown[] = Array.isArray(frames) ? frames : [];
    return texts.map((text): [string, string] => [String(title), String(text)]);
  });
}

function upgradeCases({ stack, connect }: SessionSuite): void {
  it("chooses the subprotocol that is no key", async () => {
    const client = await connect();
    expect(client.protocol).toBe("chat");
    await client.close();
  });

  it.each([
    ["a wrong key", { key: "sk-wrong" }],
    ["an empty session", { session: "" }],
  ])("is refused with %s", async (_, options) => {
    await expect(connect(options)).rejects.toThrow("refused");
  });

  it("is refused to a page whose origin is not allowed", async () => {
    const { origin, otherOrigin } = stack().pages;
    await expect(connect({ origin: otherOrigin })).rejects.toThrow("refused");
    const allowed = await connect({ origin });
    await allowed.close();
  });
}

function headerCases({ stack, connect }: SessionSuite): void {
  it("takes a key in the header, and then chooses no subprotocol", async () => {
    const client = await connect({ keyIn: "header" });
    expect(client.protocol).toBe("");
    await client.send(say("claude", "[[repeat 2 word]]"));
    expect((await client.turn()).at(-1)).toBe("[DONE]");
    await client.close();
  });

  it.each([
    [{ key: "sk-wrong" }, 401, "invalid_api_key"],
    [{ key: "sk-wrong", keyIn: "header" as const }, 401, "invalid_api_key"],
    [{ session: "" }, 400, "invalid_value"],
    [{ origin: "https://evil.example" }, 403, "origin_not_allowed"],
  ])("a refused upgrade says why: %o", async (options, status, code) => {
    await expect(connect(options)).rejects.toMatchObject({ status, code });
  });

  it.each(["/v1/chat/ws", "/chat/ws"])("%s needs an upgrade, and GET", async (path) => {
    const headers = { authorization: `Bearer ${CLIENT_KEY}` };
    const response = await fetch(stack().url + path, { headers });
    expect(response.status).toBe(426);
    expect(asObject(asObject(await response.json()).error).code).toBe("upgrade_required");
    const posted = await fetch(stack().url + path, { headers, method: "POST" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });
}

function documentationCases({ stack }: SessionSuite): void {
  /** Runs a program in a Node of its own, with Node's own WebSocket; gives what it printed. */
  async function run(code: string): Promise<string> {
    const env = { ...process.env, ROUTER_URL: stack().url, KEY: CLIENT_KEY };
    const args = ["--input-type=module", "--eval", code];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, timeout: 20_000 });
    expect(stderr).toBe("");
    return stdout;
  }

  it("program for Node holds a conversation", async () => {
    const printed = await run(await documented("node"));
    expect(printed).toMatch(/> My name is Ada\. Say hello\.\n\S.*\n> What is my name\?\n\S/s);
    expect(stack().lastConversation()).toContain("My name is Ada");
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
}

/** A program of the documentation. */
async function documented(name: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "../../../docs/websocket.md"), "utf8");
  const [, code] = new RegExp(`<!-- run: ${name} -->\n\`\`\`js\n(.*?)\n\`\`\``, "s").exec(text) ?? [];
  if (code === undefined) throw new Error(`docs/websocket.md has no program '${name}'`);
  return code;
}
