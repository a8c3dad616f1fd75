/**
 * The Messages API itself: Anthropic's own, and Bedrock's copies of it (`/anthropic/v1` on runtime and mantle). The model and its rules
 * are those of InvokeModel; what differs is where the model's name stands, how a stream is framed and how errors look.
 */
import { readDirectives } from "../answer/directives.ts";
import { authenticate } from "../bedrock/auth.ts";
import { BedrockError, type BedrockErrorType, invalid } from "../bedrock/errors.ts";
import { ANTHROPIC_KEY, BEARER_TOKEN } from "../credentials.ts";
import { anthropic } from "../families/anthropic/index.ts";
import { bedrockId } from "../families/anthropic/models.ts";
import { promptTokens } from "../families/anthropic/usage.ts";
import { type Fault, GATEWAY_FAULTS, resolveFault, TRANSPORT_FAULTS } from "../faults.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn, stringsIn } from "../json.ts";
import { json, type Script, streamed } from "../script.ts";
import type { EmulatorState } from "../state.ts";
import type { WireRequest } from "../wire.ts";

/** Whose copy is called. */
export type MessagesHost = "anthropic" | "runtime" | "mantle";

const TYPES: Partial<Record<BedrockErrorType, readonly [status: number, type: string]>> = {
  AccessDeniedException: [403, "permission_error"],
  MissingAuthenticationTokenException: [401, "authentication_error"],
  UnrecognizedClientException: [401, "authentication_error"],
  InvalidSignatureException: [401, "authentication_error"],
  ExpiredTokenException: [401, "authentication_error"],
  ResourceNotFoundException: [404, "not_found_error"],
  ThrottlingException: [429, "rate_limit_error"],
  ServiceUnavailableException: [529, "overloaded_error"],
  InternalServerException: [500, "api_error"],
};

/** Fields that only Anthropic's own service takes; it needs no tokens of a model for them. */
const FIRST_PARTY = ["service_tier", "container", "mcp_servers", "inference_geo", "cache_control"];

/** Betas of the first party's own, which change nothing about an answer here; its name for deferred tools is another than Bedrock's. */
const OWN_BETAS: ReadonlySet<string> = new Set([
  ...["claude-code-20250219", "per-turn-control-2026-07-01", "thinking-token-count-2026-05-13"],
  ...["token-counting-2024-11-01", "structured-outputs-2025-11-13", "fallback-credit-2026-06-01"],
]);
const BEDROCK_BETAS: ReadonlyMap<string, string> = new Map([
  ["advanced-tool-use-2025-11-20", "tool-search-tool-2025-10-19"],
]);

/** The answer to a request below `/anthropic/v1` or `/anthropic-api/v1`; `route` is what follows that. Never throws. */
export async function answerMessages(
  request: WireRequest,
  route: string,
  host: MessagesHost,
  state: EmulatorState,
): Promise<Script> {
  try {
    await admit(request, host, state);
    if (request.method === "POST" && route === "/messages") return answer(request, host, state);
    if (request.method === "POST" && route === "/messages/count_tokens") return countTokens(request, host);
    throw new BedrockError("ResourceNotFoundException", `Not found: ${request.path}`);
  } catch (thrown) {
    if (thrown instanceof BedrockError) return errorScript(thrown);
    throw thrown;
  }
}

async function admit(request: WireRequest, host: MessagesHost, state: EmulatorState): Promise<void> {
  const key = request.headers["x-api-key"];
  if (host === "anthropic") {
    if (key === ANTHROPIC_KEY) return;
    throw new BedrockError("UnrecognizedClientException", "invalid x-api-key");
  }
  if (key === BEARER_TOKEN) return;
  await authenticate(request, state, host === "mantle" ? "bedrock-mantle" : "bedrock");
}

function answer(request: WireRequest, host: MessagesHost, state: EmulatorState): Script {
  const { body, modelId, stream } = read(request, host);
  const directives = readDirectives(anthropic.question(body));
  const fault = resolveFault(request.faultSpec ?? directives.fault, request.path, state.flaky);
  if (fault) request.record.fault = fault.argument ? `${fault.name}:${fault.argument}` : fault.name;
  const instead = fault && replace(fault, request);
  if (instead) return instead;
  anthropic.validate(body, modelId);
  const region = host === "anthropic" ? host : (request.record.region ?? "");
  const site = { cache: state.cache, region, now: state.now() };
  const parts = anthropic.shape(anthropic.respond(body, modelId, site), stream);
  const script = stream
    ? streamed(
        { ...headers(), "content-type": "text/event-stream; charset=utf-8" },
        [...parts.slice(0, 1), { type: "ping" }, ...parts.slice(1)].map(toEvent),
        directives.pace ?? state.paceMs,
      )
    : json(200, parts[0], headers());
  if (fault?.name === "error-mid" && !stream) {
    return errorScript(new BedrockError("InternalServerException", "Internal server error"));
  }
  if (fault?.name === "error-mid") return errorMid(script);
  return fault ? (TRANSPORT_FAULTS.get(fault.name)?.(script, fault.argument) ?? script) : script;
}

