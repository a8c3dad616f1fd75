// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
import { describe, expect, it } from "vitest";
import { RANDOM_STRATEGY } from "./llmrouter-files.ts";
import { bedrockOf, bedrockText, load, modelText, openAiOf, problemsOf } from "./support.ts";

const MODEL_ID = "global\\.anthropic\\.claude-";

describe("models", () => {
  it("reads all keys of a Bedrock model", () => {
    const target = bedrockOf(
      bedrockText(
        "description: d",
        "input_price: 0.5",
        "output_price: 2",
        "max_tokens: 1000",
        "context_limit: 200000",
        "timeout: 30s",
        "base_url: http://localhost:9000/",
        "aws_access_key_id: ${ID}",
        "aws_secret_access_key: secret",
        "aws_session_token: session",
        "aws_bearer_token: bearer",
        "family: nova",
        "api: converse",
        "guardrail: {id: g1, version: 3, trace: enabled_full}",
        "performance: optimized",
        "service_tier: flex",
        "cache: off",
      ),
      { ID: "AKIA" },
    );
    expect(target).toEqual({
      kind: "bedrock",
      name: "m",
      provider: "bedrock",
      model: "amazon.nova-lite-v1:0",
      description: "d",
      inputPrice: 0.5,
      outputPrice: 2,
      maxTokens: 1000,
      contextLimit: 200_000,
      timeoutMs: 30_000,
      regions: [],
      credentials: {
        accessKeyId: "AKIA",
        secretAccessKey: "secret",
        sessionToken: "session",
        bearerToken: "bearer",
      },
      baseUrl: "http://localhost:9000",
      family: "nova",
      api: "converse",
      guardrail: { id: "g1", version: "3", trace: "enabled_full" },
      performance: "optimized",
      serviceTier: "flex",
      cache: "off",
    });
  });

  it("reads all keys of an OpenAI-compatible model", () => {
    const lines = [
      "provider: Groq",
      "model: llama",
      "base_url: https://${HOST}/openai/v1//",
      "chat_path: chat",
      "api_key: k",
      "api_key_env: MY_KEY",
      "auth_mode: bearer",
      "max_tokens_field: max_tokens",
    ];
    expect(openAiOf(modelText(...lines), { HOST: "gw.example.com" })).toEqual({
      kind: "openai",
      name: "m",
      provider: "Groq",
      model: "llama",
      description: "",
      baseUrl: "https://gw.example.com/openai/v1",
      chatPath: "/chat",
      auth: "bearer",
      apiKey: "k",
      apiKeyEnv: "MY_KEY",
      apiKeys: [],
      maxTokensField: "max_tokens",
    });
  });
});

describe("${NAME}", () => {
  it("expands in key, credential, region and base_url fields", () => {
    const lines = ["api_key: ${A}", "base_url: https://${A}.example.com"];
    expect(openAiOf(modelText(...lines), { A: "x" })).toMatchObject({
      apiKey: "x",
      baseUrl: "https://x.example.com",
    });
  });

  it("expands once, and not what a value holds", () => {
    expect(openAiOf(modelText("api_key: ${A}"), { A: "${B}$&", B: "no" }).apiKey).toBe("${B}$&");
  });

  it("leaves an unset base_url to the provider's own address", () => {
    expect(openAiOf(modelText("provider: groq", "base_url: ${A}")).baseUrl).toBe(
      "https://api.groq.com/openai/v1",
    );
  });

  it.each([
    ["provider: acme", "base_url: ${MY_URL}"],
    ["provider: groq", "base_url: https://${MY_URL}/v1"],
  ])("names the unset binding where the address needs it (%s, %s)", (...lines) => {
    expect(problemsOf(modelText(...lines))).toEqual([
      expect.stringMatching(/^llms\.m\.base_url: .*unset binding: MY_URL/),
    ]);
  });
});

describe("a wrong value from a binding", () => {
  it("is named by its binding and not shown", () => {
    expect(problemsOf(modelText("base_url: ${MY_URL}"), { MY_URL: "ftp://hidden" })).toEqual([
      expect.stringMatching(/^llms\.m\.base_url: the URL with \$\{MY_URL\} is not an http(?!.*hidden)/),
    ]);
    expect(problemsOf(bedrockText("aws_region: ${MY_REGION}"), { MY_REGION: "hidden" })).toEqual([
      expect.stringMatching(/^llms\.m\.aws_region: the value of the binding MY_REGION(?!.*hidden)/),
    ]);
  });
});

