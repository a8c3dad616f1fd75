import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  identityNotes,
  identityProvider,
  identityToken,
} from "../../../../src/providers/bedrock/credentials/identity.ts";
import { publicKeys } from "../../../../src/providers/bedrock/credentials/json-web-key.ts";
import { sessionNameOf } from "../../../../src/providers/bedrock/credentials/session-name.ts";
import { keyEnd, watchKey } from "../../../../src/providers/bedrock/credentials/short-term-key.ts";
import { assumeRole, type RoleRequest } from "../../../../src/providers/bedrock/credentials/sts.ts";
import { json, playUpstream, type Reply } from "../../../support/upstream.ts";
import { ACCESS_KEY, bindings, failureOf, SECRET_KEY, SESSION_TOKEN } from "../support.ts";

afterEach(() => vi.restoreAllMocks());

const ROLE: RoleRequest = {
  arn: "arn:aws:iam::111122223333:role/edge-router",
  sessionName: "me",
  seconds: 3600,
  tags: {},
};
const KEYS = { kind: "sigv4", accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY } as const;
const GIVEN = { AccessKeyId: "ASIAX", SecretAccessKey: "secret", SessionToken: "token==" };
const given = (more: object) =>
  json({
    AssumeRoleResponse: { ResponseMetadata: {}, AssumeRoleResult: { Credentials: { ...GIVEN, ...more } } },
  });

function assume(reply: Reply, { region = "eu-west-1", role = ROLE, bound = {}, keys = {} } = {}) {
  const calls = playUpstream(reply);
  const caller = { binding: bindings(bound), region, signal: new AbortController().signal };
  const proof = { kind: "keys", keys: { ...KEYS, ...keys } } as const;
  return {
    calls,
    issued: assumeRole(role, proof, caller, { name: "claude", region, shown: "AWS_ACCESS_KEY_ID" }),
  };
}

describe("assumeRole", () => {
  it.each([
    ["us-east-1", "https://sts.us-east-1.amazonaws.com/"],
    ["cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"],
    ["us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com/"],
    ["us-iso-east-1", "https://sts.us-iso-east-1.c2s.ic.gov/"],
    ["eusc-de-east-1", "https://sts.eusc-de-east-1.amazonaws.eu/"],
  ])("asks the regional host of %s: %s", async (region, url) => {
    const { calls, issued } = assume(given({ Expiration: 1 }), { region });
    await issued;
    expect(calls[0]?.url).toBe(url);
    expect(calls[0]?.headers.get("authorization")).toContain(`/${region}/sts/aws4_request`);
  });

  it("sends what the role wants, and the token of temporary keys", async () => {
    const role = { ...ROLE, externalId: "e:1", tags: { team: "a b", cost: "7" } };
    const { calls, issued } = assume(given({}), { role, keys: { sessionToken: SESSION_TOKEN } });
    await issued;
    expect(Object.fromEntries(new URLSearchParams(calls[0]?.text))).toEqual({
      ...{ Action: "AssumeRole", Version: "2011-06-15", RoleArn: ROLE.arn, RoleSessionName: "me" },
      ...{ DurationSeconds: "3600", ExternalId: "e:1" },
      ...{ "Tags.member.1.Key": "team", "Tags.member.1.Value": "a b" },
      ...{ "Tags.member.2.Key": "cost", "Tags.member.2.Value": "7" },
    });
    expect(calls[0]?.headers.get("x-amz-security-token")).toBe(SESSION_TOKEN);
  });

  it("counts the lifetime by STS's own clock, whatever this one says", async () => {
    const then = Date.UTC(2030, 0, 1);
    const reply = given({ Expiration: then / 1000 + 1800 });
    const withDate: Reply = async (call) => {
      const response = await reply(call);
      response.headers.set("date", new Date(then).toUTCString());
      return response;
    };
    expect((await assume(withDate).issued).lifetimeMs).toBe(1_800_000);
    // Nothing to go by: what was asked for.
    expect((await assume(given({ Expiration: "soon" })).issued).lifetimeMs).toBe(3_600_000);
    expect((await assume(given({ Expiration: 1 })).issued).lifetimeMs).toBe(3_600_000);
  });

  it.each([
    ["nothing", json({})],
    ["half of them", given({ SessionToken: "" })],
    ["what no header can carry", given({ SessionToken: "a\nb" })],
  ])("refuses an answer with %s", async (_, reply) => {
    const error = await failureOf(() => assume(reply).issued);
    expect(error).toMatchObject({ code: "upstream_error" });
    expect(error.message).toContain("AWS_ENDPOINT_URL_STS");
  });

  it("calls no endpoint that is no plain URL", async () => {
    const error = await failureOf(
      () => assume(given({}), { bound: { AWS_ENDPOINT_URL_STS: "https://me:pw@sts.example/?a" } }).issued,
    );
    expect(error).toMatchObject({ code: "config_invalid" });
    expect(error.message).not.toContain("pw");
  });

  it.each([
    ["ExpiredToken", "x", "aws_credentials_expired"],
    ["InvalidClientTokenId", "x", "aws_credentials_rejected"],
    ["SignatureDoesNotMatch", "Signature expired: 2026", "aws_credentials_rejected"],
    ["PackedPolicyTooLarge", "x", "aws_role_refused"],
    ["IDPCommunicationError", "x", "upstream_unavailable"],
    ["RegionDisabledException", "x", "bedrock_region_unsupported"],
  ])("tells %s (%s) as %s, and no secret of AWS's text", async (Code, text, code) => {
    const Message = `${text} arn:aws:iam::111122223333:user/u AKIAIOSFODNN7EXAMPLE ${SECRET_KEY}`;
    const error = await failureOf(() => assume(json({ Error: { Code, Message } }, { status: 400 })).issued);
    expect(error.code).toBe(code);
    expect(`${error.message}${String(error.cause)}`).not.toMatch(/AKIAIO|wJalr/);
    expect(error.message).not.toMatch(/\d{12}/);
  });
});

