import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { converse as emulated } from "../../../emulator/families/converse/index.ts";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { familyFor } from "../../../src/families/index.ts";
import { asSent, bedrockTarget, chat } from "../../support/bedrock.ts";
import { type Folded, fold } from "../../support/deltas.ts";
import { serviceViolations } from "../../support/service-model.ts";
import { bodyOf, framesOf, parse } from "./client.ts";

import {
  ARN,
  assistant,
  CLAUDE,
  document,
  emulatedConverse,
  eventsOf,
  GLM,
  GPT_OSS,
  MISTRAL,
  MODELS,
  NOVA,
  PDF,
  PNG,
  POINT,
  result,
  TITAN,
  text,
  textOf,
  user,
  weather,
} from "./converse.ts";

const { ask } = emulatedConverse();

describe("answers", () => {
  it.each(MODELS)("of %s stream and come whole", async (model) => {
    const response = await ask({}, model);
    expect(response.headers.get("content-type")).toBe("application/vnd.amazon.eventstream");
    const events = await eventsOf(response);
    expect(events.map(({ event }) => event)).toEqual([
      "messageStart",
      ...events.slice(1, -3).map(() => "contentBlockDelta"),
      "contentBlockStop",
      "messageStop",
      "metadata",
    ]);
    const whole = await bodyOf(await ask({}, model, false));
    expect(serviceViolations(whole, "ConverseResponse")).toEqual([]);
    const [block] = objectsIn(asObject(asObject(whole.output).message).content);
    expect(block?.text).toBe(textOf(events));
    expect(textOf(events)).toContain('You asked: "Hello"');
  });

  it("call tools, sign Claude's thinking, and count a cache", async () => {
    const thinking = { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1024 } } };
    const question = { messages: [user(text("What is the weather in Oslo?"))] };
    const called = await eventsOf(await ask({ ...question, ...thinking, toolConfig: { tools: [weather] } }));
    const starts = called.filter(({ event }) => event === "contentBlockStart");
    expect(starts[0]?.payload).toMatchObject({ start: { toolUse: { name: "get_weather" } } });
    const deltas = called.map(({ payload }) => asObject(asObject(payload).delta));
    expect(deltas.map(({ toolUse }) => asString(asObject(toolUse).input)).join("")).toBe('{"city": "Oslo"}');
    const reasoning = deltas.map(({ reasoningContent }) => asObject(reasoningContent));
    const thought = reasoning.map((piece) => asString(piece.text)).join("");
    const signature = reasoning.map((piece) => asString(piece.signature)).join("");
    expect(called.find(({ event }) => event === "messageStop")?.payload).toEqual({ stopReason: "tool_use" });
    const toolUse = { toolUseId: "t1", name: "get_weather", input: {} };
    const replay = [
      ...question.messages,
      assistant({ reasoningContent: { reasoningText: { text: thought, signature } } }, { toolUse }),
      user(result("t1"), POINT),
    ];
    const long = { system: [text("word ".repeat(2000)), POINT] };
    const again = { ...thinking, ...long, messages: replay, toolConfig: { tools: [weather] } };
    const usages = [
      await bodyOf(await ask(again, CLAUDE, false)),
      await bodyOf(await ask(again, CLAUDE, false)),
    ];
    expect(usages.map(({ usage }) => asObject(usage).cacheWriteInputTokens !== 0)).toEqual([true, false]);
    expect(asObject(usages[1]?.usage).cacheReadInputTokens).toBeGreaterThan(2000);
  });

  it("keep to length, stop sequences and formats", async () => {
    const stopOf = async (body: JsonObject, model?: string) => {
      const { stopReason } = await bodyOf(await ask(body, model, false));
      return stopReason;
    };
    expect(await stopOf({ inferenceConfig: { maxTokens: 2 } })).toBe("max_tokens");
    expect(await stopOf({ inferenceConfig: { stopSequences: ["asked"] } })).toBe("stop_sequence");
    expect(await stopOf({ messages: [user(text("[[refuse]]"))] })).toBe("content_filtered");
    const schema = { type: "object", properties: { city: { type: "string" } }, additionalProperties: false };
    const structure = { jsonSchema: { schema: JSON.stringify(schema) } };
    const outputConfig = { textFormat: { type: "json_schema", structure } };
    for (const model of [CLAUDE, GLM]) {
      const answer = parse(textOf(await eventsOf(await ask({ outputConfig }, model))));
      expect(Object.keys(asObject(answer))).toEqual(["city"]);
    }
  });

  it("see images and documents", async () => {
    const content = [text("Look"), { image: { format: "png", source: { bytes: PNG } } }, document("a")];
    const events = await eventsOf(await ask({ messages: [user(...content)] }, NOVA));
    expect(textOf(events)).toContain("I see 2 attachments: image/png, 8 bytes; document/pdf, 9 bytes.");
  });

  it.each([
    ["bad-json", /^\{"type":"content_blo$/],
    ["exception:throttlingException", /Too many requests/],
  ])("can go wrong: %s", async (fault, last) => {
    const { frames } = framesOf(new Uint8Array(await (await ask({}, GLM, true, `/@${fault}`)).arrayBuffer()));
    expect(frames.length).toBeGreaterThan(1);
    expect(frames.at(-1)?.body).toMatch(last);
  });
});

