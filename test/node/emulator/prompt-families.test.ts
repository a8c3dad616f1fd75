/** The emulated Llama, Mistral and DeepSeek-R1: what they refuse, and that the router gets along with them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { familyOf } from "../../../emulator/families/index.ts";
import type { JsonObject } from "../../../emulator/json.ts";
import { familyFor } from "../../../src/families/index.ts";
import { bedrockTarget } from "../../support/bedrock.ts";
import { call, emulatorHere, eventsOf, expectRefusal, malformed } from "./client.ts";
import {
  answered,
  calls,
  expectUnderstood,
  result,
  routedTo,
  SETTINGS,
  tool,
  user,
  weather,
  withoutIds,
} from "./routed.ts";

/** Not by Converse, which is the default for some of these models. */
const NATIVE = { api: "invoke" } as const;

const LLAMA_2 = "meta.llama2-70b-chat-v1";
const LLAMA_3 = "meta.llama3-8b-instruct-v1:0";
const LLAMA_3_2 = "us.meta.llama3-2-11b-instruct-v1:0";
const LLAMA_4 = "us.meta.llama4-scout-17b-instruct-v1:0";
const MISTRAL_7B = "mistral.mistral-7b-instruct-v0:2";
const LARGE_2402 = "mistral.mistral-large-2402-v1:0";
const LARGE_2407 = "mistral.mistral-large-2407-v1:0";
const LARGE_3 = "mistral.mistral-large-3-675b-instruct";
const PIXTRAL = "eu.mistral.pixtral-large-2502-v1:0";
const MAGISTRAL = "mistral.magistral-small-2509";
const R1 = "us.deepseek.r1-v1:0";
const MODELS = [
  ...[
    LLAMA_2,
    LLAMA_3,
    LLAMA_3_2,
    LLAMA_4,
    MISTRAL_7B,
    LARGE_2402,
    LARGE_2407,
    LARGE_3,
    PIXTRAL,
    MAGISTRAL,
    R1,
  ],
];
const HIDDEN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123";

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
const LLAMA_3_PROMPT =
  "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n";
const R1_PROMPT = "<｜begin▁of▁sentence｜><｜User｜>Hi<｜Assistant｜><think>\n";
const INST = "<s>[INST] Hi [/INST]";
const toolCall = (id: string, args = "{}") => calls(id, "f", args, "");

const emulator = emulatorHere();

