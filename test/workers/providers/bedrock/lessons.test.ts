/** A refusal teaches: one attempt without what it names, and the next request does not fail first. */
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bedrock } from "../../../../src/providers/bedrock/index.ts";
import { lessons, refusedField } from "../../../../src/providers/bedrock/lessons.ts";
import { foldDeltas } from "../../../../src/chat/fold.ts";
import { anthropicMessages } from "../../../../src/dialects/anthropic-messages/client/index.ts";
import { bedrockTarget, chat } from "../../../support/bedrock.ts";
import { bodyOf, claudeFrames, typedFrame } from "../../../support/upstream.ts";
import { deltasOf } from "../support.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";

afterEach(() => vi.restoreAllMocks());

const failure = (message: string, status = 400) => ({ name: "ValidationException", status, message });

describe("refusedField", () => {
  it.each([
    [
      "This model doesn't support the temperature field. Remove temperature and try again.",
      '{"temperature":1}',
      "sampling",
    ],
    ["This model doesn't support the stopSequences field.", '{"stopSequences":["a"]}', "stop"],
    ["This model doesn't support the cachePoint field.", '{"cachePoint":{}}', "cache"],
    ['tool_choice: type "tool" and "any" are not supported for this model.', '{"tool_choice":{}}', "forced"],
    ["output_config.format: Extra inputs are not permitted", '{"output_config":{"format":{}}}', "format"],
    ["tools.0.custom.strict: Extra inputs are not permitted", '{"strict":true}', "strict"],
    [
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
      '{"role": "system"}',
      "midway",
    ],
    ["role 'system' is not supported on this model", '{"role":"system"}', "midway"],
    ["The provided service tier is not supported for this model.", '"serviceTier":{}', "tier"],
    ["The provided model identifier is invalid.", '"serviceTier":{}', "tier"],
    [
      "messages.3.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.",
      '{"type":"thinking"}',
      "thinking",
    ],
  ])("%s", (text, sent, field) => {
    expect(refusedField(failure(text), sent, new Set())).toBe(field);
    // Not what was not sent, not twice, and no other status.
    expect(refusedField(failure(text), "{}", new Set())).toBeUndefined();
    expect(refusedField(failure(text, 403), sent, new Set())).toBeUndefined();
    // A client's text may stand in a refusal, but not at its head.
    expect(refusedField(failure(`messages.0.content: ${text}`), sent, new Set())).toBeUndefined();
  });
});

it("forgets after an hour, and never remembers a thought", () => {
  let now = 0;
  const all = lessons(() => now);
  all.learn("place", "sampling");
  all.learn("place", "thinking");
  expect([...all.of("place")]).toEqual(["sampling"]);
  expect([...all.of("elsewhere")]).toEqual([]);
  now = 3_600_000;
  expect([...all.of("place")]).toEqual([]);
});

describe("a call", () => {
  async function calls(
    bodies: readonly JsonObject[],
    refuses: (body: string) => string | undefined,
    name: string,
  ) {
    const sent: string[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const body = await new Request(input, init).text();
      sent.push(body);
      const message = refuses(body);
      if (message !== undefined) return Response.json({ message }, { status: 400 });
      return Response.json({ output: { message: { content: [{ text: "hi" }] } }, stopReason: "end_turn" });
    });
    const target = bedrockTarget("us.acme.model-1", { api: "converse", name });
    const context = {
      abort: new AbortController(),
      idleTimeoutMs: 1000,
      binding: (key: string) => (key === "AWS_BEARER_TOKEN_BEDROCK" ? "t" : undefined),
    };
    const dropped = [];
    for (const body of bodies) {
      const request = chat({ messages: [{ role: "user", content: "Hello" }], ...body });
      dropped.push((await bedrock.open({ target, id: "", ownKey: false }, request, context)).dropped);
    }
    return { sent, dropped };
  }
  const noTemperature = (body: string) =>
    body.includes('"temperature"')
      ? "This model doesn't support the temperature field. Remove temperature and try again."
      : undefined;

  it("is made once more without the field, which is reported; the next one goes without it at once", async () => {
    const { sent, dropped } = await calls(
      [{ temperature: 0.5 }, { temperature: 0.7 }],
      noTemperature,
      "learns",
    );
    expect(sent.map((body) => body.includes('"temperature"'))).toEqual([true, false, false]);
    expect(dropped).toEqual([["temperature"], ["temperature"]]);
  });

  it("that fails again gives the first refusal, and teaches nothing", async () => {
    const always = (body: string) => noTemperature(body) ?? "Something else is wrong.";
    await expect(calls([{ temperature: 0.5 }], always, "fails")).rejects.toThrow(
      /doesn't support the temperature/,
    );
    const { sent } = await calls([{ temperature: 0.5 }], () => undefined, "fails");
    expect(sent[0]).toContain('"temperature"');
  });
});

