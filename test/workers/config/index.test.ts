// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
import { describe, expect, it, vi } from "vitest";
import bundled from "../../../config/router.yaml?raw";
import { writtenConfig } from "../../../src/config/bindings.ts";
import { patternProblem } from "../../../src/config/pattern/look.ts";
import { loadConfig } from "../../../src/config/text.ts";
import { thrownBy } from "../../support/bedrock.ts";
import { LLM_STRATEGY, NEWER_KEYS, RANDOM_STRATEGY, RULES_STRATEGY } from "./llmrouter-files.ts";
import { ask, KEY, quietLog } from "../support.ts";
import { bedrockText, load, modelText, openAiOf, spyBinding, targetOf } from "./support.ts";

describe("what the variables bring", () => {
  const written = (values: Record<string, string>) => writtenConfig(spyBinding(values).binding);

  it("is nothing while ROUTER_CONFIG is unset", () => {
    expect(written({})).toEqual({ text: undefined, problems: [] });
  });

  it("is ROUTER_CONFIG with the numbered parts", () => {
    const values = { ROUTER_CONFIG: "a", ROUTER_CONFIG_2: "b", ROUTER_CONFIG_3: "c" };
    expect(written(values)).toEqual({ text: "a\nb\nc", problems: [] });
  });

  it("names every part that nothing stands before", () => {
    const values = { ROUTER_CONFIG: "a", ROUTER_CONFIG_2: "b", ROUTER_CONFIG_4: "d", ROUTER_CONFIG_5: "e" };
    const why = "is set, but ROUTER_CONFIG_3, which it would continue, is not; wanted both or neither";
    expect(written(values)).toEqual({
      text: "a\nb",
      problems: [`ROUTER_CONFIG_4: ${why}`, `ROUTER_CONFIG_5: ${why}`],
    });
    expect(written({ ROUTER_CONFIG_2: "b" })).toEqual({
      text: undefined,
      problems: [
        "ROUTER_CONFIG_2: is set, but ROUTER_CONFIG, which it would continue, is not; wanted both or neither",
      ],
    });
  });

  it("ends although every name is set", () => {
    expect(writtenConfig(() => "y").text?.length).toBeLessThan(1000);
  });

  it.each([
    ["YAML", "llms: {claude: {provider: bedrock, model: amazon.nova-lite-v1:0}}"],
    ["JSON", '{"llms": {"claude": {"provider": "bedrock", "model": "amazon.nova-lite-v1:0"}}}'],
  ])("takes the place of the bundled file, in %s", async (_, text) => {
    const env = { ROUTER_API_KEYS: KEY, ROUTER_CONFIG: text };
    expect(await (await ask(env, "/health")).json()).toMatchObject({ models: ["claude"] });
  });

  it.each([
    ["without a first one", { ROUTER_CONFIG_2: "llms: {}" }],
    ["of YAML", { ROUTER_CONFIG: "llms: {a: {}}", ROUTER_CONFIG_3: "x" }],
    ["of JSON", { ROUTER_CONFIG: '{"llms": {"a": {}}}', ROUTER_CONFIG_3: "x" }],
  ])("is a broken configuration where a part is lost: %s", async (_, values) => {
    quietLog();
    const answer = await ask({ ROUTER_API_KEYS: KEY, ...values }, "/health");
    expect(answer.status).toBe(500);
    expect(JSON.stringify(await answer.json())).toMatch(/ROUTER_CONFIG_[23]: is set, but ROUTER_CONFIG/);
    vi.restoreAllMocks();
  });
});