describe("aws_region", () => {
  it("loads as a text", () => {
    expect(bedrockOf(bedrockText("aws_region: eu-central-1")).regions).toEqual(["eu-central-1"]);
  });

  it("loads as a list, in its order", () => {
    const regions = ["us-gov-west-1", "ap-southeast-2", "us-gov-west-1"];
    expect(bedrockOf(bedrockText(`aws_region: [${regions.join(", ")}]`)).regions).toEqual(regions);
  });

  it("may be absent", () => {
    expect(bedrockOf(bedrockText()).regions).toEqual([]);
    expect(bedrockOf(bedrockText("aws_region:")).regions).toEqual([]);
    expect(bedrockOf(bedrockText("aws_region: []")).regions).toEqual([]);
  });

  it("takes an expanded value as it is, and an unset one for absent", () => {
    const text = bedrockText('aws_region: ["${R}", "${S}", eu-west-3]');
    expect(bedrockOf(text, { R: "me-central-1" }).regions).toEqual(["me-central-1", "eu-west-3"]);
    expect(bedrockOf(bedrockText("aws_region: ${R}")).regions).toEqual([]);
  });

  it("is preserved as written", () => {
    for (const written of ["eu-west-1", '"eu-west-1"', "'eu-west-1'", "[eu-west-1]", "\n      - eu-west-1"]) {
      expect(bedrockOf(bedrockText(`aws_region: ${written}`)).regions).toEqual(["eu-west-1"]);
    }
  });

  it("changes nothing for a file of before that does not have it", () => {
    const before = load(RANDOM_STRATEGY);
    const lines = `${RANDOM_STRATEGY}\n  cloud: {provider: bedrock, model: amazon.nova-lite-v1:0, aws_region: eu-west-1}`;
    const after = load(lines);
    expect(after.targets.slice(0, before.targets.length)).toEqual(before.targets);
    expect(after.serve).toEqual(before.serve);
    for (const target of before.targets) expect(target).not.toHaveProperty("regions");
  });

  it.each(["us-east", "US-EAST-1", "us_east_1", "us-east-1.evil.example", "us-east-1/", "1", "'us-east-1 '"])(
    "is refused when it is no region: %s",
    (written) => {
      const wrong = problemsOf(bedrockText(`aws_region: ${written}`));
      expect(wrong).toEqual([expect.stringMatching(/^llms\.m\.aws_region: .*us-east-1/)]);
    },
  );
});

