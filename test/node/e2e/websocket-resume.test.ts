/** Sessions whose connections break: what a client puts together of all that it got is the undisturbed answer. */
import { beforeAll, describe, expect, it } from "vitest";
import { type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { eventually } from "../../support/stack.ts";
import { deltasOf, type Frame, lastSeq, type SocketClient, seqs, textOf } from "./ws-client.ts";
import { describeSessions, newName, type SessionSuite } from "./ws-stack.ts";

const TOOLS = [
  {
    type: "function",
    function: {
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];
/** Answered in about 30 chunks, at a pace at which a client comes back while there is more to come. */
const PACED = "[[pace 25]]";
const QUESTIONS: Readonly<Record<string, JsonObject>> = {
  claude: {
    model: "claude",
    reasoning_effort: "low",
    tools: TOOLS,
    message: `${PACED} Think about it for a while, then tell me where it is going to be sunny and where it will rain: what will the weather be like tomorrow in Oslo?`,
  },
  gpt: { model: "gpt", stream_options: { include_usage: true }, message: `${PACED} [[repeat 26 word]]` },
};
const MODELS = Object.keys(QUESTIONS);
const ID = "turn";

describeSessions((session) => {
  describe.each(MODELS)("an answer of %s", (model) => dropCases(session, model));
  describe("a client that does not read", () => unreadCases(session));
  describe("a private session", () => privateCases(session));
});

function dropCases({ kind, stack, connect }: SessionSuite, model: string): void {
  const question = { ...QUESTIONS[model], id: ID };

  /** The answer as it comes to a client that stays. */
  let whole: Frame[] = [];
  beforeAll(async () => {
    const client = await connect({ session: newName() });
    await client.send(question);
    whole = await client.turn();
    await client.close();
  });

  /** Goes on after what was received; a client that has nothing repeats its message, which may not have arrived. */
  async function comeBack(session: string, received: readonly Frame[]): Promise<SocketClient> {
    const client = await connect({ session });
    await client.send(received.length === 0 ? question : { type: "resume", after: lastSeq(received) });
    return client;
  }

  /** What a client gets that leaves without a word after so many frames and comes back at once. */
  async function broken(after: number): Promise<Frame[]> {
    const session = newName();
    const client = await connect({ session });
    await client.send(question);
    await client.until(() => client.frames.length >= after);
    const received = client.frames.slice(0, after);
    await client.drop();
    const again = await comeBack(session, received);
    received.push(...(await again.turn()));
    await again.close();
    return received;
  }

  it("is made of all kinds of chunks", async () => {
    expect(whole.length).toBeGreaterThan(25);
    expect(whole.at(-1)).toBe("[DONE]");
    expect(seqs(whole)).toEqual(seqs(whole).map((_, index) => index + 1));
    const kinds = new Set(deltasOf(whole).flatMap((delta) => Object.keys(delta)));
    if (model === "claude")
      expect(kinds).toEqual(new Set(["role", "content", "reasoning_content", "tool_calls"]));
    else expect(textOf(whole)).toBe(`[gpt] ${"word ".repeat(26)}`);
  });

  // A browser opens its sockets one after the other, which takes its time.
  const [every, step] = kind === "ws" ? ["any", 1] : ["every fifth", 5];
  it(`is whole for a client that drops after ${every} frame and comes back at once`, async () => {
    const points = Array.from({ length: Math.ceil(whole.length / step) }, (_, index) => index * step);
    const answers = await Promise.all(points.map(broken));
    for (const [index, frames] of answers.entries()) {
      expect(frames.map(comparable), `dropped after ${points[index]} frames`).toEqual(whole.map(comparable));
    }
  });

  it("is whole for a client that comes back, to any frame, when it is over", async () => {
    const session = newName();
    const first = await connect({ session });
    await first.send(question);
    await first.until(() => first.frames.length >= 2);
    const record = stack().lastUpstream();
    await first.drop();
    await eventually(() => record.outcome === "complete");
    /** Each time on a socket of its own: what one was sent already is on its way to it. */
    const resumed = async (after: number): Promise<Frame[]> => {
      const client = await connect({ session });
      await client.send({ type: "resume", after });
      const frames = await client.turn();
      await client.close();
      return frames;
    };
    const all = await resumed(0);
    expect(all.map(comparable)).toEqual(whole.map(comparable));
    for (let after = 1; after < all.length; after++) expect(await resumed(after)).toEqual(all.slice(after));
  });

  it("is whole for a client that takes a single frame each time", async () => {
    const session = newName();
    const received: Frame[] = [];
    const before = stack().emulator.requests.length;
    while (received.at(-1) !== "[DONE]") {
      const client = await comeBack(session, received);
      received.push(await client.until(() => client.frames[0]));
      await client.drop();
    }
    const asked = stack().emulator.requests.slice(before);
    expect(asked.map(({ outcome }) => outcome)).toEqual(["complete"]);
    expect(received.map(comparable)).toEqual(whole.map(comparable));
  });
}

/** A frame without what differs from answer to answer. */
function comparable(frame: Frame): Frame {
  if (typeof frame === "string") return frame;
  const { id: _, created: __, ...rest } = frame;
  const calls = deltasOf([frame]).flatMap((delta) => objectsIn(delta.tool_calls));
  // How long the attempt took is another time each time.
  let text = JSON.stringify(rest).replace(/"ms":\d+/, '"ms":0');
  for (const call of calls) if (typeof call.id === "string") text = text.replaceAll(call.id, "ID");
  return text;
}

function unreadCases({ stack, connect }: SessionSuite): void {
  const COUNT = 400;
  /** 20 MB. */
  const WORD = "w".repeat(50_000);
  const ANSWER = `[gpt] ${`${WORD} `.repeat(COUNT)}`;

  /** Resumes, and says about every MB what it has taken. */
  async function resumeToEnd(session: string, received: Frame[]): Promise<void> {
    const client = await connect({ session });
    await client.send({ type: "resume", after: lastSeq(received) });
    for (let taken = 0; client.frames.at(-1) !== "[DONE]"; ) {
      await client.until(() => client.frames.at(-1) === "[DONE]" || client.frames.length >= taken + 20);
      // What comes while it is being sent is of the next ack: the router waits for one when half a page is under way.
      taken = client.frames.length;
      await client.send({ type: "ack", seq: lastSeq(client.frames) });
    }
    received.push(...client.frames);
    await client.close();
  }

  function expectWhole(frames: readonly Frame[]): void {
    expect(frames.at(-1)).toBe("[DONE]");
    expect(seqs(frames)).toEqual(seqs(frames).map((_, index) => index + 1));
    expect(textOf(frames) === ANSWER).toBe(true);
  }

  it("loses its socket with 1013, not its answer", async () => {
    const session = newName();
    const client = await connect({ session });
    const ready = client.until(() => client.frames.length > 0);
    await client.send({ model: "gpt", max_tokens: 10_000_000, message: `[[repeat ${COUNT} ${WORD}]]` });
    await ready;
    const record = stack().lastUpstream();
    const readOn = await client.stall();
    // The model is not held up by a client that does not read.
    await eventually(() => record.outcome === "complete", 60_000);
    readOn();
    expect((await client.closed).code).toBe(1013);
    const received = [...client.frames];
    expect(received).not.toContain("[DONE]");
    await resumeToEnd(session, received);
    expectWhole(received);

    const fromTheStart: Frame[] = [];
    await resumeToEnd(session, fromTheStart);
    expectWhole(fromTheStart);
  }, 120_000);

  it("is not cut off as long as it says what it has taken", async () => {
    const client = await connect({ session: newName() });
    // 24 MB in all. Each turn waits for the one before: how fast a client reads is not the question.
    for (let turn = 0; turn < 6; turn++) {
      const messages = [{ role: "user", content: `[[repeat 80 ${WORD}]]` }];
      await client.send({ model: "gpt", max_tokens: 10_000_000, messages });
      const frames = await client.turn();
      expect(frames.at(-1)).toBe("[DONE]");
      expect(textOf(frames) === `[gpt] ${`${WORD} `.repeat(80)}`).toBe(true);
      await client.send({ type: "ack", seq: lastSeq(frames) });
    }
    expect(seqs(client.frames)).toEqual(seqs(client.frames).map((_, index) => index + 1));
    await client.close();
  }, 120_000);
}

function privateCases({ stack, connect }: SessionSuite): void {
  it.each(["close", "drop"] as const)(
    "ends with its client's %s, and so does its upstream",
    async (leave) => {
      const client = await connect();
      await client.send({ model: "claude", message: "[[pace 10]] [[repeat 3000 word]]" });
      await client.until(() => client.frames.length > 3);
      const record = stack().lastUpstream();
      await client[leave]();
      await eventually(() => record.outcome === "aborted-by-client");
    },
  );
}
