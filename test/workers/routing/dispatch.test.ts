import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  bodyOf,
  claudeAnswer,
  claudeFrames,
  endFrames,
  eventStream,
  exceptionFrame,
  fedBody,
  json,
  playUpstream,
  type Reply,
  refusal,
  SILENT,
  START,
  THROTTLED,
  textFrame,
  UNAVAILABLE,
  UNREACHABLE,
} from "../../support/upstream.ts";
import { streamedAnswer, wireCompletion } from "../../support/wire.ts";
import { CLAUDE, chat, envOf, errorOf, GPT, NO_RETRY, quietLog, RETRY_AT_ONCE, settle } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const HAIKU = { ...CLAUDE, model: "anthropic.claude-3-haiku-20240307-v1:0" };
const envWith = (router: object = {}, llms: object = { claude: CLAUDE }) =>
  envOf({ llms, router: { retry: RETRY_AT_ONCE, ...router } });
const withFallback = (router: object = {}) =>
  envWith({ weights: { haiku: 0 }, fallback_models: ["haiku"], ...router }, { claude: CLAUDE, haiku: HAIKU });

const OVERLOADED = exceptionFrame("serviceUnavailableException", "Try later.");
const attempts = (response: Response) => response.headers.get("x-router-attempts");

/** What may be tried again: before the head, so over HTTP and inside a 200 stream that has shown nothing yet. */
const RETRYABLE: [string, Reply, Reply][] = [
  ["throttling", THROTTLED, eventStream([exceptionFrame("throttlingException", "Too many")])],
  ["an unavailable service", UNAVAILABLE, eventStream([OVERLOADED])],
  ["an unreachable host", UNREACHABLE, UNREACHABLE],
  ["a failed model", refusal(424, "ModelErrorException", "Oops"), eventStream([START, OVERLOADED])],
  ["a server error", refusal(500, "InternalServerException", "Oops"), eventStream([START])],
  ["an answer cut short", eventStream([]), eventStream([])],
  ["a damaged answer", () => new Response("{"), eventStream([new Uint8Array(40)])],
];

/** What is the client's fault: wrong for every model. */
const CLIENTS: [string, Reply, string][] = [
  ["a refused request", refusal(400, "ValidationException", "messages: wrong"), "upstream_invalid_request"],
  ["too long a prompt", refusal(400, "ValidationException", "prompt is too long"), "context_length_exceeded"],
];

/** What another attempt would not mend, but another model may. */
const OTHERS: [string, Reply, string][] = [
  ["credentials", refusal(403, "UnrecognizedClientException", "invalid token"), "aws_credentials_rejected"],
  ["model id", refusal(400, "ValidationException", "model identifier is invalid"), "bedrock_model_invalid"],
  ["quota", refusal(400, "ServiceQuotaExceededException", "quota"), "bedrock_quota_exceeded"],
];

