import vectorFiles from "virtual:vectors/sigv4";
import unspecifiedFiles from "virtual:vectors/sigv4/unspecified";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { AwsV4Signer } from "aws4fetch";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import type { Credentials } from "../../../../src/providers/bedrock/credentials/index.ts";
import { operationUrl } from "../../../../src/providers/bedrock/endpoint.ts";
import { signedRequest } from "../../../../src/providers/bedrock/sign.ts";
import {
  ACCESS_KEY,
  bedrockTarget,
  bindings,
  failureOf,
  SECRET_KEY,
  SESSION_TOKEN,
  sigv4,
} from "../support.ts";

afterEach(() => vi.restoreAllMocks());

const vector = z.object({
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    body_base64: z.string(),
  }),
  credentials: z.object({
    access_key_id: z.string(),
    secret_access_key: z.string(),
    session_token: z.optional(z.string()),
  }),
  region: z.string(),
  service: z.string(),
  datetime: z.string(),
  expected: z.object({
    variants: z.array(
      z.object({
        signed_headers: z.string(),
        omit_session_token: z.optional(z.boolean()),
        canonical_request: z.string(),
        canonical_request_sha256: z.string(),
        string_to_sign: z.string(),
        signature: z.string(),
        authorization: z.string(),
      }),
    ),
  }),
});
type Vector = z.infer<typeof vector>;

/** Not compared, by name: where SigV4 is silent, AWS's own signers disagree. */
const SKIPPED: Readonly<Record<string, string>> = {
  "hop-by-hop-headers": "which of these headers are signed is the signer's choice; none is ever sent",
  "query-empty-key": "no query is ever sent: operationUrl refuses one in a base URL",
  "query-key-without-value": "no query is ever sent: operationUrl refuses one in a base URL",
  "query-plus-sign": "no query is ever sent: operationUrl refuses one in a base URL",
};

const cases = vectorFiles.map(({ name, json }) => ({ name, ...vector.parse(json) }));
const bodyOf = ({ request }: Vector) => new TextDecoder().decode(Uint8Array.fromBase64(request.body_base64));
const isOurs = ({ request, service }: Vector) => request.method === "POST" && service === "bedrock";

function variantFor({ expected }: Vector, signedHeaders: string | undefined) {
  const found = expected.variants.find(
    ({ signed_headers, omit_session_token }) => signed_headers === signedHeaders && !omit_session_token,
  );
  if (found === undefined) throw new Error(`no variant signs ${signedHeaders}`);
  return found;
}

/** The request that `fetch` makes of what was signed. */
async function signed(...args: Parameters<typeof signedRequest>): Promise<Request> {
  const { url, ...init } = await signedRequest(...args);
  return new Request(url, { method: "POST", ...init });
}

const signedHeadersOf = (authorization: string | null) => authorization?.match(/SignedHeaders=([^,]+)/)?.[1];
const signatureOf = (request: Request) =>
  request.headers.get("authorization")?.match(/Signature=([0-9a-f]{64})$/)?.[1];

