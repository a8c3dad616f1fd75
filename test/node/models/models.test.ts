/** `npm run models`, against the emulator: a signed call of the control plane, and a configuration that the router takes. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../../src/config/text.ts";
import { familyFor } from "../../../src/families/index.ts";
import { targetProblem } from "../../../src/providers/index.ts";
import { emulatorHere } from "../emulator/client.ts";

const emulator = emulatorHere();

async function models(args: readonly string[], env: Readonly<Record<string, string>>) {
  const options = { cwd: new URL("../../..", import.meta.url), env: { PATH: process.env.PATH, ...env } };
  return promisify(execFile)(process.execPath, ["scripts/models.ts", ...args], options)
    .then(({ stdout }) => ({ code: 0, stdout, stderr: "" }))
    .catch(({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }));
}

function credentials(): Record<string, string> {
  const { url, credentials: own } = emulator();
  return {
    AWS_ENDPOINT_URL_BEDROCK: url,
    AWS_ACCESS_KEY_ID: own.accessKeyId,
    AWS_SECRET_ACCESS_KEY: own.secretAccessKey,
  };
}

it("prints what the account may use, by the ids that can be called, ready to paste", async () => {
  const { stdout, code, stderr } = await models(["--region", "eu-central-1"], credentials());
  expect([code, stderr]).toEqual([0, ""]);
  expect(parse(stdout)).toEqual({
    llms: {
      // The near profile; a model that is there on demand goes before its profiles; makers that nobody knows by Converse.
      "claude-haiku-4-5": bedrock("eu.anthropic.claude-haiku-4-5-20251001-v1:0"),
      "claude-sonnet-5-5": bedrock("eu.anthropic.claude-sonnet-5-5"),
      "gpt-oss-120b": bedrock("openai.gpt-oss-120b-1:0"),
      "llama3-3-70b-instruct": bedrock("eu.meta.llama3-3-70b-instruct-v1:0"),
      "mistral-large-3-675b-instruct": bedrock("mistral.mistral-large-3-675b-instruct"),
      "nova-pro": bedrock("amazon.nova-pro-v1:0"),
      "oracle-1": { ...bedrock("acme.oracle-1-v1:0"), api: "converse" },
      "team-a-claude": {
        ...bedrock(expect.stringContaining("application-inference-profile/")),
        family: "anthropic",
      },
      "team-b-mistral": {
        ...bedrock(expect.stringContaining(":application-")),
        family: "mistral",
        api: "converse",
      },
    },
  });
  expect(stdout).toContain("# Also: global.anthropic.claude-sonnet-5-5");
  expect(stdout).toMatch(/llama3-3-70b-instruct:\n {4}# Legacy/);
  const { targets } = loadConfig(stdout, () => undefined, { target: targetProblem });
  expect(targets.map((one) => one.kind === "bedrock" && familyFor(one).name)).toEqual([
    ...["anthropic", "anthropic", "openai", "llama", "converse", "nova", "converse", "anthropic", "converse"],
  ]);
  expect(emulator().requests.map(({ service, region }) => [service, region])).toContainEqual([
    "bedrock",
    "eu-central-1",
  ]);
});

const bedrock = (model: unknown) => ({ provider: "bedrock", model, aws_region: "eu-central-1" });

it.each([
  ["no region", [], {}, 2, /usage:/],
  ["no credentials", ["--region", "us-east-1"], {}, 1, /Set AWS_ACCESS_KEY_ID/],
] as const)("says what is missing: %s", async (_what, args, env, code, says) => {
  const result = await models(args, env);
  expect(result.code).toBe(code);
  expect(result.stderr).toMatch(says);
});

it("says what to allow where AWS refuses", async () => {
  const wrong = { ...credentials(), AWS_SECRET_ACCESS_KEY: "wrong" };
  const { code, stderr } = await models(["--region", "us-east-1"], wrong);
  expect(code).toBe(1);
  expect(stderr).toMatch(/HTTP 403.*bedrock:ListFoundationModels/);
  expect(stderr).not.toContain("wrong");
});