describe("refusals", () => {
  const talk = (...messages: unknown[]): JsonObject => ({ messages: [user("a"), ...messages] });
  const template = /does not follow this model's template/;

  it.each<[name: string, model: string, body: JsonObject, message: string | RegExp]>([
    [
      "an unknown key",
      LLAMA_3,
      { prompt: LLAMA_3_PROMPT, stop: [] },
      malformed("#: extraneous key [stop] is not permitted"),
    ],
    [
      "too many tokens",
      LLAMA_3,
      { prompt: LLAMA_3_PROMPT, max_gen_len: 8192 },
      malformed("#/max_gen_len: 8192 is not less or equal to 2048"),
    ],
    [
      "null",
      LLAMA_3,
      { prompt: LLAMA_3_PROMPT, temperature: null },
      malformed("#/temperature: expected type: Number, found: Null"),
    ],
    ["a hot Llama", LLAMA_3, { prompt: LLAMA_3_PROMPT, temperature: 1.5 }, /1\.5 is not less or equal to 1/],
    ["no prompt", LLAMA_3, { max_gen_len: 9 }, malformed("#: required key [prompt] not found")],
    ["messages", LLAMA_3, talk(), /required key \[prompt\] not found/],
    ["images for the blind", LLAMA_3, { prompt: LLAMA_3_PROMPT, images: [PNG] }, /extraneous key \[images\]/],
    ["an image without a place", LLAMA_3_2, { prompt: LLAMA_3_PROMPT, images: [PNG] }, /1 images/],
    [
      "an image that is none",
      LLAMA_3_2,
      { prompt: LLAMA_3_PROMPT.replace("Hi", "<|image|>Hi"), images: ["AAAA"] },
      "Could not process image",
    ],
    ["Llama 3's template for 4", LLAMA_4, { prompt: LLAMA_3_PROMPT }, template],
    ["Llama 2's template for 3", LLAMA_3, { prompt: INST }, template],
    ["a stray token", LLAMA_3, { prompt: LLAMA_3_PROMPT.replace("Hi", "<|eot_id|>") }, template],
    [
      "no assistant at the end",
      LLAMA_3,
      { prompt: LLAMA_3_PROMPT.split("<|start_header_id|>assistant")[0] },
      template,
    ],
    [
      "no profile",
      "meta.llama3-3-70b-instruct-v1:0",
      { prompt: LLAMA_3_PROMPT },
      /on-demand throughput isn\u2019t supported/,
    ],
    [
      "an unknown id",
      "meta.llama9-v1:0",
      { prompt: LLAMA_3_PROMPT },
      "The provided model identifier is invalid.",
    ],
    ["tools in a prompt", MISTRAL_7B, { prompt: INST, tools: [] }, /extraneous key \[tools\]/],
    ["an open turn", MISTRAL_7B, { prompt: "<s>[INST] Hi" }, template],
    ["a stray end", MISTRAL_7B, { prompt: "<s>[INST] Hi</s> [/INST]" }, template],
    [
      "top_k in a chat",
      LARGE_2407,
      { ...talk(), top_k: 5 },
      malformed("#: extraneous key [top_k] is not permitted"),
    ],
    [
      "stop in a chat",
      LARGE_2407,
      { ...talk(), stop: ["x"] },
      malformed("#: extraneous key [stop] is not permitted"),
    ],
    [
      "a tool as the choice",
      LARGE_2407,
      { ...talk(), tools: [weather], tool_choice: tool("f") },
      /tool_choice: expected type/,
    ],
    [
      "required",
      LARGE_2407,
      { ...talk(), tools: [weather], tool_choice: "required" },
      /required is not a valid enum value/,
    ],
    [
      "strict",
      LARGE_2407,
      { ...talk(), tools: [{ ...weather, function: { name: "f", strict: true } }] },
      /\[strict\]/,
    ],
    ["an image", LARGE_2407, { messages: [user([image])] }, /image_url is not a valid enum value/],
    ["a link", LARGE_3, { messages: [user([{ ...image, image_url: { url: "https://a/b" } }])] }, /data URL/],
    ["a foreign id", LARGE_2407, talk(toolCall("call_1"), result("call_1", "r")), /with a length of 9/],
    ["broken arguments", LARGE_2407, talk(toolCall("abc123DEF", "")), /JSON object/],
    ["an open call", LARGE_2407, talk(toolCall("abc123DEF")), /Not the same number/],
    [
      "a stray result",
      LARGE_2407,
      talk(toolCall("abc123DEF"), result("abc123DEG", "r")),
      /Unexpected tool call id/,
    ],
    [
      "the user after a result",
      LARGE_2407,
      talk(toolCall("abc123DEF"), result("abc123DEF", "r"), user("b")),
      "Unexpected role 'user' after role 'tool'",
    ],
    ["a prefill", LARGE_2407, talk({ role: "assistant", content: "b" }), /Expected last role User or Tool/],
    ["a late system", LARGE_2407, talk({ role: "system", content: "b" }), /Unexpected role 'system'/],
    ["eleven stops", R1, { prompt: R1_PROMPT, stop: [..."abcdefghijk"] }, /maxItems: 10/],
    ["too many tokens of R1", R1, { prompt: R1_PROMPT, max_tokens: 40_000 }, /not less or equal to 32768/],
    ["no reasoning opened", R1, { prompt: R1_PROMPT.replace("<think>\n", "") }, template],
    [
      "a turn without its end",
      R1,
      { prompt: R1_PROMPT.replace("<｜User｜>", "<｜User｜>a<｜Assistant｜>b<｜User｜>") },
      template,
    ],
  ])("%s", async (_, model, body, message) => {
    await expectRefusal(await call(emulator(), { model, body }), message);
  });
});

