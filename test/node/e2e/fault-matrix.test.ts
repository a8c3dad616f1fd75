/**
 * Every fault that the emulator can play, at Bedrock's door and at an OpenAI-compatible one, streamed, whole and over a WebSocket, without a
 * fallback and with a healthy one of either kind. The faults themselves are chosen by the target's address, so that the
 * fallback is spared.
 */
import OpenAI, { APIError } from "openai";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { awsBindings, CLIENT_KEY, eventually, type Stack, startStack } from "../../support/stack.ts";
import { fold, say } from "./ask.ts";
import { type SeenTurn, turn } from "./fault-socket.ts";
import { BEDROCK, closedPort, faultyTargets, nameOf, OPENAI } from "./faults.ts";

const HAIKU = "anthropic.claude-3-haiku-20240307-v1:0";
const QUESTION = "Tell me of the sea, the wind, the stars, the moon, the tides and the long way home";
const WHOLE = `You asked: "${QUESTION}" That is all the emulator knows.`;

const UPSTREAMS = [
  ["bedrock", BEDROCK],
  ["openai", OPENAI],
] as const;
const FALLBACKS = [
  ["without a fallback", undefined],
  ["with a fallback on Bedrock", "spare-claude"],
  ["with an OpenAI-compatible fallback", "spare-gpt"],
] as const;
type Fallback = (typeof FALLBACKS)[number][1];
const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;

let emulator: Emulator;
const stacks = new Map<Fallback, Stack>();

beforeAll(async () => {
  emulator = await startEmulator({ paceMs: 0 });
  const nowhere = await closedPort();
  const start = async (fallback: Fallback) =>
    stacks.set(
      fallback,
      await startStack({ emulator, bindings: awsBindings, config: () => configWith(fallback, nowhere) }),
    );
  await Promise.all(FALLBACKS.map(([, fallback]) => start(fallback)));
}, 120_000);
afterAll(async () => {
  for (const stack of stacks.values()) await stack.close();
  await emulator?.close();
});

function configWith(fallback: Fallback, nowhere: string): object {
  const gpt = { provider: "acme", model: "emulated-small", api_key: emulator.openaiKey };
  const claude = { provider: "bedrock", model: HAIKU };
  const targets = faultyTargets(emulator.url, nowhere);
  return {
    router: {
      retry: 0,
      idle_timeout: "1s",
      ...(fallback !== undefined && { fallback_models: [fallback] }),
    },
    llms: {
      ...targets("bedrock", BEDROCK, claude, ""),
      ...targets("openai", OPENAI, gpt, "/openai/v1"),
      "spare-claude": claude,
      "spare-gpt": { ...gpt, base_url: emulator.openaiUrl },
    },
  };
}

/** What a client sees of one call. */
interface Seen {
  readonly status: number | undefined;
  readonly headers: Headers;
  /** The body as it came. */
  readonly raw: string;
  readonly text: string;
  readonly finish: string | null | undefined;
  /** What OpenAI's client threw. */
  readonly thrown: unknown;
}

/** One call by OpenAI's client, the bytes recorded on the way. */
async function call(fallback: Fallback, model: string, stream: boolean): Promise<Seen> {
  const stack = stacks.get(fallback);
  if (!stack) throw new Error("no such stack");
  let response: Response | undefined;
  let raw: Promise<string> = Promise.resolve("");
  const client = new OpenAI({
    baseURL: `${stack.url}/v1`,
    apiKey: CLIENT_KEY,
    maxRetries: 0,
    logLevel: "off",
    fetch: async (input, init) => {
      // Compressed, half an answer would stay in the runtime's compressor.
      const headers = new Headers(init?.headers);
      headers.set("accept-encoding", "identity");
      response = await fetch(input, { ...init, headers });
      raw = textOf(response.clone());
      return response;
    },
  });
  const chunks: ChatCompletionChunk[] = [];
  let content = "";
  let finish: string | null | undefined;
  let thrown: unknown;
  try {
    if (stream) {
      for await (const chunk of await client.chat.completions.create({ ...say(model, QUESTION), stream })) {
        chunks.push(chunk);
      }
    } else {
      const [choice] = (await client.chat.completions.create(say(model, QUESTION))).choices;
      content = choice?.message.content ?? "";
      finish = choice?.finish_reason;
    }
  } catch (error) {
    thrown = error;
  }
  const streamed = fold(chunks);
  return {
    status: response?.status,
    headers: response?.headers ?? new Headers(),
    raw: await raw,
    text: stream ? streamed.text : content,
    finish: stream ? streamed.finish : finish,
    thrown,
  };
}

