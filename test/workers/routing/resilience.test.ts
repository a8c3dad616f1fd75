import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { claudeAnswer, playUpstream, refusal, UNAVAILABLE } from "../../support/upstream.ts";
import { wireCompletion } from "../../support/wire.ts";
import { anthropic } from "../../../src/families/anthropic/index.ts";
import { CLAUDE, chat, envOf, errorOf, GPT, NO_RETRY, quietLog, RETRY_AT_ONCE } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => vi.restoreAllMocks());

const REGIONS = ["eu-west-1", "eu-central-1"];
const THROTTLED = refusal(429, "ThrottlingException", "Too many requests");
const regions = (calls: readonly { url: string }[]) => calls.map(({ url }) => url.split(".")[1]);

describe("a list of regions", () => {
  const env = (llms: object = { claude: { ...CLAUDE, aws_region: REGIONS } }, router: object = {}) =>
    envOf({ router: { retry: NO_RETRY, ...router }, llms });

  it.each([
    ["throttling", THROTTLED],
    ["an outage", UNAVAILABLE],
    [
      "a model that is not there",
      refusal(400, "ValidationException", "The provided model identifier is invalid."),
    ],
  ])("goes to the next region on %s", async (_, failure) => {
    const calls = playUpstream(failure, claudeAnswer("Hello"));
    const response = await chat(env());
    expect(response.status).toBe(200);
    expect(regions(calls)).toEqual(REGIONS);
    expect(response.headers.get("x-router-attempts")).toBe("2");
  });

  it("tries each region as often as router.retry says, before the next model", async () => {
    const calls = playUpstream(UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE);
    const llms = {
      claude: { ...CLAUDE, aws_region: REGIONS },
      spare: { ...CLAUDE, aws_region: "us-west-2" },
    };
    const retry = { attempts: 1, base_ms: 0, max_ms: 0 };
    const response = await chat(env(llms, { retry, fallback_models: ["spare"] }), { model: "claude" });
    const { message } = await errorOf(response);
    expect(regions(calls)).toEqual([
      "eu-west-1",
      "eu-west-1",
      "eu-central-1",
      "eu-central-1",
      "us-west-2",
      "us-west-2",
    ]);
    expect(
      message
        .split("\n")
        .slice(1)
        .map((line) => line.replace(/ after \d+ ms$/, "")),
    ).toEqual([
      "Attempts:",
      "1. claude (eu-west-1): upstream_unavailable",
      "2. claude (eu-west-1): upstream_unavailable",
      "3. claude (eu-central-1): upstream_unavailable",
      "4. claude (eu-central-1): upstream_unavailable",
      "5. spare (us-west-2): upstream_unavailable",
      "6. spare (us-west-2): upstream_unavailable",
    ]);
    expect(response.headers.get("x-router-attempts")).toBe("6");
  });

  it("does not send rejected credentials to another region, but tries the next model", async () => {
    const rejected = refusal(403, "UnrecognizedClientException", "The security token is invalid.");
    const calls = playUpstream(rejected, () => Response.json({ choices: [] }));
    const llms = { claude: { ...CLAUDE, aws_region: REGIONS }, gpt: GPT };
    const response = await chat(env(llms, { fallback_models: ["gpt"] }), { model: "claude" });
    expect(response.headers.get("x-router-model")).toBe("gpt");
    expect(calls).toHaveLength(2);
  });

  it("does not repeat what is the client's fault", async () => {
    const calls = playUpstream(refusal(400, "ValidationException", "temperature: must be less than 1"));
    expect((await chat(env())).status).toBe(400);
    expect(calls).toHaveLength(1);
  });
});

