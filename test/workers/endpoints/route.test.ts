import { createExecutionContext } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { headerText } from "../../../src/http/headers.ts";
import { claudeAnswer, json, playUpstream, THROTTLED, UNAVAILABLE } from "../../support/upstream.ts";
import { ask, CLAUDE, chat, envOf, errorOf, GPT, KEY, NO_RETRY, ORIGIN, quietLog } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const LLMS = {
  claude: { ...CLAUDE, description: "Careful" },
  gpt: { ...GPT, description: "Quick" },
  other: { ...GPT, model: "acme/other" },
};
const withRouter = (router: object) => envOf({ router, llms: LLMS });
const HI = { messages: [{ role: "user", content: "[Sun 2026-11-22 14:45 UTC] Fix my code" }] };

async function explain(env: Env, body: object = HI, path = "/v1/route"): Promise<unknown> {
  const response = await ask(env, path, { method: "POST", body });
  expect(response.status).toBe(200);
  return response.json();
}

describe("POST /v1/route", () => {
  it("explains rules", async () => {
    const calls = playUpstream();
    const rules = [{ keywords: ["code"], model: "gpt" }, { default: "other" }];
    expect(
      await explain(withRouter({ strategy: "rules", rules, fallback_models: ["claude", "gpt"] })),
    ).toEqual({
      object: "route",
      query: "Fix my code",
      strategy: "rules",
      model: "gpt",
      reason: 'router.rules[0] matched: the keyword "code".',
      order: ["gpt", "claude", "other"],
      fallbacks: ["claude"],
    });
    expect(calls).toEqual([]);
  });

  it("tells the places: the nearest, a session's own, what cools down, who is asked beside the first", async () => {
    const regions = { ...CLAUDE, aws_region: ["nearest", "eu-central-1", "us-east-1"] };
    const router = { sticky: "session", retry: NO_RETRY, hedge: { after: "800ms", share: 1 } };
    const env = envOf({ router, llms: { claude: regions } });
    const stream = { ...HI, stream: true };
    const asked = async (body: object, cf?: RequestInitCfProperties) => {
      const options = {
        method: "POST",
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${KEY}` },
      };
      const request = new Request(`${ORIGIN}/v1/route`, { ...options, ...(cf && { cf }) });
      const told: unknown = await (await app.fetch(request, env, createExecutionContext())).json();
      return told;
    };
    const place = (name: string) => ({ model: "claude", place: name });
    const near = await asked(stream, { latitude: "39", longitude: "-77" });
    expect(near).toMatchObject({
      places: [place("us-east-1"), place("eu-central-1")],
      nearest: "us-east-1",
      // Half as long again while none are saved up.
      hedge: { ...place("eu-central-1"), after_ms: 1200 },
    });
    expect(near).not.toHaveProperty("session");
    playUpstream(THROTTLED, claudeAnswer("Hi"), THROTTLED, claudeAnswer("Hi"), THROTTLED, claudeAnswer("Hi"));
    for (const text of ["a", "b", "c"]) {
      const body = { messages: [{ role: "user", content: text }] };
      expect((await chat(env, body)).status).toBe(200);
    }
    const later = await asked({ messages: [{ role: "user", content: "a" }], stream: true });
    expect(later).toMatchObject({
      places: [place("us-east-1")],
      session: place("us-east-1"),
      cooling_down: [{ ...place("eu-central-1"), ms: expect.any(Number) }],
    });
    expect(later).not.toHaveProperty("hedge");
    expect(later).not.toHaveProperty("nearest");
  });

  it("explains random with everybody's chances", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.3);
    expect(await explain(withRouter({ weights: { claude: 1, gpt: 3, other: 0 } }))).toMatchObject({
      strategy: "random",
      model: "gpt",
      order: ["gpt", "claude"],
      fallbacks: [],
      details: { chances: { claude: 0.25, gpt: 0.75 } },
    });
  });

  it("explains a named model and an unknown one", async () => {
    const env = withRouter({ weights: { gpt: 0, other: 0 } });
    expect(await explain(env, { ...HI, model: "gpt" })).toMatchObject({
      strategy: "named",
      order: ["gpt"],
      reason: "The request names it.",
    });
    expect(await explain(env, { ...HI, model: "gpt-9" })).toMatchObject({
      model: "claude",
      unknown_model: "gpt-9",
    });
  });

  it("shows prompt and candidates of llm, and asks only for ?live=1", async () => {
    const env = withRouter({ strategy: "llm", model: "claude", weights: { other: 0 } });
    const calls = playUpstream(claudeAnswer('{"model":"gpt"}'), claudeAnswer("Paris."));
    const details = {
      router_model: "claude",
      prompt: { system: expect.stringContaining('"Careful"'), user: '<request>"Fix my code"</request>' },
      candidates: [
        { name: "claude", description: "Careful" },
        { name: "gpt", description: "Quick" },
      ],
    };
    for (const path of ["/v1/route", "/v1/route?live=0", "/route?live"]) {
      expect(await explain(env, HI, path)).toMatchObject({
        strategy: "llm",
        model: null,
        order: [],
        reason: expect.stringContaining("?live=1"),
        details,
      });
    }
    expect(calls).toEqual([]);
    expect(await explain(env, HI, "/v1/route?live=1")).toMatchObject({
      strategy: "llm",
      model: "gpt",
      order: ["gpt", "claude"],
      details: { ...details, answer: '{"model":"gpt"}' },
    });
    expect(await explain(env, HI, "/v1/route?live=1")).toMatchObject({
      strategy: "llm; fallback",
      model: "claude",
      details: { answer: "Paris." },
    });
  });

  it("tells why the router model could not be asked", async () => {
    playUpstream(json({}, { status: 401 }));
    const env = withRouter({ strategy: "llm", model: "gpt" });
    expect(await explain(env, HI, "/v1/route?live=1")).toMatchObject({
      strategy: "llm; fallback",
      reason: expect.stringMatching(/first model.*'gpt' failed \(upstream_credentials_rejected\)/),
      details: { failure: expect.stringContaining("rejected the router's API key") },
    });
  });

  it("takes the same key and the same requests as chat completions", async () => {
    const env = withRouter({});
    const refused = await ask(env, "/v1/route", { method: "POST", body: HI, key: "wrong" });
    expect((await errorOf(refused)).code).toBe("invalid_api_key");
    const empty = await ask(env, "/v1/route", { method: "POST", body: { messages: [] } });
    expect(await errorOf(empty)).toMatchObject({ code: "invalid_value", param: "messages" });
    expect((await errorOf(await ask(env, "/v1/route"))).code).toBe("method_not_allowed");
    const strict = envOf({ serve: { unknown_model: "reject", max_body_bytes: 200 }, llms: LLMS });
    const unknown = await ask(strict, "/route", { method: "POST", body: { ...HI, model: "gpt-9" } });
    expect((await errorOf(unknown)).code).toBe("model_not_found");
    const large = await ask(strict, "/route", { method: "POST", body: { ...HI, user: "x".repeat(200) } });
    expect(large.status).toBe(413);
  });
});

describe("GET /routers", () => {
  it("lists all strategies", async () => {
    const body = await (await ask(withRouter({ strategy: "rules" }), "/routers")).json();
    expect(body).toMatchObject({
      available_routers: [
        "random",
        "round_robin",
        "rules",
        "llm",
        "cheapest",
        "fastest",
        "complexity",
        "semantic",
        "knn",
      ],
      current: "rules",
    });
  });
});

describe("router.sticky: turn", () => {
  const KEYS = { ROUTER_API_KEYS: "alice=sk-alice-is-a-key,bob=sk-bob-is-another-key" };
  const sticky = (router: object = {}) => envOf({ router: { sticky: "turn", ...router }, llms: LLMS }, KEYS);
  const answers = (count: number) =>
    playUpstream(
      ...Array.from(
        { length: count },
        () => (call: { readonly url: string }) =>
          call.url.includes("bedrock")
            ? Response.json({ content: [{ type: "text", text: "Hi" }], stop_reason: "end_turn" })
            : Response.json({ choices: [] }),
      ),
    );
  /** Draws the models in turn, as far as somebody draws. */
  function drawInTurn() {
    let draws = 0;
    vi.spyOn(Math, "random").mockImplementation(() => ((draws++ % 9) + 0.5) / 9);
    return () => draws;
  }
  const turn = async (env: Env, text: string, key = "sk-alice-is-a-key", more: readonly object[] = []) => {
    const messages = [{ role: "user", content: text }, ...more];
    const response = await chat(env, { messages }, { key });
    expect(response.status).toBe(200);
    await response.text();
    return {
      model: response.headers.get("x-router-model"),
      strategy: response.headers.get("x-router-strategy"),
    };
  };
  const toolLoop = [
    {
      role: "assistant",
      tool_calls: [{ id: "t1", type: "function", function: { name: "ls", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "t1", content: "a.txt" },
    { role: "user", content: "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>x<<<END_OPENCLAW_INTERNAL_CONTEXT>>>" },
  ];

  it("keeps the model of a tool loop, and chooses anew for other words and other clients", async () => {
    answers(20);
    const draws = drawInTurn();
    const env = sticky();
    const first = await turn(env, "List the files");
    expect(first).toEqual({ model: "claude", strategy: "random" });
    const drawn = draws();
    expect(await turn(env, "List the files", "sk-alice-is-a-key", toolLoop)).toEqual({
      model: "claude",
      strategy: "random; sticky",
    });
    expect(draws()).toBe(drawn);
    expect((await turn(env, "List the folders")).strategy).toBe("random");
    expect((await turn(env, "List the files", "sk-bob-is-another-key")).strategy).toBe("random");
    expect((await turn(env, "List the files", "sk-bob-is-another-key")).strategy).toBe("random; sticky");
    expect(await turn(env, "List the files")).toEqual({ model: "claude", strategy: "random; sticky" });
  });

  it("lasts for 5 minutes from the last use", async () => {
    answers(4);
    vi.useFakeTimers({ toFake: ["Date"] });
    const env = sticky();
    const begun = Date.now();
    expect((await turn(env, "x")).strategy).toBe("random");
    vi.setSystemTime(begun + 299_999);
    expect((await turn(env, "x")).strategy).toBe("random; sticky");
    vi.setSystemTime(begun + 299_999 + 299_999);
    expect((await turn(env, "x")).strategy).toBe("random; sticky");
    vi.setSystemTime(begun + 299_999 + 299_999 + 300_000);
    expect((await turn(env, "x")).strategy).toBe("random");
  });

  it("forgets what was not used for longest", async () => {
    answers(1010);
    const env = sticky({ weights: { claude: 0, other: 0 } });
    await turn(env, "oldest");
    await turn(env, "old");
    for (let i = 0; i < 998; i++) await turn(env, `text ${i}`);
    expect((await turn(env, "oldest")).strategy).toBe("random; sticky");
    await turn(env, "one more");
    expect((await turn(env, "oldest")).strategy).toBe("random; sticky");
    expect((await turn(env, "old")).strategy).toBe("random");
  });

  it("holds for every strategy, so that the router model is asked once a turn", async () => {
    const calls = playUpstream(claudeAnswer("gpt"), json({ choices: [] }), json({ choices: [] }));
    const env = sticky({ strategy: "llm", model: "claude" });
    expect(await turn(env, "x")).toEqual({ model: "gpt", strategy: "llm" });
    expect(await turn(env, "x", "sk-alice-is-a-key", toolLoop)).toEqual({
      model: "gpt",
      strategy: "llm; sticky",
    });
    expect(calls).toHaveLength(3);
  });

  it("is shown by /v1/route, which remembers nothing itself", async () => {
    answers(1);
    const env = sticky({ weights: { claude: 0, other: 0 } });
    const peek = async () =>
      (await ask(env, "/v1/route", { method: "POST", key: "sk-alice-is-a-key", body: HI })).json();
    expect(await peek()).toMatchObject({ strategy: "random" });
    expect(await peek()).toMatchObject({ strategy: "random" });
    await chat(env, HI, { key: "sk-alice-is-a-key" });
    expect(await peek()).toMatchObject({ strategy: "random; sticky", model: "gpt", order: ["gpt"] });
  });

  it("does nothing to a named model, nor unless it is set", async () => {
    answers(4);
    const env = sticky({ weights: { claude: 0, other: 0 } });
    await turn(env, "x");
    const named = await chat(
      env,
      { model: "other", messages: [{ role: "user", content: "x" }] },
      { key: "sk-alice-is-a-key" },
    );
    expect(named.headers.get("x-router-strategy")).toBe("named");
    const plain = envOf({ llms: LLMS }, KEYS);
    await turn(plain, "x");
    expect((await turn(plain, "x")).strategy).toBe("random");
  });
});

describe("who can serve", () => {
  const NOVA_MICRO = { provider: "bedrock", model: "amazon.nova-micro-v1:0" };
  const TITAN = { provider: "bedrock", model: "amazon.titan-text-express-v1" };
  const llms = { titan: TITAN, micro: NOVA_MICRO, claude: CLAUDE };
  const tools = [{ type: "function", function: { name: "look", parameters: { type: "object" } } }];
  const picture = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
  const document = {
    type: "file",
    file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
  };
  const routeOf = async (body: object, router: object = {}) => {
    const messages = [{ role: "user", content: "Hi" }];
    const response = await ask(envOf({ llms, router }), "/v1/route", {
      method: "POST",
      body: { messages, ...body },
    });
    return response.json<{ order: string[]; left_out?: { model: string; lacks: string[] }[] }>();
  };

  it.each<[string, object, Record<string, string[]>]>([
    ["nothing special", {}, {}],
    ["tools", { tools }, { titan: ["tools"] }],
    ["tools that may not be called", { tools, tool_choice: "none" }, {}],
    [
      "an image",
      { messages: [{ role: "user", content: [picture] }] },
      { titan: ["images"], micro: ["images"] },
    ],
    [
      "a document",
      { messages: [{ role: "user", content: [document] }] },
      { titan: ["documents"], micro: ["documents"] },
    ],
    [
      "a long prompt",
      { messages: [{ role: "user", content: "x".repeat(400_000) }] },
      { titan: ["room for about 100000 tokens"] },
    ],
  ])("leaves out models that lack %s", async (_, body, expected) => {
    const { order, left_out = [] } = await routeOf(body);
    expect(Object.fromEntries(left_out.map(({ model, lacks }) => [model, lacks]))).toEqual(expected);
    expect(order.toSorted()).toEqual(
      Object.keys(llms)
        .filter((name) => !(name in expected))
        .toSorted(),
    );
  });

  it("tells what they lack where nobody can", async () => {
    const env = envOf({ llms: { titan: TITAN, micro: NOVA_MICRO } });
    const response = await chat(env, { messages: [{ role: "user", content: [picture] }] });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({
      code: "unsupported_content",
      param: "messages[0].content[0]",
      message: expect.stringMatching(/titan \(images\); micro \(images\)/),
    });
    const long = await chat(envOf({ llms: { titan: TITAN } }), {
      messages: [{ role: "user", content: "x".repeat(400_000) }],
    });
    expect((await errorOf(long)).message).toContain("maximum context length");
  });

  it("asks a model that the client named as it is, and passes over its fallbacks that cannot", async () => {
    const calls = playUpstream(UNAVAILABLE, claudeAnswer("Hello"));
    const router = { retry: NO_RETRY, fallback_models: ["titan", "claude"] };
    const env = envOf({ llms, router });
    const response = await chat(env, { model: "micro", tools });
    expect(response.headers.get("x-router-model")).toBe("claude");
    expect(response.headers.get("x-router-reason")).toContain("Left out: titan (no tools).");
    expect(response.headers.get("x-router-trail")).toMatch(
      /^micro: upstream_unavailable \d+ ms; claude: ok \d+ ms$/,
    );
    expect(calls).toHaveLength(2);
    expect((await errorOf(await chat(env, { model: "titan", tools }))).param).toBe("tools");
  });

  it("goes on to the strategy's next choice where one refuses a feature, which counts against none", async () => {
    const env = envOf({
      llms: { gpt: { ...CLAUDE }, other: GPT },
      router: { strategy: "rules", rules: [{ default: "gpt" }], retry: NO_RETRY },
    });
    for (let turn = 0; turn < 4; turn++) {
      playUpstream(() => Response.json({ choices: [] }));
      const response = await chat(env, { logprobs: true });
      expect(response.headers.get("x-router-model")).toBe("other");
      expect(response.headers.get("x-router-trail")).toMatch(/^gpt: unsupported_parameter .*; other: ok/);
    }
    // Only for that: what fails otherwise goes to the fallbacks, of which there is none.
    playUpstream(UNAVAILABLE);
    expect((await chat(env)).status).toBe(500);
    const named = await chat(env, { model: "gpt", logprobs: true });
    expect((await errorOf(named)).code).toBe("unsupported_parameter");
  });
});

describe("headers that tell the decision", () => {
  it("are printable ASCII, percent-encoded elsewhere, and at most 512 bytes of whole characters", () => {
    expect(headerText("100 % é\n")).toBe("100 %25 %C3%A9%0A");
    const long = headerText("é".repeat(1000));
    expect(long.length).toBeLessThanOrEqual(512);
    expect(decodeURIComponent(long)).toBe("é".repeat(85));
  });

  it("stand on errors, too, where attempts were made", async () => {
    playUpstream(UNAVAILABLE);
    const response = await chat(envOf({ llms: { claude: CLAUDE }, router: { retry: NO_RETRY } }));
    expect(response.headers.get("x-router-trail")).toMatch(/^claude: upstream_unavailable \d+ ms$/);
  });
});