/** The body's text, as far as it came. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
  } catch {
    // Broken off: what came is what there is.
  }
  return text;
}

describe.concurrent.each(FALLBACKS)("%s", (_, fallback) => {
  describe.concurrent.each(UPSTREAMS)("%s", (kind, rows) => {
    describe.concurrent.each(WAYS)("%s", (_way, streaming) => {
      it.concurrent.each(rows)("%s", async (fault, streamed, whole) => {
        const outcome = streaming ? streamed : whole;
        const model = nameOf(kind, fault);
        const seen = await call(fallback, model, streaming);
        if (outcome.is === "answered") return expectAnswer(seen, model, "1", streaming);
        if (outcome.is === "failed") {
          if (fallback !== undefined) return expectAnswer(seen, fallback, "2", streaming);
          return expectError(seen, outcome);
        }
        if (outcome.is === "refused") return expectError(seen, outcome);
        expect(seen.status).toBe(200);
        expect(routeOf(seen)).toEqual([model, "1"]);
        expect(seen.raw).not.toContain("[DONE]");
        expectBroken(seen, outcome.code);
      });
    });
  });
});

describe.concurrent.each(FALLBACKS)("over a WebSocket, %s", (_, fallback) => {
  describe.concurrent.each(UPSTREAMS)("%s", (kind, rows) => {
    it.concurrent.each(rows)("%s", async (fault, outcome) => {
      const stack = stacks.get(fallback);
      const model = nameOf(kind, fault);
      const seen = await turn(stack?.url ?? "", model, QUESTION);
      if (outcome.is === "answered") return expectTurn(seen, model, 1);
      if (outcome.is === "failed" && fallback !== undefined) return expectTurn(seen, fallback, 2);
      // An error is the turn's last frame, and nothing calls it complete.
      expect(seen.done).toBe(false);
      expect(seen.error?.code).toBe(outcome.code);
      expect(seen.error?.message).toMatch(/\w+ \w+/);
      if (outcome.is === "broken") {
        expect(seen.route).toEqual([model, 1]);
        expectHalf(seen);
      } else {
        expect([seen.text, seen.route]).toEqual(["", []]);
      }
    });
  });
});

/** One whole answer over a WebSocket, and nothing of another. */
function expectTurn(seen: SeenTurn, model: string, attempts: number): void {
  expect(seen).toEqual({
    text: WHOLE,
    finish: "stop",
    route: [model, attempts],
    done: true,
    error: undefined,
  });
}

function routeOf({ headers }: Seen): (string | null)[] {
  return [headers.get("x-router-model"), headers.get("x-router-attempts")];
}

/** One whole answer, and nothing of another. */
function expectAnswer(seen: Seen, model: string, attempts: string, streaming: boolean): void {
  expect(seen.thrown).toBeUndefined();
  expect([seen.status, ...routeOf(seen)]).toEqual([200, model, attempts]);
  expect([seen.text, seen.finish]).toEqual([WHOLE, "stop"]);
  expect(seen.raw).not.toContain('"error"');
  expect(seen.raw.endsWith("data: [DONE]\n\n")).toBe(streaming);
}

/** An HTTP error, also for a stream. */
function expectError(seen: Seen, { status, code }: { status: number; code: string | null }): void {
  const { thrown } = seen;
  if (!(thrown instanceof APIError)) throw new Error(`not an API error: ${thrown}`);
  expect([seen.status, thrown.status, thrown.code]).toEqual([status, status, code]);
  expect(thrown.message).toMatch(/\w+ \w+/);
  expect(routeOf(seen)).toEqual([null, "1"]);
  expect(seen.headers.get("content-type")).toMatch(/^application\/json/);
  expect(seen.raw).not.toContain("data:");
}

/** The text that came, then the error as the last event. */
function expectBroken(seen: Seen, code: string | null): void {
  if (!(seen.thrown instanceof APIError)) throw new Error(`not an API error: ${seen.thrown}`);
  expect(seen.thrown.code).toBe(code);
  expectHalf(seen);
  const events = seen.raw.split("\n\n").filter((event) => event !== "");
  expect(events.map((event) => event.includes('"error"'))).toEqual(
    events.map((_, at) => at === events.length - 1),
  );
}

function expectHalf({ text, finish }: Pick<Seen, "text" | "finish">): void {
  expect(text.length).toBeGreaterThan(10);
  expect(text).not.toBe(WHOLE);
  expect(WHOLE.startsWith(text)).toBe(true);
  expect(finish).toBeUndefined();
}

it("every attempt was made once, no redirect was followed, and who fell silent was let go of", async () => {
  const paths = emulator.requests.map(({ path }) => path);
  // Over HTTP in either way, and over a WebSocket.
  const calls = FALLBACKS.length * (WAYS.length + 1);
  for (const [kind, rows] of UPSTREAMS) {
    for (const [fault] of rows) {
      const route = kind === "bedrock" ? "/model/" : "/openai/";
      const made = paths.filter((path) => path.startsWith(`/@${fault}${route}`)).length;
      expect([kind, fault, made]).toEqual([kind, fault, fault === "connection-refused" ? 0 : calls]);
    }
  }
  expect(paths.filter((path) => path.startsWith("/redirected"))).toEqual([]);
  const silent = emulator.requests.filter(({ path }) => /^\/@hang(?:-mid)?\//.test(path));
  expect(silent).toHaveLength(4 * calls);
  await eventually(() => silent.every(({ outcome }) => outcome === "aborted-by-client"));
});
