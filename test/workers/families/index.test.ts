import { describe, expect, it } from "vitest";
import { familyFor, familyNames } from "../../../src/families/index.ts";
import { finishDelta, finishReason } from "../../../src/families/answer/finish.ts";
import { inlineData, sniffMediaType } from "../../../src/families/request/media.ts";
import { bedrockTarget, thrownBy } from "../../support/bedrock.ts";

const HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0";
const ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012";

describe("familyFor", () => {
  it("follows the model id", () => {
    expect(familyFor(bedrockTarget(`us-gov.${HAIKU}`)).name).toBe("anthropic");
    expect(familyFor(bedrockTarget("anthropic.claude-v2:1")).name).toBe("anthropic");
  });

  it("prefers the configured family", () => {
    const target = bedrockTarget(`${ACCOUNT}:application-inference-profile/abc123`, { family: "anthropic" });
    expect(familyFor(target).name).toBe("anthropic");
  });

  it("says for an opaque ARN that the family must be set", () => {
    const error = thrownBy(() => familyFor(bedrockTarget(`${ACCOUNT}:provisioned-model/abc123`)));
    expect(error).toMatchObject({ code: "config_invalid" });
    expect(String(error)).toMatch(/provisioned-model\/abc123.*llms\.tested.*set "family:".*anthropic/);
  });

  it("names target, model id and known families for an id it does not know", () => {
    const error = thrownBy(() => familyFor(bedrockTarget("acme.model-1")));
    expect(error).toMatchObject({ code: "config_invalid" });
    expect(String(error)).toMatch(/"acme\.model-1" of llms\.tested/);
    for (const name of familyNames()) expect(String(error)).toContain(name);
  });

  it("names a configured family that does not exist", () => {
    const error = thrownBy(() => familyFor(bedrockTarget(HAIKU, { family: "claud" })));
    expect(error).toMatchObject({ code: "config_invalid" });
    expect(String(error)).toMatch(/llms\.tested\.family is "claud".*Known families: .*anthropic/);
  });

  it("is converse where the configuration says so, whatever the model", () => {
    const ids = [
      HAIKU,
      "us.meta.llama3-3-70b-instruct-v1:0",
      "acme.model-1",
      `${ACCOUNT}:imported-model/abc123`,
    ];
    for (const id of ids) {
      expect(familyFor(bedrockTarget(id, { api: "converse" })).name).toBe("converse");
    }
    const named = bedrockTarget(`${ACCOUNT}:provisioned-model/abc123`, { api: "converse", family: "nova" });
    expect(familyFor(named).name).toBe("converse");
    const misnamed = bedrockTarget(HAIKU, { api: "converse", family: "claud" });
    expect(thrownBy(() => familyFor(misnamed))).toMatchObject({ code: "config_invalid" });
  });

  it("is converse by default for models whose native stream nothing shows; native and a family win", () => {
    for (const id of ["us.mistral.pixtral-large-2502-v1:0", "deepseek.v3-v1:0", "zai.glm-4.7"]) {
      expect(familyFor(bedrockTarget(id)).name).toBe("converse");
      expect(familyFor(bedrockTarget(id, { api: "invoke" })).name).not.toBe("converse");
    }
    expect(familyFor(bedrockTarget("zai.glm-4.7", { family: "openai" })).name).toBe("openai");
    expect(familyFor(bedrockTarget(HAIKU)).name).toBe("anthropic");
  });

  it("names api: converse as a way out for a model that no family claims", () => {
    for (const id of ["acme.model-1", `${ACCOUNT}:imported-model/abc123`]) {
      expect(String(thrownBy(() => familyFor(bedrockTarget(id))))).toContain('"api: converse"');
      expect(thrownBy(() => familyFor(bedrockTarget(id, { api: "invoke" })))).toBeDefined();
    }
  });

  it("does not take a name of Object.prototype for a family", () => {
    const error = thrownBy(() => familyFor(bedrockTarget(HAIKU, { family: "constructor" })));
    expect(error).toMatchObject({ code: "config_invalid" });
  });
});

describe("finish reasons", () => {
  it.each([
    ["end_turn", "stop"],
    ["pause_turn", "stop"],
    ["FINISH", "stop"],
    ["COMPLETE", "stop"],
    ["max_tokens", "length"],
    ["MAX_TOKENS", "length"],
    ["model_context_window_exceeded", "length"],
    ["tool_use", "tool_calls"],
    ["refusal", "content_filter"],
    ["guardrail_intervened", "content_filter"],
    ["ERROR_TOXIC", "content_filter"],
    ["malformed_tool_use", "error"],
    ["a word of the future", "stop"],
    ["constructor", "stop"],
  ])("%s is %s", (value, expected) => {
    expect(finishReason(value)).toBe(expected);
  });

  const none = { calledTools: false, guardrailIntervened: false };

  it("says tool_calls for any answer with a call, but not for a cut or filtered one", () => {
    expect(finishDelta("stop", { ...none, calledTools: true })).toEqual({
      type: "finish",
      reason: "tool_calls",
      native: "stop",
    });
    expect(finishDelta("length", { ...none, calledTools: true })).toEqual({
      type: "finish",
      reason: "length",
      native: "length",
    });
    expect(finishDelta("tool_use", none)).toEqual({ type: "finish", reason: "stop", native: "tool_use" });
    expect(finishDelta(undefined, none)).toEqual({ type: "finish", reason: "stop" });
  });

  it("lets a guardrail's verdict win", () => {
    const facts = { calledTools: true, guardrailIntervened: true };
    expect(finishDelta("end_turn", facts)).toEqual({
      type: "finish",
      reason: "content_filter",
      native: "end_turn",
    });
  });

  it("makes a broken answer an error", () => {
    const delta = finishDelta("malformed_model_output", none);
    expect(delta).toMatchObject({ type: "error", error: { code: "upstream_error" } });
  });
});

describe("inline media", () => {
  const PNG = "iVBORw0KGgoAAAANSUhEUg==";

  it.each([
    [PNG, "image/png"],
    ["/9j/4AAQSkZJRgABAQAAAQ==", "image/jpeg"],
    ["R0lGODlhAQABAAAAACw=", "image/gif"],
    ["UklGRiQAAABXRUJQVlA4IA==", "image/webp"],
    ["JVBERi0xLjQK", "application/pdf"],
    ["aGVsbG8=", undefined],
    ["UklGRiQAAABXQVZFZm10IA==", undefined],
  ])("recognises %s as %s", (base64, mediaType) => {
    expect(sniffMediaType(base64)).toBe(mediaType);
  });

  it("makes base64 canonical", () => {
    const { label, base64 } = inlineData("data:IMAGE/PNG;name=x;base64,iVBORw0K\nGgoAAAAN SUhEUg", "p");
    expect([label, base64]).toEqual(["image/png", PNG]);
  });

  it.each([
    ["https://example.com/a.png", "unsupported_content"],
    ["ftp://example.com/a.png", "invalid_value"],
    ["data:image/svg+xml,%3Csvg/%3E", "invalid_value"],
    ["data:image/png;base64,", "invalid_value"],
    ["data:image/png;base64,iVBO*w0K", "invalid_value"],
    ["data:image/png;base64,iVBOR", "invalid_value"],
    ["data:image/png;base64,iV=BOR", "invalid_value"],
  ])("refuses %s", (url, code) => {
    expect(thrownBy(() => inlineData(url, "messages[0].content[1]"))).toMatchObject({
      code,
      param: "messages[0].content[1]",
      status: 400,
    });
  });
});
