// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
/** Configurations that are mostly right, and wrong in all the ways in which keys can be. */
import fc from "fast-check";

const ANYTHING = [null, "", " ", true, 5, -1, 1.5, "x", "${UNSET}", [], ["x"], {}, { a: 1 }, "é", "5"];

/** One of the values, now and then a wrong one or anything. */
function of(values: readonly unknown[], ...wrong: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 60, arbitrary: fc.constantFrom(...values) },
    { weight: 1, arbitrary: fc.constantFrom(...ANYTHING) },
    ...(wrong.length > 0 ? [{ weight: 1, arbitrary: fc.constantFrom(...wrong) }] : []),
  );
}

/** A mapping with some of the keys, now and then with one that nobody knows. */
function mapping(
  keys: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  required: readonly string[] = [],
): fc.Arbitrary<unknown> {
  const known = fc
    .subarray(Object.keys(keys))
    .chain((names) =>
      fc.record(
        Object.fromEntries(
          [...new Set([...required, ...names])].map((name) => [name, keys[name] ?? fc.constant(1)]),
        ),
      ),
    );
  return fc.oneof(
    { weight: 60, arbitrary: known },
    { weight: 1, arbitrary: known.map((value) => ({ ...value, qx_unknown: 1 })) },
    { weight: 1, arbitrary: fc.constantFrom(...ANYTHING) },
  );
}

const durations = of([5, "90s", "1.5 H", "500ms", 0.25, "2M"], "5 minutes");
const flags = of([true, false, "yes", "OFF", "True"]);
const names = of(["m", "n"]);
const regions = of(["eu-west-1", ["eu-west-1", "us-east-1"], "${UNSET}", []], "us-east");
const urls = of(
  ["https://a.example/v1", "http://localhost:1234", " HTTPS://a.example/v1/ ", "${UNSET}"],
  "ftp://a.example",
  "https://a.example?x",
);
const ids = of(["amazon.nova-lite-v1:0", "anthropic.claude-3-haiku-20240307-v1:0"], "a b");
const openAi = {
  auth_mode: of(["auto", "bearer", "none"], "basic"),
  chat_path: of(["/chat", " chat "], "/a b"),
  local: flags,
};

const serve = mapping({
  show_model_prefix: flags,
  unknown_model: of(["route", "reject"]),
  cors_origins: of(
    ["*", ["https://a.example", "tauri://localhost"], [null, "https://a.example:1/"]],
    "https://a.example/x",
  ),
  max_body_bytes: of([1000, "8MiB", "1 kb"], 1.5, 0.5),
  session_ttl: durations,
  response_ttl: durations,
  host: of(["x"]),
});

const rule = fc.oneof(
  mapping({ default: names }, ["default"]),
  mapping(
    {
      model: names,
      keywords: of(["x", ["x", "y"], [null]], [""]),
      regex: of(["^a", "[b-c]+"], "("),
      min_chars: of([0, 5]),
      max_chars: of([9], 3.5),
      has_tools: flags,
      has_images: flags,
      metadata: mapping({ a: of(["x", 5, null]) }),
    },
    ["model", "keywords"],
  ),
  mapping({ model: names, default: names, regex: of(["x"]) }),
);

const router = mapping({
  strategy: of(
    ["random", "round_robin", "rules", "llm", "cheapest", "fastest", "complexity", "semantic", "knn"],
    "llmrouter",
  ),
  weights: mapping({ m: of([0, 1, 2.5]), n: of([1], -1) }),
  rules: fc.oneof(
    { weight: 9, arbitrary: fc.array(rule, { maxLength: 2 }) },
    { weight: 1, arbitrary: of([[]]) },
  ),
  model: fc.oneof(names, ids),
  provider: of(["bedrock", "groq", "ollama", ""], "acme"),
  base_url: urls,
  aws_region: regions,
  ...openAi,
  fallback_models: of(["m", ["m", "n"], [null]]),
  retry: fc.oneof(
    of([0, 2, 100], 101),
    mapping({ attempts: of([0, 1]), base_ms: of([1, 9]), max_ms: of([9], 1.5) }),
  ),
  timeout: durations,
  idle_timeout: durations,
  deadline: durations,
  sticky: of(["none", "turn", "session"]),
  hedge: mapping({
    after: of(["p95", "800ms", 2], "p96", "soon", 0),
    share: of(["5%", "0.5%", 0.1, 1], "101%", "5", 1.5),
    max_input_tokens: of([1, 8000], 0),
  }),
  round_robin: mapping({ lease: of([1, 1000], 1001) }),
  default_model: of(["x"]),
  tiers: fc.oneof(
    of([[{ model: "m" }], [{ model: "m", below: 20 }, { model: "n" }], []], [{ below: 5 }]),
    fc.array(mapping({ model: names, below: of([1, 100, null], 101) }, ["model"]), { maxLength: 2 }),
  ),
  routes: fc.oneof(
    of([[{ name: "a", model: "m", examples: ["x", "y"] }], []], [{ name: "a", model: "m" }]),
    fc.array(
      mapping({ name: of(["a", "b"]), model: names, examples: of(["x", ["x", "y"]]) }, [
        "name",
        "model",
        "examples",
      ]),
      {
        maxLength: 2,
      },
    ),
  ),
  threshold: of([0, 0.5, 1], 1.5),
  knn: mapping({ data: of(["q.jsonl"]), k: of([1, 30], 0), cost_weight: of([0, 0.2], -1) }, ["data"]),
  embedding_model: of(["e", "m"]),
  embedding_timeout: durations,
  default: names,
});

