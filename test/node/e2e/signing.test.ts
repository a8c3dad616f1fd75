import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../../emulator/index.ts";
import { awsBindings, CLIENT_KEY, openAiClient, type Stack, startStack } from "../../support/stack.ts";
import { ask, say } from "./ask.ts";

const HAIKU = "anthropic.claude-3-haiku-20240307-v1:0";
const PROFILE =
  "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
const OPAQUE = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123";
const WAYS = [
  ["streamed", true, "invoke-with-response-stream"],
  ["whole", false, "invoke"],
] as const;

const haiku = (more: object = {}) => ({ provider: "bedrock", model: HAIKU, ...more });
const keys = (id: string, secret: string, token?: string) => ({
  aws_access_key_id: id,
  aws_secret_access_key: secret,
  ...(token !== undefined && { aws_session_token: token }),
});

/** The models of the router whose bindings hold long-term credentials and a region. */
function targets({ credentials, temporaryCredentials, expiredCredentials, bearerToken }: Emulator) {
  const temporary = keys(temporaryCredentials.accessKeyId, temporaryCredentials.secretAccessKey);
  const expired = keys(
    expiredCredentials.accessKeyId,
    expiredCredentials.secretAccessKey,
    expiredCredentials.sessionToken,
  );
  return {
    frankfurt: haiku({ aws_region: "eu-central-1" }),
    oregon: haiku({ aws_region: "us-west-2" }),
    listed: haiku({ aws_region: ["ca-central-1", "us-east-2"] }),
    anywhere: haiku(),
    profile: haiku({ model: PROFILE }),
    opaque: haiku({ model: OPAQUE, family: "anthropic" }),
    temporary: haiku({ ...temporary, aws_session_token: temporaryCredentials.sessionToken }),
    "no-token": haiku(temporary),
    expired: haiku(expired),
    "wrong-secret": haiku(keys(credentials.accessKeyId, "wrong-secret-access-key")),
    stranger: haiku(keys("AKIASTRANGER", "secret-of-a-stranger")),
    bearer: haiku({ aws_bearer_token: bearerToken }),
    "wrong-bearer": haiku({ aws_bearer_token: "wrong-bearer-token" }),
  };
}

let stack: Stack;
/** Its bindings hold a Bedrock API key beside SigV4 credentials, and only a default region. */
let keyed: Stack;
/** Its bindings hold nothing of AWS. */
let bare: Stack;

beforeAll(async () => {
  stack = await startStack({
    config: (emulator) => ({ router: { retry: 0 }, llms: targets(emulator) }),
    bindings: (emulator) => ({
      ...awsBindings(emulator),
      AWS_REGION: "ap-southeast-2",
      AWS_DEFAULT_REGION: "sa-east-1",
    }),
  });
  const { emulator } = stack;
  const { credentials } = emulator;
  const own = keys(credentials.accessKeyId, credentials.secretAccessKey);
  [keyed, bare] = await Promise.all([
    startStack({
      emulator,
      config: () => ({ llms: { plain: haiku(), own: haiku(own) } }),
      bindings: () => ({
        ...awsBindings(emulator),
        AWS_BEARER_TOKEN_BEDROCK: emulator.bearerToken,
        AWS_DEFAULT_REGION: "sa-east-1",
      }),
    }),
    startStack({
      emulator,
      config: () => ({
        router: { retry: 0 },
        llms: { plain: haiku(), own: haiku({ ...own, base_url: `${emulator.url}/` }) },
      }),
    }),
  ]);
}, 60_000);
afterAll(async () => {
  await Promise.all([keyed?.close(), bare?.close()]);
  await stack?.close();
});

