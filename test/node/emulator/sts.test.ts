/** The emulated STS, asked as AWS's SDKs ask it. */
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AwsCredentials } from "../../../emulator/index.ts";
import { asObject, asString } from "../../../emulator/json.ts";
import { ask, callSigned, emulatorHere } from "./client.ts";

const emulator = emulatorHere();
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const ISSUER = "https://idp.example.com";

interface Asking {
  readonly credentials?: AwsCredentials;
  readonly service?: string;
  readonly date?: Date;
  readonly accept?: string;
  readonly unsigned?: boolean;
}

async function sts(parameters: Record<string, string>, asking: Asking = {}): Promise<Response> {
  const { credentials = emulator().credentials, service = "sts", date, accept = "application/json" } = asking;
  const body = new URLSearchParams({ Version: "2011-06-15", ...parameters }).toString();
  const { host, pathname, href } = new URL(emulator().stsUrl);
  const headers = { host, accept, "content-type": "application/x-www-form-urlencoded" };
  if (asking.unsigned) return fetch(href, { method: "POST", headers, body });
  const signer = new SignatureV4({ service, region: "eu-west-1", sha256: Sha256, credentials });
  const request = { method: "POST", protocol: "http:", hostname: host, path: pathname, headers, body };
  const signed = await signer.sign(request, date ? { signingDate: date } : {});
  return fetch(href, { method: "POST", headers: signed.headers, body });
}

const assume = (more: Record<string, string> = {}, asking?: Asking) =>
  sts({ Action: "AssumeRole", RoleArn: role("edge-router"), RoleSessionName: "me", ...more }, asking);

/** Code and message of a refusal in JSON; the code `none` for an answer. */
async function refusal(response: Promise<Response>): Promise<string> {
  const answer = asObject(await (await response).json());
  const { Code = "none", Message = "" } = asObject(answer.Error);
  return `${asString(Code)}: ${asString(Message)}`;
}

async function sessionOf(response: Response): Promise<Required<AwsCredentials> & { endsAt: number }> {
  const answer = asObject(await response.json());
  const result = asObject(Object.values(asObject(Object.values(answer)[0]))[0]);
  const credentials = asObject(result.Credentials);
  const [accessKeyId, secretAccessKey, sessionToken] = ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(
    (name) => asString(credentials[name]),
  );
  const endsAt = Number(credentials.Expiration) * 1000;
  return {
    accessKeyId: accessKeyId ?? "",
    secretAccessKey: secretAccessKey ?? "",
    sessionToken: sessionToken ?? "",
    endsAt,
  };
}

describe("AssumeRole", () => {
  it("gives credentials that Bedrock takes until they are made to end", async () => {
    const credentials = await sessionOf(await assume({ DurationSeconds: "900" }));
    expect(credentials.endsAt - Date.now()).toBeGreaterThan(800_000);
    const call = { body: ask("Hi"), stream: false };
    expect((await callSigned(emulator(), call, { credentials })).status).toBe(200);
    const other = { ...credentials, sessionToken: "x" };
    expect((await callSigned(emulator(), call, { credentials: other })).status).toBe(403);
    emulator().sts.expire();
    const ended = await callSigned(emulator(), call, { credentials });
    expect(ended.status).toBe(403);
    expect(ended.headers.get("x-amzn-errortype")).toMatch(/^ExpiredTokenException/);
  });

  it("writes XML unless JSON is asked for", async () => {
    const text = await (await assume({}, { accept: "*/*" })).text();
    expect(text).toMatch(
      /<AssumeRoleResponse xmlns=.*<AccessKeyId>ASIA\w+<\/AccessKeyId>.*<Expiration>\d{4}-.*Z</s,
    );
    const refused = await (await assume({ RoleArn: role("nobody") }, { accept: "*/*" })).text();
    expect(refused).toMatch(/<ErrorResponse.*<Code>AccessDenied<\/Code>/s);
  });

  it.each([
    ["too short a session", { DurationSeconds: "899" }, /ValidationError: .*durationSeconds/],
    ["too long a session", { DurationSeconds: "43201" }, /ValidationError: .*durationSeconds/],
    ["more than the role allows", { RoleArn: role("short"), DurationSeconds: "3601" }, /MaxSessionDuration/],
    ["no external id", { RoleArn: role("partner") }, /^AccessDenied: .*sts:AssumeRole on/],
    ["another external id", { RoleArn: role("partner"), ExternalId: "x1" }, /^AccessDenied/],
    ["a role that is not there", { RoleArn: role("nobody") }, /^AccessDenied/],
    ["a bad session name", { RoleSessionName: "a b" }, /roleSessionName/],
    [
      "tags without leave",
      { RoleArn: role("short"), "Tags.member.1.Key": "a", "Tags.member.1.Value": "b" },
      /sts:TagSession/,
    ],
    ["a reserved tag", { "Tags.member.1.Key": "aws:a", "Tags.member.1.Value": "b" }, /reserved/],
    ["a bad tag", { "Tags.member.1.Key": "a#", "Tags.member.1.Value": "b" }, /tags/],
    [
      "a tag twice",
      {
        "Tags.member.1.Key": "a",
        "Tags.member.1.Value": "b",
        "Tags.member.2.Key": "A",
        "Tags.member.2.Value": "b",
      },
      /Duplicate tag keys/,
    ],
    ["another version", { Version: "2010-01-01" }, /InvalidAction/],
    ["another action", { Action: "GetFederationToken" }, /InvalidAction/],
  ])("refuses %s", async (_, parameters, text) => {
    expect(await refusal(assume(parameters))).toMatch(text);
  });

  it.each<readonly [string, Asking, RegExp]>([
    ["a signature for another service", { service: "bedrock" }, /^SignatureDoesNotMatch/],
    [
      "an old signature",
      { date: new Date(Date.now() - 600_000) },
      /^SignatureDoesNotMatch: Signature expired/,
    ],
    ["no signature", { unsigned: true }, /^MissingAuthenticationToken/],
    [
      "another secret",
      { credentials: { accessKeyId: "EMULATORACCESSKEY", secretAccessKey: "x" } },
      /^SignatureDoesNotMatch/,
    ],
    [
      "an unknown key",
      { credentials: { accessKeyId: "AKIAX", secretAccessKey: "x" } },
      /^InvalidClientTokenId/,
    ],
  ])("refuses %s", async (_, asking, text) => {
    expect(await refusal(assume({}, asking))).toMatch(text);
  });

  it("refuses keys that have expired, and more than an hour for a session's own keys", async () => {
    expect(await refusal(assume({}, { credentials: emulator().expiredCredentials }))).toMatch(
      /^ExpiredToken:/,
    );
    const credentials = await sessionOf(await assume());
    expect(await refusal(assume({ DurationSeconds: "3601" }, { credentials }))).toMatch(/role chaining/);
    expect(await refusal(assume({ DurationSeconds: "3600" }, { credentials }))).toMatch(/^none/);
  });
});

