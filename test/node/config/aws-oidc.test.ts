/** What `npm run aws:oidc` makes. */
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalJWKSet, jwtVerify } from "jose";
import { afterAll, describe, expect, it } from "vitest";
import { identityToken } from "../../../src/providers/bedrock/credentials/identity.ts";
import { runScript } from "../../support/script.ts";

const folder = mkdtempSync(join(tmpdir(), "aws-oidc-"));
afterAll(() => rm(folder, { recursive: true }));

const GIVEN = ["--account", "111122223333", "--url", "https://router.example.com"];

const run = (...args: readonly string[]) => runScript("scripts/aws-oidc.ts", args, { cwd: folder });

const made = (name: string, out = "aws-oidc") => JSON.parse(readFileSync(join(folder, out, name), "utf8"));

writeFileSync(
  join(folder, "router.yaml"),
  `aws: {session_tags: {team: a}}
llms:
  global: {provider: bedrock, model: global.anthropic.claude-sonnet-5-5, aws_region: eu-central-1}
  near: {provider: bedrock, model: eu.amazon.nova-pro-v1:0, aws_region: [eu-central-1, eu-west-1]}
  mantle: {provider: bedrock, model: openai.gpt-5.5, aws_region: us-west-2}
  plain: {provider: bedrock, model: mistral.mistral-large-3-675b-instruct, aws_region: eu-west-1, guardrail: {id: g1, version: 1}}
`,
);

describe("npm run aws:oidc", () => {
  it("makes a key that nobody else may read, and prints all but that", async () => {
    const { code, stdout, stderr } = await run(...GIVEN, "--config", "router.yaml");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const secret = made("private-key.json");
    expect(statSync(join(folder, "aws-oidc/private-key.json")).mode & 0o777).toBe(0o600);
    expect(stdout).not.toContain(secret.d);
    expect(stdout).toContain("npx wrangler secret put AWS_OIDC_PRIVATE_KEY < aws-oidc/private-key.json");
    const identity = { issuer: "https://router.example.com", subject: "me", tags: {} };
    const token = await identityToken(JSON.stringify(secret), identity, Date.now());
    await jwtVerify(token, createLocalJWKSet(made("public-keys.json")));
  });

  it("prints who may assume the role: this router's tokens, for STS", () => {
    expect(made("provider.json")).toEqual({
      Url: "https://router.example.com",
      ClientIDList: ["sts.amazonaws.com"],
    });
    expect(made("trust-policy.json").Statement).toEqual([
      expect.objectContaining({
        Principal: { Federated: "arn:aws:iam::111122223333:oidc-provider/router.example.com" },
        Action: ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "router.example.com:aud": "sts.amazonaws.com",
            "router.example.com:sub": "openclaw-edge-router",
          },
        },
      }),
    ]);
  });

  it("allows what the configured models need, and no more", () => {
    const resources = made("permissions.json").Statement.flatMap(
      ({ Resource }: { Resource: string[] }) => Resource,
    );
    expect(resources).toEqual([
      "arn:aws:bedrock:eu-central-1:111122223333:inference-profile/global.anthropic.claude-sonnet-5-5",
      "arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.amazon.nova-pro-v1:0",
      "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-pro-v1:0",
      "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-5-5",
      "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-5-5",
      "arn:aws:bedrock:*::foundation-model/amazon.nova-pro-v1:0",
      "arn:aws:bedrock:eu-west-1::foundation-model/mistral.mistral-large-3-675b-instruct",
      "arn:aws:bedrock-mantle:us-west-2:111122223333:project/*",
      "arn:aws:bedrock:eu-west-1:111122223333:guardrail/g1",
    ]);
  });

  it("puts the same into one template", () => {
    const { Provider, Role } = made("cloudformation.json").Resources;
    expect(Provider.Properties).toEqual({
      Url: "https://router.example.com",
      ClientIdList: ["sts.amazonaws.com"],
    });
    const { AssumeRolePolicyDocument: trust, Policies } = Role.Properties;
    expect(Policies[0].PolicyDocument).toEqual(made("permissions.json"));
    expect(trust.Statement[0].Principal).toEqual({ Federated: { Ref: "Provider" } });
    expect(trust.Statement[0].Condition).toEqual(made("trust-policy.json").Statement[0].Condition);
  });

  it("keeps a key that is there", async () => {
    const before = made("private-key.json");
    const { code, stdout } = await run(
      ...GIVEN,
      "--config",
      "router.yaml",
      "--subject",
      "other",
      "--role",
      "r",
    );
    expect(code).toBe(0);
    expect(stdout).toContain("oidc_subject: other");
    expect(stdout).toContain("role_arn: arn:aws:iam::111122223333:role/r");
    expect(made("private-key.json")).toEqual(before);
  });

  it("makes an RSA key where it is asked for", async () => {
    expect((await run(...GIVEN, "--config", "router.yaml", "--out", "rsa", "--alg", "RS256")).code).toBe(0);
    expect(made("public-keys.json", "rsa").keys).toMatchObject([{ kty: "RSA", alg: "RS256" }]);
  });

  it.each([
    [["--account", "1", "--url", "https://router.example.com"]],
    [["--account", "111122223333", "--url", "http://router.example.com"]],
    [["--account", "111122223333", "--url", "https://router.example.com:8443"]],
    [["--account", "111122223333", "--url", "https://router.example.com/path"]],
    [[...GIVEN, "--alg", "HS256"]],
    [[...GIVEN, "--what"]],
  ])("refuses %j and says how it is called", async (args) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^usage: npm run aws:oidc/);
  });
});
