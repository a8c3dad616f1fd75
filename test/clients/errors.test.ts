/** Failures of every class in the eyes of the clients of Responses, as they come: what they say of it, and how often they ask again. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject } from "../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, eventually, type Stack, startStack } from "../support/stack.ts";
import { type Door, openDoor } from "./door.ts";
import { FAILURES, type Failure, failingModels, fillMemory, OVERLOADED, POOR_KEY } from "./failures.ts";
import { installed } from "./install.ts";
import { codex } from "./programs/codex.ts";
import { library } from "./programs/library.ts";
import type { Program } from "./programs/program.ts";
import { newPlace, type Ran } from "./run.ts";

const LIBRARIES = [
  ["openai", library({ name: "OpenAI's SDK", kit: "openai-sdk", script: "failing-openai-sdk.mjs" })],
  ["openai", library({ name: "the Agents SDK", kit: "openai-agents", script: "failing-agents.mjs" })],
  ["ai", library({ name: "the AI SDK", kit: "ai-sdk-openai", script: "failing-ai-sdk.mjs" })],
] as const;
const NAMED = Object.entries(FAILURES);

let stack: Stack;
beforeAll(async () => {
  stack = await startModels();
}, 120_000);
afterAll(() => stack?.close());

function startModels(): Promise<Stack> {
  return startStack({
    bindings: (emulator) => ({
      ...awsBindings(emulator),
      ROUTER_API_KEYS: `rich=${CLIENT_KEY},poor=${POOR_KEY}`,
    }),
    config: failingModels,
  });
}

describe.concurrent("a failure", () => {
  for (const [maker, program] of LIBRARIES) {
    it.concurrent.each(NAMED)(`of %s is told by ${program.name}`, async (_, failure) => {
      expectTold(failure, maker, await run(program, stack.url, failure));
    });
  }

  it.concurrent.each(NAMED.filter(([, { asks }]) => asks.codex > 0))(
    "of %s is told by Codex",
    async (_, failure) => {
      expectCodex(failure, await run(codex, stack.url, failure));
    },
  );
});

it("of a router that is full is told by each", async () => {
  const full = await startModels();
  const end = new AbortController();
  const filling = fillMemory(full.url, end.signal).catch(() => {});
  try {
    await eventually(() => full.emulator.requests.length === 1);
    const told = LIBRARIES.map(async ([maker, program]) =>
      expectTold(OVERLOADED, maker, await run(program, full.url, OVERLOADED)),
    );
    await Promise.all([
      ...told,
      run(codex, full.url, OVERLOADED).then((seen) => expectCodex(OVERLOADED, seen)),
    ]);
  } finally {
    end.abort();
    await filling;
    await full.close();
  }
});

interface Seen extends Ran {
  readonly asked: Door["asked"];
}

async function run(program: Program, url: string, { way }: Failure): Promise<Seen> {
  const folder = await installed(program.kit);
  const door = await openDoor(url);
  const place = newPlace();
  try {
    const { key = CLIENT_KEY, model = "claude", words = "Hello", previous } = way;
    const router = { url: door.url, key, model, ...(previous !== undefined && { previous }) };
    return { ...(await program.tell(folder, place, router, words)), asked: door.asked };
  } finally {
    door.close();
    place.remove();
  }
}

function expectTold({ status, told, asks, waits }: Failure, maker: "openai" | "ai", seen: Seen): void {
  expect(seen.code, seen.stderr).toBe(0);
  const { text, name, status: read, code, param, message } = asObject(JSON.parse(seen.stdout));
  expect({ name, code, param: param ?? undefined }).toEqual({
    name: told[maker],
    code: told.code,
    param: told.param,
  });
  expect(String(message).length).toBeGreaterThan(20);
  if (status === 200) expect(text).toMatch(/^You asked: "Tell me of the sea/);
  else expect([read, text]).toEqual([status, ""]);
  expectAsked(seen, { status, times: asks[maker], ...(waits !== undefined && { waits }) });
}

function expectCodex({ status, told, asks, waits }: Failure, seen: Seen): void {
  if (told.codex === undefined)
    expect([seen.code, seen.stdout]).toEqual([0, expect.stringContaining("Go on.")]);
  else expect([seen.code, seen.stderr]).toEqual([1, expect.stringMatching(told.codex)]);
  expectAsked(seen, { status, times: asks.codex, ...(waits !== undefined && { waits }) });
}

function expectAsked(
  { asked }: Seen,
  { status, times, waits = 0 }: { readonly status: number; readonly times: number; readonly waits?: number },
): void {
  expect(asked.map((answer) => answer.status)).toEqual(Array.from({ length: times }, () => status));
  const gaps = asked.slice(1).map(({ at }, index) => (at - (asked[index]?.at ?? 0)) / 1000);
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(waits);
}
