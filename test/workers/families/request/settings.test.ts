/** What requests ask of every family: efforts, sampling, answers in JSON. */
import { describe, expect, it } from "vitest";
import { type JsonAbilities, planAnswer } from "../../../../src/families/request/json-answer.ts";
import type { ToolPlan } from "../../../../src/families/request/offered-tools.ts";
import { THREE_LEVELS } from "../../../../src/families/models/chat.ts";
import { nearestEffort, sampling } from "../../../../src/families/request/settings.ts";
import { CHAT_TOOLS } from "../../../../src/families/openai-chat/tools.ts";
import { toolBook } from "../../../../src/families/request/tool-book.ts";
import { chat, thrownBy } from "../../../support/bedrock.ts";

describe("nearestEffort", () => {
  it.each([
    ["none", THREE_LEVELS, "low", true],
    ["minimal", THREE_LEVELS, "low", false],
    ["medium", THREE_LEVELS, "medium", false],
    ["max", THREE_LEVELS, "high", true],
    ["none", ["none", ...THREE_LEVELS], "none", false],
    ["minimal", ["none", ...THREE_LEVELS], "low", false],
    ["xhigh", ["low", "max"], "low", true],
    ["low", [], undefined, true],
  ] as const)("for %s of %j is %s", (wanted, levels, nearest, reported) => {
    expect(nearestEffort(wanted, levels)).toEqual({
      effort: nearest,
      dropped: reported ? ["reasoning"] : [],
    });
  });
});

describe("sampling", () => {
  it.each([
    [{}, { temperature: 1, topP: 0 }, ["temperature"]],
    [{ maxTemperature: 2, leastTopP: 0.01 }, { temperature: 1.5, topP: 0.01 }, []],
    [{ takes: "one" }, { temperature: 1 }, ["temperature", "top_p"]],
    [{ takes: "top_p" }, { topP: 0 }, ["temperature"]],
    [{ takes: "none" }, {}, ["temperature", "top_p"]],
  ] as const)("with %j", (rules, expected, reported) => {
    expect(sampling(chat({ temperature: 1.5, top_p: 0 }), rules)).toEqual({ ...expected, dropped: reported });
    const zero = { temperature: 0, topP: undefined, dropped: [] };
    if (!("takes" in rules)) expect(sampling(chat({ temperature: 0 }), rules)).toEqual(zero);
  });
});

describe("planAnswer", () => {
  const format = (schema: object, strict = false) => ({
    response_format: { type: "json_schema", json_schema: { name: "x", schema, strict } },
  });
  const OBJECT = format({ type: "object" });
  const LIST = format({ type: "array" });
  const PLAIN: ToolPlan = { tools: [], dropped: [] };
  const CLIENTS: ToolPlan = { tools: [{ name: "a" }], dropped: [] };
  const tool: JsonAbilities["tool"] = ({ name }) => ({ name });
  const plan = (body: object, tools: ToolPlan, abilities: JsonAbilities) => {
    const request = chat({ ...body });
    const { instructions, ...rest } = planAnswer(request, tools, {
      book: toolBook(request, CHAT_TOOLS),
      ...abilities,
    });
    return { ...rest, told: instructions.join(" ") };
  };
  const ANSWER = { name: "router_json_answer" };

  it.each([
    ["both", ["any", "tool"], PLAIN, [ANSWER], { type: "tool", ...ANSWER }],
    ["both beside the client's", ["any", "tool"], CLIENTS, [{ name: "a" }, ANSWER], { type: "any" }],
    ["any", ["any"], { ...CLIENTS, mode: { type: "none" } }, [ANSWER], { type: "any" }],
    ["a named one", ["tool"], PLAIN, [ANSWER], { type: "tool", ...ANSWER }],
  ] as const)("has a tool answer where the model can be made to call %s", (_, forces, given, tools, mode) => {
    expect(plan(OBJECT, given, { tool, forces })).toMatchObject({
      tools,
      mode,
      answerTool: "router_json_answer",
      told: "",
      dropped: [],
    });
  });

  it("instructs and reports where no tool can be forced, or the schema is no object's", () => {
    for (const [body, forces] of [
      [OBJECT, []],
      [LIST, ["any"]],
    ] as const) {
      const { told, dropped, answerTool } = plan(body, PLAIN, { tool, forces });
      expect([answerTool, dropped]).toEqual([undefined, ["response_format"]]);
      expect(told).toContain("JSON Schema");
    }
    expect(plan(LIST, PLAIN, {}).told).not.toContain("JSON object");
    for (const schema of [{ type: "object" }, { type: "array" }]) {
      expect(thrownBy(() => plan(format(schema, true), PLAIN, {}))).toMatchObject({
        code: "unsupported_parameter",
        param: "response_format",
      });
    }
  });

  it("prefers what is native, and gives way to a tool that the client forces", () => {
    const abilities: JsonAbilities = { native: () => ({ native: true }), tool, forces: ["any"] };
    const forced: ToolPlan = { ...CLIENTS, mode: { type: "any" } };
    expect(plan(OBJECT, forced, abilities)).toMatchObject({ ...forced, format: { native: true } });
    expect(plan(LIST, forced, { tool, forces: ["any"] })).toEqual({ ...forced, told: "", dropped: [] });
  });

  it.each([
    [{}, undefined, ["response_format"]],
    [{ trusted: true }, undefined, []],
    [{ jsonMode: { mode: "json" } }, { mode: "json" }, []],
  ])("asks for some JSON object with %j", (abilities, field, reported) => {
    const {
      told,
      format: sent,
      dropped,
    } = plan({ response_format: { type: "json_object" } }, PLAIN, abilities);
    expect([sent, dropped]).toEqual([field, reported]);
    expect(told).toContain("one JSON object");
  });
});
