/** A refusal teaches: one attempt without what it names, and the next request does not fail first. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { bedrock } from "../../../../src/providers/bedrock/index.ts";
import { lessons, refusedField } from "../../../../src/providers/bedrock/lessons.ts";
import { bedrockTarget, chat } from "../../../support/bedrock.ts";
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
