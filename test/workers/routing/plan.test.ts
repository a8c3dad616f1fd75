import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findTarget } from "../../../src/routing/models.ts";
import { bedrockTarget } from "../../support/bedrock.ts";
import { claudeAnswer, json, playUpstream, UNAVAILABLE } from "../../support/upstream.ts";
import { wireCompletion } from "../../support/wire.ts";
import { CLAUDE, chat, envOf, errorOf, GPT, NO_RETRY, quietLog } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

describe("findTarget", () => {
  const sonnet = bedrockTarget("us.anthropic.claude-sonnet-4-5-20250929-v1:0", { name: "sonnet" });
  const llama = bedrockTarget("meta/llama-3.3-70b", { name: "llama" });
  const twin = bedrockTarget("meta/llama-3.3-70b", { name: "twin" });
  const slashed = bedrockTarget("x", { name: "team/fast" });
  const fast = bedrockTarget("y", { name: "fast" });
  const shadow = bedrockTarget("z", { name: "x" });
  const named = bedrockTarget("v", { name: "named", aliases: ["claude-*", "gpt-5*", "fast", "w"] });
  const aliased = bedrockTarget("w", { name: "aliased" });
  const targets = [sonnet, llama, twin, slashed, fast, shadow, aliased, named];

  it.each([
    ["a configured name", "sonnet", sonnet],
    ["an upstream model id", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", sonnet],
    ["an upstream model id with a slash", "meta/llama-3.3-70b", llama],
    ["a configured name with a slash", "team/fast", slashed],
    ["the name after a provider prefix", "openclaw/sonnet", sonnet],
    ["the model id after a provider prefix", "openclaw/meta/llama-3.3-70b", llama],
    ["a name with a slash after a provider prefix", "openclaw/team/fast", slashed],
    ["the part after a prefix that is no target's", "other/fast", fast],
    ["a name before a model id", "x", shadow],
    ["an alias", "claude-opus-5-5", named],
    ["an alias after a provider prefix", "openclaw/gpt-5.5-mini", named],
    ["a name before an alias", "fast", fast],
    ["an alias before a model id", "w", named],
  ])("finds by %s: %s", (_, model, target) => {
    expect(findTarget(model, targets)).toEqual({ kind: "target", target });
  });

  it.each(["auto", "openclaw/auto", "a/b/auto"])("leaves the choice to the strategy for %s", (model) => {
    expect(findTarget(model, targets)).toEqual({ kind: "auto" });
  });

  it.each(["gpt-9", "sonnet/", "SONNET", "sonnet/gpt-9", "Auto", "", "/"])("does not know %j", (model) => {
    expect(findTarget(model, targets)).toEqual({ kind: "unknown" });
  });
});

/** Two models, of which the strategy can only choose `claude`. */
const config = {
  llms: { claude: CLAUDE, haiku: { ...CLAUDE, model: "anthropic.claude-3-haiku-20240307-v1:0" }, gpt: GPT },
  router: { weights: { haiku: 0, gpt: 0 }, retry: NO_RETRY },
};

/** Who answered, as body and headers have it. */
async function answering(model: string | null | undefined, more: object = {}) {
  const calls = playUpstream(claudeAnswer("Hello"));
  const response = await chat(envOf({ ...config, ...more }), model === undefined ? {} : { model });
  expect(response.status).toBe(200);
  const { headers } = response;
  return {
    url: calls[0]?.url.replace(/^https:\/\/[^/]+\/model\/([^/]+)\/.*$/, "$1"),
    model: wireCompletion(await response.json()).model,
    name: headers.get("x-router-model"),
    strategy: headers.get("x-router-strategy"),
    attempts: headers.get("x-router-attempts"),
    unknown: headers.get("x-router-unknown-model"),
  };
}
const OPUS_URL = "anthropic.claude-opus-4-5-20251101-v1%3A0";
const HAIKU_URL = "anthropic.claude-3-haiku-20240307-v1%3A0";

describe("the model that answers", () => {
  it.each([
    ["a configured name", "haiku"],
    ["an upstream model id", "anthropic.claude-3-haiku-20240307-v1:0"],
    ["a provider prefix and a name", "openclaw/haiku"],
    ["a provider prefix and a model id", "bedrock/anthropic.claude-3-haiku-20240307-v1:0"],
    ["a name between spaces", " haiku "],
  ])("is the one that the client named by %s, also with the weight 0", async (_, model) => {
    expect(await answering(model)).toEqual({
      url: HAIKU_URL,
      model: "haiku",
      name: "haiku",
      strategy: "named",
      attempts: "1",
      unknown: null,
    });
  });

  it.each([["auto"], ["openclaw/auto"], [undefined], [null], [""]])(
    "is the strategy's for %j",
    async (model) => {
      expect(await answering(model)).toEqual({
        url: OPUS_URL,
        model: "claude",
        name: "claude",
        strategy: "random",
        attempts: "1",
        unknown: null,
      });
    },
  );

  it("is the strategy's for an unknown name too, which x-router-unknown-model tells", async () => {
    const expected = { url: OPUS_URL, model: "claude", name: "claude", strategy: "random", attempts: "1" };
    expect(await answering("gpt-4")).toEqual({ ...expected, unknown: "gpt-4" });
    vi.restoreAllMocks();
    expect(await answering("openclaw/gpt-4")).toEqual({ ...expected, unknown: "openclaw/gpt-4" });
  });

  it("is told in headers that a name cannot break", async () => {
    expect((await answering("gpt\r\nx-evil: 1 é😀")).unknown).toBe("gpt??x-evil: 1 ???");
    vi.restoreAllMocks();
    expect((await answering("x".repeat(300))).unknown).toBe("x".repeat(200));
  });

  it("is none for an unknown name where serve.unknown_model is reject: 404 naming the models", async () => {
    const calls = playUpstream();
    const env = envOf({ ...config, serve: { unknown_model: "reject" } });
    const response = await chat(env, { model: "gpt-4" });
    expect(response.status).toBe(404);
    expect(response.headers.get("x-should-retry")).toBe("false");
    const { message, ...rest } = await errorOf(response);
    expect(rest).toEqual({ type: "invalid_request_error", param: "model", code: "model_not_found" });
    for (const name of ["gpt-4", "auto", "claude", "haiku"]) expect(message).toContain(name);
    expect(calls).toEqual([]);
  });

  it.each(["haiku", "openclaw/auto"])("is found as ever with reject for %s", async (model) => {
    expect((await answering(model, { serve: { unknown_model: "reject" } })).unknown).toBeNull();
  });

  it("is never one with the weight 0 where the strategy chooses", async () => {
    const env = envOf(config);
    for (const draw of [0, 0.5, 0.999999]) {
      vi.spyOn(Math, "random").mockReturnValue(draw);
      playUpstream(claudeAnswer("Hello"));
      expect((await chat(env)).headers.get("x-router-model")).toBe("claude");
      vi.restoreAllMocks();
    }
  });
});

describe("router.fallback_models", () => {
  const fallback = { ...config.router, fallback_models: ["haiku", "gpt", "claude"] };

  it("are tried in order, each once, after the model that was chosen", async () => {
    const calls = playUpstream(UNAVAILABLE, UNAVAILABLE, json({ choices: [] }));
    const response = await chat(envOf({ ...config, router: fallback }));
    expect(response.status).toBe(200);
    expect(calls.map((call) => new URL(call.url).pathname.split("/")[2])).toEqual([
      OPUS_URL,
      HAIKU_URL,
      "chat",
    ]);
    expect(response.headers.get("x-router-model")).toBe("gpt");
    expect(response.headers.get("x-router-attempts")).toBe("3");
    expect(response.headers.get("x-router-strategy")).toBe("random");
  });

  it("serve a named model too", async () => {
    const calls = playUpstream(UNAVAILABLE, json({ choices: [] }));
    const response = await chat(envOf({ ...config, router: fallback }), { model: "haiku" });
    expect(calls).toHaveLength(2);
    expect(response.headers.get("x-router-model")).toBe("gpt");
    expect(response.headers.get("x-router-strategy")).toBe("named");
  });

  it("give the last one's error when none answers, and the router has retried already", async () => {
    const calls = playUpstream(UNAVAILABLE, UNAVAILABLE, () => new Response("oops", { status: 500 }));
    const response = await chat(envOf({ ...config, router: fallback }));
    expect(calls).toHaveLength(3);
    expect(response.status).toBe(500);
    expect((await errorOf(response)).message).toContain("'gpt'");
    expect(response.headers.get("x-should-retry")).toBe("false");
  });
});