describe("the bundled file", () => {
  it("needs no binding, warns of nothing and routes at random among Claude models on Bedrock", () => {
    const { binding, read } = spyBinding();
    const config = loadConfig(bundled, binding);
    expect(read).toEqual([]);
    expect(config.warnings).toEqual([]);
    expect(config.router.strategy).toBe("random");
    expect(config.targets.length).toBeGreaterThanOrEqual(2);
    for (const target of config.targets) {
      expect(target.kind).toBe("bedrock");
      expect(target.model).toMatch(/^(global|us)\.anthropic\.claude-/);
      expect(target.description).not.toBe("");
    }
  });

  it("shows examples that load when they are taken out of their comments", () => {
    const comments = /^( *)# (?!yaml-language-server)( *[a-z][a-z0-9_-]*:.*)$/gm;
    const example = bundled.replace(comments, "$1$2");
    const config = load(example, { OPENAI_API_KEY: "k" });
    expect(config.targets.map((target) => target.name)).toEqual([
      "claude-sonnet",
      "claude-haiku",
      "llama-70b",
      "gpt",
      "qwen",
    ]);
    expect(config.serve.corsOrigins).toEqual(["https://app.example.com"]);
    expect(config.router.weights["claude-haiku"]).toBe(3);
    expect(targetOf(config, "claude-sonnet")).toMatchObject({ regions: ["eu-central-1"] });
  });
});

describe("defaults", () => {
  it("are the documented ones", () => {
    const { serve, router, warnings } = load(modelText("provider: openai"));
    expect(serve).toEqual({
      showModelPrefix: false,
      unknownModel: "route",
      corsOrigins: [],
      maxBodyBytes: 8_388_608,
      maxSubrequests: 10_000,
      sessionTtlMs: 604_800_000,
      responseTtlMs: 604_800_000,
      backgroundDeadlineMs: 1_800_000,
      limitsUnavailable: "refuse",
      ...{ ledger: "lines", ledgerDays: 400, ledgerSessions: "hashed" },
    });
    expect({ ...router, weights: { ...router.weights } }).toEqual({
      strategy: "random",
      weights: { m: 1 },
      rules: [],
      fallbackModels: [],
      retry: { attempts: 1, baseMs: 250, maxMs: 4000 },
      idleTimeoutMs: 300_000,
      deadlineMs: 600_000,
      sticky: "none",
      roundRobin: { lease: 1 },
      tiers: [],
      routes: [],
      threshold: 0,
      embeddingTimeoutMs: 300,
    });
    expect(warnings).toEqual([]);
  });

  it("make a model without keys OpenAI's, named like its entry", () => {
    expect(openAiOf("llms: {gpt-4o: }", {}, "gpt-4o")).toEqual({
      kind: "openai",
      name: "gpt-4o",
      provider: "openai",
      model: "gpt-4o",
      description: "",
      baseUrl: "https://api.openai.com/v1",
      chatPath: "/chat/completions",
      auth: "bearer",
      apiKeys: [],
    });
  });

  it.each(["", '""', '"  "', "~"])("hold for an empty provider (%s)", (provider) => {
    expect(openAiOf(modelText(`provider: ${provider}`)).provider).toBe("openai");
  });
});

describe("blank texts", () => {
  it("count as not set", () => {
    const lines = ["provider: aws", "model: amazon.nova-lite-v1:0", 'family: " "', 'description: " "'];
    const [target] = load(modelText(...lines)).targets;
    expect(target).toMatchObject({ description: "" });
    expect(target).not.toHaveProperty("family");
    expect(openAiOf(modelText('chat_path: ""', 'api_key_env: " "', 'max_tokens_field: ""'))).toEqual(
      openAiOf(modelText()),
    );
  });
});

