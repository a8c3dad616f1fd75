/** What holds of routing whatever comes: of any provider, any bytes and any sequence of failures. */
import { AwsV4Signer } from "aws4fetch";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { anthropic } from "../../../src/families/anthropic/index.ts";
import { anthropic as anthropicProvider } from "../../../src/providers/anthropic/index.ts";
import { bedrock } from "../../../src/providers/bedrock/index.ts";
import { openai } from "../../../src/providers/openai-compatible/index.ts";
import {
  bodyOf,
  claudeFrames,
  endFrames,
  eventStream,
  exceptionFrame,
  playUpstream,
  type Reply,
  refusal,
  START,
  sse,
  textFrame,
  UNREACHABLE,
} from "../../support/upstream.ts";
import { streamedAnswer } from "../../support/wire.ts";
import { CLAUDE, chat, envOf, GPT, NO_RETRY, quietLog, settle } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

const utf8 = new TextEncoder();
const OK: Reply = () =>
  Response.json({ choices: [{ index: 0, message: { content: "Hi" }, finish_reason: "stop" }] });

it("which provider is called follows from the provider field alone", async () => {
  const asBedrock = vi.spyOn(bedrock, "open").mockImplementation(() => Promise.reject(new Error("bedrock")));
  const asAnthropic = vi
    .spyOn(anthropicProvider, "open")
    .mockImplementation(() => Promise.reject(new Error("own")));
  const asOther = vi.spyOn(openai, "open").mockImplementation(() => Promise.reject(new Error("other")));
  const likeBedrock = fc
    .tuple(fc.constantFrom("", " ", "x", "amazon-", "-"), fc.constantFrom("bedrock", "aws", "BedRock", "AWS"))
    .chain(([edge, name]) => fc.constantFrom(edge + name, name + edge, name));
  const provider = fc.option(
    fc.oneof(fc.string(), likeBedrock, fc.constantFrom("openai", "anthropic", "amazon")),
    {
      nil: undefined,
    },
  );
  const model = fc.constantFrom(CLAUDE.model, "amazon.nova-pro-v1:0", "meta.llama3-8b-instruct-v1:0");
  const base_url = fc.constantFrom(
    "https://acme.example/v1",
    "https://bedrock-runtime.us-east-1.amazonaws.com",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.record({ provider, model, base_url }),
      fc.constantFrom("it", "bedrock", "aws"),
      fc.boolean(),
      async (llm, name, stream) => {
        asBedrock.mockClear();
        asAnthropic.mockClear();
        asOther.mockClear();
        const config = { router: { retry: NO_RETRY }, llms: { [name]: llm } };
        await (await chat(envOf(config), { model: name, stream })).text();
        const written = (llm.provider ?? "").trim().toLowerCase();
        const wanted = ["bedrock", "aws"].includes(written) ? 0 : written === "anthropic" ? 1 : 2;
        // A provider of nothing but white space is a mistake in the configuration: nobody is called.
        const valid = llm.provider === undefined || llm.provider.trim() !== "";
        const calls = [asBedrock, asAnthropic, asOther].map(({ mock }) => mock.calls.length);
        expect(calls).toEqual(valid ? [0, 1, 2].map((kind) => (kind === wanted ? 1 : 0)) : [0, 0, calls[2]]);
      },
    ),
    { numRuns: 150 },
  );
});

