// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, objectsIn } from "../../../emulator/json.ts";
import { clientSettings } from "../../../scripts/config-check/clients.ts";
import { inspect } from "../../../scripts/config-check/inspect.ts";
import { runScript, type ScriptRun } from "../../support/script.ts";
import { loaderProblems, ROOT, read } from "./support.ts";

let folder: string;
beforeAll(async () => {
  // Not the project's folder: a developer's own .dev.vars lies there.
  folder = await mkdtemp(join(tmpdir(), "config-check-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the script in the folder, with no environment but this. */
function check(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<ScriptRun> {
  return runScript("scripts/config-check.ts", args, { cwd: folder, env });
}

async function checkText(
  text: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  await writeFile(join(folder, "a.yaml"), text);
  return check(["a.yaml", ...args], env);
}

describe("a valid file", () => {
  it("is the example for OpenClaw", async () => {
    const file = "config/examples/openclaw.yaml";
    const { code, stdout, stderr } = await check([join(ROOT, file)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`${file} is valid.\n`);
    expect(stdout).not.toContain("warning");
  });

  it("is config/router.yaml, where none is named", async () => {
    const { code, stdout } = await check([]);
    expect(code).toBe(0);
    expect(stdout).toContain("config/router.yaml is valid.");
  });

  it("has its warnings shown", async () => {
    const { code, stdout } = await checkText("{serve: {port: 1}, llms: {m: {}}}");
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 warning:\n- serve\.port has no effect here: /);
  });
});

it("shows models for vectors and an order beside the others", async () => {
  const { code, stdout } = await checkText(
    'llms: {m: {provider: bedrock, model: "amazon.nova-lite-v1:0"}, e: {provider: bedrock, model: "amazon.titan-embed-text-v2:0"}, r: {provider: bedrock, model: "cohere.rerank-v3-5:0"}, w: {provider: workers-ai, model: "@cf/baai/bge-m3"}}',
  );
  expect(code).toBe(0);
  const rows = stdout.split("\n").map((line) => line.trim().replaceAll(/ {2,}/g, "  "));
  expect(rows).toContain("e  bedrock  embedding  amazon.titan-embed-text-v2:0  us-east-1");
  expect(rows).toContain("r  bedrock  rerank  cohere.rerank-v3-5:0  us-east-1");
  expect(rows).toContain("w  workers-ai  @cf/baai/bge-m3  its binding AI");
});

describe("the settings of a client", () => {
  const CONFIG =
    'llms: {big: {provider: bedrock, model: "anthropic.claude-opus-4-5-20251101-v1:0"}, small: {provider: bedrock, model: "us.amazon.nova-lite-v1:0"}, vectors: {provider: bedrock, model: "amazon.titan-embed-text-v2:0"}}';
  const asked = (...args: readonly string[]) => checkText(CONFIG, ["--client", ...args]);

  it("come alone, with the models of the configuration; what else to know goes beside", async () => {
    const { code, stdout, stderr } = await asked("claude-code", "--url", "http://127.0.0.1:8787/v1/");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "export ANTHROPIC_BASE_URL=http://127.0.0.1:8787",
      "export ANTHROPIC_AUTH_TOKEN=YOUR_KEY",
      "# Its small model, for titles and summaries.",
      "export ANTHROPIC_DEFAULT_HAIKU_MODEL=small",
      "# When a conversation is shortened: before the model's window is full.",
      "export CLAUDE_CODE_AUTO_COMPACT_WINDOW=200000",
      "claude --model auto",
      "",
    ]);
    expect(stderr).toContain("YOUR_KEY");
    expect(stderr).toContain("serve.max_body_bytes: 16MiB");
  });

  it.each([
    ["codex", 'model = "small"'],
    ["openclaw", '"primary": "openclaw/small"'],
    ["opencode", '"model": "edge/small"'],
    ["cline", "-m small -b https://router.example/v1"],
    ["continue", '"model": "small"'],
    ["openai-sdk", "OPENAI_BASE_URL=https://router.example/v1"],
    ["anthropic-sdk", "ANTHROPIC_BASE_URL=https://router.example\n"],
  ])("are there for %s", (client, part) => {
    const { config } = inspect(CONFIG, () => undefined);
    if (!config) throw new Error("not valid");
    const to = { client, origin: "https://router.example", model: "small", open: false };
    const { text = "" } = clientSettings(config, to) ?? {};
    expect(text).toContain(part);
    expect(text).toContain(client === "codex" ? "EDGE_ROUTER_KEY=YOUR_KEY" : "YOUR_KEY");
    expect(text).not.toContain("vectors");
    if (text.startsWith("{")) expect(() => JSON.parse(text)).not.toThrow();
    const open = clientSettings(config, { ...to, open: true });
    expect(open?.text + String(open?.notes)).not.toContain("YOUR_KEY");
    expect(clientSettings(config, { ...to, model: "vectors" })).toBeUndefined();
  });

  it("say what the configuration should have for them", () => {
    const notesOf = (client: string, text: string) => {
      const { config } = inspect(text, () => undefined);
      const to = { client, origin: "https://router.example", model: undefined, open: true };
      return config && clientSettings(config, to)?.notes.slice(1);
    };
    const reject = `serve: {unknown_model: reject}\n${CONFIG}`;
    expect(notesOf("claude-code", reject)).toEqual([
      expect.stringMatching(/serve\.max_body_bytes: 16MiB; it is 8 MiB/),
      expect.stringMatching(/aliases: \["claude-\*"\].+refused/),
    ]);
    expect(notesOf("codex", CONFIG)?.[1]).toMatch(/gpt-5\.5\*.+auto answers/);
    expect(notesOf("openai-sdk", CONFIG)).toEqual([]);
    const ready = `serve: {max_body_bytes: 16MiB}\n${CONFIG.replace("{provider", '{aliases: ["claude-*", "gpt-5.5*"], provider')}`;
    expect(notesOf("claude-code", ready)).toEqual([]);
    expect(notesOf("codex", ready)).toEqual([]);
  });

  it.each([
    [["nobody"], "claude-code, codex"],
    [["codex", "--model", "vectors"], "no model vectors"],
    [["codex", "--url", "router"], "usage"],
  ])("%j is refused", async (args, text) => {
    const { code, stdout, stderr } = await asked(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(text);
  });

  it("are not given for a configuration that is not valid", async () => {
    const { code, stderr } = await checkText("{llms: {m: {provider: bedrock}}}", ["--client", "codex"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("1 problem")]);
  });
});

/** Names of bindings and of everything else in every place that takes them. */
const EVERYTHING = `
router: {strategy: llm, model: judge, base_url: "\${JUDGE_URL}", auth_mode: none}
api_keys: {groq: ["\${GROQ_A}", "\${GROQ_B}"], openai: literal-key}
llms:
  many: {provider: groq}
  literal: {provider: openai, model: gpt-4o}
  acme: {provider: acme, base_url: "\${ACME_URL}", api_key_env: ACME_KEY}
  own: {provider: bedrock, model: "amazon.nova-lite-v1:0", aws_region: "\${REGION}", aws_access_key_id: "\${OWN_ID}", aws_secret_access_key: "\${OWN_SECRET}"}
  local: {provider: ollama, model: qwen3}
  arn: {provider: bedrock, model: "arn:aws:bedrock:us-east-1:123456789012:imported-model/x", family: openai, aws_bearer_token: literal-token}
  keyless: {provider: mistral, auth_mode: none}
`;
const SECRETS = {
  JUDGE_URL: "https://secret-judge.example/v1",
  GROQ_B: "secret-groq",
  ACME_URL: "https://secret-acme.example",
  OWN_ID: "secret-id",
  OWN_SECRET: "secret-secret",
};

describe("--json", () => {
  it("is the same as an object", async () => {
    const { code, stdout } = await checkText(EVERYTHING, ["--json"], SECRETS);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      file: "a.yaml",
      valid: true,
      problems: [],
      warnings: ["api_keys.openai", "llms.arn.aws_bearer_token"].map((path) =>
        expect.stringMatching(`^${path} is written into the configuration`),
      ),
      strategy: "llm",
      models: [
        {
          name: "many",
          provider: "groq",
          model: "many",
          base_url: "https://api.groq.com/openai/v1",
          weight: 1,
        },
        {
          name: "literal",
          provider: "openai",
          model: "gpt-4o",
          base_url: "https://api.openai.com/v1",
          weight: 1,
        },
        { name: "acme", provider: "acme", model: "acme", weight: 1 },
        {
          name: "own",
          provider: "bedrock",
          model: "amazon.nova-lite-v1:0",
          family: "nova",
          regions: ["us-east-1"],
          weight: 1,
        },
        {
          name: "local",
          provider: "ollama",
          model: "qwen3",
          base_url: "http://localhost:11434/v1",
          weight: 1,
        },
        {
          name: "arn",
          provider: "bedrock",
          model: "arn:aws:bedrock:us-east-1:[account]:imported-model/x",
          family: "openai",
          regions: ["us-east-1"],
          weight: 1,
        },
        {
          name: "keyless",
          provider: "mistral",
          model: "keyless",
          base_url: "https://api.mistral.ai/v1",
          weight: 1,
        },
      ],
      router_model: { name: "judge", provider: "openai", model: "judge" },
      fallback_models: [],
      needs: [
        { for: ["clients"], any_of: [["ROUTER_API_KEYS"], ["ROUTER_AUTH"]], met: false },
        { for: ["many"], any_of: [["GROQ_A"], ["GROQ_B"], ["GROQ_API_KEY"]], met: true },
        { for: ["acme"], any_of: [["ACME_KEY"], ["ACME_API_KEY"]], met: false },
        { for: ["acme (base_url)"], any_of: [["ACME_URL"]], met: true },
        { for: ["own"], any_of: [["OWN_ID", "OWN_SECRET"]], met: true },
        { for: ["own (aws_region)"], any_of: [["REGION"]], met: true },
        { for: ["router.model (base_url)"], any_of: [["JUDGE_URL"]], met: true },
      ],
      unset: [
        "ROUTER_API_KEYS",
        "ROUTER_AUTH",
        "GROQ_A",
        "GROQ_API_KEY",
        "ACME_KEY",
        "ACME_API_KEY",
        "REGION",
      ],
    });
  });

  it("tells of every kind of model what it is called in", async () => {
    const llms = {
      titan: { provider: "bedrock", model: "amazon.titan-embed-text-v2:0" },
      cohere: { provider: "bedrock", model: "us.cohere.embed-v4:0" },
      own: {
        ...{ provider: "bedrock", model: "arn:aws:bedrock:us-east-1:123456789012:imported-model/x" },
        ...{ kind: "embedding", family: "titan-embed-v2" },
      },
      order: { provider: "bedrock", model: "amazon.rerank-v1:0" },
      claude: { provider: "bedrock", model: "us.anthropic.claude-sonnet-5-5" },
      grok: { provider: "bedrock", model: "xai.grok-4.3" },
      gpt: { provider: "bedrock", model: "openai.gpt-5.5" },
      bge: { provider: "workers-ai", model: "@cf/baai/bge-m3" },
    };
    const text = JSON.stringify({ llms });
    const { code, stdout } = await checkText(text, ["--json"]);
    expect(code, stdout).toBe(0);
    const models = objectsIn(asObject(JSON.parse(stdout)).models);
    expect(models.map(({ name, family }) => [name, family])).toEqual([
      ["titan", "embedding"],
      ["cohere", "embedding"],
      ["own", "embedding"],
      ["order", "rerank"],
      ["claude", "anthropic"],
      ["grok", "chat"],
      ["gpt", "responses"],
      ["bge", undefined],
    ]);
    expect((await checkText(text)).stdout).toMatch(/bge +workers-ai +@cf\/baai\/bge-m3 +its binding AI/);
  });

  it.each([
    [{}, false],
    [{ AWS_BEARER_TOKEN_BEDROCK: "ABSKx" }, false],
    [{ AWS_OIDC_PRIVATE_KEY: "{}" }, true],
    [{ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" }, true],
  ])("tells who may assume a role, and with %j whether somebody does", async (env, met) => {
    const aws = "{role_arn: 'arn:aws:iam::111122223333:role/r', oidc_issuer: 'https://router.example.com'}";
    const models = "{m: {provider: bedrock, model: amazon.nova-lite-v1:0}}";
    const { stdout } = await checkText(`aws: ${aws}\nllms: ${models}`, ["--json"], env);
    expect(JSON.parse(stdout).needs).toContainEqual({
      for: ["m"],
      any_of: [["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], ["AWS_OIDC_PRIVATE_KEY"]],
      met,
    });
  });

  it("names the problems", async () => {
    const { code, stdout } = await checkText("llms: {m: {modle: x}}", ["--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      file: "a.yaml",
      valid: false,
      problems: ['llms.m.modle: the key "modle" is unknown; the nearest valid key is "model"'],
      warnings: [],
    });
  });
});

const PAGES = ["docs/configuration.md", "docs/migrating-from-llmrouter.md"];
const SHOWN = /^<!-- (file|checked): (\S+) -->\n```\w+\n(.*?)^```$/gms;

describe.each(PAGES)("%s", (page) => {
  const blocks = [...read(page).matchAll(SHOWN)];
  const checked = blocks.flatMap(([, kind, file = "", text = ""]) =>
    kind === "checked" ? [[file, text] as const] : [],
  );

  it("shows results", () => expect(checked.length).toBeGreaterThan(0));

  it.each(checked)("shows what is said of %s", async (file, text) => {
    const written = blocks.find(([, kind, name]) => kind === "file" && name === file)?.[3] ?? read(file);
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await writeFile(join(folder, file), written);
    const env = {
      ROUTER_API_KEYS: "a-client-key-0123456789",
      AWS_ACCESS_KEY_ID: "i",
      AWS_SECRET_ACCESS_KEY: "s",
    };
    const { stdout, stderr } = await check([file], env);
    expect(stdout + stderr).toBe(text);
  });
});

describe("bindings", () => {
  it("that hold clients' keys which let nobody in are told, without the keys", async () => {
    const short = "short-one";
    const env = { ROUTER_API_KEYS: `alice=${short},0123456789ab=sk-0123456789abcdef` };
    const { stdout, stderr } = await checkText("llms: {m: {provider: openai}}\n", [], env);
    expect(stdout + stderr).toContain("ROUTER_API_KEYS: key 1 (alice) is not valid and lets nobody in");
    expect(stdout + stderr).toContain("ROUTER_API_KEYS: key 2");
    expect(stdout + stderr).not.toContain(short);
    expect(stdout + stderr).not.toContain("sk-0123456789abcdef");
  });

  it("are taken from .dev.vars, then from the environment, and shown by name only", async () => {
    const { JUDGE_URL, ...rest } = SECRETS;
    await writeFile(join(folder, ".dev.vars"), `JUDGE_URL="${JUDGE_URL}"\nREGION=eu-west-3\n`);
    try {
      for (const args of [[], ["--json"]]) {
        const { code, stdout, stderr } = await checkText(EVERYTHING, args, { ...rest, REGION: "eu-west-1" });
        expect(code).toBe(0);
        expect(stdout).toContain("eu-west-3");
        expect(stdout + stderr).not.toMatch(/secret-|literal-|123456789012/);
      }
    } finally {
      await rm(join(folder, ".dev.vars"));
    }
  });

  it("are not shown in problems either", async () => {
    const text = "llms: {m: {base_url: '${URL}', api_key: literal-key, max_tokens: 0}}";
    const { code, stdout, stderr } = await checkText(text, [], { URL: "ftp://secret.example" });
    expect(code).toBe(1);
    expect(stderr).toContain("llms.m.base_url: the URL with ${URL} is not an http(s) URL");
    expect(stdout + stderr).not.toMatch(/secret|literal-key/);
  });

  it("say so when another configuration is in the place of the file", async () => {
    const { stderr } = await check([], { ROUTER_CONFIG: "llms: {}" });
    expect(stderr).toMatch(/ROUTER_CONFIG is set: .* not .*config\/router\.yaml/);
  });
});

describe("a file that is not valid", () => {
  it.each([
    "llms: {m: {provider: bedrok, modle: x}}",
    "llms: {m: {provider: bedrock, model: acme.unknown-v1:0}}",
    "{router: {strategy: llmrouter, weights: {n: -1}}, llms: {m: {}}}",
    "llms:\n\tm: {}",
    "",
  ])("has the Worker's problems and code 1: %j", async (text) => {
    const problems = loaderProblems(text);
    const { code, stdout, stderr } = await checkText(text);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(problems.length).toBeGreaterThan(0);
    expect(stderr.trim().split("\n").slice(1)).toEqual(problems);
  });
});

describe("what cannot be checked has code 2", () => {
  it("for a file that is not there", async () => {
    const { code, stderr } = await check(["nowhere.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toContain("nowhere.yaml cannot be read");
  });

  it.each([[["a.yaml", "b.yaml"]], [["--jsn"]]])("for arguments that make no sense: %j", async (args) => {
    const { code, stderr } = await check(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^usage: npm run config:check/);
  });
});

it("npm finds the file from where it was called", async () => {
  await writeFile(join(folder, "a.yaml"), "llms: {m: {}}");
  const env = { PATH: process.env.PATH ?? "", INIT_CWD: folder };
  const run = await runScript("scripts/config-check.ts", ["a.yaml"], { cwd: ROOT, env });
  expect(run.stdout).toContain("a.yaml is valid.");
  expect(run.code).toBe(0);
});
