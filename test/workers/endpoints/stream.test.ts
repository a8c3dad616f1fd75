import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asObject } from "../../../emulator/json.ts";
import { KEEP_ALIVE_MS } from "../../../src/http/sse.ts";
import {
  bodyOf,
  claudeFrames,
  endFrames,
  eventFrame,
  eventStream,
  exceptionFrame,
  fedBody,
  json,
  playUpstream,
  SILENT,
  START,
  STOP,
  sse,
  THROTTLED,
  textFrame,
  toolFrames,
  UNAVAILABLE,
} from "../../support/upstream.ts";
import { type StreamedAnswer, streamedAnswer } from "../../support/wire.ts";
import { ask, CLAUDE, chat, envOf, errorOf, GPT, NO_RETRY, quietLog } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const once = (llms: object = { claude: CLAUDE }, router: object = {}) =>
  envOf({ llms, router: { retry: NO_RETRY, ...router } });
const OVERLOADED = exceptionFrame("serviceUnavailableException", "Try later.");

/** The answer to a streamed request whose upstream gives these chunks. */
async function streamed(chunks: readonly Uint8Array[], body: object = {}): Promise<StreamedAnswer> {
  playUpstream(eventStream(chunks));
  const response = await chat(once(), { stream: true, ...body });
  expect(response.status).toBe(200);
  return streamedAnswer(await response.text());
}

async function joined(chunks: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob([...chunks]).arrayBuffer());
}

describe("a streamed answer", () => {
  it("has the head of an event stream, and how it was made", async () => {
    playUpstream(eventStream(claudeFrames("Hello")));
    const response = await chat(once(), { stream: true, model: "gpt-4", frequency_penalty: 1 });
    expect(Object.fromEntries(response.headers)).toEqual({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-request-id": expect.stringMatching(/^req_[0-9a-f]{32}$/),
      "x-router-model": "claude",
      "x-router-strategy": "random",
      "x-router-reason": expect.stringMatching(/^[\x20-\x7e]+$/),
      "x-router-trail": expect.stringMatching(/^[\w-]+: ok \d+ ms$/),
      "server-timing": expect.stringMatching(/^upstream;dur=\d+, attempts;dur=\d+$/),
      "x-router-attempts": "1",
      "x-router-unknown-model": "gpt-4",
      "x-router-dropped-params": "frequency_penalty",
      vary: "Origin",
    });
    await response.text();
  });

  it("is the model's text, finish reason and [DONE], under its configured name", async () => {
    expect(await streamed(claudeFrames("Hel", "lo"))).toMatchObject({
      model: "claude",
      text: "Hello",
      calls: [],
      finish: "stop",
      usage: undefined,
      comments: [],
      done: true,
    });
  });

  it("is the model's calls", async () => {
    const tool = { type: "function", function: { name: "read", parameters: { type: "object" } } };
    const frames = [
      START,
      ...toolFrames(0, "read", '{"p":1}'),
      ...toolFrames(1, "ls", "{}"),
      ...endFrames("tool_use"),
    ];
    expect(await streamed(frames, { tools: [tool] })).toMatchObject({
      text: "",
      calls: [
        { id: "toolu_0", name: "read", args: '{"p":1}' },
        { id: "toolu_1", name: "ls", args: "{}" },
      ],
      finish: "tool_calls",
      done: true,
    });
  });

  it("has another id for each answer and the time it was made at", async () => {
    const before = Math.floor(Date.now() / 1000);
    const [first] = (await streamed(claudeFrames("a"))).chunks;
    vi.restoreAllMocks();
    const [second] = (await streamed(claudeFrames("a"))).chunks;
    expect(first?.id).not.toBe(second?.id);
    expect(first?.created).toBeGreaterThanOrEqual(before);
    expect(first?.created).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
  });

  it.each([
    [undefined, undefined],
    [null, undefined],
    [{}, undefined],
    [{ include_usage: false }, undefined],
    [{ include_usage: true }, { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }],
  ])("ends with the usage chunk exactly if stream_options asks: %j", async (stream_options, usage) => {
    const read = await streamed(claudeFrames("Hello"), { stream_options });
    expect(read.usage).toEqual(usage);
    expect(read.chunks.at(-1)?.choices).toHaveLength(usage ? 0 : 1);
    expect(read.done).toBe(true);
  });

  it("keeps all of it, at every split of the upstream's bytes", async () => {
    const bytes = await joined(claudeFrames("Hé€", "😀"));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)].filter((piece) => piece.length > 0);
      const read = await streamed(pieces);
      expect([cut, read.text, read.finish, read.done]).toEqual([cut, "Hé€😀", "stop", true]);
    }
  });
});

