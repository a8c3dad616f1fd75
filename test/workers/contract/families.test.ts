/** What every model family keeps, whatever its format: one suite, run over a model or more of each. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { familyFor, familyNames } from "../../../src/families/index.ts";
import type { JsonObject } from "../../../src/chat/request.ts";
import { concat } from "../../support/bytes.ts";
import { fold } from "../../support/deltas.ts";
import { calls, emptyMembers, imagePart, says, textPart, tool } from "../../support/families.ts";
import { COUNTS, type Said } from "../../support/native-answers.ts";
import { MODELS, type RepresentativeModel } from "../../support/representative-models.ts";
import { exceptionFrame } from "../../support/upstream.ts";
import {
  deltasOf,
  encode,
  framed,
  messagesOf,
  READERS,
  refused,
  STREAMED,
  streamed,
  stringsIn,
  TOOLS,
  target,
} from "./ask.ts";

const ROWS = [...MODELS];
const rowsThat = (can: (row: RepresentativeModel) => boolean) => ROWS.filter(([, row]) => can(row));
const WITH_TOOLS = rowsThat(({ tools }) => tools);

const SAID: Said = { thoughts: [], texts: ["Żółć 👩‍🚀", ' says "hi"', "\nto all."], calls: [], stop: "end" };
const TEXT = SAID.texts.join("");

const USAGE = { promptTokens: COUNTS.prompt, completionTokens: COUNTS.answer };
const PLAIN = { reasoning: "", refusal: "", calls: [], usage: USAGE };

/** Text without what a template has to break, numbered so that no message is part of another. */
const words = fc
  .stringMatching(/^[a-zA-Z0-9äß☔"'\\{}\n\t .,;]{0,30}$/u)
  .filter((text) => text.isWellFormed());
const turn = (role: string) => fc.tuple(fc.constant(role), words);
const conversations = fc
  .tuple(
    fc.array(fc.oneof(turn("system"), turn("developer"), turn("user"), turn("assistant")), { maxLength: 6 }),
    turn("user"),
  )
  .map(([turns, last]) =>
    [...turns, last].map(([role, text], index) => ({ role, content: `<${index}:${text}:${index}>` })),
  );

it("covers every family that a configuration can name", () => {
  const families = new Set(ROWS.map(([, { family }]) => family));
  // Other names of families that are here.
  const variants = ["llama2", "llama4", "mistral-text"];
  expect([...families, ...variants].sort()).toEqual([...familyNames(), "converse"].sort());
});

describe.each(ROWS)("%s", (_, row) => {
  const { family, tools, images, files, streaming } = row;

  it("is spoken to by its family, which tells what it can do", () => {
    const found = familyFor(target(row));
    expect(found.name).toBe(family);
    expect(found.facts(target(row)).capabilities).toMatchObject({ tools, images });
    expect(found.facts(target(row)).capabilities?.streaming).toBe(streaming !== "never");
  });

  it("is called by the operation that the request and the model need", () => {
    const converse = family === "converse";
    expect(encode(row).operation).toBe(converse ? "converse" : "invoke");
    const stream = converse ? "converse-stream" : "invoke-with-response-stream";
    expect(encode(row, STREAMED).operation).toBe(streaming === "never" ? encode(row).operation : stream);
    if (!tools) return;
    const always = streaming === "always";
    expect(encode(row, { ...TOOLS, ...STREAMED }).operation).toBe(always ? stream : "converse");
  });

  it("gets a body without null or undefined, of JSON only, without model and stream", () => {
    const rich = {
      messages: [
        says("system", "Be brief."),
        says("user", "Hi"),
        says("assistant", "Ho"),
        says("user", "Hu"),
      ],
      ...{
        temperature: null,
        top_p: null,
        stop: null,
        tools: null,
        tool_choice: null,
        user: null,
        seed: null,
      },
      ...{ max_completion_tokens: 50, stream_options: { include_usage: true } },
    };
    for (const body of [{}, STREAMED, rich, { ...rich, ...STREAMED }, ...(tools ? [TOOLS] : [])]) {
      const { body: sent } = encode(row, body);
      expect(emptyMembers(sent)).toEqual([]);
      expect(JSON.parse(JSON.stringify(sent))).toEqual(sent);
      for (const key of ["model", "stream", "stream_options"]) expect(sent).not.toHaveProperty(key);
    }
  });

  it("asks for the number of tokens, at most what the model puts out, and says where it lowered it", () => {
    const { maxOutput } = familyFor(target(row)).facts(target(row));
    const few = encode(row, { max_tokens: 51 });
    expect(JSON.stringify(few.body)).toMatch(/:51[,}]/);
    expect(few.dropped).toEqual([]);
    const many = encode(row, { max_completion_tokens: 99_999_999 });
    expect(JSON.stringify(many.body).includes("99999999")).toBe(maxOutput === undefined);
    expect(many.dropped).toEqual(maxOutput === undefined ? [] : ["max_completion_tokens"]);
  });

  it.each(READERS)("gives its text, usage and a normal end, %s", (_way, reader) => {
    expect(reader(row, SAID)).toMatchObject({ ...PLAIN, text: TEXT, finish: "stop" });
  });

  it.each(READERS)("says length where the limit cut the answer, %s", (_way, reader) => {
    expect(reader(row, { ...SAID, stop: "length" })).toMatchObject({ text: TEXT, finish: "length" });
  });

  it.each(READERS)("says content_filter where a guardrail stepped in, %s", (_way, reader) => {
    const folded = reader(row, { ...SAID, stop: "blocked" });
    expect(folded).toMatchObject({ text: TEXT, finish: "content_filter", usage: USAGE });
  });

  it.each(READERS)("ends before a stop sequence, or has the model do so, %s", (_way, reader) => {
    const stop = ["says"];
    if (stringsIn(encode(row, { stop }).body).includes("says")) return;
    expect(refused(row, { stop })).toBeUndefined();
    expect(reader(row, SAID, { stop })).toMatchObject({ text: "Żółć 👩‍🚀 ", finish: "stop" });
  });

  it("gives the same in whatever pieces the bytes come", () => {
    const { encoded, stream } = streamed(row, { ...SAID, thoughts: row.thinks ? ["Well, ", "hm."] : [] });
    const bytes = concat(messagesOf(stream).map(framed));
    const whole = fold(deltasOf(encoded, [bytes]));
    expect(whole).toMatchObject({ text: TEXT, finish: "stop" });
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const halves = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect(fold(deltasOf(encoded, halves))).toEqual(whole);
    }
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(fold(deltasOf(encoded, single))).toEqual(whole);
  });

  it("is never finished before the model says so, and keeps what came before a cut", () => {
    const { encoded, stream } = streamed(row, SAID);
    const frames = stream.before.map(framed);
    for (let kept = 0; kept <= frames.length; kept += 1) {
      const folded = fold(deltasOf(encoded, frames.slice(0, kept)));
      expect(folded.finish).toBeUndefined();
      expect(folded.error?.code).toBe("upstream_truncated");
      expect(TEXT.startsWith(folded.text)).toBe(true);
      if (kept === frames.length) expect(folded.text).toBe(TEXT);
    }
    const torn = framed(stream.end).subarray(0, -1);
    expect(fold(deltasOf(encoded, [...frames, torn])).error?.code).toBe("upstream_truncated");
  });

  it.each([
    ["throttlingException", "rate_limit_exceeded"],
    ["modelStreamErrorException", "upstream_error"],
    ["internalServerException", "upstream_error"],
    ["serviceUnavailableException", "upstream_unavailable"],
    ["modelTimeoutException", "upstream_timeout"],
  ])("keeps the text in front of a %s, and ends there", (exception, code) => {
    const { encoded, stream } = streamed(row, SAID);
    const frames = stream.before.map(framed);
    const rest = [stream.end, ...stream.after].map(framed);
    const folded = fold(deltasOf(encoded, [...frames, exceptionFrame(exception, "Failed."), ...rest]));
    expect(folded).toMatchObject({ text: TEXT, error: { code } });
    expect(folded.finish).toBeUndefined();
  });

  it("keeps a finished answer whatever fails behind its end", () => {
    const { encoded, stream } = streamed(row, SAID);
    const frames = [...messagesOf(stream).map(framed), exceptionFrame("throttlingException", "Late.")];
    const folded = fold(deltasOf(encoded, frames));
    expect(folded).toMatchObject({ ...PLAIN, text: TEXT, finish: "stop" });
    expect(folded.error).toBeUndefined();
  });

  it("survives chunks that are no answer", () => {
    const { encoded, stream } = streamed(row, SAID);
    const strange = [null, 7, "[DONE]", [], {}, { type: 3 }, { choices: "no" }, { output: [null] }];
    const decode = encoded.stream();
    const event = stream.before.at(-1)?.event ?? "chunk";
    const deltas = strange.flatMap((payload) => decode({ event, payload }));
    expect(deltas).toEqual([]);
    for (const body of strange) {
      const found = encoded.whole(body, new Headers());
      expect(found).toMatchObject([{ type: "error", error: { code: "upstream_error" } }]);
    }
  });

  it("gets images and files, or the client hears which part it does not take", () => {
    const parts: [JsonObject, boolean][] = [
      [imagePart(), images],
      [
        { type: "file", file: { filename: "a.txt", file_data: `data:text/plain;base64,${btoa("Hello")}` } },
        files,
      ],
      [{ type: "input_audio", input_audio: { data: "AAAA", format: "wav" } }, false],
      [{ type: "video_url", video_url: { url: "data:video/mp4;base64,AAAA" } }, false],
    ];
    for (const [part, taken] of parts) {
      const error = refused(row, { messages: [says("user", [textPart("Look"), part])] });
      if (taken) expect(error).toBeUndefined();
      else {
        const expected = { status: 400, code: "unsupported_content", param: "messages[0].content[1]" };
        expect(error).toMatchObject(expected);
      }
    }
  });

  it("keeps every message, in order", () => {
    fc.assert(
      fc.property(conversations, (messages) => {
        const sent = stringsIn(encode(row, { messages }).body).join("\n");
        for (const roles of [
          ["system", "developer"],
          ["user", "assistant"],
        ]) {
          let from = 0;
          for (const { content } of messages.filter(({ role }) => roles.includes(role))) {
            const at = sent.indexOf(content, from);
            expect({ content, found: at >= 0 }).toEqual({ content, found: true });
            from = at + content.length;
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

// --- Tools -----------------------------------------------------------------------------------------------------

describe.each(WITH_TOOLS)("%s with tools", (_, row) => {
  const weather = (city: string) => ({ name: "get_weather", input: { city } });

  it.each(READERS)("gives a call after text, %s", (_way, reader) => {
    const folded = reader(row, { ...SAID, calls: [weather("Łódź")], stop: "calls" }, TOOLS);
    expect(folded).toMatchObject({ text: TEXT, finish: "tool_calls", usage: USAGE });
    expect(folded.calls).toEqual([
      { id: expect.stringMatching(/./), name: "get_weather", args: '{"city":"Łódź"}' },
    ]);
  });

  it.each(READERS)("gives several calls, each with an id of its own, %s", (_way, reader) => {
    const both = [weather("Paris"), weather("Rome")];
    const { calls: given } = reader(row, { ...SAID, texts: [], calls: both, stop: "calls" }, TOOLS);
    expect(given.map(({ args }) => JSON.parse(args))).toEqual([{ city: "Paris" }, { city: "Rome" }]);
    expect(new Set(given.map(({ id }) => id)).size).toBe(2);
  });

  it.each(READERS)("gives {} for the arguments of a tool that takes none, %s", (_way, reader) => {
    const said: Said = { ...SAID, calls: [{ name: "reboot", input: {} }], stop: "calls" };
    expect(reader(row, said, TOOLS).calls).toMatchObject([{ name: "reboot", args: "{}" }]);
  });

  it("is offered each tool with description and parameters", () => {
    const sent = JSON.stringify(encode(row, TOOLS).body);
    for (const said of ["get_weather", "Does get_weather", "city", "reboot", "Does reboot"]) {
      expect(sent).toContain(said);
    }
    const none = JSON.stringify(encode(row, { ...TOOLS, tool_choice: "none" }).body);
    if (none.includes("reboot")) expect(none).toContain("none");
  });

  it.each([
    ["in order", ["call_1", "call_2"]],
    ["in any order", ["call_2", "call_1"]],
  ])("gets calls and their results back, %s", (_way, order) => {
    const results: Readonly<Record<string, string>> = { call_1: "18 °C ☔", call_2: '{"deg":"30 °C"}' };
    const messages = [
      says("user", "Weather in both?"),
      says(
        "assistant",
        null,
        calls(["call_1", "get_weather", '{"city":"Oslo"}'], ["call_2", "get_weather", '{"city":"Rome"}']),
      ),
      ...order.map((id) => says("tool", results[id], { tool_call_id: id })),
      says("user", "And now?"),
    ];
    const { body, dropped } = encode(row, { messages, ...TOOLS });
    expect(emptyMembers(body)).toEqual([]);
    expect(dropped).toEqual([]);
    const sent = stringsIn(body).join("\n");
    for (const said of ["Weather in both?", "Oslo", "Rome", "18 °C ☔", "30 °C", "And now?"])
      expect(sent).toContain(said);
  });

  it("gets arguments that are empty or no JSON without losing them", () => {
    const messages = [
      says("user", "Go"),
      says("assistant", "Yes", calls(["a", "reboot", ""], ["b", "get_weather", '{"city": "Os'])),
      says("tool", "Done", { tool_call_id: "a" }),
      says("tool", "Bad city", { tool_call_id: "b" }),
    ];
    const sent = JSON.stringify(encode(row, { messages, ...TOOLS }).body);
    expect(sent).toContain("Os");
    for (const said of ["Go", "Yes", "Done", "Bad city"]) expect(sent).toContain(said);
  });

  it("names the field at fault as the client spelled it", () => {
    const functions = TOOLS.tools.map((one) => one.function);
    const named = { functions, function_call: { name: "nope" } };
    expect(refused(row, named)).toMatchObject({ code: "invalid_value", param: "function_call" });
    const twice = { tools: [...TOOLS.tools, tool("reboot")] };
    expect(refused(row, twice)).toMatchObject({ code: "invalid_value", param: "tools[2].function.name" });
    const legacy = { functions: [...functions, { name: "router_json_answer" }] };
    expect(refused(row, legacy)).toMatchObject({ code: "invalid_value", param: "functions[2].name" });
  });

  it("refuses a result that belongs to no call", () => {
    const messages = [says("user", "Go"), says("tool", "Lost", { tool_call_id: "nope" })];
    const expected = { code: "invalid_value", param: "messages[1].tool_call_id" };
    expect(refused(row, { messages, ...TOOLS })).toMatchObject(expected);
  });
});

describe.each(rowsThat(({ tools }) => !tools))("%s without tools", (_, row) => {
  it("refuses tools, their calls and their results", () => {
    expect(refused(row, TOOLS)).toMatchObject({ code: "unsupported_parameter", param: "tools" });
    const { functions } = { functions: TOOLS.tools.map((one) => one.function) };
    expect(refused(row, { functions })).toMatchObject({ code: "unsupported_parameter", param: "functions" });
    expect(refused(row, { ...TOOLS, tool_choice: "none" })).toBeUndefined();
    const messages = [
      says("user", "Go"),
      says("assistant", null, calls(["a", "reboot"])),
      says("tool", "Done", { tool_call_id: "a" }),
    ];
    const expected = { code: "unsupported_content", param: "messages[1].tool_calls" };
    expect(refused(row, { messages })).toMatchObject(expected);
  });
});

// --- Reasoning -------------------------------------------------------------------------------------------------

describe.each(rowsThat(({ thinks }) => thinks))("%s while it thinks", (_, row) => {
  const said: Said = { ...SAID, thoughts: ["Let me see: ", "a < b, ", "so yes."] };

  it.each(READERS)("shows its reasoning beside the text, %s", (_way, reader) => {
    const folded = reader(row, said);
    expect(folded).toMatchObject({ text: TEXT, finish: "stop", usage: USAGE });
    expect(folded.reasoning.trim()).toBe("Let me see: a < b, so yes.");
  });
});
