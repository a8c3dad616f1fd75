import { describe, expect, it } from "vitest";
import { checkParameters } from "../../../src/chat/parameters.ts";
import type { Concept, JsonObject } from "../../../src/chat/request.ts";
import { chat, thrownBy } from "../../support/bedrock.ts";

const check = (body: JsonObject, ...handled: Concept[]) => checkParameters(chat(body), new Set(handled));

describe("checkParameters", () => {
  it("reports hints and unknown fields, sorted", () => {
    const hints = { user: "u", seed: 1, metadata: {}, verbosity: "low", prompt_cache_key: "k", store: true };
    const more = {
      safety_identifier: "s",
      prediction: {},
      service_tier: "flex",
      presence_penalty: 0.5,
      top_k: 5,
    };
    expect(check({ ...hints, ...more })).toEqual([...Object.keys({ ...hints, ...more })].sort());
  });

  it.each([
    { frequency_penalty: 0, presence_penalty: 0 },
    { service_tier: "auto" },
    { service_tier: "default" },
    { store: false },
    { logprobs: false, top_logprobs: 0 },
    { logit_bias: {} },
    { modalities: ["text"] },
    { n: 1 },
    { response_format: { type: "text" } },
    { tools: [] },
    { stop: [] },
    { parallel_tool_calls: true },
    { tool_choice: "auto" },
    {
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 5,
      max_completion_tokens: 6,
      model: "m",
    },
  ])("is silent about %o", (body) => {
    expect(check(body)).toEqual([]);
  });

  it("reads null as not set", () => {
    expect(
      check({ logprobs: null, audio: null, seed: null, web_search_options: null, unknown: null }),
    ).toEqual([]);
  });

  it.each([
    ["logprobs", { logprobs: true }],
    ["top_logprobs", { top_logprobs: 3 }],
    ["logit_bias", { logit_bias: { "50256": -100 } }],
    ["n", { n: 2 }],
    ["audio", { audio: { voice: "alloy" } }],
    ["modalities", { modalities: ["text", "audio"] }],
    ["web_search_options", { web_search_options: {} }],
    ["moderation", { moderation: {} }],
    ["tools", { tools: [{ type: "function", function: { name: "f" } }] }],
    ["functions", { functions: [{ name: "f" }] }],
    ["tool_choice", { tool_choice: "required" }],
    ["response_format", { response_format: { type: "json_object" } }],
    ["stop", { stop: "END" }],
  ])("refuses %s where nobody honours it", (param, body) => {
    expect(thrownBy(() => check(body))).toMatchObject({ code: "unsupported_parameter", status: 400, param });
  });

  it("leaves what the caller handles to the caller", () => {
    const tools = [{ type: "function", function: { name: "f" } }];
    expect(
      check({ tools, tool_choice: "required", stop: "x", n: 3 }, "tools", "tool_choice", "stop", "n"),
    ).toEqual([]);
  });

  it("lets tools go that must not be called anyway", () => {
    const tools = [{ type: "function", function: { name: "f" } }];
    expect(check({ tools, tool_choice: "none" })).toEqual([]);
  });

  it("gives advice in the message", () => {
    expect(String(thrownBy(() => check({ logprobs: true })))).toMatch(/'logprobs'.*another model/);
  });

  it("gives only names that are fit for a header, and not too many", () => {
    const odd = { "a b": 1, "x,y": 1, "line\nbreak": 1, ключ: 1, "": 1, ["long".repeat(20)]: 1, fine_1: 1 };
    expect(check(odd)).toEqual(["fine_1"]);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`field_${i}`, i]));
    expect(check(many).length).toBe(32);
  });

  it("is not fooled by names of Object.prototype", () => {
    expect(check(JSON.parse('{"__proto__":1,"constructor":1,"toString":1}'))).toEqual(
      expect.arrayContaining(["constructor", "toString"]),
    );
  });
});
