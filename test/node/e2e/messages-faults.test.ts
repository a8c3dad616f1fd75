/**
 * Every fault that the emulator can play, to a client of Messages: where Claude's own events are framed anew, where Anthropic's answer is
 * handed on, and where deltas become events; streamed and whole, without a fallback and with one.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { anthropicSchema, problemsOf, streamEvents } from "../../support/anthropic-schemas.ts";
import { foldMessage } from "../../support/messages-events.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";
import {
  ANSWERED,
  BEDROCK,
  both,
  broken,
  closedPort,
  failed,
  faultyTargets,
  midway,
  nameOf,
  OPENAI,
  type Outcome,
  type Row,
} from "./faults.ts";

const QUESTION = "Tell me of the sea, the wind, the stars, the moon, the tides and the long way home";
const WHOLE = `You asked: "${QUESTION}" That is all the emulator knows.`;

const ANTHROPIC: readonly Row[] = [
  both("connection-refused", failed("upstream_unreachable")),
  both("reset", failed("upstream_unreachable")),
  both("hang", failed("upstream_timeout")),
  both("throttle", failed("rate_limit_exceeded", 429)),
  both("overloaded", failed("upstream_unavailable")),
  both("internal", failed("upstream_error")),
  both("denied", failed("upstream_credentials_rejected")),
  both("error-html", failed("upstream_error")),
  both("redirect", failed("config_invalid")),
  ["error-mid", broken("upstream_unavailable"), failed("upstream_error")],
  midway("cut", "upstream_truncated", "upstream_truncated"),
  midway("cut-clean", "upstream_truncated", "upstream_truncated"),
  midway("reset-mid", "upstream_truncated", "upstream_truncated"),
  midway("hang-mid", "upstream_timeout", "upstream_timeout"),
  both("slow:300", ANSWERED),
  both("drip", ANSWERED),
  both("ok", ANSWERED),
];

/** Nova tells no failure inside of a whole answer in words of its own. */
const NOVA = BEDROCK.map(
  (row): Row => (row[0] === "in-band-error" ? [row[0], row[1], failed("upstream_error")] : row),
);

/** What a code of the router is in Anthropic's words: before the answer, and inside it. */
const WORDS: Readonly<Record<string, readonly [status: number, type: string, inside: string]>> = {
  rate_limit_exceeded: [429, "rate_limit_error", "overloaded_error"],
  upstream_timeout: [504, "timeout_error", "overloaded_error"],
  upstream_unavailable: [529, "overloaded_error", "overloaded_error"],
  upstream_not_ready: [529, "overloaded_error", "overloaded_error"],
};
const OTHERWISE = [500, "api_error", "overloaded_error"] as const;

const UPSTREAMS = [
  ["re-framed", BEDROCK],
  ["relayed", ANTHROPIC],
  ["translated", NOVA],
  ["compatible", OPENAI],
] as const;
const FALLBACKS = [
  ["without a fallback", undefined],
  ["with a fallback", "spare"],
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
  for (const [, fallback] of FALLBACKS) {
    const config = () => configWith(fallback, nowhere);
    stacks.set(fallback, await startStack({ emulator, bindings: awsBindings, config }));
  }
}, 120_000);
afterAll(async () => {
  for (const stack of stacks.values()) await stack.close();
  await emulator?.close();
});

