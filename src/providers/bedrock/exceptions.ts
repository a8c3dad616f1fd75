/**
 * Bedrock's failures → the router's error codes, in one table for HTTP answers and for exception frames inside a stream.
 * Names and statuses: Bedrock Runtime's API reference; texts that share a name are told apart by fragments, since AWS
 * words them differently per model and over time.
 */
import { type ErrorCode, RouterError, type RouterErrorOptions } from "../../errors.ts";

/** What is known about one failure. */
export interface BedrockFailure {
  /** The exception's name without namespace, e.g. `ThrottlingException`; "" when there is none. */
  readonly name: string;
  /** The HTTP status, also of exceptions inside a stream. */
  readonly status: number;
  readonly message: string;
  /** Seconds, from `Retry-After`. */
  readonly retryAfter?: number;
}

/** Where the call went; for the advice in messages. */
export interface CallPlace {
  /** The target's configured name. */
  readonly name: string;
  /** Bedrock's model id. */
  readonly model: string;
  readonly region: string;
}

interface Rule {
  readonly name?: RegExp;
  readonly text?: RegExp;
  readonly status?: (status: number) => boolean;
  readonly code: ErrorCode;
  readonly say: (place: CallPlace, awsText: string) => string;
}

const MODEL_ACCESS = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html";
const MODEL_REGIONS = "https://docs.aws.amazon.com/bedrock/latest/userguide/models-regions.html";
const PROFILES = "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html";

/** The first rule whose every condition holds decides. */
const RULES: readonly Rule[] = [
  {
    text: /too long|context length|context window|input length and `?max_tokens|too many (input )?tokens in|prompt is too large|maximum number of input tokens/i,
    name: /Validation|ModelError|^$/,
    code: "context_length_exceeded",
    say: (p, aws) =>
      `The conversation exceeds the maximum context length of '${p.name}'. Shorten it or choose a model with a larger context. Bedrock says: ${aws}`,
  },
  {
    text: /on-demand throughput/i,
    code: "bedrock_inference_profile_required",
    say: (p) =>
      `'${p.model}' cannot be called by its plain model id in ${p.region}: it needs an inference profile. Put the profile's id in llms.${p.name}.model, for example us.${p.model}, eu.${p.model} or global.${p.model}. Profiles by region: ${PROFILES}`,
  },
  {
    text: /model identifier is invalid|model id .*(invalid|not found)/i,
    code: "bedrock_model_invalid",
    say: (p) =>
      `Bedrock in ${p.region} does not know the model id '${p.model}'. Correct llms.${p.name}.model (for example us.anthropic.claude-sonnet-4-5-20250929-v1:0), or the region: ${MODEL_REGIONS}`,
  },
  {
    text: /don.t have access to the model|use case details|FTUForm|model access is denied/i,
    code: "bedrock_model_access_denied",
    say: (p) =>
      `This AWS account has no access to '${p.model}' in ${p.region}. Request it in the Bedrock console under Model access, and wait a few minutes: ${MODEL_ACCESS}`,
  },
  {
    text: /not (supported|available|offered) in (this|the) (region|country)|unsupported (region|country)|(region|country)[^.]{0,40}not (supported|allowed|available)/i,
    code: "bedrock_region_unsupported",
    say: (p) =>
      `'${p.model}' is not available in ${p.region}. Set llms.${p.name}.aws_region to a region that offers it: ${MODEL_REGIONS}`,
  },
  {
    name: /ExpiredToken|RequestExpired/i,
    code: "aws_credentials_expired",
    say: () =>
      "The AWS session token has expired. Temporary credentials last some hours: get new ones and set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN again with `npx wrangler secret put NAME`; for a service that runs on, use an IAM user's keys or a Bedrock API key.",
  },
  {
    text: /token (included in the request )?(is|has) expired|api key (is|has) expired/i,
    code: "aws_credentials_expired",
    say: () =>
      "The AWS credentials have expired. Set new ones with `npx wrangler secret put NAME` (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; or AWS_BEARER_TOKEN_BEDROCK).",
  },
  {
    text: /^Signature (expired|not yet current)/i,
    code: "aws_credentials_rejected",
    say: () =>
      "AWS rejected the request's time: the clock of the machine that runs this Worker is more than five minutes off. Set its clock.",
  },
  {
    name: /UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|NotAuthorized|InvalidIdentityToken/i,
    code: "aws_credentials_rejected",
    say: () => REJECTED,
  },
  {
    text: /authorization header is missing|security token|bearer token|api key/i,
    status: (s) => s === 401 || s === 403,
    code: "aws_credentials_rejected",
    say: () => REJECTED,
  },
  {
    name: /AccessDenied|MPAgreement/i,
    code: "aws_access_denied",
    say: denied,
  },
  { status: (s) => s === 401 || s === 403, code: "aws_access_denied", say: denied },
  {
    name: /ResourceNotFound/i,
    code: "bedrock_model_invalid",
    say: (p) =>
      `Bedrock in ${p.region} has no model or inference profile '${p.model}': it is unknown there or was retired. Correct llms.${p.name}.model or aws_region: ${MODEL_REGIONS}`,
  },
  {
    name: /ServiceQuotaExceeded/i,
    code: "bedrock_quota_exceeded",
    say: (p) =>
      `The AWS account's quota for '${p.model}' in ${p.region} is used up. Raise it under Service Quotas in the AWS console, or use another region or model.`,
  },
  {
    name: /ModelNotReady/i,
    code: "upstream_not_ready",
    say: (p) => `'${p.name}' is still being loaded by Bedrock. Try again in a minute.`,
  },
  {
    name: /Throttl|TooManyRequests/i,
    code: "rate_limit_exceeded",
    say: throttled,
  },
  { status: (s) => s === 429, code: "rate_limit_exceeded", say: throttled },
  {
    name: /ModelTimeout/i,
    code: "upstream_timeout",
    say: timedOut,
  },
  { status: (s) => s === 408 || s === 504, code: "upstream_timeout", say: timedOut },
  {
    name: /ModelStreamError|ModelError/i,
    code: "upstream_error",
    say: (p, aws) => `'${p.name}' failed while it processed the request. Bedrock says: ${aws}`,
  },
  {
    name: /ServiceUnavailable|Overloaded/i,
    code: "upstream_unavailable",
    say: unavailable,
  },
  { status: (s) => s === 502 || s === 503 || s === 529, code: "upstream_unavailable", say: unavailable },
  {
    name: /^Validation/i,
    code: "upstream_invalid_request",
    say: (p, aws) => `'${p.name}' refused the request. Bedrock says: ${aws}`,
  },
  {
    status: (s) => s === 400 || s === 413 || s === 422,
    code: "upstream_invalid_request",
    say: (p, aws) => `'${p.name}' refused the request. Bedrock says: ${aws}`,
  },
];

