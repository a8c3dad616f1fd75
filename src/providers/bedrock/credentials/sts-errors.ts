/**
 * What STS refuses → the router's error codes, each with what to do.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors, CommonErrors.html
 */
import { type ErrorCode, RouterError } from "../../../errors.ts";
import { publicText, withoutSecrets } from "../redact.ts";

export interface StsFailure {
  /** The error's code; "" when there is none. */
  readonly name: string;
  readonly status: number;
  readonly message: string;
  /** Seconds, from `Retry-After`. */
  readonly retryAfter: number | undefined;
}

/** Which call it was; for the advice in messages. */
export interface StsPlace {
  /** The target's configured name. */
  readonly name: string;
  readonly region: string;
  /** What was shown: the names of the settings that hold the keys, or the router as an identity provider. */
  readonly shown: string | { readonly issuer: string; readonly subject: string };
}

interface Rule {
  readonly name?: RegExp;
  readonly text?: RegExp;
  readonly status?: (status: number) => boolean;
  readonly code: ErrorCode;
  readonly say: (place: StsPlace) => string;
}

const MATCHED_CHARS = 2000;
const DOCS = "docs/aws-roles.md";

/** The first rule whose every condition holds decides. */
const RULES: readonly Rule[] = [
  { text: /^Signature (?:expired|not yet current)/i, code: "aws_credentials_rejected", say: wrongTime },
  { name: /RequestExpired|RequestTimeTooSkewed/, code: "aws_credentials_rejected", say: wrongTime },
  { name: /ExpiredToken/, code: "aws_credentials_expired", say: expired },
  {
    name: /InvalidClientTokenId|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|UnrecognizedClient|OptInRequired/,
    code: "aws_credentials_rejected",
    say: ({ shown, name }) =>
      `AWS STS rejected the keys that assume the role of '${name}'. Check ${keysOf(shown)} for typing errors and that the key is active; temporary keys need their session token too, permanent ones must not have one.`,
  },
  {
    name: /AccessDenied/,
    text: /TagSession/,
    code: "aws_role_refused",
    say: ({ name }) =>
      `AWS STS does not let the role of '${name}' be assumed with session tags: allow sts:TagSession in the role's trust policy and to whoever assumes it, or remove aws_session_tags.`,
  },
  { name: /AccessDenied|NotAuthorized/, code: "aws_role_refused", say: denied },
  {
    text: /no openidconnect provider/i,
    code: "aws_role_refused",
    say: ({ shown, name }) =>
      `The AWS account of the role of '${name}' has no identity provider for ${issuerOf(shown)}. \`npm run aws:oidc\` prints one, ready to apply.`,
  },
  {
    text: /audience/i,
    code: "aws_role_refused",
    say: ({ shown }) =>
      `The identity provider for ${issuerOf(shown)} in IAM does not have the audience sts.amazonaws.com: add it to its client ids.`,
  },
  { name: /IDPCommunication/, code: "upstream_unavailable", say: unreadable },
  { text: /verification key|openid.?config|jwks|signing key/i, code: "aws_role_refused", say: unreadable },
  {
    name: /InvalidIdentityToken|IDPRejectedClaim/,
    code: "aws_role_refused",
    say: ({ shown, name }) =>
      `AWS STS did not take the router's own token for the role of '${name}'. Check that aws.oidc_issuer is the identity provider's URL in IAM (${issuerOf(shown)}) and that the keys it publishes are those of AWS_OIDC_PRIVATE_KEY and AWS_OIDC_PUBLIC_KEYS.`,
  },
  {
    text: /DurationSeconds|session limit/i,
    code: "aws_role_refused",
    say: ({ name }) =>
      `The role of '${name}' does not allow sessions of its aws_session_duration: lower it, or raise the role's maximum session duration. A role that is assumed with temporary keys has one hour at most.`,
  },
  {
    name: /PackedPolicyTooLarge/,
    code: "aws_role_refused",
    say: ({ name }) => `The session tags of '${name}' are too large for AWS STS: use fewer or shorter ones.`,
  },
  {
    name: /RegionDisabled/,
    code: "bedrock_region_unsupported",
    say: ({ name, region }) =>
      `AWS STS is not active in ${region} for this account, so the role of '${name}' cannot be assumed there. Activate it in IAM under "Account settings", or choose another aws_region.`,
  },
  { name: /Throttl|RequestLimitExceeded/, code: "upstream_unavailable", say: busy },
  { status: (status) => status === 429 || status >= 500, code: "upstream_unavailable", say: busy },
];

