/** Every code of the error table, each way to it, and what its message must say. */
import { env as worker } from "cloudflare:workers";
import { vi } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { memory, memoryCounter } from "../../src/lib/memory.ts";
import { bedrock } from "../../src/providers/bedrock/index.ts";
import { bodyOf, eventStream, json, START, UNREACHABLE } from "../support/upstream.ts";
import { streamedAnswer } from "../support/wire.ts";
import {
  asking,
  bedrockSays,
  claude,
  configured,
  env,
  gptSays,
  IDS,
  inTime,
  LATE,
  MODEL,
  NO_AWS,
  OTHER_REGION,
  opening,
  REGIONS,
  stsSays,
  SECRETS,
  TIMEOUT,
  upstream,
  type Way,
  weightless,
} from "./error-asking.ts";
import { ask, CLAUDE, chat, GPT } from "./support.ts";

/** Where responses are kept. */
const STORE = { RESPONSES: worker.RESPONSES };

/** Objects that cannot be reached. */
const BROKEN = { idFromName: () => ({}), get: () => ({ reserve: () => Promise.reject(new Error("gone")) }) };

/** What only a WebSocket session answers with. */
type SessionCode =
  | "resume_expired"
  | "session_unavailable"
  | "too_many_sockets"
  | "too_many_turns"
  | "turn_cancelled"
  | "turn_interrupted"
  | "upgrade_required";
/** Nobody is left to read it. */
type Unread = "client_closed_request";