describe("answers, read by the router", () => {
  const read = async (body: JsonObject, model: string, stream: boolean): Promise<Folded> => {
    const target = bedrockTarget(model, { api: "converse" });
    const family = familyFor(target);
    const encoded = asSent(family.encode(chat({ ...body, stream }), target));
    const streams = encoded.operation === "converse-stream";
    const response = await ask(encoded.body, model, streams);
    if (response.status !== 200) throw new Error(await response.text());
    if (!streams) return fold(encoded.whole(await bodyOf(response), response.headers));
    const decode = encoded.stream();
    return fold((await eventsOf(response)).flatMap((event) => decode(event)));
  };
  const tool = {
    type: "function",
    function: {
      name: "get-weather",
      parameters: { type: "object", properties: { city: { type: "string" } } },
    },
  };

  it.each(MODELS)("from %s: text, stop sequences, system text", async (model) => {
    for (const stream of [true, false]) {
      const messages = [
        { role: "system", content: "You are Grünkohl." },
        { role: "user", content: "[[system]] Who are you?" },
      ];
      const answer = await read({ messages, stop: ["emulator"], max_tokens: 500 }, model, stream);
      expect(answer.text).toMatch(/You asked: "Who are you\?".? That is all the $/);
      if (model !== TITAN) expect(answer.text).toContain("Grünkohl");
      expect(answer).toMatchObject({ finish: "stop", usage: { promptTokens: expect.any(Number) } });
    }
  });

  it.each(MODELS.filter((model) => model !== TITAN))("from %s: a tool loop", async (model) => {
    for (const stream of [true, false]) {
      const question = { role: "user", content: "What is the weather in Oslo?" };
      const first = await read({ messages: [question], tools: [tool] }, model, stream);
      expect(first).toMatchObject({
        finish: "tool_calls",
        calls: [{ name: "get-weather", args: expect.any(String) }],
      });
      const [{ id, name, args } = { id: "", name: "", args: "" }] = first.calls;
      expect(parse(args)).toEqual({ city: "Oslo" });
      const made = { id, type: "function", function: { name, arguments: args } };
      const messages = [
        question,
        { role: "assistant", content: first.text || null, tool_calls: [made] },
        { role: "tool", tool_call_id: id, content: "12 C" },
        { role: "user", content: "Thanks" },
      ];
      const second = await read({ messages, tools: [tool] }, model, stream);
      expect(second).toMatchObject({ finish: "stop", text: expect.stringContaining("Thanks") });
    }
  });

  it.each([CLAUDE, NOVA, MISTRAL, GPT_OSS, GLM, ARN])("from %s: JSON by schema", async (model) => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const response_format = { type: "json_schema", json_schema: { name: "x", schema, strict: true } };
    const answer = await read({ response_format }, model, true);
    expect(Object.keys(asObject(parse(answer.text)))).toEqual(["city"]);
    expect(answer).toMatchObject({ calls: [], finish: "stop" });
  });

  it("reasons where a model can be told to", async () => {
    for (const model of [CLAUDE, "us.amazon.nova-2-lite-v1:0", GPT_OSS, "us.openai.gpt-5.6"]) {
      expect((await read({ reasoning_effort: "high" }, model, true)).reasoning).not.toBe("");
    }
  });

  it("never sends a body that is refused", () => {
    const words = fc.string({ unit: "grapheme", maxLength: 12 });
    const turn = fc.tuple(fc.constantFrom("user", "assistant", "tool", "system", "file", "image"), words);
    const cached = fc.constantFrom({}, { cache_control: { type: "ephemeral", ttl: "1h" } });
    const settings = fc.record(
      {
        temperature: fc.double({ min: 0, max: 2, noNaN: true }),
        top_p: fc.double({ min: 0, max: 1, noNaN: true }),
        stop: fc.array(words, { maxLength: 3 }),
        max_tokens: fc.integer({ min: 1, max: 131_072 }),
        reasoning_effort: fc.constantFrom("none", "minimal", "low", "medium", "high", "xhigh", "max"),
        tools: fc.constantFrom([tool], []),
        tool_choice: fc.constantFrom("auto", "none"),
        response_format: fc.constantFrom({ type: "text" }, { type: "json_object" }),
        service_tier: fc.constantFrom("auto", "flex"),
        metadata: fc.dictionary(words, words, { maxKeys: 20 }),
        stream: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const message = (
      [role, content]: [string, string],
      index: number,
      mark: JsonObject,
      model: string,
    ): JsonObject[] => {
      if (role === "file" || role === "image") {
        if (model !== CLAUDE && model !== NOVA) return [];
        const file = { type: "file", file: { filename: content, file_data: `data:;base64,${PDF}` } };
        const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
        return [{ role: "user", content: [{ ...(role === "file" ? file : image), ...mark }] }];
      }
      if (role !== "tool") return [{ role, content: [{ type: "text", text: content, ...mark }] }];
      if (model === TITAN) return [];
      const calls = [
        { id: `x:${index}${content}`, type: "function", function: { name: "f", arguments: content } },
      ];
      const tool_call_id = `x:${index}${content}`;
      return [
        { role: "assistant", content: null, tool_calls: calls },
        { role: "tool", tool_call_id, content: [{ type: "text", text: content, ...mark }] },
      ];
    };
    const talk = fc.array(turn, { maxLength: 5 });
    fc.assert(
      fc.property(fc.constantFrom(...MODELS), talk, settings, cached, (model, list, more, mark) => {
        const target = bedrockTarget(model, { api: "converse" });
        const family = familyFor(target);
        const messages = list.flatMap((entry, index) => message(entry, index, mark, model));
        const tools = model === TITAN ? { tools: [] } : {};
        const request = chat({
          ...more,
          ...tools,
          messages: [...messages, { role: "user", content: "end" }],
        });
        const encoded = asSent(family.encode(request, target));
        const streaming = encoded.operation === "converse-stream";
        const service = emulated(streaming);
        service.validate(encoded.body, model);
        // And what is answered to it can be read.
        const parts = service.shape(service.respond(encoded.body, model), streaming);
        const decode = encoded.stream();
        const deltas = streaming
          ? parts.flatMap((part) =>
              Object.entries(part).flatMap(([event, payload]) => decode({ event, payload })),
            )
          : encoded.whole(parts[0], new Headers());
        expect(fold(deltas).finish).toBeDefined();
      }),
      { numRuns: 400 },
    );
  });
});
