/** How much of an agent's prompts models read from their caches, behind several of the router's isolates. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { asObject, isObject, type JsonObject } from "../../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";
import { connect } from "./ws-client.ts";

const ISOLATES = 4;
const TURNS = 30;
const REGIONS = ["eu-central-1", "us-east-1"];
const MODELS = [
  "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  "us.anthropic.claude-sonnet-4-6",
  "us.anthropic.claude-opus-4-1-20250805-v1:0",
];
const SYSTEM = `You are an agent. ${"Rules that it has to follow, at length. ".repeat(250)}`;

interface Turn {
  readonly target: string;
  readonly input: number;
  readonly read: number;
}
/** Sends one turn to one of the routers, its place in the conversation given. */
type Door = (stack: Stack, turn: number) => Promise<Turn>;

let emulator: Emulator;
const stacks = new Map<string, Stack[]>();

/** Every model in every region, each for itself: were they lists of regions, only failures would scatter those. */
const LLMS = Object.fromEntries(
  MODELS.flatMap((model, index) =>
    REGIONS.map((region) => [
      `m${index}-${region}`,
      { provider: "bedrock", model, aws_region: region, cache: "auto" },
    ]),
  ),
);

async function start(sticky: string, isolates: number): Promise<void> {
  const config = () => ({ router: { strategy: "random", sticky }, llms: LLMS });
  const started = Array.from({ length: isolates }, () =>
    startStack({ emulator, bindings: awsBindings, config }),
  );
  stacks.set(sticky, await Promise.all(started));
}

beforeAll(async () => {
  emulator = await startEmulator({ paceMs: 0 });
  await start("session", ISOLATES);
  await start("turn", 1);
}, 180_000);
afterAll(async () => {
  for (const stack of [...stacks.values()].flat()) await stack.close();
  await emulator?.close();
});

const question = (turn: number) => `Question ${turn}: ${"what of this file? ".repeat(8)}`;
const answer = (turn: number) => `Answer ${turn}: ${"it has this line. ".repeat(8)}`;

/** What was said up to the question of a turn. */
function conversation(about: string, turn: number): { role: "user" | "assistant"; content: string }[] {
  const before = Array.from({ length: turn }, (_, at) => [
    { role: "user" as const, content: `${about} ${question(at)}` },
    { role: "assistant" as const, content: answer(at) },
  ]);
  return [...before.flat(), { role: "user", content: `${about} ${question(turn)}` }];
}

