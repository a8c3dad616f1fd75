/** Schemas of tools. */
import { expect } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { json } from "../../support/upstream.ts";
import { askModel, at, type Case, HI, schemaOf } from "./case.ts";

/** The schema that each model of a case is sent. */
async function eachSchema(read: Case, check: (schema: JsonObject) => void): Promise<void> {
  for (const model of Object.keys(read.models)) {
    const { status, sent } = await askModel(read, model, read.request);
    expect(status, model).toBe(200);
    check(schemaOf(sent));
  }
}

const NOVA = { models: { novapro: "{provider: bedrock, model: us.amazon.nova-pro-v1:0}" } };

function withTool(parameters: unknown): JsonObject {
  const tools = [{ type: "function", function: { name: "f", description: "d", parameters } }];
  return { messages: [{ role: "user", content: "hi" }], tools };
}

export const SCHEMAS = {
  async "deep-schema-nova-500"(read: Case) {
    const levels = 3000;
    const schema = `${'{"type":"object","properties":{"a":'.repeat(levels)}{"type":"string"}${"}}".repeat(levels)}`;
    for (const model of Object.keys(read.models)) {
      const body = `{"model":"${model}","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":${schema}}}]}`;
      const { status, answer } = await askModel(read, model, body);
      expect(status).toBe(400);
      expect(at(answer, "error", "param")).toMatch(/^tools\[0\]/);
      expect(at(answer, "error", "message")).toMatch(/nested/);
    }
  },

  async "ref-amplification"() {
    const words = { type: "string", description: "x".repeat(60) };
    const big = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`property${index}`, words]));
    const properties = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`p${index}`, { $ref: "#/$defs/B" }]),
    );
    const schema = { type: "object", properties, $defs: { B: { type: "object", properties: big } } };
    const { status, answer, calls } = await askModel(NOVA, "novapro", withTool(schema));
    expect(status).toBe(400);
    expect(at(answer, "error", "message")).toMatch(/"f" grows beyond 2 MiB/);
    expect(calls).toHaveLength(0);
  },

  async "ref-count-200"() {
    const names = Array.from({ length: 230 }, (_, index) => `f${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, { $ref: "#/$defs/Id" }]));
    const request = withTool({ type: "object", properties, $defs: { Id: { type: "integer" } } });
    const { sent } = await askModel(NOVA, "novapro", request);
    expect(schemaOf(sent).properties).toEqual(
      Object.fromEntries(names.map((name) => [name, { type: "integer" }])),
    );
  },

  async "ref-root-with-siblings"(read: Case) {
    await eachSchema(read, (schema) => {
      expect(schema.properties).toEqual({ q: { type: "string" }, z: { type: "integer" } });
      expect(schema.required).toHaveLength(2);
      expect(schema.required).toEqual(expect.arrayContaining(["q", "z"]));
    });
  },

  async "ref-through-array"(read: Case) {
    const { sent: nova } = await askModel(read, "novapro", read.request);
    const line = { type: "object", properties: { line: { type: "integer" } }, required: ["line"] };
    expect(at(schemaOf(nova), "properties", "to")).toEqual(line);
    // Cohere has only flat types, and is told the rest in words.
    const { sent: cohere } = await askModel(read, "cohere", read.request);
    const to = at(cohere, "tools", 0, "parameter_definitions", "to");
    expect(to).toEqual({ type: "Dict", required: true, description: `JSON Schema: ${JSON.stringify(line)}` });
  },

  async "root-discriminated-union-nesting"(read: Case) {
    await eachSchema(read, ({ properties, required }) => {
      expect(properties).toEqual({
        action: { type: "string", enum: ["act0", "act1", "act2", "act3"] },
        id: { anyOf: [{ type: "integer" }, { type: "string" }] },
      });
      expect(required).toEqual(["action"]);
    });
  },

  async "root-union-branch-required"(read: Case) {
    await eachSchema(read, (schema) => {
      expect(schema.required).toBeUndefined();
      expect(at(schema, "properties", "pid")).toEqual({ type: "integer" });
    });
  },

  async "schema-draft4-exclusive-minimum"(read: Case) {
    await eachSchema(read, ({ properties }) => {
      expect(properties).toEqual({ page: { type: "integer", exclusiveMinimum: 0 } });
    });
  },

  async "schema-nested-null"(read: Case) {
    await eachSchema(read, (schema) => {
      expect(schema).toEqual({
        type: "object",
        properties: { o: { type: "object", properties: { a: { type: "string" } } } },
      });
    });
  },

  async "schema-properties-array"(read: Case) {
    await eachSchema(read, ({ properties }) => expect(properties).toEqual({}));
  },

  async "schema-property-key-pattern"(read: Case) {
    const long =
      Object.keys(Object(at(read.request, "tools", 0, "function", "parameters", "properties")))[2] ?? "";
    const input = { "filter[id]": "7", $top: 3, [long]: "x", é: 1 };
    const history = [
      { role: "user", content: "hi" },
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "c1", type: "function", function: { name: "list", arguments: JSON.stringify(input) } },
        ],
      },
      { role: "tool", tool_call_id: "c1", content: "ok" },
    ];
    for (const model of Object.keys(read.models)) {
      const { sent } = await askModel(read, model, { ...read.request, messages: history });
      const { properties, required } = schemaOf(sent);
      const names = Object.keys(Object(properties));
      expect(names).toHaveLength(3);
      for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_.-]{1,64}$/);
      expect(required).toEqual([names[0]]);
      // The history speaks of them by the same names.
      const block = at(sent, "messages", 1, "content", 0);
      const called = at(block, "input") ?? at(block, "toolUse", "input");
      expect(called).toEqual({ [names[0] ?? ""]: "7", [names[1] ?? ""]: 3, [names[2] ?? ""]: "x", é: 1 });
      // And the answer's calls come back under the client's own.
      const args = { [names[0] ?? ""]: "8", [names[2] ?? ""]: "y" };
      const reply = json({
        role: "assistant",
        content: [{ type: "tool_use", id: "t", name: "list", input: args }],
        stop_reason: "tool_use",
        output: {
          message: {
            role: "assistant",
            content: [{ toolUse: { toolUseId: "t", name: "list", input: args } }],
          },
        },
        stopReason: "tool_use",
        usage: { input_tokens: 1, output_tokens: 1, inputTokens: 1, outputTokens: 1 },
      });
      const { answer } = await askModel(read, model, read.request, { replies: [reply] });
      const text = at(answer, "choices", 0, "message", "tool_calls", 0, "function", "arguments");
      expect(JSON.parse(String(text))).toEqual({ "filter[id]": "8", [long]: "y" });
    }
  },

  async "stub-name-collision"(read: Case) {
    const named = { s45c: ["a_b", "a_b_2"], glm: ["a_b", "a_b_2"], s45: ["a_b", "a_b_2"] };
    for (const [model, expected] of Object.entries(named)) {
      const { sent, sentText } = await askModel(read, model, read.request, { replies: [HI] });
      const tools = at(sent, "tools") ?? at(sent, "toolConfig", "tools");
      const names = Array.isArray(tools)
        ? tools.map((tool) => at(tool, "name") ?? at(tool, "toolSpec", "name"))
        : [];
      expect(names, model).toEqual(expected);
      // Each call speaks of its own tool.
      for (const name of expected) expect(sentText.split(`"${name}"`)).toHaveLength(3);
    }
  },
};
