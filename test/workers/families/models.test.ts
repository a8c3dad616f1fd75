/** The table of models: what its ids tell, and what it says of the models that are easily got wrong. */
import { describe, expect, it } from "vitest";
import { EXAMPLE_IDS } from "../../../src/families/models/example-ids.ts";
import {
  chatModel,
  claudeModel,
  converseModel,
  knownModel,
  llamaModel,
  mistralModel,
  plainModelId,
  rowFor,
  TABLE,
} from "../../../src/families/models/index.ts";
import { familyFor, surfaceOf, familyNames, lifecycleNote } from "../../../src/families/index.ts";
import { bedrockTarget, thrownBy } from "../../support/bedrock.ts";

const HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0";
const ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012";
const PROFILE = `${ACCOUNT}:application-inference-profile/abc123`;

describe("plainModelId", () => {
  const PREFIXES = ["", "us.", "us-gov.", "eu.", "apac.", "jp.", "au.", "ca.", "in.", "global."];

  it.each(PREFIXES)("strips %j", (prefix) => {
    expect(plainModelId(prefix + HAIKU)).toBe(HAIKU);
    expect(plainModelId(`${ACCOUNT}:inference-profile/${prefix}${HAIKU}`)).toBe(HAIKU);
  });

  it("reads foundation model ARNs of every partition", () => {
    expect(plainModelId(`arn:aws:bedrock:eu-west-1::foundation-model/${HAIKU}`)).toBe(HAIKU);
    expect(plainModelId(`arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/${HAIKU}`)).toBe(HAIKU);
  });

  it("leaves makers alone that look like a prefix", () => {
    expect(plainModelId("zai.glm-4.7")).toBe("zai.glm-4.7");
    expect(plainModelId("openai.gpt-oss-20b-1:0")).toBe("openai.gpt-oss-20b-1:0");
    expect(plainModelId("us.zai.glm-4.7")).toBe("zai.glm-4.7");
    expect(plainModelId("us.twelvelabs.marengo-embed-3-0-v1:0")).toBe("twelvelabs.marengo-embed-3-0-v1:0");
  });

  it.each([
    "application-inference-profile/abc123",
    "provisioned-model/abc123",
    "custom-model-deployment/abc123",
    "imported-model/abc123",
    "prompt-router/abc123",
    "default-prompt-router/anthropic.claude:1",
  ])("does not guess what %s is", (resource) => {
    expect(plainModelId(`${ACCOUNT}:${resource}`)).toBeUndefined();
  });
});

describe("the table", () => {
  it("has each id once, and families that exist", () => {
    expect(new Set(TABLE.map(({ id }) => id)).size).toBe(TABLE.length);
    for (const { family } of TABLE) expect(familyNames()).toContain(family);
  });

  it("dates are days, and who leaves is either gone or has one", () => {
    for (const { id, lifecycle } of TABLE) {
      if (lifecycle?.on !== undefined) expect(lifecycle.on, id).toMatch(/^20\d\d-[01]\d-[0-3]\d$/);
      if (lifecycle?.state === "legacy") expect(lifecycle.on, id).toBeDefined();
    }
  });

  it("proposes nothing that is on its way out, and nothing that Bedrock Runtime does not serve", () => {
    for (const id of Object.values(EXAMPLE_IDS).flat()) {
      expect(knownModel(id), id).toMatchObject({ endpoint: "runtime" });
      expect(knownModel(id)?.lifecycle, id).toBeUndefined();
    }
  });

  it.each([
    ["anthropic.claude-opus-9", "anthropic.claude-opus-5-5"],
    ["amazon.nova-9-lite-v1:0", "amazon.nova-2-lite-v1:0"],
    ["meta.llama9-9b-instruct-v1:0", "meta.llama4-maverick-17b-instruct-v1:0"],
    ["mistral.mistral-9", "mistral.mistral-large-3-675b-instruct"],
    ["openai.gpt-9", "openai.gpt-6.2-sol"],
    ["xai.grok-9", "xai.grok-4.7"],
    ["moonshotai.kimi-k9", "moonshotai.kimi-k3.1"],
    ["zai.glm-9", "zai.glm-5.3"],
    ["google.gemma-9-31b", "google.gemma-4-31b"],
    ["qwen.qwen9", "qwen.qwen3-coder-next"],
    ["deepseek.v9", "deepseek.v3.2"],
    ["minimax.minimax-m9", "minimax.minimax-m2.5"],
    ["nvidia.nemotron-9", "nvidia.nemotron-super-3-120b"],
    ["writer.palmyra-x9", "writer.palmyra-x5-v1:0"],
  ])("%s behaves as the maker's newest, %s", (newer, newest) => {
    const { id: _newer, cacheMinimum: _one, ...row } = rowFor(newer, undefined);
    const { id: _newest, cacheMinimum: _other, ...expected } = rowFor(newest, undefined);
    expect(row).toEqual(expected);
    expect(row.facts.contextWindow).toBeGreaterThan(0);
    expect(row.facts.maxOutput).toBeGreaterThan(0);
  });

  it("takes a longer id for no older model, and a date for none of its own", () => {
    expect(knownModel("anthropic.claude-opus-5-7")?.id).toBe("anthropic.claude-");
    expect(knownModel("global.anthropic.claude-sonnet-4-20250514-v1:0")?.id).toBe(
      "anthropic.claude-sonnet-4",
    );
    expect(knownModel("meta.llama3-2-90b-instruct-v1:0")?.id).toBe("meta.llama3-2-90b-");
    expect(knownModel("nvidia.nemotron-nano-9b-v2")?.id).toBe("nvidia.nemotron-nano-9b-v2");
  });

  it("knows by its family what an ARN hides", () => {
    expect(converseModel(PROFILE, "anthropic")).toMatchObject({
      cachePoints: "anywhere",
      stopSequences: true,
    });
    expect(converseModel(PROFILE, "llama")).toMatchObject({
      textBesideResults: false,
      streaming: "without tools",
    });
    expect(converseModel(PROFILE, "mistral")).toMatchObject({ textBesideResults: false });
    expect(converseModel(PROFILE, undefined)).toMatchObject({ cachePoints: "nowhere", resultMedia: true });
  });
});

