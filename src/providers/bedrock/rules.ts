/**
 * The table behind bedrockError. Texts are matched by fragments, since AWS and the models' makers word them differently
 * per model and over time; a bare "too long" also stands in complaints about one name or one stop sequence.
 */
import type { ErrorCode } from "../../errors.ts";
import { MODEL_ID_ADVICE } from "../../families/index.ts";
import type { ShownKeys } from "./credentials/index.ts";
import { proposedProfiles } from "./inference-profile.ts";
import { expired, rejected, unsigned } from "./key-advice.ts";
import { MODEL_REGIONS, otherRegions } from "./regions.ts";

/** What is known about one failure. */
export interface BedrockFailure {
  /** The exception's name without namespace, e.g. `ThrottlingException`; "" when there is none. */
  readonly name: string;
  /** The HTTP status, also of exceptions inside a stream. */
  readonly status: number;
  readonly message: string;
  /** What the model behind Bedrock answered, where Bedrock tells it. */
  readonly originalStatus?: number;
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
  /** What the call is signed with; the bindings' keys unless given. */
  readonly shown?: () => ShownKeys;
}

/** A condition that is missing holds. */
export interface Rule {
  readonly name?: RegExp;
  readonly text?: RegExp;
  readonly when?: (failure: BedrockFailure) => boolean;
  readonly code: ErrorCode;
  /** The request field at fault. */
  readonly param?: string;
  /** The message; `awsText` is fit for clients. */
  readonly say: (place: CallPlace, awsText: string) => string;
}

const MODEL_ACCESS = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html";
const PROFILES = "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html";