const REJECTED =
  "AWS rejected the router's credentials. Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for typing errors and that the key is active; temporary credentials need their AWS_SESSION_TOKEN too, permanent ones must not have one. Or use a Bedrock API key in AWS_BEARER_TOKEN_BEDROCK. Set each with `npx wrangler secret put NAME`.";

function denied(p: CallPlace): string {
  return `The AWS identity may not call '${p.model}' in ${p.region}. Allow it bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream on the model (and on the inference profile), and check service control policies for the region. If the account has no access to the model yet: ${MODEL_ACCESS}`;
}

function throttled(p: CallPlace): string {
  return `Bedrock throttles '${p.name}' in ${p.region}: too many requests or tokens at once. Try again later; another aws_region, an inference profile (us., eu., global.) or a higher quota helps.`;
}

function timedOut(p: CallPlace): string {
  return `'${p.name}' did not answer in time. Try again, ask for less output, or choose a faster model or another aws_region.`;
}

function unavailable(p: CallPlace): string {
  return `Bedrock is overloaded or unavailable for '${p.name}' in ${p.region}. Try again shortly; another aws_region or model may answer now.`;
}

/** The router's error for a failure of Bedrock. */
export function bedrockError(failure: BedrockFailure, place: CallPlace): RouterError {
  const rule = RULES.find(
    (r) =>
      (r.name === undefined || r.name.test(failure.name)) &&
      (r.text === undefined || r.text.test(failure.message)) &&
      (r.status === undefined || r.status(failure.status)),
  );
  const options: RouterErrorOptions = {
    ...(failure.retryAfter !== undefined && { retryAfter: failure.retryAfter }),
    cause: `${failure.name || "error"} (HTTP ${failure.status}): ${failure.message}`,
  };
  if (rule) return new RouterError(rule.code, rule.say(place, publicText(failure.message)), options);
  return new RouterError(
    "upstream_error",
    `Bedrock failed to answer for '${place.name}' in ${place.region} (HTTP ${failure.status}). Try again; if it persists, see https://health.aws.amazon.com`,
    options,
  );
}

/** AWS's text without what names the account: ARNs, account numbers, identities; at most 500 characters on one line. */
export function publicText(message: string): string {
  const text = message
    .replace(/arn:[^\s"',]+/gi, "[arn]")
    .replace(/\b\d{12}\b/g, "[account]")
    .replace(/\b(AKIA|ASIA)[A-Z0-9]{8,}\b/g, "[key]")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
    .replace(/[\u0000-\u001f\u007f]+/g, " ")
    .trim();
  return text === "" ? "(no message)" : text.slice(0, 500);
}