/** The body as it goes out, whatever content type it claims. */
async function sentText(request: Request): Promise<string> {
  return new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(await request.arrayBuffer());
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

describe.skipIf(cases.length === 0)("the SigV4 vectors", () => {
  it.each(cases.filter(isOurs))("$name: signedRequest gives AWS's signature", async (one) => {
    const { access_key_id, secret_access_key, session_token } = one.credentials;
    const request = await signed(
      { url: one.request.url, headers: one.request.headers, body: bodyOf(one) },
      sigv4(access_key_id, secret_access_key, session_token),
      one.region,
      one.datetime,
    );
    const authorization = request.headers.get("authorization");
    const variant = variantFor(one, signedHeadersOf(authorization));
    expect(authorization).toBe(variant.authorization);
    expect(request.headers.get("x-amz-date")).toBe(one.datetime);
    expect(request.headers.get("x-amz-security-token")).toBe(session_token ?? null);
    expect(await sentText(request)).toBe(bodyOf(one));
  });

  it.each(cases)("$name: the signer we rely on agrees with AWS step by step", async (one) => {
    const signer = new AwsV4Signer({
      method: one.request.method,
      url: one.request.url,
      headers: one.request.headers,
      body: bodyOf(one),
      accessKeyId: one.credentials.access_key_id,
      secretAccessKey: one.credentials.secret_access_key,
      ...(one.credentials.session_token !== undefined && { sessionToken: one.credentials.session_token }),
      service: one.service,
      region: one.region,
      datetime: one.datetime,
    });
    const variant = variantFor(one, signer.signedHeaders);
    const canonical = await signer.canonicalString();
    expect(canonical).toBe(variant.canonical_request);
    expect(await sha256(canonical)).toBe(variant.canonical_request_sha256);
    expect(await signer.stringToSign()).toBe(variant.string_to_sign);
    expect(await signer.signature()).toBe(variant.signature);
    expect(await signer.authHeader()).toBe(variant.authorization);
  });

  it("compares every case but those that are skipped by name", () => {
    expect(cases.filter(isOurs).length).toBeGreaterThanOrEqual(26);
    expect(cases.length).toBeGreaterThanOrEqual(52);
    expect(unspecifiedFiles.map(({ name }) => name).sort()).toEqual(Object.keys(SKIPPED).sort());
  });
});

/** Signs with AWS's own signer, over exactly the headers that `request` says it signed. */
async function oracleSignature(
  request: Request,
  body: string,
  credentials: Credentials,
  { service, region }: { readonly service: string; readonly region: string },
) {
  if (credentials.kind !== "sigv4") throw new Error("nothing to sign with");
  const date = request.headers.get("x-amz-date") ?? "";
  const signed = new Set(signedHeadersOf(request.headers.get("authorization"))?.split(";"));
  const url = new URL(request.url);
  const headers = Object.fromEntries([...request.headers].filter(([name]) => name !== "authorization"));
  const oracle = new SignatureV4({
    service,
    region,
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken !== undefined && { sessionToken: credentials.sessionToken }),
    },
    sha256: Sha256,
    applyChecksum: false,
  });
  const result = await oracle.sign(
    {
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== "" && { port: Number(url.port) }),
      path: url.pathname,
      query: {},
      headers: { ...headers, host: url.host },
      body,
    },
    {
      signingDate: new Date(
        date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6.000Z"),
      ),
      signableHeaders: signed,
      unsignableHeaders: new Set(Object.keys(headers).filter((name) => !signed.has(name))),
    },
  );
  return result.headers.authorization;
}

const modelId = fc
  .oneof(
    fc.constantFrom(
      "anthropic.claude-3-haiku-20240307-v1:0",
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-v1:0",
      "arn:aws:sagemaker:us-east-1:123456789012:endpoint/my endpoint",
      "...",
      "a/../b",
      "./..",
      "%2e%2E",
      "a//b",
      "it's (a) *star*!~ok",
      "モデル-é-🙂",
    ),
    fc.string({
      minLength: 1,
      maxLength: 40,
      unit: fc.constantFrom(..."aZ09:/%.~ !'()*+-_&=?#@\"\\[]{}|^`<>,;é世🙂"),
    }),
    fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }),
  )
  .filter((id) => id !== "." && id !== "..");

