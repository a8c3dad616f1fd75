/**
 * What an answer may cost, counted instead of timed: the work at the start; reads, writes and stages of a stream. The
 * writer's own rules are tested beside it, in openai/sse.test.ts.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  claudeAnswer,
  claudeFrames,
  eventStream,
  fedBody,
  json,
  playUpstream,
  reply,
  START,
  sse,
  textFrame,
} from "../support/upstream.ts";
import { streamedAnswer } from "../support/wire.ts";
import { ask, chat, envOf, GPT, quietLog, settle } from "./support.ts";

const FRAMES = 500;

/** What must be rare. */
const made = vi.hoisted(() => ({ parsed: 0, checked: 0 }));

vi.mock(import("../../src/config/yaml.ts"), async (original) => {
  const { readYaml, ...others } = await original();
  return {
    ...others,
    readYaml: (text) => {
      made.parsed++;
      return readYaml(text);
    },
  };
});

vi.mock(import("../../src/config/index.ts"), async (original) => {
  const { checkConfig, ...others } = await original();
  return {
    ...others,
    checkConfig: (...args) => {
      made.checked++;
      return checkConfig(...args);
    },
  };
});

beforeEach(() => {
  quietLog();
  Object.assign(made, { parsed: 0, checked: 0 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("the start", () => {
  it("is nothing but definitions: no parsing, no client, no key, no timer, no call", async () => {
    const calls = [
      vi.spyOn(globalThis, "fetch"),
      vi.spyOn(globalThis, "setTimeout"),
      vi.spyOn(crypto.subtle, "digest"),
      vi.spyOn(crypto.subtle, "importKey"),
    ];
    vi.resetModules();
    const module = await import("../../src/index.ts");
    expect(Object.keys(module).sort()).toEqual([
      "ChatSession",
      "KeyAccount",
      "KeyDirectory",
      "Ledger",
      "PlaceHealth",
      "ReasoningStore",
      "ResponseChain",
      "RoundRobin",
      "StickySession",
      "default",
    ]);
    for (const call of calls) expect(call).not.toHaveBeenCalled();
    expect(made).toEqual({ parsed: 0, checked: 0 });
    await module.default.fetch(new Request("https://router.example/health"), envOf());
    expect(made.checked).toBe(1);
  });

  it.each([
    ["valid JSON", undefined, 0],
    ["valid YAML", "llms: {a: {provider: openai}}", 1],
    ["broken", "llms: {", 1],
  ])("reads a configuration once, however many requests come: %s", async (_, config, parsed) => {
    // Imported by many at once for the first time, it would not be the mock for all.
    await import("../../src/config/yaml.ts");
    const env = envOf(config);
    const paths = ["/health", "/v1/models", "/routers", "/", "/nowhere", "/v1/models/claude"];
    const requests = paths.flatMap((path) => Array.from({ length: 10 }, () => ask(env, path)));
    await Promise.all(requests);
    expect(made).toMatchObject({ parsed, checked: 1 });
  });

  it.each([
    ["is not checked where the build has", {}, 200, 0],
    ["is checked where that is not all", { ROUTER_CONFIG_2: "b" }, 500, 1],
  ])("a bundled configuration %s", async (_, bindings, status, checked) => {
    const { ROUTER_CONFIG: __, ...own } = envOf();
    const env = { ...own, ...bindings };
    const asked = await Promise.all([ask(env, "/health"), ask(env, "/health")]);
    expect(asked.map((response) => response.status)).toEqual([status, status]);
    expect(made).toEqual({ parsed: 0, checked });
  });

  it("derives one signing key for all calls with the same credentials", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 0, 16, 12) });
    const imported = vi.spyOn(crypto.subtle, "importKey");
    const env = envOf(undefined, { AWS_SECRET_ACCESS_KEY: "budget" });
    playUpstream(...Array.from({ length: 10 }, () => eventStream(claudeFrames("a"))));
    for (let turn = 0; turn < 10; turn++) await (await chat(env, { stream: true })).text();
    // Four HMACs derive the key, one signs each request.
    expect(imported).toHaveBeenCalledTimes(14);
  });
});

/** Of the request's own body, whose length a test does not announce. */
const REQUEST_READS = 2;

interface Counts {
  readonly reads: number;
  readonly writes: number;
  readonly mostWritesUnderWay: number;
  /** Streams made to pass an answer through. */
  readonly stages: number;
  readonly pipes: number;
}

/** Counts what streams are made of and what passes through them. */
function watchStreams(): () => Counts {
  const seen = { stages: 0, writes: 0, underway: 0, most: 0 };
  const stages = { TransformStream, IdentityTransformStream, WritableStream };
  for (const [name, stage] of Object.entries(stages)) {
    const counting = new Proxy(stage, {
      construct(target, args) {
        seen.stages++;
        return Reflect.construct(target, args);
      },
    });
    vi.stubGlobal(name, counting);
  }
  const { write } = WritableStreamDefaultWriter.prototype;
  vi.spyOn(WritableStreamDefaultWriter.prototype, "write").mockImplementation(async function (
    this: WritableStreamDefaultWriter,
    chunk: unknown,
  ) {
    seen.writes++;
    seen.most = Math.max(seen.most, ++seen.underway);
    try {
      await write.call(this, chunk);
    } finally {
      seen.underway--;
    }
  });
  const read = vi.spyOn(ReadableStreamDefaultReader.prototype, "read");
  const pipes = [
    vi.spyOn(ReadableStream.prototype, "tee"),
    vi.spyOn(ReadableStream.prototype, "pipeTo"),
    vi.spyOn(ReadableStream.prototype, "pipeThrough"),
  ];
  const total = (calls: number, pipe: (typeof pipes)[number]) => calls + pipe.mock.calls.length;
  return () => ({
    reads: read.mock.calls.length,
    writes: seen.writes,
    mostWritesUnderWay: seen.most,
    stages: seen.stages,
    pipes: pipes.reduce(total, 0),
  });
}

