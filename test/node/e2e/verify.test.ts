/** `npm run verify` against the local stack: one that is well, and one whose credentials, model and region are broken. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";

const SCRIPT = join(import.meta.dirname, "../../../scripts/verify.ts");
const SONNET = "global.anthropic.claude-sonnet-4-6";
const HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
const CLOSED = "eu-west-3";

let healthy: Stack;
let broken: Stack;
beforeAll(async () => {
  healthy = await startStack({
    bindings: (emulator) => ({ ...awsBindings(emulator), NVIDIA_API_KEY: emulator.openaiKey }),
    config: (emulator) => ({
      router: { strategy: "round_robin" },
      llms: {
        claude: { provider: "bedrock", model: SONNET },
        nova: { provider: "aws", model: "amazon.nova-pro-v1:0", api: "converse" },
        llama: { provider: "bedrock", model: "meta.llama3-1-70b-instruct-v1:0" },
        nvidia: {
          provider: "nvidia",
          model: "meta/llama",
          base_url: emulator.openaiUrl,
        },
        local: { provider: "ollama", model: "qwen3:8b", base_url: emulator.localUrl },
        vectors: { provider: "bedrock", model: "amazon.titan-embed-text-v2:0" },
        order: { provider: "bedrock", model: "cohere.rerank-v3-5:0" },
      },
      keys: { "*": { requests_minute: 10_000 } },
    }),
  });
  broken = await startStack({
    emulator: healthy.emulator,
    bindings: awsBindings,
    config: (emulator) => ({
      router: {
        retry: 0,
        weights: {
          "bad-secret": 0,
          "bad-key": 0,
          "bad-model": 0,
          "no-access": 0,
          "bad-region": 0,
          "other-region": 0,
        },
      },
      llms: {
        claude: { provider: "bedrock", model: SONNET },
        "bad-secret": {
          provider: "bedrock",
          model: SONNET,
          aws_access_key_id: emulator.credentials.accessKeyId,
          aws_secret_access_key: "mistyped-secret-access-key",
        },
        "bad-key": {
          provider: "nvidia",
          model: "meta/llama",
          base_url: emulator.openaiUrl,
          api_key: "nvapi-mistyped",
        },
        "bad-model": { provider: "bedrock", model: "anthropic.claude-unheard-of-v1:0" },
        "no-access": { provider: "bedrock", model: HAIKU, base_url: `${emulator.url}/@model-access` },
        "bad-region": {
          provider: "bedrock",
          model: HAIKU,
          base_url: `${emulator.url}/@region:${CLOSED}`,
          aws_region: CLOSED,
        },
        "other-region": {
          provider: "bedrock",
          model: HAIKU,
          base_url: `${emulator.url}/@not-here:${CLOSED}`,
          aws_region: CLOSED,
        },
      },
    }),
  });
}, 60_000);
afterAll(async () => {
  await broken?.close();
  await healthy?.close();
});

interface Run {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs the script as npm would, the key in the environment. */
function verify(args: readonly string[], key: string | undefined = CLIENT_KEY): Promise<Run> {
  const { ROUTER_URL: _, ROUTER_KEY: __, ...env } = process.env;
  return new Promise((resolve) => {
    const options = { env: { ...env, ...(key !== undefined && { ROUTER_KEY: key }) } };
    const child = execFile(process.execPath, [SCRIPT, ...args], options, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}

async function report(args: readonly string[], key?: string) {
  const { exitCode, output } = await verify([...args, "--json"], key);
  const body = asObject(JSON.parse(output));
  const results = objectsIn(body.results);
  const named = (status: string) =>
    results.filter((result) => result.status === status).map((r) => `${r.check}: ${r.case}`);
  return { exitCode, output, body, results, named };
}

const MODELS = ["claude", "nova", "llama", "nvidia", "local"];

describe("a router that is well", () => {
  it("passes every check, with Bedrock and other providers side by side", async () => {
    const { exitCode, body, named, results } = await report([healthy.url]);
    expect(named("fail")).toEqual([]);
    expect(named("warn")).toEqual([]);
    // Llama's native format has no tools.
    expect(named("skip")).toEqual(["tools: llama"]);
    const passed = named("pass");
    for (const check of WAYS) {
      expect(passed).toEqual(expect.arrayContaining(MODELS.map((model) => `${check}: ${model}`)));
    }
    expect(passed).toEqual(
      expect.arrayContaining([
        ...["tools: claude", "tools: nova", "tools: nvidia", "embeddings: vectors", "rerank: order"],
        ...["messages: counts tokens", "responses: are kept, read again and deleted"],
        "limits: count what the key uses",
      ]),
    );
    expect(body).toMatchObject({ url: healthy.url, ok: true, passed: passed.length, failed: 0, skipped: 1 });
    expect(results.every(({ ms }) => typeof ms === "number")).toBe(true);
    const note = (check: string, name: string) =>
      results.find((result) => result.check === check && result.case === name)?.note;
    expect(note("providers", "Bedrock and others")).toBe(
      "Bedrock: 3 of 3, OpenAI-compatible providers: 2 of 2",
    );
    expect(note("answer", "nvidia")).toMatch(/by nvidia \(nvidia\), \d+ \+ \d+ tokens/);
    expect(note("embeddings", "vectors")).toBe("2 vectors of 1024");
    expect(note("limits", "are told to the key")).toBe("this key has requests_minute");
    expect(note("parameters", "an unknown one is left out and named")).toContain("verify_unknown_parameter");
    expect(exitCode).toBe(0);
  }, 120_000);

  it("is told in lines to read, without the key, and with only the models that were asked for", async () => {
    const { exitCode, output } = await verify([`${healthy.url}/v1/`, "--models", "nova, local"]);
    const lines = output.trim().split("\n");
    expect(lines[0]).toBe(healthy.url);
    expect(lines).toContainEqual(expect.stringMatching(/^✓ auth: no key \(.+\): HTTP 401 invalid_api_key$/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^✓ stream: nova \(.+\): \d+ chunks, usage, \[DONE\]$/),
    );
    expect(lines.filter((line) => line.startsWith("✗"))).toEqual([]);
    expect(lines.at(-1)).toMatch(/^All is well: \d+ passed, 0 failed, in \d+\.\d s\.$/);
    expect(output).not.toMatch(/answer: (?:claude|llama|nvidia)/);
    expect(output).not.toContain(CLIENT_KEY);
    expect(exitCode).toBe(0);
  }, 120_000);

  it("ends at once for a key that is none of its own, and repeats it nowhere", async () => {
    const { exitCode, output, results } = await report([healthy.url], "sk-of-another-router");
    expect(exitCode).toBe(1);
    expect(results.map(({ check, case: name, status }) => `${check}: ${name}: ${status}`)).toEqual([
      "health: answers anyone with its status alone: pass",
      "auth: no key: pass",
      "auth: a wrong key: pass",
      "auth: the right key: fail",
    ]);
    expect(results.at(-1)).toMatchObject({
      code: "invalid_api_key",
      advice: expect.stringContaining("ROUTER_API_KEYS"),
    });
    expect(output).not.toContain("sk-of-another-router");
  }, 60_000);

  it("fails the check of a model that it does not have", async () => {
    const { exitCode, results } = await report([healthy.url, "--models", "claude,gpt-9"]);
    expect(exitCode).toBe(1);
    const failed = results.filter(({ status }) => status === "fail");
    expect(failed).toMatchObject([{ check: "models", expected: expect.stringContaining("gpt-9") }]);
  }, 60_000);
});

/** What has to be reported of each broken model, and what its message has to say. */
const FAULTS = [
  ["bad-secret", "aws_credentials_rejected", /llms\.bad-secret\.aws_secret_access_key/],
  ["bad-key", "upstream_credentials_rejected", /Check the key/],
  ["bad-model", "bedrock_model_invalid", /does not know 'anthropic\.claude-unheard-of-v1:0'/],
  ["no-access", "bedrock_model_access_denied", /AWS Marketplace subscription/],
  ["bad-region", "bedrock_region_unsupported", /not available in eu-west-3.*aws_region/],
  ["other-region", "bedrock_model_invalid", /Bedrock in eu-west-3.*aws_region/],
] as const;
/** A whole answer, a stream, other APIs, a WebSocket. */
const WAYS = ["answer", "stream", "messages", "responses", "websocket"];

describe("a router whose credentials, models and regions are broken", () => {
  let results: JsonObject[] = [];
  let exitCode = -1;
  let output = "";
  beforeAll(async () => {
    ({ results, exitCode, output } = await report([broken.url]));
  }, 120_000);

  it("fails exactly the checks of the broken models, over HTTP and over WebSocket", () => {
    const failed = results.filter(({ status }) => status === "fail");
    const wanted = [
      ...WAYS.flatMap((way) => FAULTS.map(([model]) => `${way}: ${model}`)),
      "providers: Bedrock and others",
    ];
    expect(failed.map((result) => `${result.check}: ${result.case}`).toSorted()).toEqual(wanted.toSorted());
    expect(exitCode).toBe(1);
  });

  it.each(FAULTS)("tells of %s: %s, with advice", (model, code, advice) => {
    for (const way of WAYS) {
      const result = results.find((one) => one.check === way && one.case === model) ?? {};
      const got = asString(result.got);
      expect(got).toMatch(way === "websocket" ? /^an error frame, / : /^HTTP 500 /);
      expect(got).toMatch(advice);
      // The first tells the cause.
      expect([way, result.same_as]).toEqual([way, way === "answer" ? undefined : `answer: ${model}`]);
      // Anthropic's errors have no code.
      if (way === "messages") continue;
      expect([way, result.code]).toEqual([way, code]);
      expect(got).toContain(code);
      expect(result.advice).toBe(`docs/errors.md explains ${code}.`);
    }
  });

  it("passes the checks of what works, and says what it could not check", () => {
    const status = (check: string, name: string) =>
      results.find((one) => one.check === check && one.case === name)?.status;
    for (const way of [...WAYS, "tools"]) expect([way, status(way, "claude")]).toEqual([way, "pass"]);
    expect(status("answer", "auto")).toBe("pass");
    expect(status("session", "goes on where the connection dropped")).toBe("pass");
    for (const [model] of FAULTS) expect(status("tools", model)).toBe("skip");
  });

  it("shows no secret, and reads well", async () => {
    const text = await verify([broken.url, "--models", "bad-secret"]);
    for (const shown of [output, text.output]) {
      expect(shown).not.toMatch(/mistyped|emulator-secret|sk-test|EMULATORACCESSKEY/);
    }
    expect(text.exitCode).toBe(1);
    expect(text.output).toMatch(
      /✗ answer: bad-secret \(.+\)\n {6}expected {2}an answer\n {6}came {6}HTTP 500 aws_credentials_rejected: .+\n {6}advice {4}docs\/errors\.md/,
    );
    expect(text.output).toMatch(/✗ websocket: bad-secret \(.+\): the same cause as answer: bad-secret\n/);
    expect(text.output.match(/advice {4}/g)).toHaveLength(1);
    expect(text.output).toMatch(/\nNot all is well: \d+ passed, 5 failed of 1 cause, .*\n$/);
  }, 60_000);
});

describe("a router that lets anyone in, and whose fallback hides a model that fails", () => {
  let open: Stack;
  beforeAll(async () => {
    open = await startStack({
      emulator: healthy.emulator,
      bindings: (emulator) => ({ ...awsBindings(emulator), ROUTER_API_KEYS: "", ROUTER_AUTH: "none" }),
      config: ({ url }) => ({
        serve: { cors_origins: ["*"], port: 8000 },
        router: { retry: 0, fallback_models: ["claude"] },
        llms: {
          claude: { provider: "bedrock", model: SONNET },
          poor: { provider: "bedrock", model: HAIKU, base_url: `${url}/@quota` },
        },
      }),
    });
  }, 60_000);
  afterAll(() => open?.close());

  it("is to be looked at, and the model fails", async () => {
    const { exitCode, named, results } = await report([open.url, "--open"], "");
    expect(exitCode).toBe(1);
    expect(named("warn")).toEqual([
      "auth: no key",
      "auth: a wrong key",
      "health: tells a client what is configured",
      "cors: a foreign page is refused",
      "cors: a foreign page's preflight allows nothing",
    ]);
    const failed = results.filter(({ status }) => status === "fail");
    expect(failed).toMatchObject([
      {
        case: "poor",
        got: "one of claude, at attempt 2",
        advice: expect.stringContaining("fallback_models"),
      },
      { case: "poor", got: "one of claude" },
    ]);
    expect(failed.map(({ check }) => check)).toEqual(["answer", "websocket"]);
  }, 60_000);

  it("fails the check of auth when it should be closed", async () => {
    const { named } = await report([open.url, "--models", "claude"]);
    expect(named("fail")).toEqual([
      "health: answers anyone with its status alone",
      "auth: no key",
      "auth: a wrong key",
      "websocket: a wrong key is refused",
    ]);
  }, 60_000);
});

describe("the command line", () => {
  it("stops at once where nothing answers", async () => {
    const { exitCode, results } = await report(["http://127.0.0.1:9"]);
    expect(exitCode).toBe(1);
    expect(results).toMatchObject([
      { check: "health", status: "fail", advice: expect.stringContaining("Check the URL") },
    ]);
  });

  it.each([
    [[], CLIENT_KEY, /Which router\?/],
    [["http://127.0.0.1:9"], "", /set ROUTER_KEY/],
    [["http://127.0.0.1:9", "http://127.0.0.1:10"], CLIENT_KEY, /One URL is enough/],
    [["http://127.0.0.1:9", "--timeout", "soon"], CLIENT_KEY, /--timeout wants seconds/],
    [["http://127.0.0.1:9", "--modles", "a"], CLIENT_KEY, /--modles/],
    [["https://"], CLIENT_KEY, /is no URL/],
  ])("%j is refused with a sentence and how to use it", async (args, key, text) => {
    const { exitCode, output } = await verify(args, key);
    expect(exitCode).toBe(2);
    expect(output).toMatch(text);
    expect(output).toContain("npm run verify -- URL");
  });

  it("explains itself", async () => {
    const { exitCode, output } = await verify(["--help"]);
    expect(exitCode).toBe(0);
    expect(output).toContain("ROUTER_KEY");
  });
});