const baseUrl = fc.constantFrom(
  undefined,
  "https://bedrock-runtime.eu-west-1.amazonaws.com/",
  "https://vpce-0abc-xyz.bedrock-runtime.us-east-1.vpce.amazonaws.com",
  "http://localhost:8787",
  "https://gateway.test:443/aws",
  "https://gateway.test/a//b///c/",
  "https://gateway.test/a%2Fb%2f%20%zz/é",
  "https://gateway.test/x/./y/../z/%2e%2e/it's(a)*!~",
  'https://GATEWAY.test/|^[]"<>{}`,;:@&=+$',
);
const headerValue = fc.oneof(
  fc.constantFrom("", " ", "  a   b\tc ", "application/json", "DRAFT"),
  fc.string({ maxLength: 20, unit: fc.constantFrom(..." \taZ09,;:=\"'/()") }),
);
const headers = fc.dictionary(
  fc.constantFrom(
    ...["content-type", "accept", "x-amzn-bedrock-accept", "x-amzn-bedrock-guardrailidentifier"],
    ...["x-amzn-bedrock-trace", "x-amzn-bedrock-request-metadata", "X-Amzn-Bedrock-Service-Tier"],
  ),
  headerValue,
  { noNullPrototype: true },
);
const printable = fc.string({
  minLength: 1,
  maxLength: 60,
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
});
const credentials = fc
  .tuple(
    fc.constantFrom(ACCESS_KEY, "ASIAIOSFODNN7EXAMPLE"),
    printable,
    fc.option(printable, { nil: undefined }),
  )
  .map(([id, secret, token]) => sigv4(id, secret, token));
const region = fc.constantFrom("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1");
const body = fc.oneof(fc.json(), fc.constant(""), fc.string({ unit: "binary", maxLength: 100 }));

describe("against AWS's own signer", () => {
  it("signs whatever can be sent as AWS's SDK for JavaScript does", async () => {
    await fc.assert(
      fc.asyncProperty(
        modelId,
        baseUrl,
        headers,
        body,
        credentials,
        fc.record({ where: region, service: fc.constantFrom("bedrock" as const, "bedrock-mantle" as const) }),
        async (model, base, extra, text, keys, { where, service }) => {
          const target = bedrockTarget({ model, ...(base !== undefined && { baseUrl: base }) });
          const url = operationUrl(target, where, "invoke-with-response-stream", bindings({}));
          const request = await signed(
            { url, headers: extra, body: text, service },
            keys,
            where,
            "20260115T093045Z",
          );
          expect(request.headers.get("authorization")).toBe(
            await oracleSignature(request, text, keys, { service, region: where }),
          );
          expect(await sentText(request)).toBe(text.toWellFormed());
          // The model id is one segment of the path, whatever is in it.
          const [segment, operation] = new URL(request.url).pathname.split("/").slice(-2);
          expect([decodeURIComponent(segment ?? ""), operation]).toEqual([
            model,
            "invoke-with-response-stream",
          ]);
        },
      ),
      { numRuns: 400 },
    );
  });
});

const KEYS = sigv4(ACCESS_KEY, SECRET_KEY);
const URL_OF_HAIKU = operationUrl(bedrockTarget(), "us-east-1", "invoke", bindings({}));

