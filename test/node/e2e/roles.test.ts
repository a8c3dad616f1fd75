/** Roles over real sockets: OpenAI's client → the Worker → the emulated STS and Bedrock. */
import { exportJWK, generateKeyPair } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import type { RecordedRequest } from "../../../emulator/log.ts";
import { CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";

const MODEL = "eu.anthropic.claude-haiku-4-5-20251001-v1:0";
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const ISSUER = "https://router.example.com";
const ASKERS = 8;
/** While an isolate has no credentials, so many of its requests ask for them. */
const MOST_AT_ONCE = 4;

let emulator: Emulator;
let keys: Stack;
let own: Stack;
let chained: Stack;

const claude = (more: object) => ({ provider: "bedrock", model: MODEL, aws_region: "eu-central-1", ...more });
const router = { retry: { attempts: 0 } };
const upstream = ({ url, stsUrl }: Emulator) => ({
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
  AWS_ENDPOINT_URL_STS: stsUrl,
});
const pair = ({ accessKeyId, secretAccessKey }: Emulator["credentials"]) => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
});

beforeAll(async () => {
  emulator = await startEmulator({ paceMs: 0 });
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const secret = JSON.stringify(await exportJWK(privateKey));
  [keys, own, chained] = await Promise.all([
    startStack({
      emulator,
      config: () => ({
        router,
        aws: {
          role_arn: role("edge-router"),
          session_name: "client",
          session_tags: { team: "a b", cost: 7 },
        },
        llms: {
          claude: claude({}),
          partner: claude({ aws_role_arn: role("partner"), aws_external_id: "emulator-external-id" }),
          stranger: claude({ aws_role_arn: role("partner"), aws_external_id: "another" }),
          long: claude({ aws_role_arn: role("short"), aws_session_duration: "2h", aws_session_tags: {} }),
          tagged: claude({ aws_role_arn: role("short") }),
          unknown: claude({ aws_role_arn: role("nobody") }),
        },
      }),
      bindings: (one) => ({
        ...upstream(one),
        ...pair(one.credentials),
        ROUTER_API_KEYS: `alice=${CLIENT_KEY}`,
      }),
    }),
    startStack({
      emulator,
      config: () => ({
        router,
        aws: {
          role_arn: role("edge-router"),
          oidc_issuer: ISSUER,
          session_tags: { team: "a" },
          session_duration: "15m",
        },
        llms: { claude: claude({}) },
      }),
      bindings: (one) => ({ ...upstream(one), AWS_OIDC_PRIVATE_KEY: secret }),
    }),
    startStack({
      emulator,
      config: () => ({
        router,
        llms: {
          claude: claude({ aws_role_arn: role("edge-router") }),
          longer: claude({ aws_role_arn: role("edge-router"), aws_session_duration: "2h" }),
        },
      }),
      bindings: (one) => ({
        ...upstream(one),
        ...pair(one.temporaryCredentials),
        AWS_SESSION_TOKEN: one.temporaryCredentials.sessionToken,
      }),
    }),
  ]);
});
afterAll(async () => {
  await Promise.all([keys, own, chained].map((stack) => stack?.close()));
  await emulator.close();
});
beforeEach(() => {
  emulator.sts.fault = undefined;
  emulator.requests.length = 0;
});

const isSts = ({ path }: RecordedRequest) => path.startsWith("/sts");
const stsCalls = () => emulator.requests.filter(isSts);
const form = (call: RecordedRequest | undefined) => new URLSearchParams(String(call?.body));

async function ask({ client }: Stack, model = "claude"): Promise<string> {
  const answer = await client.chat.completions.create({ model, messages: [{ role: "user", content: "Hi" }] });
  return answer.choices[0]?.message.content ?? "";
}

async function refusal(stack: Stack, model = "claude"): Promise<{ code: unknown; message: string }> {
  return ask(stack, model).then(
    () => ({ code: "none", message: "" }),
    (thrown: unknown) => {
      const { code, message } = Object(thrown);
      return { code, message: String(message) };
    },
  );
}