describe("closed models by Converse", () => {
  it.each([
    "us.openai.gpt-5.6-sol",
    "global.openai.gpt-6.1-sol",
    "us.openai.gpt-7",
    "us.xai.grok-4.6",
    "us.xai.grok-4.7",
    "us.moonshotai.kimi-k3",
    "global.moonshotai.kimi-k3.1",
  ])("%s takes images, but no sampling, cache points, or media inside results", (id) => {
    expect(knownModel(id)).toMatchObject({ surface: "converse", facts: { images: true } });
    expect(converseModel(id, undefined)).toMatchObject({
      sampling: "none",
      cachePoints: "nowhere",
      resultMedia: false,
      stopSequences: false,
    });
  });

  it.each([
    ["us.openai.gpt-5.6-sol", 1_050_000, 128_000, ["none", "low", "medium", "high", "xhigh", "max"]],
    ["us.openai.gpt-6-astra", 1_050_000, 128_000, ["low", "medium", "high", "xhigh", "max"]],
    ["us.xai.grok-4.6", 500_000, 500_000, ["low", "medium", "high", "xhigh"]],
    ["us.moonshotai.kimi-k3", 1_048_576, 128_000, ["low", "high", "max"]],
    ["us.zai.glm-5.3", 1_000_000, 128_000, ["low", "medium", "high"]],
  ])("%s has its limits and efforts", (id, contextWindow, maxOutput, efforts) => {
    expect(knownModel(id)?.facts).toMatchObject({ contextWindow, maxOutput, reasoning: true });
    expect(converseModel(id, undefined).efforts).toEqual(efforts);
  });

  it("GPT wants strict said twice", () => {
    expect(converseModel("us.openai.gpt-6.1-sol", undefined).structuredOutput).toBe("strict");
  });
});

describe("models of bedrock-mantle alone", () => {
  it.each([
    ["openai.gpt-5.4", "responses"],
    ["openai.gpt-5.5", "responses"],
    ["xai.grok-4.3", "chat"],
    ["google.gemma-4-31b", "chat"],
    ["anthropic.claude-mythos-5", "messages"],
    ["anthropic.claude-mythos-preview", "messages"],
  ])("%s is served there, by %s", (id, surface) => {
    expect(knownModel(id)).toMatchObject({ surface, endpoint: "mantle" });
    expect(surfaceOf(bedrockTarget(id))).toEqual({ surface, endpoint: "mantle" });
    const error = thrownBy(() => surfaceOf(bedrockTarget(id, { endpoint: "runtime" })));
    expect(error).toMatchObject({ code: "config_invalid" });
    expect(String(error)).toMatch(/only the endpoint mantle/);
  });

  it.each([
    ["anthropic.claude-opus-5-5", "messages"],
    ["openai.gpt-5.6-sol", "responses"],
    ["openai.gpt-oss-120b", "chat"],
    ["moonshotai.kimi-k3", "chat"],
    ["newmaker.model-1", "chat"],
  ])("%s is asked by %s where endpoint: mantle wants it there", (id, surface) => {
    expect(surfaceOf(bedrockTarget(id, { endpoint: "mantle" }))).toEqual({ surface, endpoint: "mantle" });
  });

  it.each([
    ["us.openai.gpt-5.6-sol", { endpoint: "mantle" }, /wants a plain id: openai\.gpt-5\.6-sol/],
    ["arn:aws:bedrock:us-east-1::foundation-model/zai.glm-5.3", { endpoint: "mantle" }, /no ARNs/],
    ["anthropic.claude-opus-5-5", { endpoint: "mantle", api: "invoke" }, /mantle has no api: invoke/],
    [
      "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
      { api: "chat" },
      /only called by api: invoke and api: converse/,
    ],
  ] as const)("%s cannot be asked so: %j", (id, more, why) => {
    const error = thrownBy(() => surfaceOf(bedrockTarget(id, more)));
    expect(error).toMatchObject({ code: "config_invalid" });
    expect(String(error)).toMatch(why);
  });

  it("is what the Gemma before was not", () => {
    expect(knownModel("google.gemma-3-27b-it")).toMatchObject({ surface: "converse", endpoint: "runtime" });
    expect(knownModel("google.gemma-4-31b")?.facts).toMatchObject({
      contextWindow: 262_144,
      maxOutput: 32_768,
    });
  });
});