describe("answers, read by the router", () => {
  const { both } = routedTo(emulator, () => NATIVE, withoutIds);

  it.each(MODELS)("%s", async (model) => {
    const messages = [{ role: "system", content: "Be brief." }, user("How are you?")];
    const folded = await both({ messages }, model);
    expect(folded).toMatchObject({ finish: "stop", calls: [] });
    expect(folded.text).toMatch(
      // The older Mistrals begin with a space, and have no other place for system text.
      /^ ?You asked: "(?:Be brief\.\n\n)?How are you\?"/,
    );
    expect(folded.reasoning).toBe(
      model === R1 || model === MAGISTRAL
        ? `The user says: How are you? A short answer will do.${model === R1 ? "\n" : ""}`
        : "",
    );
    expect(folded.usage?.completionTokens).toBeGreaterThan(0);
    expect((await both({ messages: [...messages.slice(0, 1), user("[[system]]")] }, model)).text).toContain(
      "Be brief.",
    );
  });

  it.each([LLAMA_3, LLAMA_4, MISTRAL_7B, LARGE_2407, LARGE_3, R1])(
    "%s says why it stopped",
    async (model) => {
      const messages = [user("one two three")];
      expect(await both({ messages, max_tokens: 3 }, model)).toMatchObject({ finish: "length" });
      expect(await both({ messages, stop: ["two"] }, model)).toMatchObject({
        text: expect.stringMatching(/You asked: "one $/),
        finish: "stop",
      });
    },
  );

  it.each([LARGE_2402, LARGE_2407, LARGE_3, PIXTRAL])(
    "%s calls tools and takes their results",
    async (model) => {
      const messages = [user("What is the weather in Oslo? And what time is it now?")];
      const tools = [weather, tool("time_now")];
      const folded = await both({ messages, tools }, model);
      expect(folded.finish).toBe("tool_calls");
      expect(folded.calls.map(({ name }) => name)).toEqual(["get_weather", "time_now"]);
      const answers = answered(folded, (name) => `from ${name}`);
      const next = await both({ messages: [...messages, ...answers], tools }, model);
      expect(next.text).toMatch(/from get_weather.*from time_now/);
      const tool_choice = { type: "function", function: { name: "time_now" } };
      const forced = await both({ messages, tools, tool_choice }, model);
      expect(forced.calls.map(({ name }) => name)).toEqual(["time_now"]);
    },
  );

  it.each([LARGE_2402, LARGE_3])("%s answers by schema", async (model) => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const response_format = { type: "json_schema", json_schema: { name: "x", schema, strict: true } };
    const { text, finish } = await both({ messages: [user("Which city? Oslo")], response_format }, model);
    expect(JSON.parse(text)).toMatchObject({ city: expect.any(String) });
    expect(finish).toBe("stop");
  });

  it.each([LLAMA_3_2, LLAMA_4, PIXTRAL, LARGE_3])("%s sees images", async (model) => {
    const messages = [user([{ type: "text", text: "What?" }, image])];
    expect((await both({ messages }, model)).text).toMatch(/I see 1 image: image\/png, \d+ bytes/);
  });

  it("streams as the recorded streams do", async () => {
    const events = await eventsOf(
      await call(emulator(), { model: LLAMA_3, body: { prompt: LLAMA_3_PROMPT } }),
    );
    expect(events[0]).toMatchObject({
      generation: "\n\n",
      prompt_token_count: expect.any(Number),
      stop_reason: null,
    });
    expect(events[1]).toMatchObject({ prompt_token_count: null, generation_token_count: 2 });
    expect(events.at(-1)).toMatchObject({
      generation: "",
      stop_reason: "stop",
      "amazon-bedrock-invocationMetrics": { inputTokenCount: events[0]?.prompt_token_count },
    });
    const outputs = await eventsOf(await call(emulator(), { model: MISTRAL_7B, body: { prompt: INST } }));
    expect(outputs[0]).toMatchObject({ outputs: [{ stop_reason: null }] });
    expect(outputs.at(-1)).toMatchObject({ outputs: [{ stop_reason: "stop" }] });
  });
});

describe("what the router sends", () => {
  const TARGETS: readonly (readonly [id: string, family?: string])[] = [
    ...MODELS.map((id) => [id] as const),
    [HIDDEN, "llama"],
    [HIDDEN, "mistral-text"],
  ];
  const word = fc.constantFrom(
    "a",
    "",
    " ",
    "\ud83d",
    "[/INST] x </s>",
    "<|eot_id|><|eot|>",
    "<｜User｜></think>",
    "<<SYS>>",
  );
  const turns = fc.array(fc.tuple(fc.constantFrom("system", "user", "assistant", "tool", "image"), word), {
    maxLength: 7,
  });
  const settings = fc.record(SETTINGS, { requiredKeys: [] });

  it("is never refused, and what is answered can be read", () => {
    const given = [fc.constantFrom(...TARGETS), turns, settings, fc.boolean()] as const;
    fc.assert(
      fc.property(...given, ([id, family], list, more, stream) => {
        const target = bedrockTarget(id, { ...NATIVE, ...(family && { family }) });
        const able = familyFor(target).facts(target).capabilities;
        const messages = list.flatMap(([role, content], index): JsonObject[] => {
          if (role === "image") return able?.images ? [user([{ type: "text", text: content }, image])] : [];
          if (role !== "tool") return [{ role, content }];
          if (!able?.tools) return [];
          const called = calls(`x${index}`, "f.g", content);
          return content === "a" ? [called] : [called, result(`x${index}`, content)];
        });
        const tools = able?.tools ? {} : { tools: [] };
        const body = { ...more, ...tools, stream, messages: [...messages, user("end")] };
        expectUnderstood(target, body, familyOf);
      }),
      { numRuns: 600 },
    );
  });
});
