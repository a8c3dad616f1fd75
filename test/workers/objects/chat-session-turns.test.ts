import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asObject } from "../../../emulator/json.ts";
import {
  bodyOf,
  claudeFrames,
  endFrames,
  eventStream,
  playUpstream,
  refusal,
  START,
  sse,
  textFrame,
  toolFrames,
} from "../../support/upstream.ts";
import { memory } from "../../../src/lib/memory.ts";
import { CLAUDE, NO_RETRY, quietLog } from "../support.ts";
import {
  begun,
  CONFIG,
  codeOf,
  connect,
  feed,
  finish,
  messagesOf,
  newSession,
  say,
  seqsOf,
  socketOf,
  textOf,
  upgrade,
} from "./sockets.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

describe("turns", () => {
  it("stream chunks of Bedrock and of an OpenAI-compatible upstream alike, numbered over the session", async () => {
    const socket = await connect(newSession());
    const native = `data: ${JSON.stringify({ x: 1, choices: [{ index: 0, delta: { content: "Hey" } }] })}\n\n`;
    playUpstream(eventStream(claudeFrames("Hel", "lo")), sse(`${native}data: [DONE]\n\n`));
    socket.send(say("Hi"));
    const one = await socket.turn();
    expect(textOf(one)).toBe("Hello");
    expect(one.at(-1)).toBe("[DONE]");
    expect(seqsOf(one)).toEqual([1, 2, 3, 4]);
    expect(one.map((frame) => asObject(frame).router)).toEqual([
      {
        ...{ model: "claude", strategy: "named", attempts: 1, reason: "The request names it." },
        trail: [{ model: "claude", outcome: "ok", ms: expect.any(Number) }],
      },
      ...Array(4).fill(undefined),
    ]);
    socket.send({ ...say("Hi"), model: "gpt", id: "t2" });
    const two = await socket.turn();
    expect(textOf(two)).toBe("Hey");
    expect(seqsOf(two)).toEqual([5, 6, 7]);
    expect(two[0]).toMatchObject({
      router: {
        ...{ id: "t2", model: "gpt", strategy: "named", attempts: 1, reason: "The request names it." },
        trail: [{ model: "gpt", outcome: "ok", ms: expect.any(Number) }],
      },
      object: "chat.completion.chunk",
      model: "gpt",
    });
    // What the router does not know of a chunk is handed on all the same.
    expect(two[1]).toMatchObject({ x: 1, choices: [{ index: 0, delta: { content: "Hey" } }] });
    expect(two.at(-1)).toBe("[DONE]");
  });

  it("keep the history of session turns, and nothing of stateless ones", async () => {
    const socket = await connect(newSession());
    const calls = playUpstream(
      eventStream(claudeFrames("First")),
      eventStream(claudeFrames("Aside")),
      eventStream([START, ...toolFrames(0, "look", '{"a":1}'), ...endFrames("tool_use")]),
      eventStream(claudeFrames("Done")),
    );
    const tools = [{ type: "function", function: { name: "look" } }];
    socket.send({ model: "claude", message: "One", system: "Be brief" });
    socket.send(say("Other"));
    socket.send({ model: "claude", message: [{ type: "text", text: "Two" }], tools });
    for (let i = 0; i < 3; i++) expect((await socket.turn()).at(-1)).toBe("[DONE]");
    socket.send({
      model: "claude",
      tools,
      message: { role: "tool", tool_call_id: "toolu_0", content: "seen" },
    });
    await socket.turn();
    expect(calls.map(({ body }) => asObject(body).system)).toEqual([
      expect.anything(),
      undefined,
      expect.anything(),
      expect.anything(),
    ]);
    expect(JSON.stringify(messagesOf(calls[1]?.body))).not.toContain("One");
    const last = JSON.stringify(messagesOf(calls[3]?.body));
    for (const text of ["One", "First", "Two", "toolu_0", "seen"]) expect(last).toContain(text);
    expect(last).not.toContain("Aside");
  });

  it("drop the oldest whole turns where the model's context ends; the system message stays", async () => {
    const socket = await connect(newSession());
    const calls = playUpstream(...Array.from({ length: 4 }, () => eventStream(claudeFrames("ok"))));
    for (const letter of ["a", "b", "c", "d"]) {
      socket.send({
        model: "claude",
        max_tokens: 100,
        message: letter.repeat(8000),
        ...(letter === "a" && { system: "Stay" }),
      });
      expect((await socket.turn()).at(-1)).toBe("[DONE]");
    }
    const last = JSON.stringify(calls[3]?.body);
    expect(last).toContain("Stay");
    expect(last).not.toContain("aaaa");
    expect(last).not.toContain("bbbb");
    expect(last).toContain("cccc");
    expect(last).toContain("dddd");
  });

  it("ask again with half the history when a model finds it too long", async () => {
    const socket = await connect(newSession(), {
      ...CONFIG,
      llms: { claude: { ...CLAUDE, context_limit: 1e6 } },
    });
    const tooLong = refusal(400, "ValidationException", "prompt is too long: 9 tokens > 8 maximum");
    const calls = playUpstream(
      eventStream(claudeFrames("1")),
      eventStream(claudeFrames("2")),
      tooLong,
      eventStream(claudeFrames("3")),
    );
    for (const text of ["first", "second", "third"]) {
      socket.send({ model: "claude", message: text });
      expect((await socket.turn()).at(-1)).toBe("[DONE]");
    }
    expect(JSON.stringify(calls[2]?.body)).toContain("first");
    expect(JSON.stringify(calls[3]?.body)).not.toContain("first");
    expect(JSON.stringify(calls[3]?.body)).toContain("second");
    expect(calls).toHaveLength(4);
  });

  it("that fail before or within the answer send an error and leave the socket open", async () => {
    const socket = await connect(newSession());
    playUpstream(
      refusal(403, "AccessDeniedException", "no"),
      eventStream([START, textFrame("part")]),
      sse('data: {"error":{"message":"broke","code":"x"}}\n\n'),
      sse(bodyOf([new TextEncoder().encode('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')])),
      eventStream(claudeFrames("fine")),
    );
    socket.send({ ...say("Hi"), id: "one" });
    const refused = await socket.turn();
    expect(refused).toEqual([{ router: { id: "one" }, seq: 1, error: expect.anything() }]);
    socket.send(say("Hi"));
    const cut = await socket.turn();
    expect(textOf(cut)).toBe("part");
    expect(codeOf(cut)).toBe("upstream_truncated");
    socket.send({ ...say("Hi"), model: "gpt" });
    expect(codeOf(await socket.turn())).toBe("x");
    socket.send({ ...say("Hi"), model: "gpt" });
    expect(codeOf(await socket.turn())).toBe("upstream_truncated");
    socket.send(say("Hi"));
    expect((await socket.turn()).at(-1)).toBe("[DONE]");
  });

  it.each([
    ["not JSON", "{", "invalid_json"],
    ["binary", new ArrayBuffer(2), "invalid_value"],
    ["too long", `{"message":"${"x".repeat(2 ** 20)}"}`, "request_too_large"],
    ["no request", { hello: 1 }, "invalid_value"],
    ["a wrong request", { messages: [] }, "invalid_value"],
    ["a wrong parameter", { message: "Hi", temperature: 9 }, "invalid_value"],
  ])("refuse a message that is %s, without a number", async (_, message, code) => {
    const socket = await connect(newSession());
    socket.send(message);
    const [frame] = await socket.take(1);
    expect(asObject(asObject(frame).error).code).toBe(code);
    expect(frame).not.toHaveProperty("seq");
    playUpstream(eventStream(claudeFrames("fine")));
    socket.send(say("Hi"));
    expect(seqsOf(await socket.turn())).toEqual([1, 2, 3]);
  });

  it("are told to the observers as over HTTP, with what they cost", async () => {
    const lines = vi.spyOn(console, "log").mockImplementation(() => {});
    const priced = { ...CLAUDE, input_price: 3, output_price: 15 };
    const socket = await connect(newSession(), {
      router: { retry: NO_RETRY, fallback_models: ["spare"] },
      llms: { claude: priced, spare: priced },
    });
    playUpstream(
      refusal(403, "AccessDeniedException", "no"),
      eventStream(claudeFrames("fine")),
      eventStream([START, textFrame("part")]),
      refusal(403, "AccessDeniedException", "no"),
      refusal(403, "AccessDeniedException", "no"),
    );
    for (let turn = 0; turn < 3; turn++) {
      socket.send({ model: "claude", message: "my own words" });
      const [first] = await socket.turn();
      if (turn > 0) continue;
      const { attempts, trail } = asObject(asObject(first).router);
      expect([attempts, trail]).toEqual([
        2,
        [
          expect.objectContaining({ model: "claude", outcome: "aws_access_denied" }),
          expect.objectContaining({ model: "spare", outcome: "ok" }),
        ],
      ]);
    }
    await vi.waitFor(() => expect(lines).toHaveBeenCalledTimes(3));
    const told = lines.mock.calls.map(([line]) => asObject(JSON.parse(String(line))));
    const same = { client: "alice", door: "websocket", dialect: "openai-chat", requested_model: "claude" };
    const id = expect.stringMatching(/^req_/);
    expect(told).toMatchObject([
      {
        ...same,
        request_id: id,
        model: "spare",
        status: 200,
        prompt_tokens: 3,
        cost_usd: expect.any(Number),
      },
      { ...same, request_id: id, model: "claude", status: 200, code: "upstream_truncated" },
      { ...same, request_id: id, model: null, status: 500, code: "aws_access_denied" },
    ]);
    expect(JSON.stringify(told)).not.toContain("words");
  });

  it("are refused where the isolate has too much in hand, and counted while they run", async () => {
    const socket = await connect(newSession());
    // Many who have little each, which is what the reserve is for.
    const others = Array.from({ length: 100 }, (_, index) => memory.hold(`mallory ${index}`));
    try {
      const fill = () => {
        for (const other of others) other.add(2 ** 20);
      };
      expect(fill).toThrow(expect.objectContaining({ code: "overloaded" }));
      others[0]?.give(4096);
      socket.send(say("x".repeat(500_000)));
      expect(codeOf(await socket.turn())).toBe("overloaded");
    } finally {
      for (const other of others) other.end();
    }
    const before = memory.inHand;
    const name = newSession();
    const running = await connect(name);
    const body = begun();
    playUpstream(eventStream(body));
    running.send(say("x".repeat(100_000)));
    await running.take(2);
    expect(memory.inHand).toBeGreaterThan(before + 200_000);
    await finish(name, body);
    await running.turn();
    // What was sent is taken for read only later.
    await vi.waitFor(() => expect(memory.inHand).toBeLessThan(before + 10_000));
  });

  it("wait for each other, 8 at most; cancel ends the running one and keeps its text", async () => {
    const socket = await connect(newSession());
    const body = begun();
    const calls = playUpstream(
      eventStream(body),
      ...Array.from({ length: 8 }, () => eventStream(claudeFrames("ok"))),
    );
    for (let i = 0; i < 10; i++) socket.send({ model: "claude", message: `turn ${i}`, id: `t${i}` });
    const early = await socket.take(3);
    expect(codeOf(early)).toBe("too_many_turns");
    expect(asObject(early[2]).router).toEqual({ id: "t9" });
    socket.send({ type: "cancel", id: "t3" });
    expect(asObject((await socket.turn()).at(-1)).router).toEqual({ id: "t3" });
    expect(calls).toHaveLength(1);
    socket.send({ type: "cancel" });
    expect(codeOf(await socket.turn())).toBe("turn_cancelled");
    expect(calls[0]?.signal.aborted).toBe(true);
    for (let i = 0; i < 7; i++) expect((await socket.turn()).at(-1)).toBe("[DONE]");
    const last = JSON.stringify(messagesOf(calls.at(-1)?.body));
    expect(last).toContain("one ");
    expect(last).not.toContain("turn 3");
    expect(last).toContain("turn 8");
  });

  it("reset forgets the conversation, also of the turn that runs; numbers go on", async () => {
    const socket = await connect(newSession());
    const calls = playUpstream(
      eventStream(claudeFrames("A")),
      eventStream(begun()),
      eventStream(claudeFrames("B")),
    );
    socket.send({ model: "claude", message: "secret", system: "hidden" });
    await socket.turn();
    socket.send({ model: "claude", message: "secret too" });
    await socket.take(2);
    socket.send({ type: "reset" });
    const [error] = await socket.turn();
    expect(asObject(asObject(error).error).code).toBe("turn_cancelled");
    socket.send({ model: "claude", message: "Hi" });
    expect(seqsOf(await socket.turn())[0]).toBe(Number(asObject(error).seq) + 1);
    expect(JSON.stringify(calls[2]?.body)).not.toMatch(/secret|hidden|one /);
    socket.send({ type: "resume", after: 1 });
    expect(codeOf(await socket.turn())).toBe("resume_expired");
  });

  it("repeated by their id are joined, not run twice", async () => {
    const name = newSession();
    const one = await connect(name);
    const other = socketOf(await upgrade(name));
    const body = begun();
    const calls = playUpstream(eventStream(body));
    one.send({ ...say("Hi"), id: "same" });
    await one.take(2);
    one.send({ ...say("Hi"), id: "same" });
    other.send({ ...say("Hi"), id: "same" });
    const begunFrames = await other.take(2);
    await feed(name, body, textFrame("two"));
    await finish(name, body);
    expect([...begunFrames, ...(await other.turn())].map((f) => asObject(f).seq)).toEqual([
      1,
      2,
      3,
      4,
      undefined,
    ]);
    expect(seqsOf(await one.turn())).toEqual([3, 4]);
    other.send({ ...say("Hi"), id: "same" });
    expect(textOf(await other.turn())).toBe("one two");
    expect(calls).toHaveLength(1);
  });
});