describe("[DONE]", () => {
  type Frame = { readonly bytes: Uint8Array; readonly text?: string; readonly kind?: "stop" | "failure" };
  const text = fc
    .string({ minLength: 1, maxLength: 5 })
    .map((t): Frame => ({ bytes: textFrame(t), text: t }));
  const ping: Frame = { bytes: eventFrame({ type: "ping" }) };
  const failing: Frame = { bytes: OVERLOADED, kind: "failure" };
  const inBand: Frame = {
    bytes: eventFrame({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
    kind: "failure",
  };
  const stop: Frame = { bytes: STOP, kind: "stop" };
  const frames = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: text },
      { weight: 2, arbitrary: fc.constantFrom(ping, stop) },
      { weight: 1, arbitrary: fc.constantFrom(failing, inBand) },
    ),
    { maxLength: 8 },
  );

  /** What must be shown of the frames that arrive whole: what follows a terminal event takes nothing from it. */
  function expectation(whole: readonly Frame[]) {
    const end = whole.findIndex((frame) => frame.kind !== undefined);
    const seen = end === -1 ? whole : whole.slice(0, end);
    return { text: seen.map((frame) => frame.text ?? "").join(""), done: whole[end]?.kind === "stop" };
  }

  it("comes if and only if the answer is complete, for any frames, cut off at any byte", async () => {
    const share = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(frames, share, fc.integer({ min: 1, max: 50 }), async (all, arriving, size) => {
        const bytes = await joined([START, ...all.map((frame) => frame.bytes)]);
        const cut = Math.floor(arriving * bytes.length);
        const end = (count: number) =>
          all.slice(0, count).reduce((sum, frame) => sum + frame.bytes.length, START.length);
        const expected = expectation(all.filter((_, index) => end(index + 1) <= cut));
        const reads = Array.from({ length: Math.ceil(cut / size) }, (_, i) =>
          bytes.slice(i * size, Math.min((i + 1) * size, cut)),
        );
        playUpstream(eventStream(reads));
        const response = await chat(once(), { stream: true });
        if (response.status !== 200) {
          // Before anything was shown, a failure is a real status.
          expect(expected).toEqual({ text: "", done: false });
          await errorOf(response);
          return;
        }
        const { text, done, error } = streamedAnswer(await response.text());
        expect({ text, done }).toEqual(expected);
        expect(error !== undefined).toBe(!done);
      }),
    );
  });

  it("never comes after a connection that breaks off, however late", async () => {
    for (const frames of [claudeFrames("Hello").slice(0, -1), claudeFrames("Hello").slice(0, -2)]) {
      const body = bodyOf(frames, false);
      playUpstream(eventStream(body));
      const response = await chat(once(), { stream: true });
      body.fail(new TypeError("Network connection lost."));
      expect(streamedAnswer(await response.text())).toMatchObject({
        done: false,
        error: { code: "upstream_truncated", type: "server_error" },
      });
    }
  });
});

describe("the head", () => {
  const first = async (frame: Uint8Array) => {
    const body = bodyOf([START], false);
    playUpstream(eventStream(body));
    const seen = vi.fn();
    const response = chat(once(), { stream: true, tools: [] });
    response.then(seen);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(seen).not.toHaveBeenCalled();
    body.push(frame);
    expect((await response).status).toBe(200);
    body.push(...endFrames());
    body.end();
    expect(streamedAnswer(await (await response).text()).done).toBe(true);
  };

  it.each([
    ["text", textFrame("a")],
    [
      "reasoning",
      eventFrame({
        type: "content_block_delta",
        index: 0,
        delta: { type: "thinking_delta", thinking: "Hm" },
      }),
    ],
    ["tool", toolFrames(0, "read", "{}")[0] ?? START],
  ])("goes out with the first %s", (_, frame) => first(frame));

  it("goes out with the end of an answer that says nothing", async () => {
    expect(await streamed([START, ...endFrames()])).toMatchObject({ text: "", finish: "stop", done: true });
  });

  it("carries a real status for what fails before it", async () => {
    playUpstream(eventStream([START, exceptionFrame("validationException", "messages: wrong")]), UNAVAILABLE);
    const refused = await chat(once(), { stream: true });
    expect(refused.status).toBe(400);
    expect((await errorOf(refused)).code).toBe("upstream_invalid_request");
    const failed = await chat(once(), { stream: true });
    expect(failed.status).toBe(500);
    expect((await errorOf(failed)).code).toBe("upstream_unavailable");
  });

  it("carries a real status for a request that is wrong", async () => {
    playUpstream();
    const response = await chat(once(), { stream: true, n: 2 });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).param).toBe("n");
  });
});

