import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Upstream } from "../../../../src/contracts.ts";
import type { Delta } from "../../../../src/chat/delta.ts";
import { RouterError } from "../../../../src/errors.ts";
import { type ChatOptions, chatAnswer } from "../../../../src/providers/apis/chat.ts";
import { responsesAnswer } from "../../../../src/providers/apis/responses.ts";
import { bodyOf } from "../../../support/upstream.ts";
import { deltasOf } from "../support.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const utf8 = new TextEncoder();
const EVENTS = "text/event-stream";
const JSON_TYPE = "application/json";
const chunk = (content: string, finish: string | null = null) => ({
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  own_field: 1,
});
const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const DONE = "data: [DONE]\n\n";
const USAGE = { choices: [], usage: { prompt_tokens: 7, completion_tokens: 2 } };
const WHOLE = {
  choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
  usage: USAGE.usage,
};

function answerOf(
  parts: readonly string[],
  more: Partial<ChatOptions> & { readonly type?: string; readonly end?: boolean } = {},
): Omit<Upstream, "dropped"> {
  const { type = EVENTS, end = true, ...options } = more;
  const body = bodyOf(
    parts.filter((part) => part !== "").map((part) => utf8.encode(part)),
    end,
  );
  const abort = new AbortController();
  abort.signal.addEventListener("abort", () => body.fail(abort.signal.reason));
  return chatAnswer(new Response(body.stream, { headers: { "content-type": type } }), {
    ...{ name: "gpt", abort, idleTimeoutMs: 1000, streams: true, hidesUsage: false, unread: false },
    embedded: (data) => ({
      data: data.replace("sk-secret", "[key]"),
      error: new RouterError("upstream_error", "It failed."),
    }),
    ...options,
  });
}

/** Reads a relay to its end. */
async function relayed(answer: Omit<Upstream, "dropped">) {
  const { relay } = answer;
  if (!relay) throw new Error("no relay");
  const reads: { text: string; begun: boolean }[] = [];
  await relay.each(({ bytes, begun }) => {
    reads.push({ text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), begun });
    return undefined;
  });
  return { text: reads.map(({ text }) => text).join(""), reads, ...relay.watch() };
}

const textOf = (deltas: readonly Delta[]) =>
  deltas.map((delta) => (delta.type === "text" ? delta.text : "")).join("");
const failureOf = (deltas: readonly Delta[]) => {
  const last = deltas.at(-1);
  return last?.type === "error" ? last.error.code : undefined;
};

/** A text in pieces, cut where the numbers say. */
function cutAt(text: string, cuts: readonly number[]): string[] {
  const places = cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b);
  return [...places, text.length].map((to, index) => text.slice(places[index - 1] ?? 0, to));
}

const ENDS: [string, string, string | undefined][] = [
  ["[DONE]", `${event(chunk("a"))}${DONE}`, undefined],
  ["a finish reason and no [DONE]", event(chunk("a", "stop")), undefined],
  ["a [DONE] without its blank line", `${event(chunk("a"))}data: [DONE]`, undefined],
  ["neither", event(chunk("a")), "upstream_truncated"],
  ["half an event", `${event(chunk("a"))}data: {"choi`, "upstream_truncated"],
  ["nothing", "", "upstream_truncated"],
];

describe("events as deltas", () => {
  it("are the answer, wherever they are split", async () => {
    const text = `: hello\n\n${event(chunk("a"))}${event(chunk("é", "stop"))}${event(USAGE)}${DONE}`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 6 }), async (cuts) => {
        const deltas = await deltasOf({ ...answerOf(cutAt(text, cuts)), dropped: [] });
        expect(textOf(deltas)).toBe("aé");
        expect(deltas.at(-1)?.type === "usage" || deltas.at(-1)?.type === "finish").toBe(true);
        expect(deltas).toContainEqual({
          type: "usage",
          usage: expect.objectContaining({ promptTokens: 7, completionTokens: 2 }),
        });
      }),
    );
  });

  it.each(ENDS)("with %s are whole or not", async (_, text, failure) => {
    expect(failureOf(await deltasOf({ ...answerOf([text]), dropped: [] }))).toBe(failure);
  });

  it("end with the upstream's error, and nothing behind it", async () => {
    const text = [event(chunk("a")), event({ error: { message: "broke" } }), event(chunk("b")), DONE];
    const deltas = await deltasOf({ ...answerOf([text.join("")]), dropped: [] });
    expect([textOf(deltas), failureOf(deltas)]).toEqual(["a", "upstream_error"]);
  });

  it.each([
    "data: <html>\n\n",
    "data: [1]\n\n",
    `${event(chunk("a"))}data: {\n\n${event(chunk("b"))}`,
    `data: {\n\n${DONE}`,
  ])("refuse %j", async (text) => {
    const deltas = await deltasOf({ ...answerOf([text]), dropped: [] });
    expect(failureOf(deltas)).toBe("upstream_stream_invalid");
  });

  it("are refused where a line is longer than 1 MiB", async () => {
    const long = Array.from({ length: 33 }, () => "x".repeat(32_768));
    const deltas = await deltasOf({ ...answerOf(["data: ", ...long]), dropped: [] });
    expect(failureOf(deltas)).toBe("upstream_stream_invalid");
  });

  it("are read where a whole answer was asked for", async () => {
    const answer = answerOf([`${event(chunk("a"))}${DONE}`], { streams: false });
    expect(answer.relay).toBeUndefined();
    expect(textOf(await deltasOf({ ...answer, dropped: [] }))).toBe("a");
  });
});