export const WAYS: Readonly<Record<Exclude<ErrorCode, SessionCode | Unread>, readonly [number, ...Way[]]>> = {
  invalid_api_key: [
    401,
    ["no key", asking({}, { key: null }), /Authorization: Bearer/],
    ["another's key", asking({}, { key: "sk-else" }), /Check the key/],
  ],
  origin_not_allowed: [
    403,
    [
      "a page of another origin",
      asking({}, { headers: { origin: "https://evil.example" } }),
      /serve\.cors_origins/,
    ],
  ],
  model_not_allowed: [
    403,
    [
      "a model that is not the key's",
      asking({ model: "it" }, {}, { keys: { "*": { models: ["other"] } } }),
      /may not use 'it'.*GET \/v1\/models/,
    ],
    ["none is the key's", asking({}, {}, { keys: { "*": { models: ["other"] } } }), /none of the models/],
  ],
  insufficient_quota: [
    429,
    [
      "nothing left",
      asking({}, {}, { keys: { "*": { money_month: 0 } } }, { KEYS: worker.KEYS }),
      /may spend \$0\.00 a month.*begins anew at \d{4}-.*fewer output tokens/,
    ],
  ],
  price_unknown: [
    500,
    [
      "another's",
      () => chat(env(GPT, {}, { keys: { "*": { money_day: 1 } } }), { model: "it" }),
      /llms\.it\.input_price/,
    ],
  ],
  limits_unavailable: [
    503,
    [
      "its object fails",
      asking({}, {}, { keys: { "*": { requests_minute: 1 } } }, { KEYS: BROKEN }),
      /Try again.*serve\.limits_unavailable/,
    ],
  ],
  not_found: [404, ["no such path", () => ask(env(), "/v1/nothing"), /POST \/v1\/chat\/completions/]],
  model_not_found: [
    404,
    [
      "an unknown model",
      () => chat(env(claude(), {}, { serve: { unknown_model: "reject" } }), { model: "x" }),
      /Models: auto, it/,
    ],
    ["an unknown model's page", () => ask(env(), "/v1/models/x"), /GET \/v1\/models lists/],
  ],
  response_not_found: [
    404,
    [
      "a response that nobody has",
      () => ask(env(claude(), STORE), `/v1/responses/resp_${"ab".repeat(16)}_0`),
      /store: false/,
    ],
  ],
  previous_response_not_found: [
    400,
    [
      "an answer to what nobody has",
      () => {
        const body = { input: "Hi", previous_response_id: `resp_${"ab".repeat(16)}_0` };
        return ask(env(claude(), STORE), "/v1/responses", { method: "POST", body: JSON.stringify(body) });
      },
      /whole conversation in input/,
    ],
  ],
  method_not_allowed: [405, ["the wrong method", () => ask(env(), "/v1/chat/completions"), /answers POST/]],
  request_too_large: [
    413,
    [
      "a long body",
      () => chat(env(claude(), {}, { serve: { max_body_bytes: 10 } })),
      /Send less, or raise serve\.max_body_bytes/,
    ],
  ],
  request_timeout: [
    408,
    [
      "half a body",
      inTime(31_000, () =>
        ask(env(), "/v1/chat/completions", {
          method: "POST",
          body: bodyOf([new Uint8Array(9)], false).stream,
        }),
      ),
      /stopped coming for 30 s.*Send it again/,
    ],
  ],
  invalid_json: [
    400,
    ["half a body", () => ask(env(), "/v1/chat/completions", { method: "POST", body: "{" }), /Check it for/],
    ["no body", () => ask(env(), "/v1/chat/completions", { method: "POST", body: "" }), /Send a JSON object/],
  ],
  invalid_value: [
    400,
    ["no messages", asking({ messages: [] }), /Invalid 'messages'/],
    ["a temperature", asking({ temperature: 9 }), /Invalid 'temperature'/],
  ],
  unsupported_parameter: [400, ["n", asking({ n: 9 }), /Invalid 'n'.*at most 4/]],
  unsupported_content: [
    400,
    [
      "sound for Claude",
      asking({
        messages: [
          { role: "user", content: [{ type: "input_audio", input_audio: { data: "AA==", format: "wav" } }] },
        ],
      }),
      /Claude on Bedrock does not take .*input_audio/,
    ],
  ],
  context_length_exceeded: [
    400,
    [
      "Bedrock's",
      bedrockSays(400, "ValidationException", "prompt is too long"),
      /maximum context length.*Shorten it or choose/,
    ],
    ["another's", gptSays(400, "maximum context length is 8 tokens"), /maximum context length/],
  ],
  upstream_invalid_request: [
    400,
    [
      "Bedrock's",
      bedrockSays(400, "ValidationException", "messages: wrong"),
      /correct it, or choose.*messages: wrong/,
    ],
    ["max_tokens", bedrockSays(400, "ValidationException", "max_tokens: 9 must be"), /set max_tokens/],
  ],
  config_invalid: [
    500,
    ["no YAML", configured("llms: {"), /ROUTER_CONFIG|configuration/],
    ["an unknown key", configured({ llms: { it: { ...claude(), modle: "x" } } }), /llms\.it\.modle/],
    [
      "llm without a model",
      configured({ llms: { it: claude() }, router: { strategy: "llm" } }),
      /router\.model/,
    ],
    [
      "a region",
      () => chat(env(CLAUDE, { AWS_REGION: "not a region" })),
      /AWS_REGION.*Set it/,
      ...OTHER_REGION,
    ],
    [
      "an endpoint",
      () => chat(env(claude(), { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: "localhost:1" })),
      /https:\/\/HOST/,
    ],
    ["a redirect", () => upstream(() => new Response(null, { status: 307 })), /Set base_url/],
    [
      "an unknown family",
      configured({ llms: { it: { ...CLAUDE, model: "acme.x" } } }),
      /"family:"|family/,
      ...IDS,
    ],
    [
      "a broken key",
      () => chat(env({ ...GPT, api_key: "a\nb" })),
      /llms\.it\.api_key.*wanted printable ASCII/,
    ],
  ],
  client_keys_missing: [
    500,
    [
      "none",
      () => chat(env(claude(), { ROUTER_API_KEYS: "" })),
      /npx wrangler secret put ROUTER_API_KEYS.*\.dev\.vars/,
    ],
    [
      "off from afar",
      () => chat(env(claude(), { ROUTER_AUTH: "none" })),
      /wrangler secret put ROUTER_API_KEYS/,
    ],
  ],
  no_models: [500, ["all weights are 0", weightless, /Give one of them a weight, or name a model/]],
  binding_missing: [
    500,
    [
      "round_robin",
      configured({ llms: { it: claude(), other: GPT }, router: { strategy: "round_robin" } }),
      /wrangler\.toml/,
      /\[\[durable_objects\.bindings\]\]\nname = "ROUND_ROBIN"\nclass_name = "RoundRobin"/,
      /new_sqlite_classes/,
    ],
  ],
  api_key_missing: [
    500,
    [
      "none",
      () => chat(env({ ...GPT, api_key: "" })),
      /npx wrangler secret put ACME_API_KEY/,
      /auth_mode: none/,
    ],
  ],
  aws_credentials_missing: [
    500,
    ["none", () => chat(env(claude(), NO_AWS)), ...SECRETS],
    [
      "half of the Worker's",
      () => chat(env(claude(), { AWS_SECRET_ACCESS_KEY: "" })),
      /SECRET_ACCESS_KEY is missing/,
      ...SECRETS,
    ],
    [
      "half of the model's",
      opening({ credentials: { accessKeyId: "AKIDX" } }),
      /aws_secret_access_key is missing/,
      ...SECRETS,
    ],
  ],
  aws_credentials_rejected: [
    500,
    [
      "unknown",
      bedrockSays(403, "UnrecognizedClientException", "invalid token"),
      /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.*AWS_SESSION_TOKEN.*npx wrangler secret put.*\.dev\.vars/,
    ],
    ["the secret", bedrockSays(403, "InvalidSignatureException", "x"), /check the secret key in AWS_/],
    ["the clock", bedrockSays(403, "InvalidSignatureException", "Signature expired: x"), /clock/],
    [
      "wrapped",
      () => chat(env(claude(), { AWS_SECRET_ACCESS_KEY: "a b" })),
      /Set it again, on one line.*wrangler secret put/,
    ],
  ],
  aws_credentials_expired: [
    500,
    ["a session", bedrockSays(403, "ExpiredTokenException", "x"), /AWS_SESSION_TOKEN.*wrangler secret put/],
    ["a key", bedrockSays(403, "", "Bearer token has expired"), /Set new ones.*wrangler secret put/],
  ],
  aws_access_denied: [
    500,
    ["no permission", bedrockSays(403, "AccessDeniedException", "no"), /Allow it bedrock:InvokeModel/],
  ],
  aws_role_refused: [
    500,
    [
      "the trust policy",
      stsSays(403, "AccessDenied", "User: arn:aws:iam::111122223333:user/u is not authorized"),
      /trust policy.*aws_external_id.*aws_role_arn/,
    ],
    ["the duration", stsSays(400, "ValidationError", "The requested DurationSeconds exceeds"), /lower it/],
    [
      "the tags",
      stsSays(403, "AccessDenied", "no identity-based policy allows sts:TagSession"),
      /sts:TagSession/,
    ],
    ["what is new", stsSays(400, "NewRefusal", "x"), /aws_role_arn/],
  ],
  bedrock_model_invalid: [
    500,
    [
      "unknown",
      bedrockSays(400, "ValidationException", "The provided model identifier is invalid."),
      ...MODEL,
      ...REGIONS,
    ],
    ["retired", bedrockSays(404, "ResourceNotFoundException", "end of its life"), /eu-west-1/, ...MODEL],
    ["no such path", bedrockSays(404, "", ""), ...MODEL, ...REGIONS],
    ["no id at all", opening({ model: "..", family: "anthropic" }), ...MODEL],
  ],
  bedrock_model_access_denied: [
    500,
    [
      "not granted",
      bedrockSays(403, "AccessDeniedException", "You don't have access to the model"),
      /Marketplace subscription.*https:/,
    ],
  ],
  bedrock_inference_profile_required: [
    500,
    [
      "plain id",
      bedrockSays(400, "ValidationException", "on-demand throughput isn't supported"),
      /inference profile.*llms\.it\.model.*eu\.anthropic\.\S+ or global\.anthropic/,
    ],
  ],
  bedrock_region_unsupported: [
    500,
    [
      "no such model there",
      bedrockSays(400, "ValidationException", "Model not supported in this region"),
      /llms\.it\.aws_region/,
      ...REGIONS,
    ],
  ],
  bedrock_quota_exceeded: [
    500,
    ["used up", bedrockSays(400, "ServiceQuotaExceededException", "x"), /Raise it under Service Quotas/],
  ],
  upstream_credentials_rejected: [
    500,
    ...[401, 402, 403].map(
      (status): Way => [`HTTP ${status}`, gptSays(status), /Check the key.*llms\.it\.api_key/],
    ),
  ],
  upstream_timeout: [
    500,
    [
      "Bedrock's",
      bedrockSays(408, "ModelTimeoutException", "x"),
      ...TIMEOUT,
      ...[/eu-west-1/, /eu-central-1/],
    ],
    ["another's", gptSays(504), ...TIMEOUT],
    [
      "to the first byte",
      inTime(600_000, () => upstream(LATE, claude({ timeout: "5s" }))),
      ...TIMEOUT,
      /aws_region/,
    ],
    ["another's first byte", inTime(600_000, () => upstream(LATE, { ...GPT, timeout: "5s" })), ...TIMEOUT],
    [
      "of all together",
      inTime(700_000, () => upstream(LATE, claude({ timeout: "9000s" }))),
      ...TIMEOUT,
      /aws_region/,
    ],
    [
      "in the middle",
      inTime(700_000, () =>
        upstream(eventStream(bodyOf([START], false)), claude({ timeout: "9000s" }), { stream: true }).then(
          erring,
        ),
      ),
      ...TIMEOUT,
    ],
  ],
  upstream_unreachable: [
    500,
    ["Bedrock", () => upstream(UNREACHABLE), /Check/, /network/, /llms\.it\.aws_region/, ...REGIONS],
    ["another", () => upstream(UNREACHABLE, GPT), /Check llms\.it\.base_url.*network/],
  ],
  upstream_error: [
    500,
    ["Bedrock", bedrockSays(500, "InternalServerException", "x"), /Try again.*health\.aws/],
    ["the model", bedrockSays(424, "ModelErrorException", "x"), /Try again, or choose another model/],
    ["another", gptSays(500), /Try again.*llms\.it\.base_url/],
    [
      "a web page",
      () => upstream(() => new Response("<", { headers: { "content-type": "text/html" } }), GPT),
      /Check llms\.it\.base_url/,
    ],
  ],
  upstream_unavailable: [
    500,
    [
      "Bedrock",
      bedrockSays(503, "ServiceUnavailableException", "x"),
      /Try again shortly; another aws_region/,
    ],
    ["another", gptSays(503), /Try again/],
  ],
  upstream_not_ready: [
    500,
    ["loading", bedrockSays(429, "ModelNotReadyException", "x"), /Try again in a minute/],
  ],
  upstream_stream_invalid: [
    500,
    ["no event stream", () => upstream(json({}), claude(), { stream: true }), /Check base_url.*eu-west-1/],
    ["damage", () => upstream(eventStream([new Uint8Array(40)]), claude(), { stream: true }), /Try again/],
  ],
  upstream_truncated: [
    500,
    ["no end", () => upstream(eventStream([START]), claude(), { stream: true }), /Try again/],
  ],
  rate_limit_exceeded: [
    429,
    [
      "Bedrock's",
      bedrockSays(429, "ThrottlingException", "x"),
      /Try again later; another aws_region.*inference profile.*quota/,
    ],
  ],
  overloaded: [
    503,
    [
      "others have too much in hand",
      async () => {
        // A counter of its own: other tests have something in hand, too.
        const full = memoryCounter();
        full.hold("others").add(64 * 2 ** 20);
        vi.spyOn(memory, "hold").mockImplementation((client) => full.hold(client));
        return chat(env());
      },
      /Try again in a second; large images/,
    ],
  ],
  internal_error: [
    500,
    [
      "a mistake of ours",
      () => {
        vi.spyOn(bedrock, "open").mockRejectedValue(new Error("secret detail"));
        return chat(env());
      },
      /x-request-id.*npx wrangler tail/,
    ],
  ],
};

/** The error of a stream as if it had come before the head. */
async function erring(response: Response): Promise<Response> {
  const { error } = streamedAnswer(await response.text());
  return new Response(JSON.stringify({ error }), { status: 500, headers: response.headers });
}