describe.each(WAYS)("a signed call, %s", (_, streaming, operation) => {
  it.each([
    ["frankfurt", "eu-central-1"],
    ["oregon", "us-west-2"],
    ["listed", "ca-central-1"],
    ["anywhere", "ap-southeast-2"],
  ])("of %s is scoped to %s and Bedrock", async (model, region) => {
    await ask(stack.client, say(model, "Grüße"), streaming);
    const { service, headers, signedHeaders, ...record } = stack.lastUpstream();
    expect({ service, region: record.region }).toEqual({ service: "bedrock", region });
    expect(signedHeaders).toEqual(expect.arrayContaining(["host", "x-amz-date"]));
    expect(headers.authorization).toMatch(
      new RegExp(`^AWS4-HMAC-SHA256 Credential=EMULATORACCESSKEY/\\d{8}/${region}/bedrock/aws4_request`),
    );
  });

  it.each([
    ["anywhere", HAIKU],
    ["profile", PROFILE],
    ["opaque", OPAQUE],
  ])("of %s has the model id in one encoded path segment", async (model, id) => {
    await ask(stack.client, say(model, "Hi"), streaming);
    const record = stack.lastUpstream();
    expect(record.path).toBe(`/model/${encodeURIComponent(id)}/${operation}`);
    expect(record.path.slice("/model/".length)).not.toMatch(/:|%25|\/.*\//);
    expect(record.model).toBe(id);
  });

  it("carries a session token, signed", async () => {
    await ask(stack.client, say("temporary", "Hi"), streaming);
    const { headers, signedHeaders } = stack.lastUpstream();
    expect(headers["x-amz-security-token"]).toBe(stack.emulator.temporaryCredentials.sessionToken);
    expect(signedHeaders).toContain("x-amz-security-token");
    await ask(stack.client, say("anywhere", "Hi"), streaming);
    expect(stack.lastUpstream().headers).not.toHaveProperty("x-amz-security-token");
  });

  it("has a Bedrock API key in place of a signature", async () => {
    await ask(stack.client, say("bearer", "Hi"), streaming);
    const { headers } = stack.lastUpstream();
    expect(headers.authorization).toBe(`Bearer ${stack.emulator.bearerToken}`);
    expect(Object.keys(headers).filter((name) => name.startsWith("x-amz-"))).toEqual([]);
  });

  it.each([
    ["wrong-secret", "aws_credentials_rejected"],
    ["stranger", "aws_credentials_rejected"],
    ["no-token", "aws_credentials_rejected"],
    ["wrong-bearer", "aws_credentials_rejected"],
    ["expired", "aws_credentials_expired"],
  ])("with credentials that AWS refuses (%s) fails once, as %s", async (model, code) => {
    const before = stack.emulator.requests.length;
    const client = openAiClient(stack.url).withOptions({ maxRetries: 2 });
    const failure = ask(client, say(model, "Hi"), streaming);
    await expect(failure).rejects.toMatchObject({ status: 500, code, type: "server_error", param: null });
    await expect(failure).rejects.toThrow(new RegExp(`llms\\.${model}\\.aws_(?:access_key_id|bearer_token)`));
    expect(stack.emulator.requests).toHaveLength(before + 1);
    const message = await failure.catch(String);
    expect(message).not.toMatch(/EMULATOR|AKIA|wrong-secret-access|wrong-bearer-token|secret-of|arn:/);
  });

  it("takes nothing from the client's headers", async () => {
    const response = await fetch(`${stack.url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${CLIENT_KEY}`,
        "content-type": "application/json; charset=utf-8",
        cookie: "session=secret",
        "user-agent": "Client/1.0",
        "x-stainless-lang": "js",
        "x-amz-security-token": "client",
        "x-amz-date": "20200101T000000Z",
        "x-forwarded-for": "192.0.2.1",
        "openai-organization": "org",
      },
      body: JSON.stringify({ ...say("frankfurt", "Hi"), stream: streaming }),
    });
    expect(response.status).toBe(200);
    await response.text();
    const { headers } = stack.lastUpstream();
    const sent = ["accept", "authorization", "content-length", "content-type", "host", "x-amz-date"];
    // The runtime itself adds cf-worker.
    const names = Object.keys(headers).filter(
      (name) => name !== "cf-worker" && name !== "x-amz-content-sha256",
    );
    expect(names.sort()).toEqual([...sent, ...(streaming ? ["x-amzn-bedrock-accept"] : [])]);
    expect(JSON.stringify(headers)).not.toMatch(/secret|stainless|Client|192\.0\.2|sk-test|2020/i);
  });
});

describe("credentials and region from the bindings", () => {
  it("prefer a Bedrock API key to SigV4", async () => {
    await ask(keyed.client, say("plain", "Hi"), false);
    expect(keyed.lastUpstream().headers.authorization).toBe(`Bearer ${keyed.emulator.bearerToken}`);
  });

  it("are not mixed with a model's own", async () => {
    await ask(keyed.client, say("own", "Hi"), false);
    expect(keyed.lastUpstream()).toMatchObject({ service: "bedrock", region: "sa-east-1" });
  });

  it("are not needed where the model has its own; the region is us-east-1 then", async () => {
    await ask(bare.client, say("own", "Hi"), true);
    const { region, path } = bare.lastUpstream();
    expect(region).toBe("us-east-1");
    expect(path).toMatch(/^\/model\/[^/]+\/invoke-with-response-stream$/);
  });

  it.each(WAYS)("are asked for where there are none, %s", async (_, streaming) => {
    const before = bare.emulator.requests.length;
    const failure = ask(bare.client, say("plain", "Hi"), streaming);
    await expect(failure).rejects.toMatchObject({ status: 500, code: "aws_credentials_missing" });
    await expect(failure).rejects.toThrow(/wrangler secret put/);
    expect(bare.emulator.requests).toHaveLength(before);
  });
});