describe("values", () => {
  it("reads all of serve", () => {
    const text = `serve:
  show_model_prefix: "Yes"
  unknown_model: reject
  cors_origins: ["https://App.example.com:443", "tauri://localhost", "*", http://localhost:5173/]
  max_body_bytes: 512KiB
  max_subrequests: 40
  session_ttl: 36h
  ledger: totals
  ledger_days: 30
  ledger_sessions: named
  webhook: " https://a.example/x?y=z "
${modelText("provider: openai")}`;
    expect(load(text).serve).toEqual({
      showModelPrefix: true,
      unknownModel: "reject",
      corsOrigins: ["https://app.example.com", "tauri://localhost", "*", "http://localhost:5173"],
      maxBodyBytes: 524_288,
      maxSubrequests: 40,
      sessionTtlMs: 129_600_000,
      responseTtlMs: 604_800_000,
      backgroundDeadlineMs: 1_800_000,
      limitsUnavailable: "refuse",
      ...{ ledger: "totals", ledgerDays: 30, ledgerSessions: "named", webhook: "https://a.example/x?y=z" },
    });
  });

  it("reads a webhook from a secret, over https alone, and shows it nowhere", () => {
    const text = `serve: {webhook: "\${HOOK}"}\n${modelText("provider: openai")}`;
    const read = (HOOK: string) => load(text, { HOOK });
    expect(read("https://a.example/secret").serve.webhook).toBe("https://a.example/secret");
    expect(read("").serve.webhook).toBeUndefined();
    expect(read("").warnings).toContainEqual(expect.stringMatching(/^serve.webhook has no effect \(.*HOOK/));
    for (const url of [
      "http://a.example/secret",
      "https://u:secret@a.example",
      "secret",
      "https://a.example/secret#x",
    ]) {
      const message = String(thrownBy(() => read(url)));
      expect(message).toMatch(/serve\.webhook: .*wanted an https URL/);
      expect(message).not.toContain("secret");
    }
  });

  it("reads all of router", () => {
    const text = `router:
  strategy: round_robin
  weights: {a: 0, b: 2.5}
  rules:
    - {keywords: [Code, "def "], model: a}
    - {keywords: single, regex: "^fix\\\\b", min_chars: 3, max_chars: 90, has_tools: on, has_images: false, metadata: {team: x, tier: 2}, model: b}
    - default: b
  fallback_models: [b, a]
  retry: {attempts: 3, base_ms: 100, max_ms: 900}
  timeout: 90
  idle_timeout: 1500ms
  deadline: 2m
  sticky: turn
  round_robin: {lease: 20}
  tiers: [{below: 20, model: a}, {model: b}]
  routes: [{name: greetings, model: b, examples: [Hello, " ", Good morning]}]
  threshold: 0.3
  knn: {data: queries.jsonl, k: 7, cost_weight: 0.2}
  embedding_model: e
  embedding_timeout: 1s
  default: b
llms: {a: {}, b: {}, e: {kind: embedding}}`;
    const { router, targets } = load(text);
    expect({ ...router, weights: { ...router.weights }, rules: router.rules.slice(0, 1) }).toEqual({
      strategy: "round_robin",
      weights: { a: 0, b: 2.5, e: 1 },
      rules: [{ kind: "conditions", model: "a", keywords: ["Code", "def "] }],
      fallbackModels: ["b", "a"],
      retry: { attempts: 3, baseMs: 100, maxMs: 900 },
      timeoutMs: 90_000,
      idleTimeoutMs: 1500,
      deadlineMs: 120_000,
      sticky: "turn",
      roundRobin: { lease: 20 },
      tiers: [{ below: 20, model: "a" }, { model: "b" }],
      routes: [{ name: "greetings", model: "b", examples: ["Hello", "Good morning"] }],
      threshold: 0.3,
      knn: { data: "queries.jsonl", k: 7, costWeight: 0.2 },
      embeddingModel: targets[2],
      embeddingTimeoutMs: 1000,
      defaultModel: "b",
    });
    const rule = router.rules[1];
    if (rule?.kind !== "conditions") throw new Error("wanted conditions");
    expect(rule).toMatchObject({
      model: "b",
      keywords: ["single"],
      minChars: 3,
      maxChars: 90,
      hasTools: true,
      hasImages: false,
    });
    expect(rule.regex?.test("FIX it")).toBe(true);
    expect({ ...rule.metadata }).toEqual({ team: "x", tier: "2" });
    expect(router.rules[2]).toEqual({ kind: "default", model: "b" });
  });

  it("reads a number of retries", () => {
    expect(load(`router: {retry: 0}\n${modelText()}`).router.retry).toEqual({
      attempts: 0,
      baseMs: 250,
      maxMs: 4000,
    });
  });

  it("lets anchors and merge keys share settings", () => {
    const text = "llms:\n  a: &base {provider: groq, max_tokens: 5}\n  b: {<<: *base, max_tokens: 6}";
    expect(load(text).targets.map(({ provider, maxTokens }) => [provider, maxTokens])).toEqual([
      ["groq", 5],
      ["groq", 6],
    ]);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "takes %s for a name like any other",
    (name) => {
      const text = `router: {weights: {${name}: 2}, fallback_models: [${name}]}\nllms: {${name}: {}, other: {}}\napi_keys: {${name}: k}`;
      const { router, targets } = load(text);
      expect(targets.map((target) => target.name)).toEqual([name, "other"]);
      expect(Object.getPrototypeOf(router.weights)).toBeNull();
      expect(Object.entries(router.weights)).toEqual([
        [name, 2],
        ["other", 1],
      ]);
      expect(openAiOf(text, {}, "other").apiKeys).toEqual([]);
      expect(Object.hasOwn(Object.prototype, "provider")).toBe(false);
    },
  );
});

describe("router.model", () => {
  it("may be the name of a target", () => {
    const config = load(`router: {strategy: llm, model: m}\n${bedrockText()}`);
    expect(config.router.judge).toBe(config.targets[0]);
  });

  it("may be a model of its own behind an OpenAI-compatible API", () => {
    const text = `router: {model: tiny, provider: ollama, chat_path: /c, auth_mode: bearer}\n${bedrockText()}`;
    expect(load(text).router.judge).toEqual({
      kind: "openai",
      name: "tiny",
      provider: "ollama",
      model: "tiny",
      description: "",
      baseUrl: "http://localhost:11434/v1",
      chatPath: "/c",
      auth: "bearer",
      apiKeys: [],
    });
  });

  it("may be a model of its own on Bedrock", () => {
    const text = `router: {model: amazon.nova-micro-v1:0, provider: AWS, aws_region: eu-west-1}\n${modelText()}`;
    expect(load(text).router.judge).toMatchObject({
      kind: "bedrock",
      model: "amazon.nova-micro-v1:0",
      regions: ["eu-west-1"],
    });
  });

  it("is the name of a target when its base_url is an unset binding", () => {
    expect(load(`router: {model: m, base_url: "\${NOPE}"}\n${modelText()}`).router.judge?.name).toBe("m");
  });
});

describe("LLMRouter's files", () => {
  it("load: strategy llm, memory and media", () => {
    const { serve, router, targets } = load(LLM_STRATEGY);
    expect(serve.showModelPrefix).toBe(true);
    expect(router.strategy).toBe("llm");
    expect(router.judge).toMatchObject({ model: "acme/tiny-judge", apiKeys: ["Put-Your-Key-Here"] });
    expect(targets.map((target) => target.name)).toEqual(["small-1.5", "big-70b"]);
    expect(targets[0]).toMatchObject({ inputPrice: 0, maxTokens: 2048, contextLimit: 131_072 });
  });

  it("load: strategy random with weights for some models", () => {
    const { serve, router, targets } = load(RANDOM_STRATEGY);
    expect(serve.showModelPrefix).toBe(true);
    expect({ ...router.weights }).toEqual({ "fast-8b": 3, strong70b: 1, "coder-49b-v1": 1 });
    expect(targets[0]).toMatchObject({ apiKeys: ["nvapi-one", "nvapi-two"], auth: "bearer" });
  });

  it("load: strategy rules, and models in place of llms", () => {
    const { router, targets } = load(RULES_STRATEGY);
    expect(router.rules).toEqual([
      { kind: "conditions", model: "coder", keywords: ["code", "python"] },
      { kind: "conditions", model: "chatter", keywords: ["hello", "thanks"] },
      { kind: "default", model: "chatter" },
    ]);
    expect(targets.map(({ model }) => model)).toEqual(["gpt-coder", "chatter"]);
  });

  it("load: the newer keys", () => {
    const { router, targets } = load(NEWER_KEYS);
    expect(router.judge).toMatchObject({ auth: "none", baseUrl: "http://192.168.1.20:11434/v1" });
    expect(targets).toMatchObject([
      { name: "home", auth: "optional", chatPath: "/custom/chat" },
      { name: "away", auth: "bearer", model: "away" },
    ]);
  });
});

describe("warnings", () => {
  it("native is invoke under its old name, and other surfaces have theirs", () => {
    const old = load(modelText("provider: bedrock", "model: us.amazon.nova-2-lite-v1:0", "api: native"));
    expect(old.targets[0]).toMatchObject({ api: "invoke" });
    expect(old.warnings.join("\n")).toMatch(/native is called invoke now/);
    const open = load(
      modelText("provider: bedrock", "model: openai.gpt-oss-120b", "api: chat", "endpoint: mantle"),
    );
    expect(open.targets[0]).toMatchObject({ api: "chat", endpoint: "mantle" });
    expect(load(modelText("provider: openai", "api: responses")).targets[0]).toMatchObject({
      api: "responses",
    });
    expect(() => load(modelText("provider: openai", "api: converse"))).toThrow(/api/);
    expect(() => load(modelText("provider: openai", "api: responses", "usage: unread"))).toThrow(/usage/);
  });

  const paths = (text: string): string[] => load(text).warnings.map((line) => line.split(" ")[0] ?? "");

  it("name LLMRouter's keys that mean nothing here, one line each with what does instead", () => {
    const { warnings } = load(NEWER_KEYS, { INBOUND_KEY: "inbound-secret" });
    const ignored = warnings
      .filter((line) => / has no effect here: .+/.test(line))
      .map((line) => line.split(" ")[0]);
    expect(ignored.sort()).toEqual(
      [
        ...[
          "serve.host",
          "serve.port",
          "session_routing",
          "security",
          "control_center",
          "llms.home.provider_type",
        ],
        ...[
          "provider_type",
          "default_model",
          "judge_timeout_seconds",
          "judge_max_tokens",
          "judge_system_prompt",
          "routing_context_chars",
        ].map((key) => `router.${key}`),
      ].sort(),
    );
    expect(warnings.join()).not.toContain("\n");
    expect(paths(LLM_STRATEGY)).toEqual(expect.arrayContaining(["memory", "media"]));
    expect(paths(RULES_STRATEGY)).toEqual(
      expect.arrayContaining(["router.name", "router.config_path", "router.model_path", "router.llmrouter"]),
    );
  });

  it("name keys that belong to the other kind of provider", () => {
    expect(paths(bedrockText("api_key: x", "auth_mode: none", "max_tokens_field: y"))).toEqual([
      "llms.m.auth_mode",
      "llms.m.api_key",
      "llms.m.max_tokens_field",
    ]);
    expect(
      paths(modelText("aws_region: [eu-west-1, eu-west-2]", "aws_bearer_token: x", "cache: off")),
    ).toEqual(["llms.m.aws_region", "llms.m.aws_bearer_token", "llms.m.cache"]);
  });

  it.each([
    ["random", ["rules", "model", "round_robin", "tiers", "routes", "knn"]],
    ["round_robin", ["rules", "model", "tiers", "routes", "knn"]],
    ["rules", ["model", "round_robin", "tiers", "routes", "knn"]],
    ["llm", ["rules", "round_robin", "tiers", "routes", "knn"]],
    ["complexity", ["rules", "model", "round_robin", "routes", "knn"]],
  ])("name the settings of other strategies than %s", (strategy, keys) => {
    const meaning = "tiers: [{model: m}], routes: [{name: a, model: m, examples: [x]}], knn: {data: q.jsonl}";
    const settings = `model: m, rules: [{default: m}], sticky: turn, round_robin: {lease: 2}, ${meaning}`;
    const { warnings } = load(`router: {strategy: ${strategy}, ${settings}}\n${modelText()}`);
    const owners: Record<string, string> = {
      ...{ rules: "rules", model: "llm", round_robin: "round_robin" },
      ...{ tiers: "complexity", routes: "semantic", knn: "knn" },
    };
    expect(warnings).toEqual(
      keys.map(
        (key) =>
          `router.${key} has no effect here: only strategy ${owners[key]} looks at it, and router.strategy is ${strategy}`,
      ),
    );
    if (strategy === "complexity") return;
    expect(paths(`router: {strategy: ${strategy}, model: m, fallback_models: [m]}\n${modelText()}`)).toEqual(
      strategy === "rules" ? ["router.model", "router.strategy"] : strategy === "llm" ? [] : ["router.model"],
    );
  });

  it("name a router model of its own that nobody asks", () => {
    const judge = "model: judge, provider: openai, base_url: 'https://j.example/v1'";
    expect(paths(`router: {${judge}}\n${modelText()}`)).toEqual(["router.model"]);
    expect(paths(`router: {strategy: llm, ${judge}}\n${modelText()}`)).toEqual([]);
  });

  it("name strategy rules without a rule, and which model it comes to", () => {
    const text = (rules: string) =>
      `router: {strategy: rules, weights: {a: 0}, fallback_models: [a], ${rules}}\nllms: {a: {}, b: {}}`;
    const warning =
      'router.strategy is rules, but there are no rules: the first model, "b", is always chosen';
    expect(load(text("rules: []")).warnings).toEqual([warning]);
    expect(load(text("sticky: none")).warnings).toEqual([warning]);
    expect(load(text("rules: [{default: b}]")).warnings).toEqual([]);
  });

  it.each([
    ["a weight of 0", "weights: {b: 0}", ['router.weights give "b" 0, nor does ']],
    ["a fallback of the weight 0", "weights: {b: 0}, fallback_models: [b]", []],
    ["a router model of the weight 0", "strategy: llm, model: b, weights: {b: 0}", []],
    ["other names", "weights: {c: 0}", []],
    [
      "no rule for it",
      "strategy: rules, rules: [{keywords: x, model: a}, {default: a}]",
      ['router.rules do not name "b"'],
    ],
    ["a rule for it", "strategy: rules, rules: [{keywords: x, model: b}, {default: a}]", []],
    ["a default for it", "strategy: rules, rules: [{keywords: x, model: a}, {default: b}]", []],
    ["no default, being the first", "strategy: rules, rules: [{keywords: x, model: b}]", []],
    [
      "no default, the first being another",
      "strategy: rules, rules: [{keywords: x, model: a}]",
      ['router.rules do not name "b"'],
    ],
  ])("name a model that no strategy comes to: %s", (_, router, wanted) => {
    const { warnings } = load(`router: {${router}}\nllms: {a: {}, b: {}, c: {aliases: [d]}}`);
    expect(warnings).toHaveLength(wanted.length);
    for (const [index, start] of wanted.entries()) {
      expect(warnings[index]?.startsWith(start)).toBe(true);
      expect(warnings[index]).toContain("no strategy chooses it, clients reach it by its name alone");
    }
  });

  it("name keys that are written into the file, once a place, and never show them", () => {
    const secrets = { A: "sk-bound-to-the-worker" };
    const text = [
      "api_keys: {openai: [sk-written-1, sk-written-2], acme: '${A}'}",
      "llms:",
      "  a: {provider: openai}",
      "  b: {provider: acme, base_url: 'https://b.example/v1'}",
      "  c: {provider: acme, base_url: 'https://b.example/v1', api_key: sk-written-3}",
      "  d: {provider: bedrock, model: amazon.nova-lite-v1:0, aws_access_key_id: AKIAWRITTEN, aws_secret_access_key: '${A}'}",
      "  e: {provider: acme, base_url: 'https://b.example/v1', api_key: $UNREPLACED}",
    ].join("\n");
    const { warnings } = load(text, secrets);
    expect(warnings.map((line) => line.split(" ")[0])).toEqual([
      "api_keys.openai",
      "llms.c.api_key",
      "llms.d.aws_access_key_id",
    ]);
    for (const line of warnings) {
      expect(line).toContain("npx wrangler secret put NAME");
      expect(line).not.toMatch(/written-|AKIA|bound/);
    }
  });

  it("name rules for a model that the weights exclude", () => {
    const rules = "[{keywords: x, model: a}, {keywords: x, model: b}, {default: a}]";
    expect(
      load(
        `router: {strategy: rules, fallback_models: [a], weights: {a: 0}, rules: ${rules}}\nllms: {a: {}, b: {}}`,
      ).warnings.map((line) => line.replace(/ .*weight 0.*/, "")),
    ).toEqual(["router.rules[0].model", "router.rules[2].default"]);
  });

  it("say nothing of keys that have an effect", () => {
    expect(paths(`serve: {session_ttl: 1d}\n${modelText()}`)).toEqual([]);
    const bedrock = ["api: converse", "aws_region: [eu-west-1, eu-west-2]", "family: nova", "cache: auto"];
    expect(paths(bedrockText(...bedrock, "guardrail: {id: g, version: '1'}", "service_tier: flex"))).toEqual(
      [],
    );
    const router = "strategy: random, timeout: 5, retry: 2, fallback_models: [m], weights: {m: 2}";
    expect(paths(`router: {${router}}\n${modelText()}`)).toEqual([]);
  });
});

describe("a pattern of router.rules", () => {
  const rules = (regex: string) =>
    `router: {strategy: rules, rules: [{regex: "${regex}", model: m}, {default: m}]}\n${modelText()}`;
  const problems = (regex: string) => {
    try {
      loadConfig(rules(regex), () => undefined, { pattern: patternProblem });
      return "";
    } catch (thrown) {
      return String(thrown);
    }
  };

  it.each([
    "(a+)+b",
    "(?:x*)*",
    "((a+)b?)*",
    "([a-z]+,)+$",
    "(\\\\(+)+",
    "(a{2,})+",
    "(a|b+){3,}",
    "([)]+)*",
    "(a+)*?",
    "(a+){2}",
    "\\\\w+\\\\d*x",
  ])("is refused where nobody has tried it and it may take long: %s", (regex) => {
    expect(problems(regex)).toMatch(/- router\.rules\[0\]\.regex: the pattern repeats /);
  });

  it.each(["a+b+", "(a+)b", "(a+)?", "(ab)+", "([+*])+", "(\\\\+)+", "(a{2})+", "[(a+)]+", "(a+)(b)*"])(
    "is taken where its form is safe: %s",
    (regex) => {
      expect(problems(regex)).toBe("");
    },
  );

  it("is looked at in what ROUTER_CONFIG brings", async () => {
    quietLog();
    const answer = await ask({ ROUTER_API_KEYS: KEY, ROUTER_CONFIG: rules("(a+)+b") }, "/health");
    expect(answer.status).toBe(500);
    expect(JSON.stringify(await answer.json())).toContain(
      "router.rules[0].regex: the pattern repeats a group",
    );
    vi.restoreAllMocks();
  });
});

describe("the check of a target beyond its keys", () => {
  it("adds to the list of problems, for each target that has a model", () => {
    const text = `llms:
  known: {provider: bedrock, model: known.model}
  strange: {provider: bedrock, model: strange.model}
  broken: {provider: bedrock}
`;
    const check = (target: { name: string }) =>
      target.name === "strange" ? "strange: nobody speaks it" : undefined;
    const error = thrownBy(() => loadConfig(text, () => undefined, { target: check }));
    expect(String(error)).toContain("- strange: nobody speaks it");
    expect(String(error)).toContain("llms.broken.model: missing");
    expect(String(error)).toContain("2 problems");
  });
});
