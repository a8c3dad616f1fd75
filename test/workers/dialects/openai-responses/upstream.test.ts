/** The half of Responses for upstreams that speak it: what they are sent, and how their answers are read. */
import { describe, expect, it } from "vitest";
import { carry } from "../../../../src/chat/carrier.ts";
import { foldDeltas } from "../../../../src/chat/fold.ts";
import { parseResponses } from "../../../../src/dialects/openai-responses/client/parse.ts";
import { responsesBody } from "../../../../src/dialects/openai-responses/upstream/body.ts";
import { responsesReader, wholeResponse } from "../../../../src/dialects/openai-responses/upstream/reader.ts";
import { responsesEventWatch } from "../../../../src/dialects/openai-responses/upstream/watch.ts";
import { RouterError } from "../../../../src/errors.ts";
import type { JsonObject } from "../../../../src/lib/json.ts";
import { chat } from "../../../support/bedrock.ts";

const errorOf = (error: unknown) => new RouterError("upstream_error", JSON.stringify(error));
const of = (name: string) => ({ name, reasons: true });

describe("a body", () => {
  it("is written for a client of chat: nothing stored, strict always said, reasoning asked for", () => {
    const call = { id: "c1", type: "function", function: { name: "look", arguments: "" } };
    const { body, dropped } = responsesBody(
      chat({
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Look" },
          { role: "assistant", content: null, tool_calls: [call] },
          { role: "tool", tool_call_id: "c1", content: "seen" },
        ],
        ...{ tools: [{ type: "function", function: { name: "look" } }], seed: 7, stop: ["x"] },
        tool_choice: { type: "function", function: { name: "look" } },
      }),
      of("m"),
    );
    expect(body).toMatchObject({
      store: false,
      include: ["reasoning.encrypted_content"],
      reasoning: { summary: "auto" },
      tools: [{ type: "function", name: "look", strict: false }],
      tool_choice: { type: "function", name: "look" },
      input: [
        { type: "message", role: "system" },
        { type: "message", role: "user", content: [{ type: "input_text", text: "Look" }] },
        { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "seen" },
      ],
    });
    expect(dropped).toEqual(["seed"]);
  });

  it("has an output for each call", () => {
    const call = { id: "c1", type: "function", function: { name: "look", arguments: "" } };
    const messages = [
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "user", content: "And?" },
    ];
    expect(responsesBody(chat({ messages }), of("m")).body.input).toMatchObject([
      { type: "function_call", call_id: "c1" },
      { type: "function_call_output", call_id: "c1", output: "No result was provided for this tool call." },
      { type: "message", role: "user" },
    ]);
  });

  it("asks for no call where there is nothing to call", () => {
    const idle = { ...chat({}), tools: [], toolChoice: { type: "required", param: "tool_choice" } } as const;
    expect(() => responsesBody(idle, of("m"))).toThrow(
      expect.objectContaining({ code: "invalid_value", param: "tool_choice" }),
    );
  });

  it("of a client's own keeps what it wrote, but for what only the router knows", () => {
    const item = (model: string) => ({
      ...{ type: "reasoning", id: "rs_1", summary: [] },
      encrypted_content: carry({ model, blocks: [{ kind: "redacted", data: "QUI=" }] }),
    });
    const wire = {
      ...{
        model: "m",
        store: true,
        background: true,
        x_unknown: 1,
        reasoning: { effort: "none", summary: "auto" },
      },
      input: [{ role: "user", content: "Hi" }, item("m"), item("other"), { role: "user", content: "And?" }],
    };
    const { request } = parseResponses(wire);
    const edits = new Map([["reasoning" as const, "low"]]);
    const { body } = responsesBody(request, { ...of("m"), edits });
    expect(body).toMatchObject({
      ...{ store: false, x_unknown: 1, reasoning: { effort: "low", summary: "auto" } },
      include: ["reasoning.encrypted_content"],
      input: [
        { role: "user" },
        { type: "reasoning", encrypted_content: "QUI=" },
        { role: "user", content: "And?" },
      ],
    });
    expect(body).not.toHaveProperty("background");
    expect(responsesBody(request, { ...of("m"), forgets: true }).body.input).toHaveLength(2);
  });

  it("keeps each picture in its place, whoever sent it, also where a link was fetched", () => {
    const image = (image_url: string) => ({ role: "user", content: [{ type: "input_image", image_url }] });
    const link = "https://example.com/a.png";
    const [first, second, third] = ["AA==", "BB==", "CC=="].map((data) => `data:image/png;base64,${data}`);
    const input = [image(link), image(second ?? ""), image(link), image(second ?? "")];
    for (const before of [0, 1, 2]) {
      const { request } = parseResponses({ model: "m", input }, before);
      const fetched = [first, second, third, second];
      const messages = request.messages.map((message, index) => ({
        ...message,
        content: message.content.map((part) =>
          part.type === "image_url" ? { ...part, url: fetched[index] ?? "" } : part,
        ),
      }));
      const { body } = responsesBody({ ...request, messages }, of("m"));
      expect(body.input).toEqual(fetched.map((url) => image(url ?? "")));
    }
  });
});