describe("Claude", () => {
  const FIVE = {
    contextWindow: 1_000_000,
    maxOutput: 128_000,
    thinking: "adaptive",
    sampling: "none",
    prefill: false,
  };

  it.each([
    ["anthropic.claude-v2:1", { maxOutput: 4096, tools: false, images: false }],
    ["anthropic.claude-instant-v1", { maxOutput: 4096, tools: false }],
    ["anthropic.claude-3-haiku-20240307-v1:0:200k", { maxOutput: 4096, toolChoiceFields: false }],
    ["us.anthropic.claude-3-5-sonnet-20241022-v2:0", { maxOutput: 8192, thinking: "none", hourCache: false }],
    [
      "anthropic.claude-3-7-sonnet-20250219-v1:0",
      { maxOutput: 64_000, thinking: "budget", hourCache: false },
    ],
    ["anthropic.claude-opus-4-20250514-v1:0", { maxOutput: 32_000, sampling: "both", hourCache: false }],
    ["anthropic.claude-opus-4-1-20250805-v1:0", { maxOutput: 32_000, thinking: "budget", hourCache: false }],
    ["anthropic.claude-sonnet-4-5-20250929-v1:0", { structuredOutput: true, hourCache: true }],
    [
      HAIKU,
      { maxOutput: 64_000, sampling: "one", structuredOutput: false, strictTools: true, prefill: true },
    ],
    ["anthropic.claude-opus-4-6-v1", { maxOutput: 128_000, thinking: "adaptive", prefill: false }],
    ["anthropic.claude-sonnet-4-6", { sampling: "one", strictTools: true, structuredOutput: false }],
    ["global.anthropic.claude-opus-4-7", { sampling: "none", structuredOutput: false, systemMidway: false }],
    ["anthropic.claude-opus-4-8", { thinksByDefault: false, systemMidway: true }],
    ["anthropic.claude-opus-5", { ...FIVE, thinksByDefault: true, turnsOff: "disabled", forcedTools: true }],
    [
      "anthropic.claude-sonnet-5",
      { ...FIVE, thinksByDefault: true, turnsOff: "disabled", forcedTools: true },
    ],
    ["anthropic.claude-fable-5", { ...FIVE, forcedTools: true, bindsThinking: false }],
    [
      "anthropic.claude-opus-5-5",
      { ...FIVE, forcedTools: false, structuredOutput: true, bindsThinking: true },
    ],
    ["anthropic.claude-sonnet-5-5", { ...FIVE, forcedTools: false, turnsOff: "between_tools" }],
    ["anthropic.claude-haiku-5-5", { ...FIVE, forcedTools: true, turnsOff: "disabled", bindsThinking: true }],
    ["anthropic.claude-fable-5-1", { ...FIVE, forcedTools: false, bindsThinking: true }],
    ["anthropic.claude-fable-5-2", { ...FIVE, forcedTools: false, bindsThinking: true }],
    ["anthropic.claude-mythos-5-1", { ...FIVE, forcedTools: false, bindsThinking: false }],
    ["anthropic.claude-mythos-5-2", { ...FIVE, forcedTools: false, bindsThinking: false }],
    ["anthropic.claude-opus-6", { ...FIVE, forcedTools: false, thinksByDefault: true }],
  ])("%s", (id, expected) => {
    expect(claudeModel(id)).toMatchObject(expected);
  });

  it.each(["opus-5-5", "fable-5", "fable-5-1", "fable-5-2"])(
    "nothing turns the thinking of %s off",
    (name) => {
      expect(claudeModel(`anthropic.claude-${name}`).turnsOff).toBeUndefined();
    },
  );

  it.each([
    ["opus-5", 512],
    ["opus-5-5", 512],
    ["sonnet-5-5", 512],
    ["haiku-5-5", 512],
    ["fable-5-1", 512],
    ["sonnet-5", 1024],
    ["sonnet-4-6", 1024],
    ["opus-4-8", 1024],
    ["opus-4-7", 4096],
    ["haiku-4-5", 4096],
  ])("%s caches from %i tokens on, and has no tiers", (name, cacheMinimum) => {
    expect(knownModel(`anthropic.claude-${name}`)).toMatchObject({ cacheMinimum, tiers: "none" });
  });

  it.each([
    ["anthropic.claude-fable-5", true],
    ["anthropic.claude-fable-5-2", true],
    ["anthropic.claude-opus-5-5", undefined],
  ])("%s wants retention allowed: %s", (id, expected) => {
    expect(knownModel(id)?.wantsRetention).toBe(expected);
  });

  it("assumes little behind an opaque ARN", () => {
    const hidden = claudeModel(`${ACCOUNT}:application-inference-profile/abc123`);
    expect(hidden).toMatchObject({
      sampling: "none",
      prefill: false,
      thinking: "none",
      structuredOutput: false,
    });
    expect(hidden).toMatchObject({ hourCache: false });
    expect(hidden.contextWindow).toBeUndefined();
  });

  it("gives the family its limits", () => {
    const target = bedrockTarget(HAIKU);
    expect(familyFor(target).facts(target)).toMatchObject({ contextWindow: 200_000, maxOutput: 64_000 });
  });
});