describe("a target that keeps failing", () => {
  const llms = { claude: CLAUDE, gpt: GPT };
  const OK = () => Response.json({ choices: [] });
  it("rests: requests go to the fallback at once", async () => {
    const env = envOf({ router: { retry: NO_RETRY, fallback_models: ["gpt"] }, llms });
    const calls = playUpstream(UNAVAILABLE, OK, UNAVAILABLE, OK, UNAVAILABLE, OK, OK);
    for (let turn = 0; turn < 4; turn++) {
      const response = await chat(env, { model: "claude" });
      expect(response.headers.get("x-router-model")).toBe("gpt");
      expect(response.headers.get("x-router-attempts")).toBe(turn < 3 ? "2" : "1");
      const reason = `The request names it.${turn < 3 ? "" : " claude cools down."}`;
      expect(response.headers.get("x-router-reason")).toBe(reason);
    }
    expect(calls).toHaveLength(7);
  });

  it("rests: the strategy's next choice is taken", async () => {
    const env = envOf({ router: { retry: NO_RETRY }, llms });
    vi.spyOn(Math, "random").mockReturnValue(0);
    playUpstream(UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, OK);
    for (let turn = 0; turn < 3; turn++) expect((await chat(env)).status).toBe(500);
    const response = await chat(env);
    expect(response.headers.get("x-router-model")).toBe("gpt");
  });

  it("is tried nevertheless when there is no other", async () => {
    const env = envOf({ router: { retry: NO_RETRY }, llms: { claude: CLAUDE } });
    playUpstream(UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, claudeAnswer("back"));
    for (let turn = 0; turn < 3; turn++) expect((await chat(env)).status).toBe(500);
    expect((await chat(env)).status).toBe(200);
  });

  const keys = { ROUTER_API_KEYS: "one=sk-client-number-one,two=sk-client-number-two" };
  const shared = () => envOf({ router: { retry: RETRY_AT_ONCE, fallback_models: ["gpt"] }, llms }, keys);

  it("does not rest for a mistake of the router's, which no other model would mend", async () => {
    const env = shared();
    vi.spyOn(anthropic, "encode").mockImplementation(() => Reflect.apply(Reflect.get, null, []));
    for (let turn = 0; turn < 3; turn++) {
      const response = await chat(env, { model: "claude" }, { key: "sk-client-number-one" });
      expect((await errorOf(response)).code).toBe("internal_error");
      expect(response.headers.get("x-router-attempts")).toBe("1");
    }
    vi.restoreAllMocks();
    quietLog();
    playUpstream(claudeAnswer("hi"));
    const other = await chat(env, { model: "claude" }, { key: "sk-client-number-two" });
    expect(other.headers.get("x-router-model")).toBe("claude");
  });

  it("does not rest for a mistake in its configuration, and another model serves meanwhile", async () => {
    const env = shared();
    const redirect = () => new Response(null, { status: 307 });
    playUpstream(redirect, OK, redirect, OK, redirect, OK, claudeAnswer("hi"));
    for (let turn = 0; turn < 3; turn++) {
      const response = await chat(env, { model: "claude" }, { key: "sk-client-number-one" });
      expect(response.headers.get("x-router-model")).toBe("gpt");
      expect(response.headers.get("x-router-attempts")).toBe("2");
    }
    const other = await chat(env, { model: "claude" }, { key: "sk-client-number-two" });
    expect(other.headers.get("x-router-model")).toBe("claude");
  });

  it("does not rest for its clients' faults", async () => {
    const env = envOf({ router: { retry: NO_RETRY, fallback_models: ["gpt"] }, llms });
    const wrong = refusal(400, "ValidationException", "messages: bad");
    playUpstream(wrong, wrong, wrong, wrong, claudeAnswer("hi"));
    for (let turn = 0; turn < 4; turn++) expect((await chat(env, { model: "claude" })).status).toBe(400);
    const response = await chat(env, { model: "claude" });
    expect(response.headers.get("x-router-model")).toBe("claude");
  });
});

describe("n", () => {
  const env = envOf({ router: { retry: NO_RETRY }, llms: { claude: CLAUDE, gpt: GPT } });

  it("asks a Bedrock model that many times, with indices and the usage of all", async () => {
    const calls = playUpstream(claudeAnswer("one"), claudeAnswer("two"), claudeAnswer("three"));
    const response = await chat(env, { model: "claude", n: 3 });
    expect(calls).toHaveLength(3);
    playUpstream(claudeAnswer("one"));
    const { usage } = wireCompletion(await (await chat(env, { model: "claude" })).json());
    expect(await response.json()).toMatchObject({
      choices: [
        { index: 0, message: { content: "one" }, finish_reason: "stop" },
        { index: 1, message: { content: "two" }, finish_reason: "stop" },
        { index: 2, message: { content: "three" }, finish_reason: "stop" },
      ],
      usage: { total_tokens: 3 * (usage?.total_tokens ?? Number.NaN) },
    });
  });

  it.each([
    [{ n: 2, stream: true }, /stream/],
    [{ n: 5 }, /at most 4/],
  ])("is refused with %j", async (body, text) => {
    const calls = playUpstream();
    const response = await chat(env, { model: "claude", ...body });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({
      code: "unsupported_parameter",
      param: "n",
      message: expect.stringMatching(text),
    });
    expect(calls).toHaveLength(0);
  });

  it("gives no part of an answer when one of them fails", async () => {
    playUpstream(claudeAnswer("one"), UNAVAILABLE);
    expect((await chat(env, { model: "claude", n: 2 })).status).toBe(500);
  });

  it("is left to an OpenAI-compatible upstream, streamed too", async () => {
    const calls = playUpstream(() => Response.json({ choices: [] }));
    await chat(env, { model: "gpt", n: 9, stream: true });
    expect(calls[0]?.body).toMatchObject({ n: 9 });
  });
});
