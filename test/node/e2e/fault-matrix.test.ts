/**
 * Every fault that the emulator can play, at Bedrock's door and at an OpenAI-compatible one, streamed and not, without a
 * fallback and with a healthy one of either kind. The faults themselves are chosen by the target's address, so that the
 * fallback is spared.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import OpenAI, { APIError } from "openai";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { awsBindings, CLIENT_KEY, eventually, type Stack, startStack } from "../../support/stack.ts";
import { fold, say } from "./ask.ts";

const HAIKU = "anthropic.claude-3-haiku-20240307-v1:0";
const QUESTION = "Tell me of the sea, the wind, the stars, the moon, the tides and the long way home";
const WHOLE = `You asked: "${QUESTION}" That is all the emulator knows.`;

/** How a call ends when no other model takes over. */
type Outcome =
  | { readonly is: "answered" }
  /** Nothing was shown: an HTTP error, or another model's answer. */
  | { readonly is: "failed"; readonly status: number; readonly code: string }
  /** The request itself is wrong: an HTTP error, whoever else there is. */
  | { readonly is: "refused"; readonly status: number; readonly code: string | null }
  /** Text was shown: an error event ends it. */
  | { readonly is: "broken"; readonly code: string | null };

const ANSWERED: Outcome = { is: "answered" };
const failed = (code: string, status = 500): Outcome => ({ is: "failed", status, code });
const refused = (code: string | null, status = 400): Outcome => ({ is: "refused", status, code });
const broken = (code: string | null): Outcome => ({ is: "broken", code });

type Row = readonly [fault: string, streamed: Outcome, whole: Outcome];
const both = (fault: string, outcome: Outcome): Row => [fault, outcome, outcome];
const midway = (fault: string, streamed: string, whole: string, status = 500): Row => [
  fault,
  broken(streamed),
  failed(whole, status),
];

/** `refused` is an address at which nothing listens. */
const BEDROCK: readonly Row[] = [
  both("connection-refused", failed("upstream_unreachable")),
  both("reset", failed("upstream_unreachable")),
  both("hang", failed("upstream_timeout")),
  both("throttle", failed("rate_limit_exceeded", 429)),
  both("internal", failed("upstream_error")),
  both("unavailable", failed("upstream_unavailable")),
  both("overloaded", failed("upstream_unavailable")),
  both("model-error", failed("upstream_error")),
  both("model-timeout", failed("upstream_timeout")),
  both("not-ready", failed("upstream_not_ready")),
  both("access-denied", failed("aws_access_denied")),
  both("model-access", failed("bedrock_model_access_denied")),
  both("quota", failed("bedrock_quota_exceeded")),
  both("too-long", refused("context_length_exceeded")),
  both("wrong-type", failed("upstream_stream_invalid")),
  both("error-html", failed("upstream_unavailable")),
  both("redirect", failed("config_invalid")),
  both("exception-first:throttlingException", failed("rate_limit_exceeded", 429)),
  both("exception-first:serviceUnavailableException", failed("upstream_unavailable")),
  both("exception-first:internalServerException", failed("upstream_error")),
  both("exception-first:modelStreamErrorException", failed("upstream_error")),
  both("exception-first:modelTimeoutException", failed("upstream_timeout")),
  both("exception-first:validationException", refused("context_length_exceeded")),
  ["empty", failed("upstream_truncated"), failed("upstream_stream_invalid")],
  midway("exception:throttlingException", "rate_limit_exceeded", "rate_limit_exceeded", 429),
  midway("exception:serviceUnavailableException", "upstream_unavailable", "upstream_unavailable"),
  midway("exception:modelStreamErrorException", "upstream_error", "upstream_error"),
  midway("error-frame", "upstream_error", "upstream_error"),
  midway("in-band-error", "upstream_unavailable", "upstream_unavailable"),
  midway("corrupt-crc", "upstream_stream_invalid", "upstream_stream_invalid"),
  midway("corrupt-prelude", "upstream_stream_invalid", "upstream_stream_invalid"),
  midway("bad-json", "upstream_stream_invalid", "upstream_stream_invalid"),
  midway("cut", "upstream_truncated", "upstream_stream_invalid"),
  midway("cut-clean", "upstream_truncated", "upstream_stream_invalid"),
  midway("reset-mid", "upstream_truncated", "upstream_truncated"),
  midway("hang-mid", "upstream_timeout", "upstream_timeout"),
  both("slow:300", ANSWERED),
  both("drip", ANSWERED),
  both("ok", ANSWERED),
];

const OPENAI: readonly Row[] = [
  both("connection-refused", failed("upstream_unreachable")),
  both("reset", failed("upstream_unreachable")),
  both("hang", failed("upstream_timeout")),
  both("throttle", failed("rate_limit_exceeded", 429)),
  both("500", failed("upstream_error")),
  both("503", failed("upstream_unavailable")),
  both("401", failed("upstream_credentials_rejected")),
  both("402", failed("upstream_credentials_rejected")),
  both("403", failed("upstream_credentials_rejected")),
  both("400", refused("invalid_value")),
  both("404", refused("model_not_found", 404)),
  both("413", refused(null, 413)),
  both("422", refused(null, 422)),
  both("too-long", refused("context_length_exceeded")),
  both("wrong-type", failed("upstream_error")),
  both("html", failed("upstream_unavailable")),
  both("redirect", failed("config_invalid")),
  // Its own event, in its own words.
  // The upstream's own event, which names no code.
  ["error-mid", broken(null), failed("upstream_error")],
  midway("cut", "upstream_truncated", "upstream_truncated"),
  midway("cut-clean", "upstream_truncated", "upstream_truncated"),
  midway("reset-mid", "upstream_truncated", "upstream_truncated"),
  midway("hang-mid", "upstream_timeout", "upstream_timeout"),
  both("slow:300", ANSWERED),
  both("drip", ANSWERED),
  both("ok", ANSWERED),
];

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

/** An address at which nothing listens. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

function configWith(fallback: Fallback, nowhere: string): object {
  const gpt = { provider: "acme", model: "emulated-small", api_key: emulator.openaiKey };
  const claude = { provider: "bedrock", model: HAIKU };
  const baseOf = (fault: string) => (fault === "connection-refused" ? nowhere : `${emulator.url}/@${fault}`);
  const limits = (fault: string) => (fault.startsWith("hang") ? { timeout: "1s" } : {});
  const targets = (kind: string, rows: readonly Row[], target: object, path: string) =>
    rows.map(([fault]) => [
      nameOf(kind, fault),
      { ...target, base_url: baseOf(fault) + path, ...limits(fault) },
    ]);
  return {
    router: {
      retry: 0,
      idle_timeout: "1s",
      ...(fallback !== undefined && { fallback_models: [fallback] }),
    },
    llms: {
      ...Object.fromEntries(targets("bedrock", BEDROCK, claude, "")),
      ...Object.fromEntries(targets("openai", OPENAI, gpt, "/openai/v1")),
      "spare-claude": claude,
      "spare-gpt": { ...gpt, base_url: emulator.openaiUrl },
    },
  };
}

function nameOf(kind: string, fault: string): string {
  return `${kind}-${fault.replace(":", "-")}`;
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

function expectHalf({ text, finish }: Seen): void {
  expect(text.length).toBeGreaterThan(10);
  expect(text).not.toBe(WHOLE);
  expect(WHOLE.startsWith(text)).toBe(true);
  expect(finish).toBeUndefined();
}

it("every attempt was made once, no redirect was followed, and who fell silent was let go of", async () => {
  const paths = emulator.requests.map(({ path }) => path);
  const calls = FALLBACKS.length * WAYS.length;
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
