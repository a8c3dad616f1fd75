/** Claude's own answer on its way to a client of Messages: what is not on the list of edits crosses byte for byte. */
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { eventStream, playUpstream } from "../../../support/upstream.ts";
import { ask, envOf } from "../../support.ts";
import { concat } from "../../../support/bytes.ts";
import { eventFrame } from "../support.ts";

const utf8 = new TextEncoder();

afterEach(() => void vi.restoreAllMocks());

/** JSON as texts: what a parser would lose of it is in them. */
const number = fc.oneof(
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }).map(String),
  fc.constantFrom("-0", "1.0", "1.50e+3", "1E400", "0.1000000000000000055"),
);
const pieces = fc.constantFrom(
  "a",
  "é",
  "😀",
  "\\u00e9",
  "\\ud83d",
  "\\/",
  "\\n",
  "\\\\",
  '\\"',
  " ",
  "event: x",
  "{",
  "}",
);
const string = fc.array(pieces, { maxLength: 12 }).map((parts) => `"${parts.join("")}"`);
/** Between two tokens; a line break there would end the event. */
const gap = fc.constantFrom("", "", " ", "\t ", "\n", "\r\n");
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    number,
    string,
    fc.constantFrom("true", "null", '"model"'),
    fc
      .tuple(gap, fc.array(tie("value"), { maxLength: 3 }), gap)
      .map(([before, all, after]) => `[${before}${all.join(`,${after}`)}]`),
    fc
      .tuple(gap, fc.array(fc.tuple(string, tie("value")), { maxLength: 3 }))
      .map(([space, all]) => `{${all.map(([key, own]) => `${key}${space}:${own}`).join(`${space},`)}}`),
  ),
}));
/** Members under keys that nobody reads, in any order: a parser would put numbers first. */
const membersOf = (place: 1 | 2 | 3) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom("z", "2", "1", "\\u0061", "signature"), value), {
      maxLength: 4,
      selector: ([key]) => key,
    })
    .map((all) => all.map(([key, own]) => `,"${key}${place}":${own}`).join(""));

interface Event {
  readonly type: string;
  readonly json: string;
  /** What the client is to read. */
  readonly data: string;
}

const asOneLine = (json: string): string => json.replace(/[\r\n]/g, "");

const passing: fc.Arbitrary<Event> = fc
  .tuple(
    fc.constantFrom(
      "content_block_delta",
      "content_block_start",
      "content_block_stop",
      "ping",
      "of_tomorrow",
    ),
    fc.constantFrom('{"type":', '{ "type" : ', '{\n"type":', '{"index":9007199254740993,"type":'),
    membersOf(1),
    fc.constantFrom("", "x".repeat(20_000)),
  )
  .map(([type, start, more, large]) => {
    const json = `${start}"${type}"${more}${large && `,"large":"${large}"`}}`;
    return { type, json, data: asOneLine(json) };
  });

const start: fc.Arbitrary<Event> = fc
  .tuple(membersOf(1), membersOf(2), membersOf(3))
  .map(([first, last, beside]) => {
    const of = (model: string) =>
      asOneLine(`{"type":"message_start","message":{"id":"msg_1"${first},"model":${model}${last}}${beside}}`);
    return { type: "message_start", json: of('"claude-sonnet"'), data: of('"claude"') };
  });

const ending: fc.Arbitrary<readonly Event[]> = fc.tuple(membersOf(1), membersOf(2)).map((more) =>
  [
    { type: "message_delta", json: `{"type":"message_delta","usage":{"output_tokens":9}${more[0]}}` },
    { type: "message_stop", json: `{"type":"message_stop"${more[1]}}` },
  ].map(({ type, json }) => ({ type, json, data: asOneLine(json) })),
);

/** A chunk around a JSON text as it is. */
function chunkOf(json: string): Uint8Array {
  return eventFrame("chunk", JSON.stringify({ bytes: utf8.encode(json).toBase64(), p: "abcdef" }));
}

function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [...places, bytes.length].map((to, index) => bytes.slice(places[index - 1] ?? 0, to));
}

function messages(stream: boolean): Promise<Response> {
  const body = { model: "claude", max_tokens: 100, stream, messages: [{ role: "user", content: "Hi" }] };
  return ask(envOf(), "/v1/messages", { method: "POST", body });
}

it("the events are the model's, whatever is in them and wherever their bytes are cut", async () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      start,
      fc.array(passing, { maxLength: 8 }),
      ending,
      cuts,
      async (first, rest, last, at) => {
        const events = [first, ...rest, ...last];
        playUpstream(eventStream(cutAt(concat(events.map(({ json }) => chunkOf(json))), at)));
        const response = await messages(true);
        expect(response.status).toBe(200);
        const told = events.map(({ type, data }) => `event: ${type}\ndata: ${data}\n\n`);
        expect(await response.text()).toBe(told.join(""));
        vi.restoreAllMocks();
      },
    ),
    { numRuns: 80 },
  );
});

it("a whole answer is the model's but for its name", async () => {
  await fc.assert(
    fc.asyncProperty(membersOf(1), membersOf(2), async (first, last) => {
      const of = (model: string) =>
        `{"id":"msg_1"${first},"model":${model},"content":[],"stop_reason":"end_turn"${last}}`;
      playUpstream(
        () => new Response(of('"claude-sonnet"'), { headers: { "content-type": "application/json" } }),
      );
      expect(await (await messages(false)).text()).toBe(of('"claude"'));
      vi.restoreAllMocks();
    }),
    { numRuns: 40 },
  );
});