function expectWithin(counts: Counts, budget: Counts): void {
  for (const [name, most] of Object.entries(budget)) {
    expect(counts, name).toHaveProperty(
      name,
      expect.toSatisfy((count: number) => count <= most, `<= ${most}`),
    );
  }
}

describe(`a Bedrock stream of ${FRAMES} frames`, () => {
  const texts = Array.from({ length: FRAMES }, (_, index) => `${index} `);
  const complete = { text: texts.join(""), done: true };

  it("in one read is one write, with one more for [DONE], through one stage", async () => {
    const burst = new Uint8Array(await new Blob(claudeFrames(...texts)).arrayBuffer());
    playUpstream(eventStream([burst]));
    const counts = watchStreams();
    const answer = await (await chat(envOf(), { stream: true })).text();
    expect(streamedAnswer(answer)).toMatchObject(complete);
    expectWithin(counts(), {
      reads: REQUEST_READS + 2,
      writes: 2,
      mostWritesUnderWay: 1,
      stages: 1,
      pipes: 0,
    });
  });

  it("in as many reads within 2 ms is a write for the first, one for all others, one for [DONE]", async () => {
    vi.useFakeTimers();
    const frames = claudeFrames(...texts);
    playUpstream(eventStream(frames));
    const counts = watchStreams();
    const answer = chat(envOf(), { stream: true }).then((response) => response.text());
    await vi.advanceTimersByTimeAsync(2);
    expect(streamedAnswer(await answer)).toMatchObject(complete);
    const reads = REQUEST_READS + frames.length + 1;
    expectWithin(counts(), { reads, writes: 3, mostWritesUnderWay: 1, stages: 1, pipes: 0 });
  });

  it.each([
    { paceMs: 1, textsAWrite: 2 },
    { paceMs: 20, textsAWrite: 1 },
  ])("that come every $paceMs ms is a write for $textsAWrite texts", async ({ paceMs, textsAWrite }) => {
    vi.useFakeTimers();
    const body = fedBody();
    playUpstream(eventStream(body));
    const counts = watchStreams();
    const answer = chat(envOf(), { stream: true }).then((response) => response.text());
    const frames = claudeFrames(...texts);
    for (const frame of frames) {
      await vi.advanceTimersByTimeAsync(paceMs);
      body.push(frame);
    }
    body.end();
    expect(streamedAnswer(await answer)).toMatchObject(complete);
    const reads = REQUEST_READS + frames.length + 1;
    // Two more for finish reason and [DONE].
    const writes = FRAMES / textsAWrite + 2;
    expectWithin(counts(), { reads, writes, mostWritesUnderWay: 1, stages: 1, pipes: 0 });
  });

  it("is read no further while the client does not read", async () => {
    const text = "x".repeat(1000);
    const body = fedBody((fed) => fed.push(textFrame(text)));
    body.push(START);
    playUpstream(eventStream(body));
    const response = await chat(envOf(), { stream: true });
    await settle();
    const reads = body.pulls();
    // 64 KiB wait to be written, one write is under way.
    expect(reads).toBeGreaterThan(1);
    expect(reads * text.length).toBeLessThanOrEqual(2 * 65_536);
    await settle();
    expect(body.pulls()).toBe(reads);
    await response.body?.cancel();
  });
});

describe("a Bedrock answer in one body", () => {
  it("is read by the runtime, and passes through no stream", async () => {
    playUpstream(async (call) => {
      const answer = await claudeAnswer("Hello")(call);
      answer.headers.set("content-length", "200");
      return answer;
    });
    const counts = watchStreams();
    const { choices } = await (await chat(envOf(), {})).json<{ choices: unknown }>();
    expect(choices).toMatchObject([{ message: { content: "Hello" } }]);
    expectWithin(counts(), { reads: REQUEST_READS, writes: 0, mostWritesUnderWay: 0, stages: 0, pipes: 0 });
  });
});

describe("an OpenAI-compatible answer", () => {
  const env = (usage = "read") => envOf({ llms: { gpt: { ...GPT, usage } } });

  it.each([true, false])("is the upstream's own body where usage is unread (stream: %s)", async (stream) => {
    const body = fedBody();
    playUpstream(stream ? sse(body) : reply(body, { "content-type": "application/json" }));
    const counts = watchStreams();
    const response = await chat(env("unread"), { stream });
    expect(response.body).toBe(body.stream);
    await settle();
    expectWithin(counts(), { reads: REQUEST_READS, writes: 0, mostWritesUnderWay: 0, stages: 0, pipes: 0 });
    expect(body.pulls()).toBe(0);
  });

  it("is one write for what comes in one read while it is watched, and no stage of its own where it is whole", async () => {
    const chunk = (content: string) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
    const text = Array.from({ length: FRAMES }, (_, index) => chunk(`${index} `)).join("");
    playUpstream(sse(`${text}data: [DONE]\n\n`));
    const counts = watchStreams();
    expect(await (await chat(env(), { stream: true })).text()).toBe(`${text}data: [DONE]\n\n`);
    expectWithin(counts(), {
      reads: REQUEST_READS + 2,
      writes: 1,
      mostWritesUnderWay: 1,
      stages: 1,
      pipes: 0,
    });
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    const whole = json({ choices: [] }, { headers: { "content-length": "14" } });
    playUpstream(whole);
    const seen = watchStreams();
    await (await chat(env())).text();
    expectWithin(seen(), { reads: REQUEST_READS, writes: 0, mostWritesUnderWay: 0, stages: 0, pipes: 0 });
  });
});