describe("a wait of 15 s", () => {
  /** Asks, waits for 15 s, and gives the response that has to be there then. */
  async function late(env: ReturnType<typeof once>, body: object = {}): Promise<Response> {
    vi.useFakeTimers();
    const seen = vi.fn();
    const response = chat(env, { stream: true, ...body });
    response.then(seen);
    await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS - 100);
    expect(seen).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(100);
    expect(seen).toHaveBeenCalledOnce();
    expect((await response).status).toBe(200);
    expect((await response).headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect((await response).headers.get("cache-control")).toBe("no-cache, no-transform");
    return response;
  }

  it("sends the head with a comment, then more comments, then the answer", async () => {
    const body = fedBody();
    playUpstream(eventStream(body));
    const response = await late(once());
    const text = response.text();
    await vi.advanceTimersByTimeAsync(2 * KEEP_ALIVE_MS);
    body.push(...claudeFrames("Hello"));
    body.end();
    await vi.advanceTimersByTimeAsync(10);
    expect(await text).toMatch(/^: keep-alive\n/);
    expect(streamedAnswer(await text)).toMatchObject({
      comments: ["keep-alive", "keep-alive", "keep-alive"],
      text: "Hello",
      done: true,
    });
  });

  it("may still end in a retry and a fallback: only comments have gone out", async () => {
    const silent = fedBody();
    const llms = { claude: CLAUDE, haiku: { ...CLAUDE, model: "anthropic.claude-3-haiku-20240307-v1:0" } };
    const router = { weights: { haiku: 0 }, fallback_models: ["haiku"] };
    const calls = playUpstream(eventStream(silent), eventStream(claudeFrames("Hello")));
    const response = await late(once(llms, router));
    silent.push(START, OVERLOADED);
    await vi.advanceTimersByTimeAsync(10);
    expect(streamedAnswer(await response.text())).toMatchObject({
      model: "haiku",
      text: "Hello",
      done: true,
    });
    expect(calls).toHaveLength(2);
  });

  it("ends in an error event when nothing answers, which the log has too", async () => {
    const log = quietLog();
    const body = fedBody();
    playUpstream(eventStream(body));
    const response = await late(once());
    body.push(START, OVERLOADED);
    await vi.advanceTimersByTimeAsync(10);
    expect(streamedAnswer(await response.text())).toMatchObject({
      comments: ["keep-alive"],
      chunks: [],
      done: false,
      error: { code: "upstream_unavailable", type: "server_error", param: null },
    });
    expect(log()).toEqual([expect.objectContaining({ code: "upstream_unavailable" })]);
  });

  it("hands on the stream of an OpenAI-compatible fallback, untouched and to its end", async () => {
    const silent = fedBody();
    const native = fedBody();
    const router = { weights: { gpt: 0 }, fallback_models: ["gpt"] };
    const calls = playUpstream(eventStream(silent), sse(native));
    const response = await late(once({ claude: CLAUDE, gpt: GPT }, router));
    silent.push(START, OVERLOADED);
    const text = response.text();
    await vi.waitUntil(() => calls.length === 2);
    const events = 'data: {"x":1}\n\ndata: [DONE]\n\n';
    native.push(new TextEncoder().encode(events));
    await vi.advanceTimersByTimeAsync(10);
    native.end();
    expect(await text).toBe(`: keep-alive\n${events}`);
    expect(calls[1]?.signal.aborted).toBe(false);
  });

  describe("for a response that an upstream of the same API writes", () => {
    const RESPONSE = { id: "resp_upstream", status: "in_progress", model: "m", output: [] };
    const events = [
      { type: "response.created", response: RESPONSE, sequence_number: 0 },
      {
        type: "response.output_text.delta",
        item_id: "msg_1",
        output_index: 0,
        content_index: 0,
        delta: "Hi",
      },
      { type: "response.completed", response: { ...RESPONSE, status: "completed" } },
    ].map((event, at) => ({ ...event, sequence_number: at }));
    const [created = "", delta = "", completed = ""] = events.map(
      (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
    );
    const env = () => once({ gpt: { ...GPT, api: "responses" } });
    const begin = () =>
      ask(env(), "/v1/responses", { method: "POST", body: { input: "Hi", stream: true, store: false } });
    const utf8 = new TextEncoder();
    const COMMENT = ": keep-alive\n";

    it("writes comments where its head is there, and when it has begun: its own beginning is the only one", async () => {
      vi.useFakeTimers();
      const body = fedBody();
      playUpstream(sse(body));
      const response = begin();
      await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
      const text = (await response).text();
      await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
      body.push(utf8.encode(created + delta));
      await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS + 10);
      body.push(utf8.encode(completed));
      body.end();
      await vi.advanceTimersByTimeAsync(10);
      expect(await text).toBe(`${COMMENT}${COMMENT}${created}${delta}${COMMENT}\n${completed}`);
    });

    it("begins the answer where nobody has answered, and goes on from that", async () => {
      vi.useFakeTimers();
      const { promise, resolve } = Promise.withResolvers<Response>();
      playUpstream(() => promise);
      const response = begin();
      await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
      const text = (await response).text();
      await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
      resolve(
        new Response(created + delta + completed, { headers: { "content-type": "text/event-stream" } }),
      );
      await vi.advanceTimersByTimeAsync(10);
      const told = (await text).matchAll(/^data: (.*)$/gm).map(([, data = ""]) => asObject(JSON.parse(data)));
      const all = [...told];
      expect(all.filter(({ type }) => type === "response.created")).toHaveLength(1);
      expect(all.map(({ sequence_number }) => sequence_number)).toEqual(all.map((_, at) => at));
      const ids = all.flatMap(({ response }) => (response === undefined ? [] : [asObject(response).id]));
      expect(new Set(ids).size).toBe(1);
      expect(all.at(-1)?.type).toBe("response.completed");
    });
  });

  it("makes events of the whole answer of an OpenAI-compatible fallback", async () => {
    const silent = fedBody();
    const router = { weights: { gpt: 0 }, fallback_models: ["gpt"] };
    const whole = { choices: [{ index: 0, message: { content: "Hello" }, finish_reason: "stop" }] };
    playUpstream(eventStream(silent), json(whole));
    const response = await late(once({ claude: CLAUDE, gpt: GPT }, router));
    silent.push(START, OVERLOADED);
    await vi.advanceTimersByTimeAsync(10);
    expect(streamedAnswer(await response.text())).toMatchObject({ model: "gpt", text: "Hello", done: true });
  });

  it("sends a head ahead of an OpenAI-compatible upstream, too, whose refusal then is an event", async () => {
    let answerNow: (response: Response) => void = () => {};
    playUpstream(() => new Promise((resolve) => (answerNow = resolve)));
    const response = await late(once({ gpt: GPT }));
    answerNow(Response.json({ error: { message: "no" } }, { status: 422 }));
    await vi.advanceTimersByTimeAsync(10);
    expect(streamedAnswer(await response.text())).toMatchObject({
      done: false,
      error: { message: expect.stringContaining("says: no") },
    });
  });

  it("is no reason for a head where the answer does not stream", async () => {
    vi.useFakeTimers();
    const seen = vi.fn();
    playUpstream(SILENT);
    const response = chat(once());
    response.then(seen);
    await vi.advanceTimersByTimeAsync(4 * KEEP_ALIVE_MS);
    expect(seen).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(600_000);
    expect((await errorOf(await response)).code).toBe("upstream_timeout");
  });

  it("ends the upstream's call when the client has left, at the latest with the next comment", async () => {
    const calls = playUpstream(SILENT, THROTTLED, json({}));
    const response = await late(once());
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(calls[0]?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
    await vi.waitUntil(() => calls[0]?.signal.aborted);
    await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
    expect(calls).toHaveLength(1);
  });
});