describe("an attempt that fails before the first delta", () => {
  it.each(RETRYABLE)("is made again: %s", async (_, whole, streamed) => {
    const calls = playUpstream(whole, claudeAnswer("Hello"), streamed, eventStream(claudeFrames("Hello")));
    const answer = await chat(envWith());
    expect(answer.status).toBe(200);
    expect(attempts(answer)).toBe("2");
    expect(wireCompletion(await answer.json()).choices[0].message.content).toBe("Hello");
    const stream = await chat(envWith(), { stream: true });
    expect(stream.status).toBe(200);
    expect(attempts(stream)).toBe("2");
    expect(streamedAnswer(await stream.text())).toMatchObject({ text: "Hello", done: true });
    expect(calls).toHaveLength(4);
  });

  it.each([
    [0, 1],
    [1, 2],
    [3, 4],
  ])("is made again router.retry.attempts = %i times, not more", async (retries, expected) => {
    const calls = playUpstream(...Array.from({ length: 9 }, () => UNAVAILABLE));
    const response = await chat(envWith({ retry: { ...RETRY_AT_ONCE, attempts: retries } }));
    expect(response.status).toBe(500);
    expect((await errorOf(response)).code).toBe("upstream_unavailable");
    expect(calls).toHaveLength(expected);
    // Who has not retried may, who has retried already would only multiply the load.
    expect(response.headers.get("x-should-retry")).toBe(String(retries === 0));
  });

  it("is an HTTP error also for stream: true, and when the 200 stream's first frame is an exception", async () => {
    playUpstream(eventStream([exceptionFrame("throttlingException", "Too many")]), THROTTLED);
    for (let turn = 0; turn < 2; turn++) {
      const response = await chat(envWith({ retry: NO_RETRY }), { stream: true });
      expect(response.status).toBe(429);
      expect(response.headers.get("retry-after")).toBe("1");
      expect(response.headers.get("x-should-retry")).toBe("true");
      expect(await errorOf(response)).toMatchObject({
        type: "rate_limit_error",
        code: "rate_limit_exceeded",
      });
    }
  });

  it("tells the upstream's Retry-After", async () => {
    playUpstream(refusal(429, "ThrottlingException", "Too many", { "retry-after": "7" }));
    const response = await chat(envWith({ retry: NO_RETRY }));
    expect(response.headers.get("retry-after")).toBe("7");
  });

  it.each(CLIENTS)(
    "is not made again, nor elsewhere, when it is the client's fault: %s",
    async (_, reply, code) => {
      const calls = playUpstream(reply);
      const response = await chat(withFallback());
      expect(response.status).toBe(400);
      expect((await errorOf(response)).code).toBe(code);
      expect(response.headers.get("x-should-retry")).toBe("false");
      expect(calls).toHaveLength(1);
    },
  );

  it("names the maximum context length, on which alone agents compact", async () => {
    playUpstream(refusal(400, "ValidationException", "prompt is too long: 250000 tokens > 200000 maximum"));
    expect((await errorOf(await chat(envWith()))).message).toContain("maximum context length");
  });

  it.each(OTHERS)("is not made again, but by the fallback, for %s", async (_, reply, code) => {
    const calls = playUpstream(reply, claudeAnswer("Hello"), reply);
    const response = await chat(withFallback());
    expect(response.status).toBe(200);
    expect(response.headers.get("x-router-model")).toBe("haiku");
    expect(attempts(response)).toBe("2");
    const alone = await chat(envWith());
    expect(alone.status).toBe(500);
    expect((await errorOf(alone)).code).toBe(code);
    expect(alone.headers.get("x-should-retry")).toBe("false");
    expect(calls).toHaveLength(3);
  });

  it("exhausts a model's retries before the fallback's turn", async () => {
    const calls = playUpstream(UNAVAILABLE, UNAVAILABLE, THROTTLED, eventStream(claudeFrames("Hello")));
    const response = await chat(withFallback(), { stream: true });
    expect(attempts(response)).toBe("4");
    expect(response.headers.get("x-router-model")).toBe("haiku");
    expect(streamedAnswer(await response.text())).toMatchObject({
      model: "haiku",
      text: "Hello",
      done: true,
    });
    expect(calls.map(({ url }) => url.includes("haiku"))).toEqual([false, false, true, true]);
  });

  it("has its body let go of", async () => {
    const exception = bodyOf([START, OVERLOADED], false);
    const damaged = bodyOf([new Uint8Array(40)], false);
    const wrong = bodyOf([], false);
    const calls = playUpstream(
      eventStream(exception),
      eventStream(damaged),
      () => new Response(wrong.stream, { headers: { "content-type": "text/html" } }),
      eventStream(claudeFrames("Hello")),
    );
    const response = await chat(envWith({ retry: { ...RETRY_AT_ONCE, attempts: 3 } }), { stream: true });
    expect(streamedAnswer(await response.text()).done).toBe(true);
    expect([exception, damaged, wrong].map((body) => body.cancelled())).toEqual([true, true, true]);
    expect(calls).toHaveLength(4);
  });
});