function configWith(fallback: Fallback, nowhere: string): object {
  const targets = faultyTargets(emulator.url, nowhere);
  const claude = { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" };
  const gpt = { provider: "acme", model: "emulated-small", api_key: emulator.openaiKey };
  const own = { provider: "anthropic", model: "claude-sonnet-4-5-20250929", api_key: emulator.anthropicKey };
  return {
    router: {
      ...{ retry: 0, idle_timeout: "3s" },
      ...(fallback !== undefined && { fallback_models: [fallback] }),
    },
    llms: {
      ...targets("re-framed", BEDROCK, claude, ""),
      ...targets("relayed", ANTHROPIC, own, "/anthropic-api"),
      ...targets("translated", NOVA, { provider: "bedrock", model: "amazon.nova-lite-v1:0" }, ""),
      ...targets("compatible", OPENAI, gpt, "/openai/v1"),
      spare: claude,
    },
  };
}

interface Seen {
  readonly status: number;
  readonly headers: Headers;
  /** As far as it came. */
  readonly text: string;
}

async function call(fallback: Fallback, model: string, stream: boolean): Promise<Seen> {
  const response = await fetch(`${stacks.get(fallback)?.url}/v1/messages`, {
    method: "POST",
    headers: {
      ...{ "x-api-key": CLIENT_KEY, "content-type": "application/json" },
      // Compressed, half an answer would stay in the runtime's compressor.
      "accept-encoding": "identity",
    },
    body: JSON.stringify({
      ...{ model, stream, max_tokens: 1000 },
      messages: [{ role: "user", content: QUESTION }],
    }),
  });
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
  return { status: response.status, headers: response.headers, text };
}

describe.concurrent.each(FALLBACKS)("%s", (_, fallback) => {
  describe.concurrent.each(UPSTREAMS)("%s", (kind, rows) => {
    describe.concurrent.each(WAYS)("%s", (_way, streams) => {
      it.concurrent.each(rows)("%s", async (fault, streamed, whole) => {
        const outcome = streams ? streamed : whole;
        const model = nameOf(kind, fault);
        const seen = await call(fallback, model, streams);
        const spared = outcome.is === "failed" && fallback !== undefined;
        if (outcome.is === "answered" || spared)
          expectAnswer(seen, spared ? (fallback ?? "") : model, streams);
        else if (outcome.is === "broken") expectBroken(seen, model, outcome);
        else expectError(seen, outcome);
      });
    });
  });
});

/** One whole answer, and nothing of another. */
function expectAnswer({ status, headers, text }: Seen, model: string, streams: boolean): void {
  expect([status, headers.get("x-router-model")]).toEqual([200, model]);
  const message: JsonObject = streams ? foldMessage(streamEvents(text)) : asObject(JSON.parse(text));
  expect(textIn(message)).toBe(WHOLE);
  expect(message.stop_reason).toBe("end_turn");
}

function textIn(message: JsonObject): string {
  return objectsIn(message.content)
    .map((block) => asString(block.text))
    .join("");
}

const errorProblems = anthropicSchema("ErrorResponse");

function expectError({ status, headers, text }: Seen, outcome: Outcome): void {
  if (outcome.is !== "failed" && outcome.is !== "refused") throw new Error("not an HTTP error");
  const body = asObject(JSON.parse(text));
  const refused = [outcome.status, outcome.status === 413 ? "request_too_large" : REFUSED[outcome.status]];
  const [wanted, type] = outcome.is === "refused" ? refused : (WORDS[outcome.code] ?? OTHERWISE);
  expect([status, asObject(body.error).type]).toEqual([wanted, type]);
  // The SDK's types know no 413.
  if (status !== 413) expect(errorProblems(body)).toEqual([]);
  expect(body.request_id).toBe(headers.get("request-id"));
  // Whoever tries again in vain, tries the router's patience; whoever does not, loses an answer.
  const again = headers.get("x-should-retry");
  if (outcome.is === "refused") expect(again).toBe("false");
  if (status === 529 || status === 504 || status === 429) expect(again).toBe("true");
}

const REFUSED: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  404: "not_found_error",
  422: "invalid_request_error",
};

/** What came, in order, then the error as the last event. */
function expectBroken({ status, headers, text }: Seen, model: string, outcome: Outcome): void {
  if (outcome.is !== "broken") throw new Error("not a broken answer");
  expect([status, headers.get("x-router-model")]).toEqual([200, model]);
  const events = streamEvents(text);
  expect(problemsOf(events)).toEqual([]);
  const [, , inside] = WORDS[outcome.code ?? ""] ?? OTHERWISE;
  expect(asObject(events.at(-1)?.data.error).type).toBe(inside);
  expect(events.filter(({ event }) => event === "error" || event === "message_stop")).toHaveLength(1);
  const said = events.map(({ data }) => asString(asObject(data.delta).text)).join("");
  expect([said.length > 0, said === WHOLE, WHOLE.startsWith(said)]).toEqual([true, false, true]);
}