describe("streams where there are", () => {
  it("Llama 4 streams, without tools", () => {
    const id = "us.meta.llama4-scout-17b-instruct-v1:0";
    expect(llamaModel(id, "llama").streaming).toBe(true);
    expect(converseModel(id, undefined).streaming).toBe("without tools");
  });

  it.each([
    ["mistral.mistral-large-3-675b-instruct", "always"],
    ["mistral.ministral-3-8b-instruct", "always"],
    ["mistral.magistral-small-2509", "always"],
    ["mistral.devstral-2-123b", "always"],
    ["mistral.voxtral-mini-3b-2507", "always"],
    ["mistral.mistral-large-2402-v1:0", "without tools"],
    ["mistral.mistral-large-2407-v1:0", "without tools"],
    ["us.mistral.pixtral-large-2502-v1:0", "without tools"],
  ])("%s streams %s", (id, streaming) => {
    expect(converseModel(id, undefined).streaming).toBe(streaming);
  });

  it("limits are what the cards say", () => {
    expect(llamaModel("us.meta.llama3-3-70b-instruct-v1:0", "llama").maxOutput).toBe(4096);
    expect(mistralModel("mistral.ministral-3-3b-instruct", "mistral")).toMatchObject({
      contextWindow: 256_000,
      maxOutput: 8192,
    });
    expect(chatModel("us.writer.palmyra-vision-7b", "writer").images).toBe(true);
  });
});

describe("what is on its way out is told", () => {
  it.each([
    [
      "us.anthropic.claude-sonnet-4-20250514-v1:0",
      /claude-sonnet-4-20250514-v1:0 is retired since 2026-10-14/,
    ],
    ["anthropic.claude-3-haiku-20240307-v1:0", /retired since 2026-09-10/],
    ["cohere.command-r-plus-v1:0", /retired since 2026-08-19/],
    ["ai21.jamba-1-5-mini-v1:0", /retired since 2026-11-26/],
    ["amazon.titan-text-express-v1", /is retired: /],
    ["us.amazon.nova-premier-v1:0", /is retired: /],
    ["us.meta.llama3-2-90b-instruct-v1:0", /is retired: /],
    ["us.anthropic.claude-opus-4-1-20250805-v1:0", /is legacy: it ends on 2027-01-08/],
    ["us.meta.llama3-3-70b-instruct-v1:0", /is legacy: it ends on 2027-03-30/],
    ["global.anthropic.claude-sonnet-4-5-20250929-v1:0", /is legacy: it ends on 2026-11-30/],
  ])("%s", (id, says) => {
    expect(lifecycleNote(bedrockTarget(id))).toMatch(says);
    expect(lifecycleNote(bedrockTarget(id))).toMatch(/^llms\.tested\.model: .*Current ids: /);
  });

  it("what is in service, or hidden, is not", () => {
    for (const id of ["global.anthropic.claude-sonnet-5-5", PROFILE, "acme.model"]) {
      expect(lifecycleNote(bedrockTarget(id))).toBeUndefined();
    }
  });
});