describe("an attempt that fails after the first delta", () => {
  it("is not made again: the error is the last event", async () => {
    const calls = playUpstream(eventStream([START, textFrame("Hel"), OVERLOADED, ...endFrames()]));
    const response = await chat(withFallback(), { stream: true });
    expect(response.status).toBe(200);
    expect(attempts(response)).toBe("1");
    expect(streamedAnswer(await response.text())).toMatchObject({
      text: "Hel",
      done: false,
      error: { code: "upstream_unavailable", type: "server_error" },
    });
    expect(calls).toHaveLength(1);
  });

  it("is not made again when text and failure come in one read", async () => {
    const bytes = new Uint8Array(await new Blob([START, textFrame("Hel"), OVERLOADED]).arrayBuffer());
    const calls = playUpstream(eventStream([bytes]));
    const read = streamedAnswer(await (await chat(withFallback(), { stream: true })).text());
    expect(read).toMatchObject({ text: "Hel", done: false, error: { code: "upstream_unavailable" } });
    expect(calls).toHaveLength(1);
  });

  it("is made again without streaming: nothing has reached the client", async () => {
    const half = json({ type: "message", content: [{ type: "text", text: "Hel" }] });
    const calls = playUpstream(half, claudeAnswer("Hello"));
    const response = await chat(envWith());
    expect(wireCompletion(await response.json()).choices[0].message.content).toBe("Hello");
    expect(calls).toHaveLength(2);
  });

  it("is in the log with its cause, since no status tells of it", async () => {
    const log = quietLog();
    playUpstream(eventStream([START, textFrame("Hel"), OVERLOADED]));
    const response = await chat(envWith(), { stream: true });
    await response.text();
    await vi.waitUntil(() => log().length > 0);
    expect(log()).toEqual([
      {
        request_id: response.headers.get("x-request-id"),
        code: "upstream_unavailable",
        message: expect.any(String),
        cause: expect.stringContaining("Try later."),
      },
    ]);
  });
});

describe("time limits", () => {
  const timeout = async (response: Response, words: string) => {
    expect(response.status).toBe(500);
    expect(await errorOf(response)).toMatchObject({
      type: "server_error",
      code: "upstream_timeout",
      message: expect.stringContaining(words),
    });
  };

  it.each([
    ["no head", () => SILENT],
    ["no bytes", () => eventStream(fedBody())],
    ["nothing to show", () => eventStream(bodyOf([START], false))],
  ])("router.timeout ends the wait for the first delta: %s", async (_, silent) => {
    const calls = playUpstream(silent(), silent());
    const response = await chat(envWith({ timeout: "30ms" }), { stream: true });
    await timeout(response, "'claude' did not answer within 0.03 s");
    expect(calls).toHaveLength(2);
    expect(calls.every(({ signal }) => signal.aborted)).toBe(true);
    expect(response.headers.get("x-should-retry")).toBe("false");
  });

  it("router.timeout ends the wait for a whole answer", async () => {
    const body = bodyOf([new TextEncoder().encode('{"content":')], false);
    playUpstream(({ signal }) => {
      signal.addEventListener("abort", () => body.fail(signal.reason));
      return new Response(body.stream);
    });
    await timeout(await chat(envWith({ timeout: "30ms", retry: NO_RETRY })), "router.timeout");
  });

  it("a target's own timeout counts before the router's, and another attempt may answer", async () => {
    const calls = playUpstream(SILENT, claudeAnswer("Hello"));
    const llms = { claude: { ...CLAUDE, timeout: "200ms" } };
    const response = await chat(envWith({ timeout: "1h" }, llms));
    expect(response.status).toBe(200);
    expect(calls).toHaveLength(2);
  });

  it("is over with the first delta: a long answer may take its time", async () => {
    const body = bodyOf([START, textFrame("Hel")], false);
    const calls = playUpstream(eventStream(body));
    const response = await chat(envWith({ timeout: "200ms" }), { stream: true });
    await new Promise((resolve) => setTimeout(resolve, 250));
    body.push(textFrame("lo"), ...endFrames());
    body.end();
    expect(streamedAnswer(await response.text())).toMatchObject({ text: "Hello", done: true });
    expect(calls[0]?.signal.aborted).toBe(false);
  });

  it("defaults to 120 s for a stream and 600 s for a whole answer", async () => {
    vi.useFakeTimers();
    const calls = playUpstream(SILENT, SILENT);
    const done = vi.fn();
    const llms = { gpt: GPT };
    const stream = chat(envWith({ retry: NO_RETRY }, llms), { stream: true }).then((head) => head.text());
    const whole = chat(envWith({ retry: NO_RETRY }, llms));
    stream.then(done);
    whole.then(done);
    await vi.advanceTimersByTimeAsync(119_900);
    expect(done).toHaveBeenCalledTimes(0);
    await vi.advanceTimersByTimeAsync(200);
    // Its head went out after 15 s.
    expect(streamedAnswer(await stream).error).toMatchObject({
      code: "upstream_timeout",
      message: expect.stringContaining("120 s"),
    });
    await vi.advanceTimersByTimeAsync(479_800);
    expect(done).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(200);
    await timeout(await whole, "600 s");
    expect(calls).toHaveLength(2);
  });

  it("router.deadline ends all attempts together, and the message says so", async () => {
    const calls = playUpstream(SILENT, SILENT, SILENT);
    const response = await chat(withFallback({ deadline: "50ms", timeout: "1h" }));
    await timeout(response, "router.deadline");
    expect(calls).toHaveLength(1);
    expect(calls[0]?.signal.aborted).toBe(true);
  });

  it("router.deadline leaves out a retry that could only come too late, but not the fallback", async () => {
    const retry = { attempts: 3, base_ms: 60_000, max_ms: 60_000 };
    vi.spyOn(Math, "random").mockReturnValue(0.9);
    const calls = playUpstream(UNAVAILABLE, claudeAnswer("Hello"), UNAVAILABLE);
    const served = await chat(withFallback({ deadline: "30s", retry }));
    expect(served.headers.get("x-router-model")).toBe("haiku");
    const failed = await chat(envWith({ deadline: "30s", retry }));
    expect((await errorOf(failed)).code).toBe("upstream_unavailable");
    expect(failed.headers.get("x-should-retry")).toBe("true");
    expect(calls).toHaveLength(3);
  });

  it("router.idle_timeout ends a silence in the middle: an error event, and the upstream let go of", async () => {
    const calls = playUpstream(eventStream(bodyOf([START, textFrame("Hel")], false)));
    const response = await chat(envWith({ idle_timeout: "30ms" }), { stream: true });
    expect(streamedAnswer(await response.text())).toMatchObject({
      text: "Hel",
      done: false,
      error: { code: "upstream_timeout", message: expect.stringContaining("router.idle_timeout") },
    });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.signal.aborted).toBe(true);
  });
});

