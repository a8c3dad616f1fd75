/** Why each error comes and what helps, for docs/errors.md. A new code without a text here fails the type check. */
import type { ErrorCode } from "../../../src/errors.ts";

/** Whose move it is: a section of the page. */
export type Group = "request" | "router" | "aws" | "upstream" | "session";

export interface Explanation {
  readonly group: Group;
  readonly cause: string;
  readonly cure: string;
}

const of =
  (group: Group) =>
  (cause: string, cure: string): Explanation => ({ group, cause, cure });
const request = of("request");
const router = of("router");
const aws = of("aws");
const upstream = of("upstream");
const session = of("session");

const BEDROCK_REGIONS = "[Regions](bedrock.md#regions-and-inference-profiles)";

export const EXPLANATIONS: Readonly<Record<ErrorCode, Explanation>> = {
  invalid_api_key: request(
    "No key was sent, or it is not one of `ROUTER_API_KEYS` or of those made at `/admin/keys`, or was revoked, or one that is not valid there (`GET /health` and the log say why), or `keys` in the configuration disables it or lets it expire.",
    "Send `Authorization: Bearer KEY` (or `x-api-key: KEY`) with one of the router's keys, not with AWS's or a provider's.",
  ),
  origin_not_allowed: request(
    "A web page of another origin called.",
    "Add the page's origin to `serve.cors_origins`.",
  ),
  model_not_allowed: request(
    "The model is not one of those that `keys` in the configuration lets this key use.",
    "Use one of `GET /v1/models`, which lists the key's own, or `auto`; or add it to `keys.<name>.models`.",
  ),
  insufficient_quota: request(
    "The key has spent its `money_day` or `money_month`, or the request may cost more than is left; the message says how much, and when the limit begins anew. Over `POST /v1/messages` it is 402 `billing_error`.",
    "Wait for the new day or month, ask for fewer output tokens, or raise the limit: [limits](configuration.md#limits-of-keys).",
  ),
  not_found: request("There is no such path.", "The message lists the endpoints."),
  response_not_found: request(
    "No response of this id is kept for this key: it was sent with `store: false`, was deleted, or has expired (`serve.response_ttl`).",
    "Keep the response that you were given, or send the request again.",
  ),
  previous_response_not_found: request(
    "`previous_response_id` names a response that is not kept for this key (any more).",
    "Send the whole conversation in `input`, without `previous_response_id`.",
  ),
  model_not_found: request(
    "No configured model has this name, and `serve.unknown_model` is `reject`; or `GET /v1/models/:id` was asked for it; or an OpenAI-compatible upstream does not know `llms.<name>.model`.",
    "Use a name from `GET /v1/models`, or `auto`; correct `llms.<name>.model`.",
  ),
  method_not_allowed: request(
    "The path exists, but not with this method.",
    "The header `Allow` lists the methods.",
  ),
  request_too_large: request(
    "The body is larger than `serve.max_body_bytes` (8 MiB), or a WebSocket message larger than 1 MiB.",
    "Send less (images are the usual reason), or raise the limit.",
  ),
  request_timeout: request(
    "A request body stopped coming for 30 s.",
    "Send it again; look for a slow or broken connection.",
  ),
  upgrade_required: request(
    "A plain `GET` of `/v1/chat/ws`.",
    "Connect with a WebSocket client, or use `POST /v1/chat/completions`.",
  ),
  invalid_json: request("The body is empty or not JSON.", "Send a JSON object with at least `messages`."),
  invalid_value: request(
    "A field has a wrong type or value; `param` names it. Also an image link that cannot be fetched, and tool results that answer no call.",
    "Correct the field; send an image as a `data:` URL.",
  ),
  unsupported_parameter: request(
    "The model cannot do what `param` asks for, and leaving it out would change the answer.",
    "Leave it out, or choose a model that can: [families](bedrock.md#families).",
  ),
  unsupported_content: request(
    "The model does not take this kind of content (image, file, sound); `param` names the part.",
    "Leave it out, or choose a model that takes it: [families](bedrock.md#families).",
  ),
  context_length_exceeded: request(
    "The conversation is longer than the model's context.",
    "Shorten it, or choose a model with a larger context. The message contains `maximum context length`, on which agents compact by themselves.",
  ),
  upstream_invalid_request: request(
    "The model itself refused the request; the message quotes it.",
    "Correct the request, or choose another model.",
  ),
  client_closed_request: request("The client left before the answer. Only the log shows it.", "None needed."),

  config_invalid: router(
    "The configuration is wrong, or a region, endpoint or key in the bindings is. The message lists every problem with its path.",
    "Correct it; `npm run config:check` finds the same problems before a deploy.",
  ),
  client_keys_missing: router(
    "No client key is configured, so every call is refused; or `ROUTER_AUTH=none`, which opens the router on localhost only.",
    "`npx wrangler secret put ROUTER_API_KEYS`, locally in `.dev.vars`.",
  ),
  no_models: router(
    "Every model has the weight 0 for this request.",
    "Give one a weight in `router.weights`, or name a model in the request.",
  ),
  binding_missing: router(
    "`wrangler.toml` lacks a Durable Object that the strategy `round_robin` or the WebSocket endpoint needs.",
    "Add the lines that the message shows, and deploy again.",
  ),
  api_key_missing: router(
    "An OpenAI-compatible model has no key.",
    "`npx wrangler secret put <PROVIDER>_API_KEY`, or `auth_mode: none` if the server wants none.",
  ),
  price_unknown: router(
    "A key with a limit of money names a model whose price nobody knows.",
    "Set `input_price` and `output_price` of the model.",
  ),
  limits_unavailable: router(
    "The object that counts for a key with limits could not be reached.",
    "Try again; `serve.limits_unavailable: allow` lets such requests pass uncounted.",
  ),
  overloaded: router(
    "The requests of an isolate together have too much in hand (48 MiB), and there was no room within 2 s.",
    "Try again in a second. Large images, long conversations and answers that are not read are what fills it; smaller requests of other clients still go through.",
  ),
  internal_error: router(
    "A mistake in the router.",
    "Find the `x-request-id` in the Worker's log and report it.",
  ),

  aws_credentials_missing: aws(
    "There are no AWS credentials, or only half of them.",
    "Set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_BEARER_TOKEN_BEDROCK`: [Credentials](bedrock.md#credentials).",
  ),
  aws_credentials_rejected: aws(
    "AWS does not know the key, the signature does not match, a session token is missing or too many, or the clock is wrong.",
    "Set the credentials again, on one line each; check that the key is active.",
  ),
  aws_credentials_expired: aws(
    "A session token or Bedrock API key has expired.",
    "Set new ones; a router that runs on better assumes [a role](aws-roles.md).",
  ),
  aws_access_denied: aws(
    "The identity may not call the model here, or a service control policy forbids the region.",
    "Allow it: [IAM policy](bedrock.md#iam-policy).",
  ),
  aws_role_refused: aws(
    "AWS STS gives no credentials for the role of `aws_role_arn`: the role's trust policy, its external id, tags or duration.",
    "The message says which: [roles](aws-roles.md#when-sts-refuses).",
  ),
  bedrock_model_invalid: aws(
    "Bedrock in this region does not know the model id, or it was retired.",
    `Correct \`llms.<name>.model\` or its \`aws_region\`: ${BEDROCK_REGIONS}.`,
  ),
  bedrock_model_access_denied: aws(
    "The AWS account has no access to the model.",
    "Send Anthropic's use case form, or allow the account's Marketplace subscription, then wait up to 15 minutes: [Model access](bedrock.md#model-access).",
  ),
  bedrock_inference_profile_required: aws(
    "The model cannot be called by its plain id.",
    `Put a prefix before it (\`us.\`, \`eu.\`, \`global.\`); the message proposes one: ${BEDROCK_REGIONS}.`,
  ),
  bedrock_region_unsupported: aws(
    "The model is not offered in the region.",
    `Set \`llms.<name>.aws_region\` to one that offers it: ${BEDROCK_REGIONS}.`,
  ),
  bedrock_quota_exceeded: aws(
    "The account's quota for the model in this region is used up.",
    "Raise it under Service Quotas in the AWS console, or use another region or model.",
  ),

  rate_limit_exceeded: upstream(
    "The upstream throttles: too many requests or tokens.",
    "Wait as long as `Retry-After` says. More regions, an inference profile, several API keys or `router.fallback_models` spread the load.",
  ),
  upstream_credentials_rejected: upstream(
    "An OpenAI-compatible provider refused the router's key (401, 403) or its account (402).",
    "Check the key, the account's balance and its access to the model.",
  ),
  upstream_timeout: upstream(
    "No answer within `router.timeout`, silence for `router.idle_timeout`, or all attempts together took longer than `router.deadline`.",
    "Try again, ask for less, choose a faster model or region, or raise the limit: [Time limits](routing.md#time-limits).",
  ),
  upstream_unreachable: upstream(
    "The connection failed or was closed before an answer.",
    "Check `aws_region`, `base_url` or `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`, then the network.",
  ),
  upstream_error: upstream(
    "The upstream failed, or answered with something that is no completion.",
    "Try again; if it persists, check `base_url` and the provider's status page.",
  ),
  upstream_unavailable: upstream(
    "The upstream is overloaded or down.",
    "Try again shortly; another region or model may answer now.",
  ),
  upstream_not_ready: upstream(
    "Bedrock is still loading a custom or imported model.",
    "Try again in a minute.",
  ),
  upstream_stream_invalid: upstream(
    "The answer arrived damaged, or is not what the protocol says.",
    "Try again; if it persists, look for a proxy in between.",
  ),
  upstream_truncated: upstream(
    "The answer broke off. What came so far is not the whole answer.",
    "Try again.",
  ),

  turn_cancelled: session(
    "`cancel` or `reset` ended the turn; in the log also a response in the background that was cancelled.",
    "None needed.",
  ),
  turn_interrupted: session(
    "The router was redeployed or restarted in the middle of the turn.",
    "Send the message again, with a new `id`.",
  ),
  resume_expired: session(
    "The frames after that number are not kept any more.",
    "Go on with a new message; the session still knows the conversation.",
  ),
  too_many_turns: session("Eight turns wait already.", "Wait for one to end."),
  session_unavailable: session(
    "The Durable Object of the session could not be started or reached; the log says why.",
    "Connect again in a moment.",
  ),
  too_many_sockets: session("The session has 32 sockets already.", "Close some."),
};