describe("signedRequest", () => {
  it("signs for the service bedrock, in the region and over the host of the call", async () => {
    const url = operationUrl(bedrockTarget(), "eu-central-1", "invoke", bindings({}));
    const request = await signed(
      { url, headers: { accept: "application/json" }, body: "{}" },
      KEYS,
      "eu-central-1",
      "20260115T093045Z",
    );
    expect(request.url).toBe(
      "https://bedrock-runtime.eu-central-1.amazonaws.com/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke",
    );
    expect(request.method).toBe("POST");
    expect(request.headers.get("authorization")).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20260115\/eu-central-1\/bedrock\/aws4_request, SignedHeaders=accept;host;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
    const elsewhere = await signed(
      { url, headers: { accept: "application/json" }, body: "{}" },
      KEYS,
      "us-east-1",
      "20260115T093045Z",
    );
    expect(signatureOf(elsewhere)).not.toBe(signatureOf(request));
  });

  it("gives the signature that two other implementations give", async () => {
    const request = await signed(
      { url: URL_OF_HAIKU, headers: { "content-type": "application/json" }, body: "{}" },
      sigv4("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
      "us-east-1",
      "20250101T000000Z",
    );
    expect(signatureOf(request)).toBe("932e679563b97e60186f52fe3410e916572d5ce2d9494a578002c3736659d4e3");
  });

  it("signs the current time when none is given", async () => {
    const request = await signed({ url: URL_OF_HAIKU, headers: {}, body: "{}" }, KEYS, "us-east-1");
    expect(request.headers.get("x-amz-date")).toMatch(/^20\d{6}T\d{6}Z$/);
  });

  it("sends and signs a session token", async () => {
    const keys = sigv4("ASIAIOSFODNN7EXAMPLE", SECRET_KEY, SESSION_TOKEN);
    const request = await signed({ url: URL_OF_HAIKU, headers: {}, body: "{}" }, keys, "us-east-1");
    expect(request.headers.get("x-amz-security-token")).toBe(SESSION_TOKEN);
    expect(signedHeadersOf(request.headers.get("authorization"))).toBe(
      "host;x-amz-date;x-amz-security-token",
    );
  });

  it("sends a Bedrock API key as it is, and nothing of SigV4", async () => {
    const bearer: Credentials = { kind: "bearer", token: "ABSKexample" };
    const request = await signed(
      { url: URL_OF_HAIKU, headers: { accept: "application/json" }, body: "{}" },
      bearer,
      "us-east-1",
    );
    expect(request.headers.get("authorization")).toBe("Bearer ABSKexample");
    expect([...request.headers.keys()].filter((name) => name.startsWith("x-amz-"))).toEqual([]);
    expect(request.headers.get("accept")).toBe("application/json");
    expect(await sentText(request)).toBe("{}");
  });

  it("derives the signing key once per credential set and region", async () => {
    const imported = vi.spyOn(crypto.subtle, "importKey");
    const count = async (keys: Credentials, where: string) => {
      imported.mockClear();
      await signed({ url: URL_OF_HAIKU, headers: {}, body: "{}" }, keys, where, "20260116T000000Z");
      return imported.mock.calls.length;
    };
    // Four HMACs derive the key, a fifth signs.
    expect(await count(sigv4("AKIACACHE", "cache-secret"), "us-east-1")).toBe(5);
    expect(await count(sigv4("AKIACACHE", "cache-secret"), "us-east-1")).toBe(1);
    expect(await count(sigv4("AKIACACHE", "cache-secret"), "us-west-2")).toBe(5);
    expect(await count(sigv4("AKIACACHE", "other-secret"), "us-east-1")).toBe(5);
    expect(await count(sigv4("AKIACACHE", "cache-secret", "token"), "us-east-1")).toBe(5);
    expect(await count(sigv4("AKIACACHE", "cache-secret"), "us-east-1")).toBe(1);
  });

  it("never mixes credential sets, however many take turns", async () => {
    const sets = Array.from({ length: 200 }, (_, index) =>
      sigv4(`AKIA${index % 7}`, `secret-${index % 11}`, index % 3 === 0 ? undefined : `token-${index % 5}`),
    );
    for (const keys of [...sets, ...sets.toReversed()]) {
      const where = keys.kind === "sigv4" && keys.secretAccessKey.endsWith("1") ? "eu-west-1" : "us-east-1";
      const request = await signed(
        { url: URL_OF_HAIKU, headers: {}, body: "{}" },
        keys,
        where,
        "20260115T093045Z",
      );
      expect(request.headers.get("authorization")).toBe(
        await oracleSignature(request, "{}", keys, { service: "bedrock", region: where }),
      );
    }
  });

  it.each(["DRÄFT", "a\u00a0b", "a\nb", "世"])(
    "refuses a header value that is not plain ASCII (%j)",
    async (value) => {
      const headers = { "x-amzn-bedrock-guardrailidentifier": value };
      const error = await failureOf(() =>
        signed({ url: URL_OF_HAIKU, headers, body: "{}" }, KEYS, "us-east-1"),
      );
      expect(error.code).toBe("config_invalid");
      expect(error.message).toContain("x-amzn-bedrock-guardrailidentifier");
      expect(error.message).not.toContain(value);
    },
  );
});