describe("a client that leaves", () => {
  it.each([false, true])(
    "before the answer has the upstream call aborted, and none made again: stream %j",
    async (stream) => {
      const client = new AbortController();
      const calls = playUpstream((call) => {
        client.abort();
        return SILENT(call);
      });
      const response = await chat(withFallback(), { stream }, { signal: client.signal });
      expect((await errorOf(response)).code).toBe("client_closed_request");
      expect(calls).toHaveLength(1);
      expect(calls[0]?.signal.aborted).toBe(true);
    },
  );

  it("while it still sends its request is noticed too, though no event tells of it any more", async () => {
    playUpstream(SILENT);
    const response = await chat(withFallback(), {}, { signal: AbortSignal.abort() });
    expect((await errorOf(response)).code).toBe("client_closed_request");
  });

  it("during a pause between attempts has no other attempt made", async () => {
    const client = new AbortController();
    const calls = playUpstream(UNAVAILABLE);
    const retry = { attempts: 1, base_ms: 60_000, max_ms: 60_000 };
    vi.spyOn(Math, "random").mockReturnValue(0.9);
    const response = chat(withFallback({ retry }), {}, { signal: client.signal });
    await vi.waitUntil(() => calls.length === 1);
    setTimeout(() => client.abort(), 10);
    expect((await errorOf(await response)).code).toBe("client_closed_request");
    expect(calls).toHaveLength(1);
  });

  it("in the middle of the answer has the upstream call aborted", async () => {
    const log = quietLog();
    const client = new AbortController();
    const body = bodyOf([START, textFrame("Hel")], false);
    const calls = playUpstream(eventStream(body));
    const response = await chat(envWith(), { stream: true }, { signal: client.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    expect(calls[0]?.signal.aborted).toBe(false);
    client.abort();
    expect(calls[0]?.signal.aborted).toBe(true);
    await reader?.cancel();
    await settle();
    // The failure is the client's own doing, so nobody has to look into it.
    expect(log()).toEqual([]);
  });
});