describe("problems of models", () => {
  it.each([
    // Bedrock
    [
      "no Bedrock model id",
      modelText("provider: bedrock"),
      new RegExp(
        `^llms\\.m\\.model: missing; a Bedrock model needs an explicit model id, e\\.g\\. ${MODEL_ID}`,
      ),
    ],
    ["a blank Bedrock model id", modelText("provider: aws", 'model: " "'), /^llms\.m\.model: missing/],
    [
      "model id .",
      modelText("provider: aws", 'model: "."'),
      /^llms\.m\.model: the model id "\." is not valid/,
    ],
    [
      "model id ..",
      modelText("provider: aws", "model: .."),
      /^llms\.m\.model: the model id "\.\." is not valid/,
    ],
    [
      "white space in a model id",
      modelText("provider: aws", "model: a b"),
      /^llms\.m\.model: the model id holds white space/,
    ],
    [
      "a control character in a model id",
      modelText("provider: aws", 'model: "a\\u0007"'),
      /^llms\.m\.model: the model id holds .*control/,
    ],
    [
      "a long model id",
      modelText("provider: aws", `model: ${"a".repeat(2049)}`),
      /^llms\.m\.model: the model id is longer than 2048/,
    ],
    [
      "a guardrail without version",
      bedrockText("guardrail: {id: g}"),
      /^llms\.m\.guardrail\.version: missing; .*both id and version/,
    ],
    [
      "a guardrail without id",
      bedrockText("guardrail: {version: 1}"),
      /^llms\.m\.guardrail\.id: missing; .*both id and version/,
    ],
    [
      "half a key pair",
      bedrockText("aws_access_key_id: x"),
      /^llms\.m\.aws_secret_access_key: missing; wanted both/,
    ],
    [
      "the other half",
      bedrockText("aws_secret_access_key: x"),
      /^llms\.m\.aws_access_key_id: missing; wanted both/,
    ],
    [
      "half a key pair by an unset binding",
      bedrockText("aws_access_key_id: x", "aws_secret_access_key: ${S}"),
      /^llms\.m\.aws_secret_access_key: missing \(unset binding: S/,
    ],
    [
      "a lone session token",
      bedrockText("aws_session_token: x"),
      /^llms\.m\.aws_session_token: stands alone/,
    ],
    // OpenAI-compatible
    [
      "an unknown provider without address",
      modelText("provider: grok"),
      /^llms\.m\.base_url: missing; the provider "grok" .* \(the nearest is "groq"\)$/,
    ],
    ["a misspelt Bedrock", modelText("provider: bedrok"), /\(the nearest is "bedrock"\)$/],
    [
      "another scheme",
      modelText("base_url: ftp://a.example"),
      /^llms\.m\.base_url: "ftp:\/\/a\.example" is not an http\(s\) URL/,
    ],
    [
      "no URL",
      modelText("base_url: api.example.com/v1"),
      /^llms\.m\.base_url: "api\.example\.com\/v1" is not an http/,
    ],
    [
      "an empty host",
      modelText("base_url: https:///v1"),
      /^llms\.m\.base_url: "https:\/\/\/v1" is not an http/,
    ],
    [
      "an impossible port",
      modelText("base_url: https://a.example:99999"),
      /^llms\.m\.base_url: .* is not an http/,
    ],
    [
      "white space in a URL",
      modelText('base_url: "https://a.example/ v1"'),
      /^llms\.m\.base_url: .* is not an http/,
    ],
    [
      "a query",
      modelText("base_url: https://a.example/?x=1"),
      /^llms\.m\.base_url: the URL \(not shown\) has a query or a fragment/,
    ],
    [
      "a fragment",
      modelText("base_url: https://a.example/#x"),
      /^llms\.m\.base_url: the URL \(not shown\) has a query or a fragment/,
    ],
    [
      "a password",
      modelText("base_url: https://u:pw@a.example"),
      /^llms\.m\.base_url: the URL \(not shown\) holds a user name or password/,
    ],
    [
      "a default in ${}",
      modelText("base_url: https://${HOST:-x}/v1"),
      /^llms\.m\.base_url: the URL \(not shown\) holds a \$/,
    ],
    [
      "the URL of a Bedrock model",
      bedrockText("base_url: nowhere"),
      /^llms\.m\.base_url: "nowhere" is not an http/,
    ],
    [
      "a number as a key",
      `api_keys: {openai: 12345}\n${modelText()}`,
      /^api_keys\.openai: the value \(not shown\) is not valid; wanted a text/,
    ],
    [
      "a key that no header takes",
      modelText('api_key: "k\\u00e9y"'),
      /^llms\.m\.api_key: the value \(not shown\) is not valid; wanted printable ASCII/,
    ],
    [
      "a number as chat_path",
      modelText("chat_path: 5"),
      /^llms\.m\.chat_path: the value \(not shown\) is not valid; wanted a path such as \/chat/,
    ],
    [
      "a key as the name of a binding",
      modelText("api_key_env: sk-123"),
      /^llms\.m\.api_key_env: the value \(not shown\) is not valid; wanted the name of a binding/,
    ],
    [
      "a number as a URL",
      modelText("base_url: 5"),
      /^llms\.m\.base_url: 5 is not valid; wanted an http\(s\) URL such as/,
    ],
    [
      "white space in chat_path",
      modelText("chat_path: /a b"),
      /^llms\.m\.chat_path: the value \(not shown\) is not valid/,
    ],
  ])("%s", (_name, text, line) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(line)]);
  });
});

describe("aliases", () => {
  const two = (one: string, other: string) =>
    `llms: {a: {provider: openai, aliases: ${one}}, b: {provider: openai, aliases: ${other}}}`;

  it("are names and patterns, one or several", () => {
    const config = load(two("[claude-*, gpt-5*]", "o3"));
    expect(config.targets.map(({ aliases }) => aliases)).toEqual([["claude-*", "gpt-5*"], ["o3"]]);
    expect(config.warnings).toEqual([]);
  });

  it.each([
    ["claude-*", "claude-haiku-4-5"],
    ["[x, claude-*]", '"*-haiku"'],
    ["same", "same"],
  ])("of two models never stand for the same name: %s, %s", (one, other) => {
    expect(problemsOf(two(one, other))).toEqual([
      expect.stringMatching(/^llms\.b\.aliases: ".+" and ".+" of "a" stand for the same names/),
    ]);
  });

  it("of one model may", () => {
    expect(problemsOf(two("[claude-*, claude-haiku*]", "gpt-*"))).toEqual([]);
  });

  it.each(["b", "auto"])("that are a name already are warned of: %s", (name) => {
    expect(load(two(name, "x")).warnings).toEqual([
      `llms.a.aliases names "${name}", which is a name of its own already: it has no effect`,
    ]);
  });

  it.each(['""', '" a"', "é", `"${"x".repeat(257)}"`, "5"])("are printable: %s", (alias) => {
    expect(problemsOf(two(alias, "x"))).toEqual([
      expect.stringMatching(/^llms\.a\.aliases: .* is not valid/),
    ]);
  });
});