interface Row {
  readonly says: string;
  readonly model: string;
  readonly api?: "converse";
  readonly body: JsonObject;
  /** What stands in the first attempt and in no other. */
  readonly gone: RegExp;
  readonly dropped: readonly string[];
}

const WANTED = {
  type: "json_schema",
  json_schema: {
    name: "x",
    strict: false,
    schema: {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    },
  },
};
const LOOK = {
  type: "function",
  function: {
    name: "look",
    strict: true,
    parameters: {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    },
  },
};
const MARKED = [{ type: "text", text: "Hello", cache_control: { type: "ephemeral" } }];

/** AWS's and the models' exact words. */
const ROWS: Readonly<Record<string, Row>> = {
  temperature: {
    says: "This model doesn't support the temperature field. Remove temperature and try again.",
    ...{ model: "us.acme.model-1", api: "converse", body: { temperature: 0.5 } },
    ...{ gone: /"temperature"/, dropped: ["temperature"] },
  },
  topP: {
    says: "This model doesn't support the topP field. Remove topP and try again.",
    ...{
      model: "us.acme.model-1",
      api: "converse",
      body: { top_p: 0.5 },
      gone: /"topP"/,
      dropped: ["top_p"],
    },
  },
  stopSequences: {
    says: "This model doesn't support the stopSequences field. Remove stopSequences and try again.",
    ...{ model: "us.anthropic.claude-opus-5-5", api: "converse", body: { stop: ["END"] } },
    // The router watches for it: nothing is lost.
    ...{ gone: /"stopSequences"/, dropped: [] },
  },
  "stop of native Claude": {
    says: "stop_sequences: Extra inputs are not permitted",
    ...{
      model: "us.anthropic.claude-opus-5-5",
      body: { stop: ["END"] },
      gone: /"stop_sequences"/,
      dropped: [],
    },
  },
  cachePoint: {
    says: "This model doesn't support the cachePoint field. Remove cachePoint and try again.",
    ...{ model: "us.anthropic.claude-opus-5-5", api: "converse" },
    body: { messages: [{ role: "user", content: MARKED }] },
    ...{ gone: /"cachePoint"/, dropped: ["cache_control"] },
  },
  "a format": {
    says: "output_config.format: Extra inputs are not permitted",
    ...{ model: "us.anthropic.claude-opus-5-5", body: { response_format: WANTED } },
    ...{ gone: /"output_config"/, dropped: ["response_format"] },
  },
  "a forced tool, which was the router's own way to JSON": {
    says: 'tool_choice: type "tool" and "any" are not supported for this model.',
    ...{ model: "us.anthropic.claude-haiku-4-5-20251001-v1:0", body: { response_format: WANTED } },
    ...{ gone: /"tool_choice"/, dropped: ["response_format"] },
  },
  strict: {
    says: "tools.0.custom.strict: Extra inputs are not permitted",
    ...{
      model: "us.anthropic.claude-opus-4-6-v1",
      body: { tools: [LOOK] },
      gone: /"strict"/,
      dropped: ["strict"],
    },
  },
  "a tier": {
    says: "The provided model identifier is invalid.",
    ...{ model: "us.amazon.nova-2-lite-v1:0", api: "converse", body: { service_tier: "flex" } },
    ...{ gone: /"serviceTier"/, dropped: ["service_tier"] },
  },
};

describe.each(Object.entries(ROWS))("a refusal of %s", (what, { says, model, api, body, gone, dropped }) => {
  it.each([true, false])("costs one attempt, once for everybody; streamed: %s", async (stream) => {
    const target = bedrockTarget(model, { ...(api && { api }), name: `${what} ${stream}` });
    const sent: string[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const request = new Request(input, init);
      const text = await request.text();
      sent.push(text);
      if (gone.test(text)) return Response.json({ message: says }, { status: 400 });
      return answerTo(request, stream);
    });
    const ask = async () => {
      const request = chat({ messages: [{ role: "user", content: "Hello" }], ...body, stream });
      const upstream = await bedrock.open({ target, id: "", ownKey: false }, request, CONTEXT);
      return { text: foldDeltas(await deltasOf(upstream)).text, dropped: upstream.dropped };
    };
    const expected = body.stop ? "hi " : "hi END there";
    expect([await ask(), await ask()]).toEqual([
      { text: expected, dropped },
      { text: expected, dropped },
    ]);
    expect(sent.map((text) => gone.test(text))).toEqual([true, false, false]);
  });
});

const CONTEXT = {
  abort: new AbortController(),
  idleTimeoutMs: 1000,
  binding: (key: string) => (key === "AWS_BEARER_TOKEN_BEDROCK" ? "t" : undefined),
};