async function post(stack: Stack, path: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${stack.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  const value: unknown = await response.json();
  return { target: placeOf(response.headers), usage: asObject(asObject(value).usage) };
}

/** Model and region, as the trail tells them. */
function placeOf(headers: Headers): string {
  return (headers.get("x-router-trail") ?? "").replace(/: ok .*$/, "");
}

function chatUsage(usage: JsonObject): Omit<Turn, "target"> {
  const read = asObject(usage.prompt_tokens_details).cached_tokens;
  return { input: Number(usage.prompt_tokens), read: Number(read ?? 0) };
}

const chat =
  (about: string, headers: Record<string, string>, more: object = {}): Door =>
  async (stack, turn) => {
    const messages = [{ role: "system", content: SYSTEM }, ...conversation(about, turn)];
    const body = { model: "auto", messages, ...more };
    const { target, usage } = await post(stack, "/v1/chat/completions", body, headers);
    return { target, ...chatUsage(usage) };
  };

const messages =
  (about: string, headers: Record<string, string>, more: object = {}): Door =>
  async (stack, turn) => {
    const system = [{ type: "text", text: SYSTEM }];
    const body = { model: "auto", max_tokens: 500, system, messages: conversation(about, turn), ...more };
    const { target, usage } = await post(stack, "/v1/messages", body, headers);
    const read = Number(usage.cache_read_input_tokens ?? 0);
    const written = Number(usage.cache_creation_input_tokens ?? 0);
    return { target, read, input: read + written + Number(usage.input_tokens) };
  };

const responses =
  (about: string, headers: Record<string, string>, more: object = {}): Door =>
  async (stack, turn) => {
    const body = {
      model: "auto",
      store: false,
      instructions: SYSTEM,
      input: conversation(about, turn),
      ...more,
    };
    const { target, usage } = await post(stack, "/v1/responses", body, headers);
    const read = Number(asObject(usage.input_tokens_details).cached_tokens ?? 0);
    return { target, read, input: Number(usage.input_tokens) };
  };

const socket =
  (about: string, session: string): Door =>
  async (stack, turn) => {
    const client = await connect(stack.url.replace("http", "ws"), { session });
    const list = [{ role: "system", content: SYSTEM }, ...conversation(about, turn)];
    await client.send({ messages: list, stream_options: { include_usage: true } });
    const frames = (await client.turn()).filter(isObject);
    await client.close();
    const trail = asObject(frames[0]?.router).trail;
    const used = frames.map(({ usage }) => usage).find(isObject);
    return { target: JSON.stringify(trail).replace(/"ms":\d+/g, ""), ...chatUsage(asObject(used)) };
  };

/** Thirty turns, each at the next router. */
async function talk(sticky: string, door: Door): Promise<{ most: number; share: number }> {
  const routers = stacks.get(sticky) ?? [];
  const turns: Turn[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const stack = routers[turn % routers.length];
    if (!stack) throw new Error("no router");
    turns.push(await door(stack, turn));
  }
  const targets = Map.groupBy(turns, ({ target }) => target);
  const later = turns.slice(1);
  const sum = (of: "input" | "read") => later.reduce((total, turn) => total + turn[of], 0);
  const most = Math.max(...[...targets.values()].map(({ length }) => length));
  return { most, share: sum("read") / sum("input") };
}

describe("sticky: session", () => {
  const DOORS: [string, Door][] = [
    ["chat, by x-session-id", chat("A", { "x-session-id": "a" })],
    ["chat, by OpenClaw's header", chat("B", { "x-clawrouter-session-id": "b" })],
    ["chat, by the body's session_id", chat("C", {}, { session_id: "c" })],
    ["chat, by prompt_cache_key", chat("D", {}, { prompt_cache_key: "d" })],
    ["chat, unnamed", chat("E", {})],
    ["Messages, by Claude Code's header", messages("F", { "x-claude-code-session-id": "f" })],
    ["Messages, by metadata.user_id", messages("G", {}, { metadata: { user_id: "user_1_session_g" } })],
    ["Messages, unnamed", messages("H", {})],
    ["Responses, by Codex' header", responses("I", { session_id: "i" })],
    ["Responses, by prompt_cache_key", responses("J", {}, { prompt_cache_key: "j" })],
    ["Responses, unnamed", responses("K", {})],
    ["WebSocket, by its session", socket("L", "l")],
  ];

  it.each(DOORS)("keeps a session on one target, in all isolates: %s", async (_, door) => {
    const { most, share } = await talk("session", door);
    console.log(
      `sticky: session: ${most} of ${TURNS} turns on one target, ${(100 * share).toFixed(1)} % read`,
    );
    expect(most).toBeGreaterThanOrEqual(29);
    expect(share).toBeGreaterThanOrEqual(0.9);
  });

  it("tells that it does", async () => {
    const [stack] = stacks.get("session") ?? [];
    if (!stack) throw new Error("no router");
    const told = async () => {
      const body = { messages: [{ role: "user", content: "Hello" }], session_id: "told" };
      const options = {
        method: "POST",
        headers: { authorization: `Bearer ${CLIENT_KEY}` },
        body: JSON.stringify(body),
      };
      const { headers } = await fetch(`${stack.url}/v1/chat/completions`, options);
      return [headers.get("x-router-strategy"), headers.get("x-router-reason")];
    };
    expect(await told()).toEqual(["random", expect.stringContaining("Drawn by the session")]);
    expect(await told()).toEqual(["random; sticky", expect.stringContaining("The session stays")]);
  });
});

it("sticky: turn scatters such a session: 6 of 30 turns on one target are to be expected", async () => {
  const { most, share } = await talk("turn", chat("N", { "x-session-id": "n" }));
  console.log(`sticky: turn: ${most} of ${TURNS} turns on one target, ${(100 * share).toFixed(1)} % read`);
  expect(most).toBeLessThan(29);
});
