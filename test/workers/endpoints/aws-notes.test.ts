import { exportJWK, generateKeyPair } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ask, CLAUDE, envOf } from "../support.ts";

afterEach(() => vi.restoreAllMocks());

const ROLE = "arn:aws:iam::111122223333:role/edge-router";
const ISSUER = "https://router.example.com";
const basic = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");
const shortTermKey = (ms: number) =>
  `bedrock-api-key-${btoa(`bedrock.amazonaws.com/?X-Amz-Date=${basic(ms)}&X-Amz-Expires=43200&Version=1`)}`;

async function warnings(aws: object, more: object, llm: object = CLAUDE): Promise<string> {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const response = await ask(envOf({ aws, llms: { claude: llm } }, { ...more }), "/health");
  const body: unknown = await response.json();
  return JSON.stringify(body);
}

describe("GET /health, to a client", () => {
  it("says when a short-term Bedrock API key ends, before it does and after", async () => {
    const hour = 3_600_000;
    const bound = { AWS_BEARER_TOKEN_BEDROCK: shortTermKey(Date.now() - 10 * hour) };
    const told = await warnings({}, bound);
    expect(told).toMatch(
      /AWS_BEARER_TOKEN_BEDROCK is a short-term Bedrock API key: it ends at [\dTZ:-]+, in (?:2 h 0|1 h \d+) min/,
    );
    expect(told).not.toContain(bound.AWS_BEARER_TOKEN_BEDROCK);
    const own = { ...CLAUDE, aws_bearer_token: shortTermKey(Date.now() - 20 * hour) };
    expect(await warnings({}, {}, own)).toMatch(/llms\.claude\.aws_bearer_token is .* it ended at/);
    // It is not what signs then.
    expect(await warnings({ role_arn: ROLE }, bound)).not.toContain("short-term");
    expect(await warnings({}, { AWS_BEARER_TOKEN_BEDROCK: "ABSKlong" })).not.toContain("short-term");
  });

  it("says what is missing of the router's own identity, and what has no effect with it", async () => {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const key = { AWS_OIDC_PRIVATE_KEY: JSON.stringify(await exportJWK(privateKey)) };
    expect(await warnings({ role_arn: ROLE }, key)).toContain("aws.oidc_issuer is not written");
    const identity = { role_arn: ROLE, oidc_issuer: ISSUER };
    expect(await warnings(identity, {})).toContain("AWS_OIDC_PRIVATE_KEY is not set");
    expect(await warnings({ ...identity, external_id: "e1" }, key)).toContain(
      "aws_external_id of claude has no effect",
    );
    expect(await warnings(identity, key)).not.toMatch(/oidc|OIDC|external/);
  });

  it("says that nobody assumes a role, where that is so", async () => {
    const nobody = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_BEARER_TOKEN_BEDROCK: "ABSKx" };
    expect(await warnings({ role_arn: ROLE }, nobody)).toContain("Nobody assumes the role");
  });
});

describe("the published keys", () => {
  it("are a configuration error where the private key is none, and quote nothing of it", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const env = envOf(
      { aws: { oidc_issuer: ISSUER }, llms: { claude: CLAUDE } },
      { AWS_OIDC_PRIVATE_KEY: '{"d":"secret"}' },
    );
    const response = await ask(env, "/.well-known/jwks.json", { key: null });
    expect(response.status).toBe(500);
    expect(await response.text()).toMatch(/config_invalid/);
  });
});