describe("a session's name", () => {
  const named = (sessionName: string, client?: string) => sessionNameOf({ ...ROLE, sessionName }, client);
  it("is the calling key's where that is asked for, in the characters that STS takes", () => {
    expect(named("client", "alice")).toBe("alice");
    expect(named("client", "Ä b/c")).toBe("--b-c");
    expect(named("client", "a")).toBe("a-");
    expect(named("client", "x".repeat(99))).toHaveLength(64);
    expect(named("client")).toBe("edge-router");
    expect(named("mine", "alice")).toBe("mine");
  });
});

describe("the router's own identity", () => {
  const ISSUER = "https://router.example.com";
  const identity = { issuer: ISSUER, subject: "me", tags: { team: "a" } };
  const made = async (alg: string) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    return JSON.stringify(await exportJWK(privateKey));
  };

  it.each(["ES256", "RS256"])(
    "is proved by a token of five minutes, %s, that its published keys verify",
    async (alg) => {
      const key = await made(alg);
      const token = await identityToken(key, identity, Date.now());
      const found = await identityProvider(ISSUER, bindings({ AWS_OIDC_PRIVATE_KEY: key }));
      expect(JSON.stringify(found)).not.toContain(JSON.parse(key).d);
      const keys = createLocalJWKSet({ keys: (found?.jwks.keys ?? []).map((one) => ({ ...one })) });
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer: ISSUER,
        audience: "sts.amazonaws.com",
      });
      expect(protectedHeader).toMatchObject({ alg, typ: "JWT" });
      expect(payload).toMatchObject({
        sub: "me",
        "https://aws.amazon.com/tags": { principal_tags: { team: ["a"] } },
      });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    },
  );

  it("publishes further public keys while they change, and never what is secret in them", async () => {
    const [old, next] = [await made("ES256"), await made("RS256")];
    const bound = { AWS_OIDC_PRIVATE_KEY: old, AWS_OIDC_PUBLIC_KEYS: `{"keys": [${next}, {"kty": "oct"}]}` };
    const found = await identityProvider(ISSUER, bindings(bound));
    expect(found?.jwks.keys.map(({ alg }) => alg)).toEqual(["ES256", "RS256"]);
    for (const member of ["d", "p", "q"])
      expect(JSON.stringify(found)).not.toContain(JSON.parse(next)[member]);
    expect(await identityNotes(ISSUER, bindings(bound))).toEqual([expect.stringContaining("1 of its keys")]);
    expect(await identityProvider(undefined, bindings(bound))).toBeUndefined();
    expect(await identityNotes(undefined, bindings(bound))).toContainEqual(
      expect.stringContaining("aws.oidc_issuer"),
    );
  });

  it.each([
    "",
    "{",
    "[]",
    '{"kty":"EC","crv":"P-256","x":"a","y":"b"}',
    '{"kty":"EC","crv":"P-256","x":"a","y":"b","d":"c"}',
  ])("refuses %s for a key, and quotes nothing of it", async (text) => {
    const error = await failureOf(() => identityToken(text, identity, 0));
    expect(error.code).toBe("config_invalid");
    expect(error.message).not.toContain('P-256",');
    expect(await publicKeys(text)).toMatchObject({
      keys: text.includes("kty") ? [{ kid: expect.any(String) }] : [],
    });
  });
});

describe("a short-term Bedrock API key", () => {
  const HOUR_MS = 3_600_000;
  const url = (date: string, expires = "43200") =>
    `bedrock-api-key-${btoa(`bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Date=${date}&X-Amz-Expires=${expires}&Version=1`)}`;
  const begin = Date.UTC(2026, 10, 30, 10);
  const key = url("20261130T100000Z");

  it("says when it ends; what is none, or says nothing, does not", () => {
    expect(keyEnd(key)).toBe(begin + 12 * HOUR_MS);
    for (const other of ["ABSKxyz", "bedrock-api-key-%", url("tomorrow"), url("20261130T100000Z", "-1")]) {
      expect(keyEnd(other)).toBeUndefined();
    }
  });

  it("is told to the log in its last hour, not at every request, and refused once it has ended", () => {
    const said = vi.spyOn(console, "warn").mockImplementation(() => {});
    const at = (ms: number) => watchKey(key, "AWS_BEARER_TOKEN_BEDROCK", begin + ms);
    at(10 * HOUR_MS);
    expect(said).not.toHaveBeenCalled();
    for (let minute = 0; minute < 30; minute++) at(11.25 * HOUR_MS + minute * 60_000);
    expect(said).toHaveBeenCalledTimes(3);
    expect(said.mock.calls[0]?.[0]).toBe(
      "AWS_BEARER_TOKEN_BEDROCK is a short-term Bedrock API key: it ends at 2026-11-30T22:00:00Z, in 45 min. Set a new one with `npx wrangler secret put NAME`; a service that runs on is better served by an IAM role or a long-term key.",
    );
    expect(() => at(13 * HOUR_MS)).toThrow(/it ended at 2026-11-30T22:00:00Z/);
  });
});
