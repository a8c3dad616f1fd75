/** What a client with a valid key may send over HTTP to hurt another. */
import { expect } from "vitest";
import { type Answer, post, read, send } from "./client.ts";
import { ATTACKER, IMAGES, type Walls } from "./harness.ts";

/** One attack; resolves when it is over. It fails where the answer is not one that it may get. */
export interface Attack {
  readonly name: string;
  readonly run: (walls: Walls) => Promise<void>;
}

const MIB = 2 ** 20;
/** As much as `serve.max_body_bytes` takes. */
const BODY_BYTES = 8 * MIB - 1024;

/** Refused for what it is, or, where many come at once, for want of room. */
function expectStatus({ status, text }: Answer, ...expected: readonly number[]): void {
  expect([...expected, 503], text.slice(0, 300)).toContain(status);
  if (status === 503) expect(JSON.parse(text)).toMatchObject({ error: { code: "overloaded" } });
}

function sending(name: string, body: () => string, ...statuses: readonly number[]): Attack {
  return {
    name,
    async run(walls) {
      try {
        expectStatus(await send(walls, ATTACKER, body()), ...statuses);
      } catch (thrown) {
        // Refused before the whole body was sent, and the answer was lost with the connection.
        if (!isClosed(thrown)) throw thrown;
      }
    },
  };
}

function isClosed(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && ["EPIPE", "ECONNRESET"].includes(String(thrown.code));
}

/** `piece` again and again between the two ends, as often as a body has room. */
function filled(before: string, piece: string, after: string, bytes = BODY_BYTES): string {
  const times = Math.floor((bytes - before.length - after.length) / piece.length);
  return before + piece.repeat(times).slice(0, -1) + after;
}

const MESSAGES = '"messages":[{"role":"user","content":"Hi"}]';
const asking = (parts: readonly object[]) =>
  JSON.stringify({ model: "claude", messages: [{ role: "user", content: parts }] });
const image = (path: string) => ({ type: "image_url", image_url: { url: `${IMAGES}/${path}` } });
const numbered = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => piece(index)).join(",");

/** A body that stops in the middle, and goes away when the others are done. */
const HALF_BODY: Attack = {
  name: "half a body that goes no further",
  async run(walls) {
    const sent = post(walls, { key: ATTACKER, bytes: BODY_BYTES });
    const answer = read(sent).catch(() => undefined);
    sent.on("error", () => {});
    sent.write(`{${MESSAGES},"user":"${"x".repeat(BODY_BYTES / 2)}`);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    sent.destroy();
    const early = await answer;
    if (early) expectStatus(early);
  },
};

/** Clients that leave in the middle of what they asked for. */
const LEAVING: Attack = {
  name: "8 MiB and gone before the answer",
  async run(walls) {
    const body = filled(
      '{"model":"claude","stream":true,"messages":[{"role":"user","content":"[[pace 50]] ',
      "x",
      ' "}]}',
    );
    const sent = post(walls, { key: ATTACKER, bytes: Buffer.byteLength(body) });
    sent.on("error", () => {});
    sent.end(body);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    sent.destroy();
  },
};

/** Asks for an answer of 6 MB, several times what any model writes, in words of 50 kB. */
const LARGE = `[[repeat 120 ${"w".repeat(50_000)}]]`;
function large(name: string, path: string, request: object): Attack {
  return {
    name: `an answer of 6 MB, ${name}`,
    async run(walls) {
      const body = JSON.stringify({ model: "gpt", ...request });
      const { status, text } = await send(walls, ATTACKER, body, path);
      // How Messages says 503.
      expectStatus({ status, text }, 200, ...(path === "/v1/messages" ? [529] : []));
      if (status === 200 && !text.includes('"overloaded"')) expect(text.length).toBeGreaterThan(6_000_000);
    },
  };
}
const LARGE_MESSAGES = [{ role: "user", content: LARGE }];

export const ATTACKS: readonly Attack[] = [
  sending("8 MiB of zeros for messages", () => filled('{"messages":[', "0,", "]}"), 400),
  sending("8 MiB of empty lists for messages", () => filled('{"messages":[', "[],", "]}"), 400),
  sending(
    "8 MiB of empty objects in a message",
    () => filled('{"messages":[{"role":"user","content":[', "{},", "]}]}"),
    400,
  ),
  sending("200,000 levels", () => `{${MESSAGES},"x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`, 400),
  sending("8 MiB of levels", () => `{${MESSAGES},"x":${"[".repeat(BODY_BYTES - 100)}`, 400),
  sending(
    "wrong parts, as many as are counted",
    () => {
      const message = `{"role":"user","content":[${"0,".repeat(9_999)}0]}`;
      return `{"messages":[${numbered(40, () => message)}]}`;
    },
    400,
  ),
  sending(
    "as many values as a request may hold, all right",
    () => {
      const message = `{"role":"user","content":[${numbered(4000, () => '{"type":"text","text":"x"}')}]}`;
      return `{"model":"claude","max_tokens":16,"messages":[${numbered(20, () => message)}]}`;
    },
    200,
    400,
  ),
  sending(
    "as many different names as a request may hold",
    () => {
      return `{"model":"claude","max_tokens":16,${MESSAGES},"x":{${numbered(200_000, (index) => `"a name of its own ${index}":0`)}}}`;
    },
    200,
    400,
  ),
  sending(
    "arguments that explode, in texts",
    () => {
      const exploding = `{\\"a\\":[${"[],".repeat(100_000)}[]]}`;
      const call = (id: number) =>
        `{"id":"c${id}","type":"function","function":{"name":"f","arguments":"${exploding}"}}`;
      return `{"model":"claude","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[${numbered(25, call)}]}]}`;
    },
    400,
  ),
  sending(
    "8 MiB of one text, two bytes a letter",
    () => filled('{"model":"claude","max_tokens":16,"messages":[{"role":"user","content":"é€', "x", ' "}]}'),
    200,
    400,
  ),
  sending(
    "40 links to images",
    () => asking(Array.from({ length: 40 }, (_, index) => image(`5000000/${index}`))),
    400,
  ),
  sending(
    "20 links to images, 100 MB together",
    () => asking(Array.from({ length: 20 }, (_, index) => image(`5000000/${index}`))),
    400,
  ),
  sending(
    "one link to 5 MB, 40 times",
    () => asking(Array.from({ length: 40 }, () => image("5000000/x"))),
    400,
  ),
  sending(
    "links to images without an end",
    () => asking(Array.from({ length: 20 }, (_, index) => image(`endless/${index}`))),
    400,
  ),
  large("whole", "/v1/chat/completions", { messages: LARGE_MESSAGES, max_tokens: 10_000_000 }),
  large("whole, of Messages", "/v1/messages", { messages: LARGE_MESSAGES, max_tokens: 10_000_000 }),
  large("of Responses, which tell it four times", "/v1/responses", {
    input: LARGE,
    max_output_tokens: 10_000_000,
    stream: true,
  }),
  HALF_BODY,
  LEAVING,
];