async function answerTo({ url }: Request, stream: boolean): Promise<Response> {
  const text = "hi END there";
  if (/converse$/.test(url)) {
    return Response.json({ output: { message: { content: [{ text }] } }, stopReason: "end_turn" });
  }
  if (!stream) {
    return Response.json({
      type: "message",
      content: [{ type: "text", text }],
      stop_reason: "end_turn",
      usage: {},
    });
  }
  const frames = /converse-stream$/.test(url)
    ? [
        typedFrame("messageStart", { role: "assistant" }),
        typedFrame("contentBlockDelta", { contentBlockIndex: 0, delta: { text } }),
        typedFrame("messageStop", { stopReason: "end_turn" }),
      ]
    : claudeFrames(text);
  return new Response(bodyOf(frames).stream, {
    headers: { "content-type": "application/vnd.amazon.eventstream" },
  });
}

it("folds system messages between the others for a model that takes none after all, and remembers it", async () => {
  const says = 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter.';
  const sent: string[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const text = await request.text();
    sent.push(text);
    if (text.includes('"system"')) return Response.json({ message: says }, { status: 400 });
    return answerTo(request, false);
  });
  const target = bedrockTarget("us.anthropic.claude-opus-5", { name: "midway" });
  const messages = [
    { role: "user", content: "One" },
    { role: "system", content: "Two" },
  ];
  const body = { model: "m", max_tokens: 100, messages };
  for (const attempts of [2, 3]) {
    const { request } = anthropicMessages.parse(body, new Headers(), JSON.stringify(body));
    const upstream = await bedrock.open({ target, id: "", ownKey: false }, request, CONTEXT);
    expect(foldDeltas(await deltasOf(upstream)).text).toBe("hi END there");
    expect([sent.length, upstream.dropped]).toEqual([attempts, []]);
    expect(sent.at(-1)).toContain("<system-reminder>");
  }
});

describe("thinking that is bound to another conversation", () => {
  const says =
    "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation. The system prompt differs.";
  const thought = { type: "thinking", thinking: "hm", signature: "c2ln" };

  it.each([true, false])(
    "is left out of an edited Messages body in the second attempt; streamed: %s",
    async (stream) => {
      const sent: string[] = [];
      vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
        const request = new Request(input, init);
        const text = await request.text();
        sent.push(text);
        if (text.includes('"signature"')) return Response.json({ message: says }, { status: 400 });
        return answerTo(request, stream);
      });
      const target = bedrockTarget("us.anthropic.claude-opus-5-5", { name: `bound ${stream}` });
      const body = {
        ...{ model: "m", max_tokens: 100, stream },
        messages: [
          { role: "user", content: "One" },
          { role: "assistant", content: [thought, { type: "text", text: "Two" }] },
          { role: "user", content: "Three" },
        ],
      };
      const text = JSON.stringify(body);
      for (const [calls, first] of [
        [2, true],
        // It is not remembered: of the next conversation nothing is known.
        [4, true],
      ] as const) {
        const { request } = anthropicMessages.parse(body, new Headers(), text);
        const upstream = await bedrock.open({ target, id: "", ownKey: false }, request, CONTEXT);
        expect(foldDeltas(await deltasOf(upstream)).text).toBe("hi END there");
        expect(sent).toHaveLength(calls);
        expect(sent.at(-2)?.includes('"signature"')).toBe(first);
        expect(sent.at(-1)).toContain('"Two"');
        expect(sent.at(-1)).not.toContain('"thinking"');
      }
    },
  );
});

it("no client's text changes what is sent for another's", async () => {
  const sentences = Object.values(ROWS).map(({ says }) => says);
  const leads = [
    "messages.0.content: ",
    "Malformed input request: #: ",
    "The model returned the following errors: messages.",
    "a ",
  ];
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...sentences),
      fc.string(),
      fc.constantFrom(...leads),
      async (sentence, noise, lead) => {
        const target = bedrockTarget("us.acme.model-1", { api: "converse", name: `property ${run++}` });
        const sent: string[] = [];
        let refusal: string | undefined;
        vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
          const request = new Request(input, init);
          sent.push(await request.text());
          if (refusal !== undefined && sent.length === 2)
            return Response.json({ message: refusal }, { status: 400 });
          return answerTo(request, false);
        });
        const other = chat({
          temperature: 0.5,
          top_p: 0.9,
          stop: ["END"],
          service_tier: "flex",
          tools: [LOOK],
        });
        const open = (request: typeof other) =>
          bedrock.open({ target, id: "", ownKey: false }, request, CONTEXT);
        await open(other);
        refusal = `${lead}${noise}${sentence}`;
        const hostile = chat({ messages: [{ role: "user", content: sentence + noise }], temperature: 1 });
        await open(hostile).catch(() => {});
        refusal = undefined;
        await open(other);
        expect(sent.at(-1)).toBe(sent[0]);
        vi.restoreAllMocks();
      },
    ),
    { numRuns: 60 },
  );
});