const base = {
  description: of(["d", ""]),
  input_price: of([0], 1.5, -1),
  output_price: of([0, 2]),
  max_tokens: of([1, 4096], 1.5),
  context_limit: of([1000]),
  timeout: durations,
  base_url: urls,
  provider_type: of(["x"]),
};

const bedrockModel = mapping(
  {
    ...base,
    provider: of(["bedrock", "AWS", " Bedrock "]),
    model: ids,
    aws_region: regions,
    aws_access_key_id: of(["a", "${UNSET}", "${SET}"]),
    aws_secret_access_key: of(["b", "${SET}"]),
    aws_session_token: of(["c", "${UNSET}"]),
    aws_bearer_token: of(["d", "${SET}"], "\u00e9"),
    aws_role_arn: of(["arn:aws-cn:iam::111122223333:role/a/b", "${SET}", ""], "arn:aws:iam::1:role/a"),
    aws_external_id: of(["e-1", "${UNSET}"]),
    aws_session_name: of(["client", " a.b "], "a b"),
    aws_session_duration: of(["15m", 3600]),
    aws_session_tags: of([{ team: "a b", cost: 7 }, {}]),
    family: of(["anthropic", "Nova"], "claude"),
    api: of(["native", "converse"]),
    guardrail: mapping({ id: of(["g"]), version: of([1, "DRAFT"]), trace: of(["enabled"], "on") }, [
      "id",
      "version",
    ]),
    performance: of(["standard", "optimized"]),
    service_tier: of(["flex"], "free"),
    cache: of(["auto", "off"]),
    api_key: of(["x", 5]),
    local: of([5]),
  },
  ["provider", "model"],
);

const openAiModel = mapping({
  ...base,
  ...openAi,
  provider: of(["openai", "Groq", "", null], "acme"),
  model: of(["gpt-4o", "x y"]),
  api_key: of(["k", "${UNSET}"], "\u00e9"),
  api_key_env: of(["MY_KEY", " K "], "sk-1"),
  max_tokens_field: of(["max_tokens"]),
  aws_region: of(["eu-west-1", 5]),
  cache: of([7]),
});

const model = fc.oneof(bedrockModel, openAiModel);

/** Any of them. */
export const configs: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 9,
    arbitrary: mapping(
      {
        serve,
        router,
        llms: fc.record({ m: model, n: model, e: fc.constant({ kind: "embedding" }) }),
        api_keys: apiKeys(),
        aws: mapping({
          region: regions,
          role_arn: of(["arn:aws:iam::111122223333:role/r", "${UNSET}"], "role/r"),
          external_id: of(["e", "ee"]),
          session_tags: of([{ team: "x" }]),
          oidc_issuer: of(["https://router.example.com", ""], "https://router.example.com/path"),
          oidc_subject: of(["me"], "a b"),
        }),
        memory: of([{ enabled: true }]),
      },
      ["llms"],
    ),
  },
  {
    weight: 1,
    arbitrary: mapping({
      models: fc.dictionary(fc.constantFrom("m", "auto", " x", "a b"), model, { maxKeys: 2 }),
      llms: of([null, {}]),
      serve,
    }),
  },
);

function apiKeys(): fc.Arbitrary<unknown> {
  return mapping({ openai: of(["k", ["k", "${UNSET}"], [null]]), Bedrock: of([{ a: 1 }]), groq: of(["x"]) });
}