describe("AssumeRoleWithWebIdentity", () => {
  let server: Server;
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  let document: Record<string, unknown>;

  beforeAll(async () => {
    pair = await generateKeyPair("ES256");
    const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: "k", alg: "ES256" }] };
    server = createServer((request, response) => {
      response.end(JSON.stringify(request.url === "/keys" ? jwks : document));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => void server.close());
  beforeEach(() => {
    document = {
      ...{ issuer: ISSUER, jwks_uri: `${ISSUER}/keys`, response_types_supported: ["id_token"] },
      ...{ subject_types_supported: ["public"], id_token_signing_alg_values_supported: ["ES256"] },
    };
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const provider = {
      issuer: ISSUER,
      at: `http://127.0.0.1:${port}`,
      audiences: ["sts.amazonaws.com"],
      subject: "me",
    };
    emulator().sts.providers.splice(0, Number.POSITIVE_INFINITY, provider);
  });

  const now = () => Math.floor(Date.now() / 1000);
  async function show(claims: Record<string, unknown> = {}, key = pair.privateKey) {
    const said = {
      iss: ISSUER,
      sub: "me",
      aud: "sts.amazonaws.com",
      iat: now(),
      exp: now() + 300,
      ...claims,
    };
    const token = await new SignJWT(said).setProtectedHeader({ alg: "ES256", kid: "k" }).sign(key);
    const call = { RoleArn: role("edge-router"), RoleSessionName: "me", WebIdentityToken: token };
    return sts({ Action: "AssumeRoleWithWebIdentity", ...call }, { unsigned: true });
  }
  const TAGS = "https://aws.amazon.com/tags";

  it("gives credentials for a token, with the tags that it names", async () => {
    expect((await show({ [TAGS]: { principal_tags: { team: ["a"] } } })).status).toBe(200);
    expect(emulator().sts.sessions.at(-1)).toMatchObject({
      roleArn: role("edge-router"),
      tags: { team: "a" },
    });
  });

  it.each([
    ["another audience", { aud: "x" }, /^InvalidIdentityToken: Incorrect token audience/],
    [
      "another subject",
      { sub: "x" },
      /^AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity/,
    ],
    ["another issuer", { iss: "https://x.example" }, /No OpenIDConnect provider found/],
    ["an old token", { iat: 1, exp: 2 }, /^ExpiredTokenException/],
    ["a token of tomorrow", { iat: 9_999_999_999, exp: 9_999_999_999 }, /in the future/],
    ["a tag with two values", { [TAGS]: { principal_tags: { a: ["b", "c"] } } }, /exactly one value/],
  ])("refuses %s", async (_, claims, text) => {
    expect(await refusal(show(claims))).toMatch(text);
  });

  it("refuses what another key has signed, and a provider whose document is not one", async () => {
    const other = await generateKeyPair("ES256");
    expect(await refusal(show({}, other.privateKey))).toMatch(/Couldn't retrieve verification key/);
    document.issuer = "https://x.example";
    expect(await refusal(show())).toMatch(/Couldn't retrieve verification key/);
    document = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` };
    expect(await refusal(show())).toMatch(/Couldn't retrieve verification key/);
  });
});