/** An answer as its items, and the same as events. */
const ITEMS: readonly JsonObject[] = [
  {
    ...{ type: "reasoning", encrypted_content: "QUI=" },
    summary: [
      { type: "summary_text", text: "One" },
      { type: "summary_text", text: "two" },
    ],
  },
  { type: "message", role: "assistant", content: [{ type: "output_text", text: 'Said "so"' }] },
  { type: "function_call", call_id: "c1", name: "look", namespace: "files", arguments: "" },
  { type: "custom_tool_call", call_id: "c2", name: "patch", input: 'a "b"\n' },
];
const RESPONSE = {
  ...{ object: "response", status: "completed", output: ITEMS },
  usage: { input_tokens: 5, output_tokens: 3, output_tokens_details: { reasoning_tokens: 2 } },
};
const at = (output_index: number, type: string, rest: JsonObject): JsonObject => ({
  type: `response.${type}`,
  ...{ output_index, ...rest },
});
const EVENTS: readonly JsonObject[] = [
  { type: "response.created", response: {} },
  at(0, "output_item.added", { item: { ...ITEMS[0], summary: [] } }),
  at(0, "reasoning_summary_part.added", {}),
  at(0, "reasoning_summary_text.delta", { delta: "One" }),
  at(0, "reasoning_summary_part.added", {}),
  at(0, "reasoning_summary_text.delta", { delta: "two" }),
  at(0, "output_item.done", { item: ITEMS[0] }),
  at(1, "output_text.delta", { delta: "Said " }),
  at(1, "output_text.delta", { delta: '"so"' }),
  at(1, "output_item.done", { item: ITEMS[1] }),
  at(2, "output_item.added", { item: ITEMS[2] }),
  at(2, "output_item.done", { item: ITEMS[2] }),
  at(3, "output_item.added", { item: { ...ITEMS[3], input: "" } }),
  at(3, "custom_tool_call_input.delta", { delta: 'a "b' }),
  at(3, "custom_tool_call_input.delta", { delta: '"\n' }),
  at(3, "output_item.done", { item: ITEMS[3] }),
  { type: "response.completed", response: RESPONSE },
];

describe("an answer", () => {
  const streamed = () => {
    const reader = responsesReader(errorOf);
    return foldDeltas(EVENTS.flatMap((event) => reader.event(event)));
  };

  it("gives the same streamed and whole", () => {
    const expected = {
      ...{ text: 'Said "so"', reasoningText: "One\n\ntwo", finishReason: "tool_calls" },
      reasoning: [{ kind: "redacted", data: "QUI=" }],
      toolCalls: [
        { id: "c1", name: "files__look", arguments: "{}" },
        { id: "c2", name: "patch", arguments: JSON.stringify({ input: 'a "b"\n' }) },
      ],
      usage: { promptTokens: 5, completionTokens: 3, reasoningTokens: 2 },
    };
    expect(streamed()).toMatchObject(expected);
    expect(foldDeltas(wholeResponse(RESPONSE, errorOf))).toMatchObject(expected);
  });

  it.each([
    [{ reason: "max_output_tokens" }, "length"],
    [{ reason: "content_filter" }, "content_filter"],
  ])("that is incomplete (%j) ends with %s", (incomplete_details, reason) => {
    const response = { ...RESPONSE, status: "incomplete", incomplete_details };
    expect(foldDeltas(wholeResponse(response, errorOf)).finishReason).toBe(reason);
  });

  it.each([
    { type: "response.failed", response: { error: { code: "server_error", message: "no" } } },
    { type: "error", code: "server_error", message: "no" },
    { type: "error", error: { code: "server_error", message: "no" } },
    { error: { message: "no" } },
  ])("that fails is an error, told once: %j", (event) => {
    const reader = responsesReader(errorOf);
    const deltas = [
      ...reader.event(event),
      ...reader.event({ type: "response.completed", response: RESPONSE }),
    ];
    expect(deltas.map(({ type }) => type)).toEqual(["error"]);
    const watch = responsesEventWatch({ errorOf, redact: (text) => text.replaceAll("no", "[key]") });
    expect(watch.event(JSON.stringify(event))).toContain("[key]");
    expect(watch.failure?.message).toContain("[key]");
  });

  it("that is none is an error", () => {
    expect(() => foldDeltas(wholeResponse({ choices: [] }, errorOf))).toThrow(/no response/);
  });

  it("is watched on its way: begun with what is shown, finished with its end", () => {
    const watch = responsesEventWatch({ errorOf, redact: (text) => text });
    const seen = EVENTS.map((event) => {
      expect(watch.event(JSON.stringify(event))).toBe(JSON.stringify(event));
      return [watch.begun, watch.finished];
    });
    expect(seen.slice(0, 4)).toEqual([...Array.from({ length: 3 }, () => [false, false]), [true, false]]);
    expect(seen.at(-1)).toEqual([true, true]);
    expect(watch.usage).toMatchObject({ promptTokens: 5, completionTokens: 3 });
  });
});