describe("a whole answer as deltas", () => {
  it("is one where events were asked for", async () => {
    const answer = answerOf([JSON.stringify(WHOLE)], { type: JSON_TYPE });
    expect(answer.relay).toBeUndefined();
    const deltas = await deltasOf({ ...answer, dropped: [] });
    expect([textOf(deltas), deltas.at(-1)?.type]).toEqual(["Hi", "finish"]);
  });

  it.each([
    ["{", "upstream_truncated"],
    ["{}", "upstream_stream_invalid"],
    ['{"error":{}}', "upstream_error"],
  ])("fails for %s with %s", async (text, code) => {
    const deltas = await deltasOf({ ...answerOf([text], { type: JSON_TYPE }), dropped: [] });
    expect(failureOf(deltas)).toBe(code);
  });
});

describe("a relay of events", () => {
  it("keeps every byte, wherever they are split, and tells usage and end", async () => {
    const text = `\ufeff: hello\r\n\r\n${event(chunk("a"))}id: 7\nevent: e\ndata:{"é":1 }\n\n${event(chunk("", "stop"))}${event(USAGE)}${DONE}`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 6 }), async (cuts) => {
        const seen = await relayed(answerOf(cutAt(text, cuts)));
        expect(seen.text).toBe(text);
        expect(seen).toMatchObject({ complete: true, failure: undefined, chars: 1 });
        expect(seen.usage).toMatchObject({ promptTokens: 7, completionTokens: 2 });
      }),
    );
  });

  it("takes out the usage chunk that the client did not ask for, and that alone", async () => {
    const azure = event({ choices: [], prompt_filter_results: [] });
    const rest = [azure, event(chunk("a")), event({ ...chunk("b", "stop"), usage: null })];
    for (const usage of [event(USAGE), `data:${JSON.stringify(USAGE)}\r\n\r\n`]) {
      const text = [...rest, usage, DONE].join("");
      for (let cut = 0; cut <= text.length; cut++) {
        const seen = await relayed(answerOf([text.slice(0, cut), text.slice(cut)], { hidesUsage: true }));
        expect(seen.text).toBe([...rest, DONE].join(""));
        expect(seen.usage).toMatchObject({ promptTokens: 7 });
      }
    }
  });

  it("begins with what a client shows, not with the role", async () => {
    const role = event({ choices: [{ index: 0, delta: { role: "assistant", content: "" } }] });
    const { reads } = await relayed(answerOf([": wait\n\n", role, event(chunk("a")), DONE]));
    expect(reads.slice(0, 3).map(({ begun }) => begun)).toEqual([false, false, true]);
  });

  it.each(ENDS)("with %s is whole or not", async (_, text, failure) => {
    const seen = await relayed(answerOf([text]));
    // Half a line of an answer that was cut is no event.
    const lines = failure === undefined ? text : text.slice(0, text.lastIndexOf("\n") + 1);
    expect(seen).toMatchObject({ text: lines, complete: failure === undefined, told: false });
    expect(seen.failure?.code).toBe(failure);
  });

  const responseOf = (stream: ReadableStream<Uint8Array>) =>
    responsesAnswer(new Response(stream, { headers: { "content-type": EVENTS } }), {
      ...{ name: "gpt", abort: new AbortController(), idleTimeoutMs: 60_000, streams: true, stops: [] },
      ...{ errorOf: () => new RouterError("upstream_error", "x"), redact: (text: string) => text },
      watched: (decoder) => decoder,
    });

  it("of a response that breaks off ends in OpenAI's events, under the id and with the numbers that the client knows", async () => {
    const response = { id: "resp_1", status: "in_progress", model: "m", output: [] };
    const events = [
      { type: "response.created", response, sequence_number: 0 },
      { type: "response.output_text.delta", delta: "a", sequence_number: 7 },
    ];
    const error = { code: "upstream_truncated", message: expect.stringContaining("broke off") };
    const failed = { ...response, status: "failed", error: { ...error, code: "server_error" } };
    for (const [end, connection] of [
      ["", "closes"],
      ['data: {"type":"response.outp', "closes"],
      ["", "breaks"],
    ]) {
      const body = bodyOf(
        [...events.map(event), end ?? ""].filter((part) => part !== "").map((part) => utf8.encode(part)),
        connection === "closes",
      );
      const answer = responseOf(body.stream);
      let head = "";
      if (connection === "breaks") {
        for (const _ of events) {
          await answer.relay?.each(({ bytes }) => {
            head += new TextDecoder().decode(bytes);
            return false;
          });
        }
        body.fail(new Error("reset"));
      }
      const { text: rest, told, failure } = await relayed(answer);
      const text = head + rest;
      expect([told, failure?.code]).toEqual([true, "upstream_truncated"]);
      const lines = text.split("\n").filter((line) => line.startsWith("data: "));
      expect(lines.map((line) => JSON.parse(line.slice(6)))).toEqual([
        ...events,
        { type: "error", sequence_number: 8, param: null, ...error },
        { type: "response.failed", sequence_number: 9, response: failed },
      ]);
    }
  });

  it("fails when its connection breaks off before the end, and not behind it", async () => {
    for (const [text, failure] of [
      [event(chunk("a")), "upstream_truncated"],
      [`${event(chunk("a"))}${DONE}`, undefined],
    ] as const) {
      const body = bodyOf([utf8.encode(text)], false);
      const { relay } = chatAnswer(new Response(body.stream, { headers: { "content-type": EVENTS } }), {
        ...{ name: "gpt", abort: new AbortController(), idleTimeoutMs: 1000, streams: true },
        ...{ hidesUsage: false, unread: false, embedded: () => expect.unreachable() },
      });
      await relay?.each(() => false);
      body.fail(new TypeError("Network connection lost."));
      await relay?.each(() => false);
      expect(relay?.watch().failure?.code).toBe(failure);
    }
  });

  it("fails after a silence", async () => {
    vi.useFakeTimers();
    const { relay } = answerOf([event(chunk("a"))], { end: false });
    await relay?.each(() => false);
    const next = relay?.each(() => false);
    await vi.advanceTimersByTimeAsync(1000);
    await next;
    expect(relay?.watch().failure?.code).toBe("upstream_timeout");
  });

  it("has its error event cleaned of keys; nothing follows", async () => {
    const error = event({ error: { message: "sk-secret is no good" } });
    const seen = await relayed(answerOf([event(chunk("a")) + error]));
    expect(seen.text).toBe(event(chunk("a")) + error.replace("sk-secret", "[key]"));
    expect(seen).toMatchObject({ told: true, complete: false, failure: { code: "upstream_error" } });
  });

  it("fails where a line is longer than 1 MiB, also in the smallest pieces", async () => {
    const long = Array.from({ length: 33 }, () => "x".repeat(32_768));
    const seen = await relayed(answerOf(["data: ", ...long]));
    expect([seen.text, seen.failure?.code]).toEqual(["", "upstream_stream_invalid"]);
  });

  it("is a body that nobody reads where that is configured", async () => {
    const body = bodyOf([utf8.encode(event(chunk("a")))]);
    const response = new Response(body.stream, { headers: { "content-type": EVENTS } });
    const { relay } = chatAnswer(response, {
      ...{ name: "gpt", abort: new AbortController(), idleTimeoutMs: 1000, streams: true },
      ...{ hidesUsage: false, unread: true, embedded: () => expect.unreachable() },
    });
    expect(relay?.unread).toBe(body.stream);
    expect([body.pulls(), body.stream.locked]).toEqual([0, false]);
  });
});

describe("a relay of a whole answer", () => {
  const whole = { streams: false, type: JSON_TYPE };

  it("keeps every byte and tells its usage", async () => {
    const text = ` ${JSON.stringify(WHOLE, null, 1)}\n`;
    const seen = await relayed(answerOf([text.slice(0, 9), text.slice(9)], whole));
    expect(seen).toMatchObject({ text, complete: true, usage: { promptTokens: 7 } });
  });

  it.each([
    ["half of one", JSON.stringify(WHOLE).slice(0, -9), "upstream_truncated"],
    ["nothing", "", "upstream_truncated"],
    ["an error", '{"error":{"message":"sk-secret"}}', "upstream_error"],
    ["more than 32 MiB", " ".repeat(32 * 1024 * 1024 + 1), "upstream_stream_invalid"],
  ])("fails for %s", async (_, text, code) => {
    const seen = await relayed(answerOf([text], whole));
    expect([seen.complete, seen.failure?.code]).toEqual([false, code]);
  });
});
