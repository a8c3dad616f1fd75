/**
 * One call of AWS's Security Token Service: a role's credentials for keys, or for a token that an identity provider has signed.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, API_AssumeRoleWithWebIdentity.html
 */
import { RouterError } from "../../../errors.ts";
import { asObject, asText, type JsonObject, parseObject } from "../../../lib/json.ts";
import { type Outbound, upstreamFetch } from "../../http.ts";
import { readLimited } from "../../limited.ts";
import { retryAfterSeconds } from "../../retry-after.ts";
import { stsUrl } from "../endpoint.ts";
import { signedOutbound } from "../sigv4.ts";
import type { Issued } from "./sets.ts";
import type { CredentialCaller, SigningKeys } from "./source.ts";
import { type StsPlace, stsError } from "./sts-errors.ts";

/** Whom STS is shown. */
export type Proof =
  | { readonly kind: "keys"; readonly keys: SigningKeys }
  | { readonly kind: "token"; readonly token: string };

export interface RoleRequest {
  readonly arn: string;
  readonly externalId?: string;
  readonly sessionName: string;
  readonly seconds: number;
  /** Of a token they are a claim. */
  readonly tags: Readonly<Record<string, string>>;
}

const ACTIONS = ["AssumeRole", "AssumeRoleWithWebIdentity"] as const;
const VERSION = "2011-06-15";
const LIMIT_MS = 5_000;
/** Tokens have some 1,000 characters; AWS promises no limit. */
const MAX_ANSWER_BYTES = 65_536;

/**
 * @param place For messages.
 * @throws RouterError for what STS refuses, `upstream_*` where it cannot be reached, fails, or takes more than 5 s.
 */
export async function assumeRole(
  role: RoleRequest,
  proof: Proof,
  { binding, region, signal }: CredentialCaller,
  place: StsPlace,
): Promise<Issued> {
  const url = stsUrl(region, binding);
  const request = await requestOf(url, formOf(role, proof), proof, region);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  const check =
    "that the region exists and is enabled for the account, and AWS_ENDPOINT_URL_STS where it is set";
  try {
    const response = await upstreamFetch(request, limited, `AWS STS in ${region}`, () => check);
    const text = await readLimited(response, MAX_ANSWER_BYTES);
    if (!response.ok) throw stsError(failureOf(response, text), place);
    return issuedOf(text, response.headers.get("date"), role.seconds, place);
  } catch (thrown) {
    if (!limited.aborted || signal.aborted) throw thrown;
    throw new RouterError(
      "upstream_timeout",
      `AWS STS in ${region} did not give the credentials of the role of '${place.name}' within ${LIMIT_MS / 1000} s. Try again; check AWS_ENDPOINT_URL_STS where it is set, the network, and https://health.aws.amazon.com, or choose another aws_region.`,
      { cause: thrown },
    );
  }
}

function formOf(role: RoleRequest, proof: Proof): string {
  const form = new URLSearchParams({
    Action: ACTIONS[proof.kind === "keys" ? 0 : 1],
    Version: VERSION,
    RoleArn: role.arn,
    RoleSessionName: role.sessionName,
    DurationSeconds: String(role.seconds),
  });
  if (proof.kind === "token") {
    form.set("WebIdentityToken", proof.token);
    return form.toString();
  }
  if (role.externalId !== undefined) form.set("ExternalId", role.externalId);
  for (const [index, [key, value]] of Object.entries(role.tags).entries()) {
    form.set(`Tags.member.${index + 1}.Key`, key);
    form.set(`Tags.member.${index + 1}.Value`, value);
  }
  return form.toString();
}

async function requestOf(url: string, body: string, proof: Proof, region: string): Promise<Outbound> {
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  const unsigned: Outbound = { url, headers, body };
  return proof.kind === "token" ? unsigned : signedOutbound(unsigned, proof.keys, { region, service: "sts" });
}

/** JSON where STS takes the `accept` for it, else its documented XML. */
function issuedOf(text: string, date: string | null, askedSeconds: number, place: StsPlace): Issued {
  const json = parseObject(text);
  const read = json ? jsonMember(json) : (name: string) => xmlText(text, name);
  const [accessKeyId, secretAccessKey, sessionToken] = ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(
    (name) => asText(read(name)),
  );
  if (isValue(accessKeyId) && isValue(secretAccessKey) && isValue(sessionToken)) {
    return {
      keys: { kind: "sigv4", accessKeyId, secretAccessKey, sessionToken },
      lifetimeMs: lifetime(read("Expiration"), date, askedSeconds),
    };
  }
  throw new RouterError(
    "upstream_error",
    `What answered for AWS STS in ${place.region} gave no credentials. Check AWS_ENDPOINT_URL_STS where it is set, and proxies on the way.`,
  );
}

/** What can go into a header. */
function isValue(text: string | undefined): text is string {
  return text !== undefined && /^[\x21-\x7e]+$/.test(text);
}

/** The action's answer wraps its result, which holds the credentials. */
function jsonMember(answer: JsonObject): (name: string) => unknown {
  const [credentials] = ACTIONS.map((action) => {
    const result = asObject(asObject(answer[`${action}Response`])?.[`${action}Result`]);
    return asObject(result?.Credentials);
  }).filter((found) => found !== undefined);
  return (name) => credentials?.[name];
}

function xmlText(text: string, name: string): string | undefined {
  const start = text.indexOf(`<${name}>`);
  if (start === -1) return undefined;
  const from = start + name.length + 2;
  const end = text.indexOf("<", from);
  return end === -1 ? undefined : text.slice(from, end).trim();
}

/**
 * By the clock of STS where it tells its time: this one's may be wrong. Never more than was asked for.
 * @param expiration Seconds since the epoch, or ISO 8601.
 */
function lifetime(expiration: unknown, date: string | null, askedSeconds: number): number {
  const asked = askedSeconds * 1000;
  const end = typeof expiration === "number" ? expiration * 1000 : Date.parse(asText(expiration));
  const told = Date.parse(date ?? "");
  const left = end - (Number.isNaN(told) ? Date.now() : told);
  return left > 0 ? Math.min(left, asked) : asked;
}

function failureOf({ status, headers }: Response, text: string): Parameters<typeof stsError>[0] {
  const error = asObject(parseObject(text)?.Error);
  const name = error ? asText(error.Code) : (xmlText(text, "Code") ?? "");
  const message = error ? asText(error.Message) : (xmlText(text, "Message") ?? "");
  return { status, name, message, retryAfter: retryAfterSeconds(headers) };
}