describe("a role that keys assume", () => {
  it("gives the credentials of its session, named after the calling key, with its tags", async () => {
    expect(await ask(keys)).not.toBe("");
    const [call, ...more] = stsCalls();
    expect(more).toEqual([]);
    expect(call).toMatchObject({ method: "POST", service: "sts", region: "eu-central-1", status: 200 });
    expect(emulator.sts.sessions.at(-1)).toMatchObject({
      roleArn: role("edge-router"),
      name: "alice",
      tags: { team: "a b", cost: "7" },
      seconds: 3600,
    });
    const { headers } = keys.lastUpstream();
    expect(headers["x-amz-security-token"]).toBe(emulator.sts.sessions.at(-1)?.sessionToken);
  });

  it("serves 1,000 requests across two expiries without a failure", async () => {
    await ask(keys);
    emulator.requests.length = 0;
    let asked = 0;
    const asker = async () => {
      while (asked < 1000) {
        asked++;
        if (asked === 333 || asked === 666) emulator.sts.expire();
        expect(await ask(keys)).not.toBe("");
      }
    };
    await Promise.all(Array.from({ length: ASKERS }, asker));
    expect(asked).toBeGreaterThanOrEqual(1000);
    const calls = stsCalls().length;
    expect(calls).toBeGreaterThanOrEqual(2);
    // One for each, but where this machine takes longer than a second for it.
    expect(calls).toBeLessThanOrEqual(2 * MOST_AT_ONCE);
  }, 600_000);

  it("takes the XML that STS documents", async () => {
    emulator.sts.expire();
    emulator.sts.fault = "xml";
    expect(await ask(keys)).not.toBe("");
    expect(stsCalls()).toHaveLength(1);
  });

  it("shows the external id where the trust policy asks for one", async () => {
    expect(await ask(keys, "partner")).not.toBe("");
    expect(form(stsCalls()[0]).get("ExternalId")).toBe("emulator-external-id");
  });

  it.each([
    ["stranger", "aws_role_refused", /aws_external_id/],
    ["unknown", "aws_role_refused", /aws_role_arn has to be spelt right/],
    ["tagged", "aws_role_refused", /sts:TagSession/],
    ["long", "aws_role_refused", /maximum session duration/],
  ])("that refuses %s says what to do", async (model, code, text) => {
    const told = await refusal(keys, model);
    expect(told.code).toBe(code);
    expect(told.message).toMatch(text);
    expect(told.message).not.toMatch(/\d{12}|emulator-secret|another/);
  });

  it("is assumed with temporary keys and their token, for an hour at most", async () => {
    expect(await ask(chained)).not.toBe("");
    expect(stsCalls()[0]?.headers["x-amz-security-token"]).toBe(emulator.temporaryCredentials.sessionToken);
    expect((await refusal(chained, "longer")).message).toMatch(/one hour at most/);
  });
});

describe("STS that fails", () => {
  it.each([
    ["throttle", "upstream_unavailable"],
    ["unavailable", "upstream_unavailable"],
    ["internal", "upstream_unavailable"],
    ["reset", "upstream_unreachable"],
    ["wrong-type", "upstream_error"],
    ["error-html", "upstream_unavailable"],
    ["redirect", "config_invalid"],
    ["region-disabled", "bedrock_region_unsupported"],
    ["access-denied", "aws_role_refused"],
    ["hang", "upstream_timeout"],
  ])("by %s is %s, and the next request finds it well", async (fault, code) => {
    emulator.sts.expire();
    emulator.sts.fault = fault;
    expect((await refusal(keys)).code).toBe(code);
    emulator.sts.fault = undefined;
    // What was refused is remembered for a second.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await ask(keys)).not.toBe("");
  });

  it("slowly is waited for", async () => {
    emulator.sts.expire();
    emulator.sts.fault = "slow:1500";
    const answers = await Promise.all(Array.from({ length: ASKERS }, () => ask(keys)));
    expect(answers).not.toContain("");
    expect(stsCalls().length).toBeLessThanOrEqual(MOST_AT_ONCE);
  });
});

describe("the router as its own identity provider", () => {
  it("publishes public keys, to anyone, for five minutes", async () => {
    const read = async (path: string) => {
      const response = await fetch(`${own.url}${path}`);
      expect(response.headers.get("cache-control")).toBe("public, max-age=300");
      return response.text();
    };
    const configuration: unknown = JSON.parse(await read("/.well-known/openid-configuration"));
    expect(configuration).toMatchObject({
      issuer: ISSUER,
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ["ES256"],
    });
    const jwks = await read("/.well-known/jwks.json");
    const { keys: published } = JSON.parse(jwks);
    expect(published).toEqual([
      {
        ...{ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" },
        ...{ x: expect.any(String), y: expect.any(String), kid: expect.any(String) },
      },
    ]);
    const response = await fetch(`${keys.url}/.well-known/jwks.json`);
    expect(response.status).toBe(404);
  });

  it("is refused until the account knows it, and told why", async () => {
    const told = await refusal(own);
    expect(told).toMatchObject({ code: "aws_role_refused" });
    expect(told.message).toMatch(
      /no identity provider for https:\/\/router\.example\.com.*npm run aws:oidc/s,
    );
  });

  it.each([
    [{ audiences: ["another"] }, /audience sts\.amazonaws\.com/],
    [{ subject: "another" }, /router\.example\.com:sub openclaw-edge-router/],
    [{ at: "http://127.0.0.1:9" }, /well-known\/openid-configuration/],
  ])("is refused with %j in IAM", async (wrong, text) => {
    trust(wrong);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const told = await refusal(own);
    expect(told.code).toBe("aws_role_refused");
    expect(told.message).toMatch(text);
  });

  it("gets the role's credentials for a token, unsigned, without any AWS key", async () => {
    trust({});
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await ask(own)).not.toBe("");
    const [call] = stsCalls();
    expect(call?.headers.authorization).toBeUndefined();
    expect(form(call).get("Action")).toBe("AssumeRoleWithWebIdentity");
    expect(emulator.sts.sessions.at(-1)).toMatchObject({
      name: "edge-router",
      tags: { team: "a" },
      seconds: 900,
    });
    emulator.sts.expire();
    expect(await ask(own)).not.toBe("");
    expect(stsCalls()).toHaveLength(2);
  });
});

function trust(more: object): void {
  const provider = {
    issuer: ISSUER,
    at: own.url,
    audiences: ["sts.amazonaws.com"],
    subject: "openclaw-edge-router",
  };
  emulator.sts.providers.splice(0, Number.POSITIVE_INFINITY, { ...provider, ...more });
}
