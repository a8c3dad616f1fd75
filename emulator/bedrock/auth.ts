/**
 * Who is calling: a Bedrock API key, or a SigV4 signature, recomputed by AWS's own signer from what was on the wire.
 * Checks and texts as AWS has them: https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
 */
import { createHash } from "node:crypto";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { type AwsCredentials, BEARER_TOKEN, EXPIRED, LONG_TERM, TEMPORARY } from "../credentials.ts";
import type { EmulatorState } from "../state.ts";
import type { WireRequest } from "../wire.ts";
import { BedrockError } from "./errors.ts";

const ALLOWED_SKEW_MS = 5 * 60 * 1000;
const KNOWN = [LONG_TERM, TEMPORARY, EXPIRED];
/** The service that a signature names; undefined for a caller with another kind of proof. */
export function signedService(request: WireRequest): string | undefined {
  const header = request.headers.authorization;
  return header?.startsWith("AWS4-") ? readClaim(header).service : undefined;
}

const TOKEN_INVALID = "The security token included in the request is invalid.";
const TOKEN_EXPIRED = "The security token included in the request is expired";
const MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

interface Claim {
  readonly accessKeyId: string;
  /** YYYYMMDD */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Whether the caller comes with a signature or a Bedrock API key. */
export function isAwsCaller(request: WireRequest): boolean {
  const { authorization } = request.headers;
  return signedService(request) !== undefined || authorization === `Bearer ${BEARER_TOKEN}`;
}

/**
 * Passes if the caller proved to be one of the known ones, or has a session that STS gave; notes region, service and signed
 * headers in the record. `service` is what the signature has to be for. Gives the keys, undefined for a Bedrock API key.
 * Throws a BedrockError as AWS would answer.
 */
export async function authenticate(
  request: WireRequest,
  { now, sts }: Pick<EmulatorState, "now" | "sts">,
  service = "bedrock",
): Promise<AwsCredentials | undefined> {
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new BedrockError("MissingAuthenticationTokenException", "Authorization header is missing", {
      capital: true,
    });
  }
  const bearer = /^Bearer (.*)$/i.exec(header)?.[1];
  if (bearer !== undefined) {
    if (bearer === BEARER_TOKEN) return undefined;
    const text = "Authentication failed: Please make sure your API Key is valid.";
    throw new BedrockError("AccessDeniedException", text, { capital: true });
  }
  const claim = readClaim(header);
  request.record.region = claim.region;
  request.record.service = claim.service;
  request.record.signedHeaders = claim.signedHeaders;
  const session = sts.find(claim.accessKeyId);
  const known = session ?? KNOWN.find(({ accessKeyId }) => accessKeyId === claim.accessKeyId);
  const credentials = checkToken(known, request.headers["x-amz-security-token"]);
  checkScope(claim, request, service);
  const signedAt = checkDate(claim, request.headers["x-amz-date"], now());
  await checkSignature(claim, credentials, request, signedAt);
  const ended = credentials === EXPIRED || (session !== undefined && session.endsAt <= now());
  if (ended) throw new BedrockError("ExpiredTokenException", TOKEN_EXPIRED);
  return credentials;
}

function readClaim(header: string): Claim {
  const field = (name: string): string => new RegExp(`${name}=([^,\\s]+)`).exec(header)?.[1] ?? "";
  const [accessKeyId, date, region, service, terminator, ...rest] = field("Credential").split("/");
  const signedHeaders = field("SignedHeaders").split(";").filter(Boolean);
  const signature = field("Signature");
  const complete =
    accessKeyId && date && region && service && terminator === "aws4_request" && rest.length === 0;
  if (
    !header.startsWith("AWS4-HMAC-SHA256 ") ||
    !complete ||
    signedHeaders.length === 0 ||
    signature === ""
  ) {
    throw new BedrockError(
      "IncompleteSignatureException",
      "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters, and existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

function checkToken(credentials: AwsCredentials | undefined, token: string | undefined): AwsCredentials {
  if (!credentials) throw new BedrockError("UnrecognizedClientException", TOKEN_INVALID);
  if (token === credentials.sessionToken) return credentials;
  // Temporary keys without their token, and long-term keys with one, are not recognised; a stale token has expired.
  const recognised = token !== undefined && credentials.sessionToken !== undefined;
  throw recognised
    ? new BedrockError("ExpiredTokenException", TOKEN_EXPIRED)
    : new BedrockError("UnrecognizedClientException", TOKEN_INVALID);
}

function checkScope(claim: Claim, request: WireRequest, service: string): void {
  if (claim.service !== service) {
    throw refused(`Credential should be scoped to correct service: '${service}'.`);
  }
  const host = request.headers.host ?? "";
  const served = /^bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./.exec(host)?.[1];
  if (served !== undefined && served !== claim.region) {
    throw refused(`Credential should be scoped to a valid region, not '${claim.region}'. `);
  }
  if (!claim.signedHeaders.includes("host")) {
    throw refused("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (!claim.signedHeaders.includes("x-amz-date")) {
    throw refused("'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization.");
  }
}

function checkDate(claim: Claim, header: string | undefined, now: number): Date {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(header ?? "");
  if (!match || !header) throw refused("Date must be in ISO-8601 'basic format'.");
  const [, year, month, day, hour, minute, second] = match;
  const signedAt = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (!header.startsWith(claim.date)) {
    throw refused(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.date}' != '${header.slice(0, 8)}', from '${header}'.`,
    );
  }
  const age = now - signedAt.getTime();
  if (age > ALLOWED_SKEW_MS) {
    const oldest = basicDate(now - ALLOWED_SKEW_MS);
    throw refused(`Signature expired: ${header} is now earlier than ${oldest} (${basicDate(now)} - 5 min.)`);
  }
  if (age < -ALLOWED_SKEW_MS) {
    const newest = basicDate(now + ALLOWED_SKEW_MS);
    throw refused(
      `Signature not yet current: ${header} is still later than ${newest} (${basicDate(now)} + 5 min.)`,
    );
  }
  return signedAt;
}

async function checkSignature(
  claim: Claim,
  { accessKeyId, secretAccessKey }: AwsCredentials,
  request: WireRequest,
  signingDate: Date,
): Promise<void> {
  const hash = createHash("sha256").update(request.bytes).digest("hex");
  const announced = request.headers["x-amz-content-sha256"];
  if (announced !== undefined && announced !== hash) {
    throw refused("The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  const signed = claim.signedHeaders.map((name) => [name, request.headers[name] ?? ""]);
  const signer = new SignatureV4({
    service: claim.service,
    region: claim.region,
    sha256: Sha256,
    // Without the session token: where it is signed, it is among the headers.
    credentials: { accessKeyId, secretAccessKey },
  });
  const { headers } = await signer.sign(
    {
      method: request.method,
      protocol: "http:",
      hostname: "",
      path: request.path,
      query: Object.fromEntries(new URLSearchParams(request.query)),
      // The signer takes the body's hash from this header; it signs the header itself only if the client did.
      headers: { ...Object.fromEntries(signed), "x-amz-content-sha256": hash },
    },
    {
      signingDate,
      signableHeaders: new Set(claim.signedHeaders),
      unsignableHeaders: new Set(
        claim.signedHeaders.includes("x-amz-content-sha256") ? [] : ["x-amz-content-sha256"],
      ),
    },
  );
  if (readClaim(headers.authorization ?? "").signature !== claim.signature) throw refused(MISMATCH);
}

function refused(message: string): BedrockError {
  return new BedrockError("InvalidSignatureException", message);
}

function basicDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");
}