/** The body as InvokeModel would have it, and the id under which Bedrock has the model. */
function read(
  request: WireRequest,
  host: MessagesHost,
): { body: JsonObject; modelId: string; stream: boolean } {
  if (!isObject(request.body)) throw invalid("The request body is not valid JSON");
  const { model, stream, ...rest } = request.body;
  const name = asString(model);
  if (name === "") throw invalid("model: Field required");
  request.record.model = name;
  if (request.headers["anthropic-version"] === undefined) {
    throw invalid("anthropic-version: header is required");
  }
  const modelId = host === "runtime" ? name : bedrockId(name);
  if (modelId === undefined) throw new BedrockError("ResourceNotFoundException", `model: ${name}`);
  const betas = (request.headers["anthropic-beta"] ?? "").split(",").map((beta) => beta.trim());
  const known = betas.filter((beta) => beta !== "");
  const body: JsonObject = { ...rest, anthropic_version: "bedrock-2023-05-31" };
  if (known.length > 0) body.anthropic_beta = known;
  return { body: host === "anthropic" ? asBedrocks(body) : body, modelId, stream: stream === true };
}

/** A body that the first party takes as one that Bedrock takes. */
function asBedrocks(body: JsonObject): JsonObject {
  const { metadata: _, ...rest } = body;
  for (const field of FIRST_PARTY) delete rest[field];
  if (Array.isArray(rest.anthropic_beta)) {
    const betas = stringsIn(rest.anthropic_beta).filter((beta) => !OWN_BETAS.has(beta));
    rest.anthropic_beta = betas.map((beta) => BEDROCK_BETAS.get(beta) ?? beta);
  }
  if (Array.isArray(rest.tools)) {
    // What its servers run calls nothing at the client.
    const tools = objectsIn(rest.tools).filter(({ type }) => !asString(type).startsWith("web_search_"));
    rest.tools = tools.map(({ eager_input_streaming: _eager, ...tool }) => tool);
    if (tools.length === 0) delete rest.tool_choice;
  }
  return rest;
}

function countTokens(request: WireRequest, host: MessagesHost): Script {
  // Bedrock's runtime answers 200 with this body.
  if (host === "runtime") {
    return json(200, {
      Output: { __type: "com.amazon.coral.service#UnknownOperationException" },
      Version: "1.0",
    });
  }
  const { body } = read(request, host);
  return json(200, { input_tokens: promptTokens(body) }, headers());
}

function replace(fault: Fault, request: WireRequest): Script | undefined {
  const types: Readonly<Record<string, BedrockErrorType>> = {
    throttle: "ThrottlingException",
    overloaded: "ServiceUnavailableException",
    unavailable: "ServiceUnavailableException",
    internal: "InternalServerException",
    denied: "AccessDeniedException",
  };
  const type = types[fault.name];
  if (type) {
    const retry = fault.argument ? { headers: { "retry-after": fault.argument } } : {};
    return errorScript(new BedrockError(type, `The emulator was asked for ${fault.name}.`, retry));
  }
  return GATEWAY_FAULTS.get(fault.name)?.(`http://${request.headers.host}`, fault.argument);
}

function toEvent(part: JsonObject): Uint8Array {
  return Buffer.from(`event: ${asString(part.type)}\ndata: ${JSON.stringify(part)}\n\n`);
}

/** The first half, then an `error` event and the end. */
function errorMid(script: Script): Script {
  const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
  const half = script.slice(0, Math.max(2, Math.ceil(script.length / 2)));
  return [...half, { kind: "write", bytes: toEvent(error), frame: true }];
}

function headers(): Record<string, string> {
  return { "request-id": "req_emulated" };
}

function errorScript(error: BedrockError): Script {
  const [status, type] = TYPES[error.type] ?? [400, "invalid_request_error"];
  const body = { type: "error", error: { type, message: error.message }, request_id: "req_emulated" };
  return json(status, body, { ...headers(), ...asStrings(error.details.headers) });
}

function asStrings(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(asObject(value)).map(([name, text]) => [name, asString(text)]));
}
