/** Tools, the ids of their calls and JSON answers in what Mistral is sent. */
import { describe, expect, it } from "vitest";
import { mistralCallIds } from "../../../../src/families/mistral/call-ids.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { calls, says, tool } from "../../../support/families.ts";
import {
  encode,
  LARGE_2402,
  LARGE_2407,
  MISTRAL_7B,
  messagesOf,
  refused,
} from "../../../support/mistral-requests.ts";

describe("tool call ids", () => {
  it("are nine letters and digits, the same for the same id, and those of Mistral itself stay", () => {
    const id = mistralCallIds();
    expect(id("abc123DEF")).toBe("abc123DEF");
    expect(id("call_1")).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(id("call_1")).toBe(id("call_1"));
    expect(mistralCallIds()("call_1")).toBe(id("call_1"));
  });

  it("differ where only the end of the ids differs, which the first nine characters do not show", () => {
    const id = mistralCallIds();
    const ids = Array.from({ length: 2000 }, (_, index) => id(`tooluse_bpe71yCfRu2b5i-nKGDr5${index}`));
    expect(new Set(ids).size).toBe(2000);
    for (const one of ids) expect(one).toMatch(/^[a-zA-Z0-9]{9}$/);
  });

  it("give way where an id is taken", () => {
    const taken = mistralCallIds()("call_1");
    const id = mistralCallIds();
    expect(id(taken)).toBe(taken);
    expect(id("call_1")).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(id("call_1")).not.toBe(taken);
  });

  it("are unique in a conversation that repeats its ids, and pair with their results", () => {
    const turn = [
      says("assistant", null, calls(["call_0", "f"])),
      says("tool", "r", { tool_call_id: "call_0" }),
    ];
    const messages = messagesOf([
      says("user", "x"),
      ...turn,
      ...turn,
      says("assistant", "ok"),
      says("user", "y"),
    ]);
    const made = messages.flatMap((one) => one.tool_calls?.map(({ id }) => id) ?? []);
    const answered = messages.flatMap((one) => (one.tool_call_id === undefined ? [] : [one.tool_call_id]));
    expect(new Set(made).size).toBe(2);
    expect(answered).toEqual(made);
    expect(messages.filter(({ role }) => role === "tool").map(({ content }) => content)).toEqual(["r", "r"]);
  });
});

describe("tools", () => {
  const tools = [tool("look"), tool("see")];
  const choice = (tool_choice: unknown): JsonObject => encode(LARGE_2407, { tools, tool_choice }).body;
  const names = ({ tools: list }: JsonObject): string[] =>
    (list as { function: { name: string } }[]).map((one) => one.function.name);

  it.each([
    [undefined, undefined, ["look", "see"]],
    ["auto", "auto", ["look", "see"]],
    ["none", "none", ["look", "see"]],
    ["required", "any", ["look", "see"]],
    [{ type: "function", function: { name: "see" } }, "any", ["see"]],
    [
      {
        type: "allowed_tools",
        allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "see" } }] },
      },
      "auto",
      ["see"],
    ],
  ])("tool_choice %j is %j", (wanted, expected, offered) => {
    const body = choice(wanted);
    expect([body.tool_choice, names(body)]).toEqual([expected, offered]);
  });

  it("are as the client wrote them, without strict", () => {
    const { body } = encode(LARGE_2407, { tools: [tool("f", { strict: true, description: "" })] });
    expect(body.tools).toEqual([
      { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } },
    ]);
    expect(encode(LARGE_2407, { functions: [{ name: "g" }] }).body.tools).toHaveLength(1);
  });

  it("are refused where the choice names none of them", () => {
    expect(
      refused(LARGE_2407, { tools, tool_choice: { type: "function", function: { name: "x" } } }),
    ).toMatchObject({
      param: "tool_choice",
    });
    expect(refused(LARGE_2407, { tool_choice: "required" })).toMatchObject({ param: "tool_choice" });
  });

  it("carry a JSON schema's answer", () => {
    const schema = { $schema: "x", type: "object", properties: { a: { type: "string" } } };
    const format = (more = {}) => ({ type: "json_schema", json_schema: { name: "x", schema, ...more } });
    const encoded = encode(LARGE_2407, { response_format: format({ strict: true }) });
    expect(encoded.body).toMatchObject({
      tool_choice: "any",
      tools: [{ function: { name: "router_json_answer" } }],
    });
    expect(encoded.dropped).toEqual([]);
    expect(names(encode(LARGE_2407, { tools, response_format: format() }).body)).toEqual([
      "look",
      "see",
      "router_json_answer",
    ]);
    expect(names(encode(LARGE_2407, { tools, tool_choice: "none", response_format: format() }).body)).toEqual(
      ["router_json_answer"],
    );
    expect(
      names(encode(LARGE_2407, { tools, tool_choice: "required", response_format: format() }).body),
    ).toEqual(["look", "see"]);
    expect(encode(LARGE_2402, { response_format: format() }).body).toHaveProperty("tool_choice", "any");
    const list = { type: "json_schema", json_schema: { name: "x", schema: { type: "array" }, strict: true } };
    expect(refused(LARGE_2407, { response_format: list })).toMatchObject({ param: "response_format" });
    expect(refused(MISTRAL_7B, { response_format: format({ strict: true }) })).toMatchObject({
      code: "unsupported_parameter",
      param: "response_format",
    });
  });

  it("are not needed for a JSON object: an instruction asks for it, and is reported", () => {
    for (const model of [LARGE_2407, MISTRAL_7B]) {
      const { body, dropped } = encode(model, { response_format: { type: "json_object" } });
      expect(JSON.stringify(body)).toContain("Answer with one JSON object");
      expect(dropped).toEqual(["response_format"]);
    }
  });
});