describe("a Bedrock stream", () => {
  const texts = fc.array(fc.stringMatching(/^[a-z ]{1,6}$/), { minLength: 1, maxLength: 6 });
  type Spoil = "none" | "cut" | "flip" | "exception";
  const spoil = fc.constantFrom<Spoil>("none", "cut", "flip", "exception");

  it("ends in [DONE] if and only if it came whole, however it is split and whatever spoils it", async () => {
    await fc.assert(
      fc.asyncProperty(
        texts,
        spoil,
        fc.nat(),
        fc.array(fc.nat(), { maxLength: 8 }),
        async (words, how, at, cuts) => {
          const frames = [START, ...words.map(textFrame), ...endFrames()];
          // Before the last event, message_stop: an exception after it would not be heard any more.
          const place = at % (frames.length - 1);
          if (how === "exception")
            frames.splice(place, 0, exceptionFrame("serviceUnavailableException", "x"));
          let bytes = await joined(frames);
          if (how === "cut") bytes = bytes.subarray(0, at % bytes.length);
          if (how === "flip") bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ 1;
          playUpstream(eventStream(split(bytes, cuts)));
          const env = envOf({ router: { retry: NO_RETRY }, llms: { claude: CLAUDE } });
          const response = await chat(env, { stream: true });
          vi.restoreAllMocks();
          quietLog();
          if (response.status !== 200) {
            expect(how).not.toBe("none");
            return;
          }
          const answer = streamedAnswer(await response.text());
          expect(answer.done).toBe(how === "none");
          expect(answer.error === undefined).toBe(how === "none");
          expect(words.join("").startsWith(answer.text)).toBe(true);
          if (answer.done) expect([answer.text, answer.finish]).toEqual([words.join(""), "stop"]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a chain of targets", () => {
  /** What an attempt comes to: nothing shown, an answer, one that breaks off, or the client's own fault. */
  type Kind = "failed" | "answered" | "broken" | "refused";
  const kind = fc.constantFrom<Kind>("failed", "failed", "failed", "answered", "broken", "refused");
  const LLMS = { one: CLAUDE, two: { ...CLAUDE, aws_region: "eu-west-1" }, three: CLAUDE };

  function replyOf(outcome: Kind, variant: number, mark: string): Reply {
    const overloaded = exceptionFrame("serviceUnavailableException", "x");
    if (outcome === "answered") return eventStream(claudeFrames(mark, "."));
    if (outcome === "broken") return eventStream([START, textFrame(mark), overloaded]);
    if (outcome === "refused") return refusal(400, "ValidationException", "messages: wrong");
    const failures: Reply[] = [
      refusal(503, "ServiceUnavailableException", "x"),
      refusal(429, "ThrottlingException", "x"),
      eventStream([overloaded, textFrame(mark)]),
      eventStream([START]),
      UNREACHABLE,
      () => new Response(mark, { headers: { "content-type": "text/html" } }),
    ];
    return failures[variant % failures.length] ?? UNREACHABLE;
  }

  it("gives the client the first answer that begins, and nothing of any other", async () => {
    const attempt = fc.record({ outcome: kind, variant: fc.nat(5) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(attempt, { minLength: 6, maxLength: 6 }),
        fc.nat(1),
        async (attempts, retries) => {
          const most = 3 * (1 + retries);
          const replies = attempts.map(({ outcome, variant }, index) =>
            replyOf(outcome, variant, `<${index}>`),
          );
          const calls = playUpstream(...replies);
          const retry = { attempts: retries, base_ms: 0, max_ms: 0 };
          const config = { router: { retry, fallback_models: ["two", "three"] }, llms: LLMS };
          const response = await chat(envOf(config), { model: "one", stream: true });
          const text = await response.text();
          vi.restoreAllMocks();
          quietLog();
          const first = attempts.slice(0, most).findIndex(({ outcome }) => outcome !== "failed");
          const made = first === -1 ? most : first + 1;
          const outcome = attempts[first]?.outcome ?? "failed";
          expect(calls).toHaveLength(made);
          expect(response.headers.get("x-router-attempts")).toBe(String(made));
          const marks = [...text.matchAll(/<(\d)>/g)].map(([, mark]) => mark);
          if (outcome === "failed" || outcome === "refused") {
            expect(response.status).toBeGreaterThanOrEqual(400);
            expect(marks).toEqual([]);
            return;
          }
          expect(marks).toEqual([String(first)]);
          expect(streamedAnswer(text).done).toBe(outcome === "answered");
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("an OpenAI-compatible target", () => {
  const LLMS = { claude: CLAUDE, gpt: GPT };

  /** Whatever of Bedrock's may be reached fails the test, as does a look at AWS's bindings. */
  function forbidBedrock() {
    const forbidden = () => {
      throw new Error("Bedrock code ran");
    };
    const spies = [
      vi.spyOn(bedrock, "open").mockImplementation(forbidden),
      vi.spyOn(bedrock, "facts").mockImplementation(forbidden),
      vi.spyOn(anthropic, "encode").mockImplementation(forbidden),
      vi.spyOn(AwsV4Signer.prototype, "sign").mockImplementation(forbidden),
    ];
    return () => spies.reduce((count, { mock }) => count + mock.calls.length, 0);
  }

  /** Bindings that note who looks at AWS's. */
  function watchedEnv(config: object) {
    const looks: string[] = [];
    const env = new Proxy(envOf(config), {
      get(target, name, receiver) {
        if (typeof name === "string" && name.startsWith("AWS_")) looks.push(name);
        return Reflect.get(target, name, receiver);
      },
    });
    return { env, looks };
  }

  const strategies = fc.constantFrom<object>(
    { strategy: "random", weights: { claude: 0 } },
    { strategy: "rules", rules: [{ keywords: ["never said"], model: "claude" }, { default: "gpt" }] },
    { strategy: "random", fallback_models: ["claude"], weights: { claude: 0 } },
  );

  it("is reached without any of Bedrock's code, with the prefix on or off", async () => {
    // What earlier tests left under way ends first.
    await settle();
    const ran = forbidBedrock();
    await fc.assert(
      fc.asyncProperty(
        strategies,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom("auto", "gpt", "acme/gpt"),
        fc.dictionary(
          fc.string().map((key) => `x_${key}`),
          fc.jsonValue(),
        ),
        async (router, stream, prefix, model, extra) => {
          vi.mocked(globalThis.fetch).mockRestore?.();
          playUpstream(OK);
          const { env, looks } = watchedEnv({ router, llms: LLMS, serve: { show_model_prefix: prefix } });
          const response = await chat(env, { model, stream, ...extra });
          expect([response.status, response.headers.get("x-router-model")]).toEqual([200, "gpt"]);
          await response.text();
          expect([ran(), looks]).toEqual([0, []]);
        },
      ),
      { numRuns: 100 },
    );
    // The measure itself: a Bedrock target trips it.
    const { env, looks } = watchedEnv({ router: { retry: NO_RETRY }, llms: LLMS });
    expect((await chat(env, { model: "claude" })).status).toBe(500);
    expect(ran()).toBe(1);
    expect(looks).toEqual([]);
  });

  it("has its body handed on as it is where usage is unread", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 }),
        fc.boolean(),
        fc.constantFrom("text/event-stream", "application/json", "text/plain"),
        async (chunks, stream, type) => {
          const body = bodyOf(chunks.filter(({ length }) => length > 0));
          playUpstream(({ signal: _ }) => new Response(body.stream, { headers: { "content-type": type } }));
          const llms = { ...LLMS, gpt: { ...GPT, usage: "unread" } };
          const response = await chat(envOf({ llms }), { model: "gpt", stream });
          vi.restoreAllMocks();
          quietLog();
          expect(response.body).toBe(body.stream);
          expect([body.pulls(), response.bodyUsed, body.stream.locked]).toEqual([0, false, false]);
          expect(new Uint8Array(await response.arrayBuffer())).toEqual(await joined(chunks));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("is read, and so noticed, while the prefix is on", async () => {
    const body = bodyOf([utf8.encode('data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')]);
    playUpstream(sse(body));
    const env = envOf({ llms: LLMS, serve: { show_model_prefix: true } });
    const response = await chat(env, { model: "gpt", stream: true });
    expect(response.body).not.toBe(body.stream);
    expect(await response.text()).toContain("[gpt] Hi");
  });
});

async function joined(parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob([...parts]).arrayBuffer());
}

/** The bytes in pieces, cut where the numbers say. */
function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => (bytes.length === 0 ? 0 : cut % bytes.length)))].toSorted(
    (a, b) => a - b,
  );
  return [0, ...places]
    .map((from, index) => bytes.subarray(from, places[index] ?? bytes.length))
    .filter(({ length }) => length > 0);
}