/** The router's error for a refusal of STS. Its cause is for logs, without secrets. */
export function stsError(failure: StsFailure, place: StsPlace): RouterError {
  const text = failure.message.slice(0, MATCHED_CHARS);
  const rule = RULES.find(
    (one) =>
      (one.name === undefined || one.name.test(failure.name)) &&
      (one.text === undefined || one.text.test(text)) &&
      (one.status === undefined || one.status(failure.status)),
  );
  const told = rule?.say(place) ?? settings(place);
  const said = text === "" ? "" : ` STS says: ${publicText(text)}`;
  return new RouterError(rule?.code ?? "aws_role_refused", `${told}${said}`, {
    ...(failure.retryAfter !== undefined && { retryAfter: failure.retryAfter }),
    cause: withoutSecrets(`${failure.name || "error"} (HTTP ${failure.status}) of AWS STS: ${text}`),
  });
}

function keysOf(shown: StsPlace["shown"]): string {
  return typeof shown === "string" ? shown : "AWS_OIDC_PRIVATE_KEY";
}

function issuerOf(shown: StsPlace["shown"]): string {
  return typeof shown === "string" ? "the issuer" : shown.issuer;
}

function wrongTime(): string {
  return "AWS STS rejected the request's time: the clock of the machine that runs this Worker is more than five minutes off. Set its clock.";
}

function expired({ name, shown }: StsPlace): string {
  return typeof shown === "string"
    ? `The AWS session token that assumes the role of '${name}' has expired. Set new keys (${shown}), or permanent ones of a user who may do nothing but assume this role, or let the router be its own identity provider (${DOCS}).`
    : "AWS STS takes the router's own token for an expired one: the clock of the machine that runs this Worker is more than five minutes off. Set its clock.";
}

function denied({ name, shown }: StsPlace): string {
  if (typeof shown !== "string") {
    const host = shown.issuer.replace("https://", "");
    return `AWS STS does not let the router assume the role of '${name}'. The role's trust policy has to allow sts:AssumeRoleWithWebIdentity to the identity provider ${host}, with ${host}:aud sts.amazonaws.com and ${host}:sub ${shown.subject} (aws.oidc_subject). \`npm run aws:oidc\` prints one.`;
  }
  return `AWS STS does not let the keys in ${shown} assume the role of '${name}'. The role's trust policy has to name their identity, with the sts:ExternalId that aws_external_id has; that identity's own policy has to allow sts:AssumeRole on the role; and aws_role_arn has to be spelt right: of a role that does not exist AWS says the same.`;
}

function unreadable({ shown }: StsPlace): string {
  return `AWS could not read the router's keys: ${issuerOf(shown)}/.well-known/openid-configuration and the JWKS that it names have to be open to the internet, under a certificate of a public authority, and hold the key that signs now. What was published is cached for minutes: announce a new key in AWS_OIDC_PUBLIC_KEYS before it signs.`;
}

function busy({ region }: StsPlace): string {
  return `AWS STS in ${region} is overloaded or unavailable. Try again shortly; another aws_region may answer now.`;
}

function settings({ name }: StsPlace): string {
  return `AWS STS refused the role of '${name}': check aws_role_arn, aws_external_id, aws_session_name, aws_session_duration and aws_session_tags.`;
}