const TOO_LONG = new RegExp(
  [
    /(?:prompt|input|conversation|request) is too (?:long|large)/, // Claude, older models
    /context[ _](?:length|window|limit|size)/, // Claude with max_tokens, Llama, Mistral, gpt-oss
    /(?:number of )?input tokens exceed/, // Nova
    /too many (?:input )?tokens(?: in|[.:])/, // Cohere, Titan; throttling goes on with a comma or "per day"
    /maximum number of input tokens/,
    /(?:request: |#\/(?:inputText|prompt|message): )expected maxLength/, // Titan, Jurassic
  ]
    .map((part) => part.source)
    .join("|"),
  "i",
);
const OUTPUT_TOKENS = new RegExp(
  [
    /maximum tokens you requested exceed/,
    /\bmax_?(?:gen_len|(?:new_|completion_|output_)?tokens(?:_to_sample)?|token_?count)\b[`'"]?:? {0,2}(?:\d|must|should|is too|cannot|exceed)/,
  ]
    .map((part) => part.source)
    .join("|"),
  "i",
);
const NO_ACCESS =
  /don.t have access to the model|use case details|model access is denied|marketplace subscription/i;
const NOT_IN_REGION =
  /not (?:supported|available|offered) in (?:this|the) (?:region|country)|unsupported (?:region|countr)|(?:region|country)[^.]{0,40}not (?:supported|allowed|available)/i;

/** The throttling that does not end in a minute. */
const PER_DAY = /(?:tokens|requests) per day|daily (?:token |request )?(?:quota|limit)/i;

const status =
  (...statuses: readonly number[]) =>
  (failure: BedrockFailure): boolean =>
    statuses.includes(failure.status);

/** The first rule whose every condition holds decides. */
export const RULES: readonly Rule[] = [
  {
    name: /^$|Validation|Model(?:Stream)?Error/i,
    text: TOO_LONG,
    when: (failure) => failure.status !== 429,
    code: "context_length_exceeded",
    param: "messages",
    say: (p, aws) =>
      `The conversation exceeds the maximum context length of '${p.name}'. Shorten it or choose a model with a larger context. Bedrock says: ${aws}`,
  },
  {
    name: /^$|Validation|Model(?:Stream)?Error/i,
    text: OUTPUT_TOKENS,
    when: (failure) => failure.status !== 429,
    code: "upstream_invalid_request",
    param: "max_tokens",
    say: (p, aws) =>
      `'${p.name}' does not take the number of output tokens it was asked for: set max_tokens to one it takes, in the request or as llms.${p.name}.max_tokens. Bedrock says: ${aws}`,
  },
  { text: /on-demand throughput/i, code: "bedrock_inference_profile_required", say: needsProfile },
  {
    text: /model identifier is invalid|model id .{0,300}(?:invalid|not found)/i,
    code: "bedrock_model_invalid",
    say: (p) => `Bedrock in ${p.region} does not know ${modelOf(p)}. ${correctModel(p)}`,
  },
  { text: /end of (?:its )?life/i, code: "bedrock_model_invalid", say: ended },
  { text: /data retention mode/i, code: "bedrock_model_access_denied", say: wantsRetention },
  { text: NO_ACCESS, code: "bedrock_model_access_denied", say: noAccess },
  { name: /FTUForm|MPAgreement/i, code: "bedrock_model_access_denied", say: noAccess },
  {
    text: NOT_IN_REGION,
    code: "bedrock_region_unsupported",
    say: (p) =>
      `${capital(modelOf(p))} is not available in ${p.region}. Set llms.${p.name}.aws_region to a region that offers it, for example ${otherRegions(p.region)}: ${MODEL_REGIONS}`,
  },
  { text: /^Signature (?:expired|not yet current)/i, code: "aws_credentials_rejected", say: wrongTime },
  { name: /RequestExpired|RequestTimeTooSkewed/i, code: "aws_credentials_rejected", say: wrongTime },
  { name: /ExpiredToken/i, code: "aws_credentials_expired", say: expired },
  {
    text: /(?:token|api key)(?: included in the request)? (?:is|has) expired/i,
    code: "aws_credentials_expired",
    say: expired,
  },
  { name: /InvalidSignature|SignatureDoesNotMatch/i, code: "aws_credentials_rejected", say: unsigned },
  {
    name: /UnrecognizedClient|InvalidClientTokenId|IncompleteSignature|MissingAuthenticationToken|NotAuthorized|InvalidIdentityToken/i,
    code: "aws_credentials_rejected",
    say: rejected,
  },
  {
    text: /authorization header is missing|security token|bearer token|api key/i,
    when: status(401, 403),
    code: "aws_credentials_rejected",
    say: rejected,
  },
  { name: /AccessDenied/i, code: "aws_access_denied", say: denied },
  { when: status(401, 403), code: "aws_access_denied", say: denied },
  {
    name: /ResourceNotFound/i,
    code: "bedrock_model_invalid",
    say: (p) =>
      `Bedrock in ${p.region} has no such model or inference profile as ${modelOf(p)}: it is unknown there or was retired. ${correctModel(p)}`,
  },
  {
    when: status(404),
    code: "bedrock_model_invalid",
    say: (p) =>
      `The endpoint that answered for '${p.name}' in ${p.region} knows neither the model nor the path (HTTP 404). Check base_url, AWS_ENDPOINT_URL_BEDROCK_RUNTIME and AWS_ENDPOINT_URL_BEDROCK_MANTLE where they are set. ${correctModel(p)}`,
  },
  {
    name: /ServiceQuotaExceeded/i,
    code: "bedrock_quota_exceeded",
    say: (p) =>
      `The AWS account's quota for ${modelOf(p)} in ${p.region} is used up. Raise it under Service Quotas in the AWS console, or use another region or model.`,
  },
  {
    name: /ModelNotReady/i,
    code: "upstream_not_ready",
    say: (p) => `'${p.name}' is still being loaded by Bedrock. Try again in a minute.`,
  },
  { text: PER_DAY, when: status(400, 429), code: "bedrock_quota_exceeded", say: usedUpToday },
  { name: /Throttl|TooManyRequests/i, code: "rate_limit_exceeded", say: throttled },
  { when: status(429), code: "rate_limit_exceeded", say: throttled },
  { name: /ModelTimeout/i, code: "upstream_timeout", say: timedOut },
  { when: status(408, 504), code: "upstream_timeout", say: timedOut },
  {
    name: /ModelStreamError|ModelError/i,
    when: ({ originalStatus }) => originalStatus !== undefined && [400, 413, 422].includes(originalStatus),
    code: "upstream_invalid_request",
    say: refused,
  },
  {
    name: /ModelStreamError|ModelError/i,
    code: "upstream_error",
    say: (p, aws) =>
      `'${p.name}' failed while it processed the request. Try again, or choose another model. Bedrock says: ${aws}`,
  },
  { name: /ServiceUnavailable|Overloaded/i, code: "upstream_unavailable", say: unavailable },
  { when: status(502, 503, 529), code: "upstream_unavailable", say: unavailable },
  {
    text: /service tier/i,
    when: status(400),
    code: "upstream_invalid_request",
    param: "service_tier",
    say: (p, aws) =>
      `'${p.name}' has no such service tier: leave out service_tier in the request, and llms.${p.name}.service_tier. Bedrock says: ${aws}`,
  },
  { name: /^Validation/i, code: "upstream_invalid_request", say: refused },
  { when: status(400, 413, 422), code: "upstream_invalid_request", say: refused },
];

/** How messages name the model: an ARN holds the number of the account. */
function modelOf(p: CallPlace): string {
  return p.model.startsWith("arn:") ? `the model behind the ARN of '${p.name}'` : `'${p.model}'`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function correctModel(p: CallPlace): string {
  return `Correct llms.${p.name}.model, or set its aws_region to one that offers the model, for example ${otherRegions(p.region)}: ${MODEL_REGIONS} ${MODEL_ID_ADVICE}`;
}

function needsProfile(p: CallPlace): string {
  const profiles = proposedProfiles(p.model, p.region);
  const example = profiles.length === 0 ? "" : `, for example ${profiles.join(" or ")}`;
  return `${capital(modelOf(p))} cannot be called by its plain model id in ${p.region}: it needs an inference profile. Put the profile's id in llms.${p.name}.model${example}. Profiles by region: ${PROFILES}`;
}

function ended(p: CallPlace): string {
  return `${capital(modelOf(p))} has reached the end of its life: Bedrock answers for it no more, in ${p.region} or elsewhere. Set llms.${p.name}.model to another one. ${MODEL_ID_ADVICE}`;
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/data-retention.html */
function wantsRetention(p: CallPlace): string {
  return `${capital(modelOf(p))} is only for accounts that allow AWS to keep and review its requests, region by region. Allow it in ${p.region}, and in every other region that its inference profile reaches: PUT https://bedrock.${p.region}.amazonaws.com/data-retention with {"mode":"aws_review"}, signed by an identity that may call bedrock:PutAccountDataRetention (the console has no page for it). Or set llms.${p.name}.model to a model without this condition.`;
}

function usedUpToday(p: CallPlace): string {
  return `The AWS account's quota per day for ${modelOf(p)} in ${p.region} is used up; it is not tried again before other models. Raise "tokens per day" under Service Quotas in the AWS console, or use another aws_region, for example ${otherRegions(p.region)}, an inference profile or another model. What a request may put out counts from its start: a lower llms.${p.name}.max_tokens makes the quota last longer.`;
}

function noAccess(p: CallPlace): string {
  return `This AWS account has no access to ${modelOf(p)} in ${p.region}. Allow the account's AWS Marketplace subscription to it (Anthropic's models also want their use case form), and wait up to 15 minutes: ${MODEL_ACCESS}`;
}

function wrongTime(): string {
  return "AWS rejected the request's time: the clock of the machine that runs this Worker is more than five minutes off. Set its clock.";
}

function denied(p: CallPlace): string {
  return `The AWS identity may not call ${modelOf(p)} in ${p.region}. Allow it bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream on the model (and on the inference profile; for a Bedrock API key also bedrock:CallWithBearerToken; at the endpoint mantle bedrock-mantle:CreateInference, and bedrock-mantle:CallWithBearerToken), and check service control policies for the region. If the account has no access to the model yet: ${MODEL_ACCESS}`;
}

function throttled(p: CallPlace): string {
  return `Bedrock throttles '${p.name}' in ${p.region}: too many requests or tokens at once. Try again later; another aws_region (for example ${otherRegions(p.region)}), an inference profile (us., eu., global.) or a higher quota helps. What a request may put out counts from its start: so does a lower max_tokens, or llms.${p.name}.max_tokens.`;
}

function timedOut(p: CallPlace): string {
  return `Bedrock in ${p.region} gave up waiting for '${p.name}'. Try again, ask for less output, or choose a faster model or another aws_region, for example ${otherRegions(p.region)}. If it is the network that is slow, raise router.timeout or llms.${p.name}.timeout.`;
}

function unavailable(p: CallPlace): string {
  return `Bedrock is overloaded or unavailable for '${p.name}' in ${p.region}. Try again shortly; another aws_region or model may answer now.`;
}

function refused(p: CallPlace, aws: string): string {
  return `'${p.name}' refused the request: correct it, or choose another model. Bedrock says: ${aws}`;
}
