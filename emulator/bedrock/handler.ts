/** InvokeModel, Converse and their streams, from the request on the wire to the script of the answer. */
import { readDirectives } from "../answer/directives.ts";
import { answerEmbedding, embeddingModel } from "../embeddings/bedrock.ts";
import type { EmulatedEmbedding } from "../embeddings/models.ts";
import { converse } from "../families/converse/index.ts";
import type { EmulatedFamily, TokenUsage } from "../families/family.ts";
import { familyOf } from "../families/index.ts";
import { type Fault, GATEWAY_FAULTS, resolveFault, TRANSPORT_FAULTS } from "../faults.ts";
import { asObject, isObject, type JsonObject } from "../json.ts";
import type { CacheSite } from "../prompt-cache.ts";
import { json, type Script, streamed } from "../script.ts";
import type { EmulatorState } from "../state.ts";
import { MOST_BODY_BYTES, type WireRequest } from "../wire.ts";
import { authenticate } from "./auth.ts";
import { countTokens } from "./count-tokens.ts";
import { BedrockError, errorScript, invalid, malformed, serviceHeaders } from "./errors.ts";
import { ERROR_FAULTS, FRAME_FAULTS } from "./faults.ts";
import { chunkFrame, eventFrame, rawEventFrame } from "./frames.ts";

// One segment: an ARN whose slash is not encoded is another path, and no operation of the service.
const OPERATION =
  /^\/model\/([^/]+)\/(invoke|invoke-with-response-stream|converse|converse-stream|count-tokens)$/;

interface Call {
  readonly modelId: string;
  readonly operation: string;
  readonly body: JsonObject;
  readonly family: EmulatedFamily;
}

/** The answer to a request below `/model/`. Never throws for what a client can cause. */
export async function answerBedrock(request: WireRequest, state: EmulatorState): Promise<Script> {
  try {
    await authenticate(request, state);
    return await answer(request, state);
  } catch (thrown) {
    if (thrown instanceof BedrockError) return errorScript(thrown);
    throw thrown;
  }
}

function answer(request: WireRequest, state: EmulatorState): Script | Promise<Script> {
  const match = request.method === "POST" ? OPERATION.exec(request.route) : null;
  const modelId = decode(match?.[1]);
  if (!match || modelId === undefined) {
    const output = { __type: "com.amazon.coral.service#UnknownOperationException" };
    return json(404, { Output: output, Version: "1.0" }, serviceHeaders());
  }
  request.record.model = modelId;
  const prefixed = resolveFault(request.faultSpec, request.path, state.flaky);
  const early = prefixed && replace(prefixed, request);
  if (early) return early;
  if (match[2] === "count-tokens") return countTokens(bodyOf(request), modelId);
  const embedding = match[2] === "invoke" ? embeddingModel(modelId) : undefined;
  if (embedding) return embed(request, embedding, state);
  const call = read(request, modelId, match[2] ?? "");
  const directives = readDirectives(call.family.question(call.body));
  const fault = prefixed ?? resolveFault(directives.fault, request.path, state.flaky);
  const instead = fault && replace(fault, request);
  if (instead) return instead;
  call.family.validate(call.body, modelId);
  const site = { cache: state.cache, region: request.record.region ?? "", now: state.now() };
  return deliver(call, fault, { paceMs: directives.pace ?? state.paceMs, site });
}

/** Vectors or an order: no stream, and of the faults only those that take the answer's place or its connection. */
async function embed(request: WireRequest, model: EmulatedEmbedding, state: EmulatorState): Promise<Script> {
  const body = bodyOf(request);
  const { fault: ordered, pace } = readDirectives(model.text(body));
  const fault = resolveFault(request.faultSpec ?? ordered, request.path, state.flaky);
  const instead = fault && replace(fault, request);
  if (instead) return instead;
  const script = await answerEmbedding(model, body);
  const slow: Script = pace === undefined ? script : [{ kind: "wait", ms: pace }, ...script];
  return fault ? (TRANSPORT_FAULTS.get(fault.name)?.(slow, fault.argument) ?? slow) : slow;
}

/** Reads the body and finds the family. Throws what the service says before it looks at the model's own rules. */
function read(request: WireRequest, modelId: string, operation: string): Call {
  const contentType = request.headers["content-type"]?.split(";")[0]?.trim() ?? "application/json";
  if (contentType !== "application/json") {
    throw invalid("The provided Content Type is invalid or not supported for this model");
  }
  const acceptName = operation === "invoke-with-response-stream" ? "x-amzn-bedrock-accept" : "accept";
  const accept = request.headers[acceptName] ?? "*/*";
  if (operation !== "converse-stream" && !/application\/json|\*\/\*/.test(accept)) {
    throw invalid("The provided Accept Type is invalid or not supported for this model");
  }
  const body = bodyOf(request);
  const family = usesConverse(operation)
    ? converse(operation === "converse-stream")
    : familyOf(modelId, body);
  if (!family) throw invalid("The provided model identifier is invalid.");
  return { modelId, operation, body, family };
}

function bodyOf({ bytes, body }: WireRequest): JsonObject {
  if (bytes.length > MOST_BODY_BYTES) {
    throw malformed([`#: expected maxLength: ${MOST_BODY_BYTES}, actual: ${bytes.length}`]);
  }
  if (isObject(body)) return body;
  throw invalid("Malformed input request, please reformat your input and try again.");
}

/** The script of a fault that needs no answer to spoil. */
function replace(fault: Fault, request: WireRequest): Script | undefined {
  request.record.fault = fault.argument ? `${fault.name}:${fault.argument}` : fault.name;
  const error = ERROR_FAULTS.get(fault.name);
  if (error) {
    const script = error(fault.argument, request.record.region);
    if (!script) delete request.record.fault;
    return script;
  }
  const gateway = GATEWAY_FAULTS.get(fault.name);
  if (gateway) return gateway(`http://${request.headers.host}`, fault.argument);
  if (FRAME_FAULTS.has(fault.name) || TRANSPORT_FAULTS.has(fault.name)) return undefined;
  const known = [...ERROR_FAULTS, ...GATEWAY_FAULTS, ...FRAME_FAULTS, ...TRANSPORT_FAULTS].map(
    ([name]) => name,
  );
  return json(400, {
    message: `The emulator knows no fault "${fault.name}". It knows: ${known.join(", ")}.`,
  });
}

function usesConverse(operation: string): boolean {
  return operation.startsWith("converse");
}

function deliver(
  call: Call,
  fault: Fault | undefined,
  { paceMs, site }: { readonly paceMs: number; readonly site: CacheSite },
): Script {
  const { operation } = call;
  const streaming = operation.endsWith("-stream");
  const reply = call.family.respond(call.body, call.modelId, site);
  const parts = call.family.shape(reply, streaming);
  const { name = "", argument = "" } = fault ?? {};
  const spoil = FRAME_FAULTS.get(name);
  const disturb = TRANSPORT_FAULTS.get(name);
  let script: Script;
  if (streaming) {
    const frames = usesConverse(operation) ? toEvents(parts) : toFrames(parts, reply.usage, paceMs);
    const enframe = usesConverse(operation)
      ? (text: string) => rawEventFrame("contentBlockDelta", text)
      : chunkFrame;
    const spoiled = spoil ? spoil.frames(frames, argument, enframe) : frames;
    script = streamed(streamHeaders(operation), spoiled, paceMs);
  } else if (spoil) script = spoil.body(JSON.stringify(parts[0]), argument);
  else if (usesConverse(operation)) script = json(200, parts[0], serviceHeaders());
  else script = wholeBody(parts[0], reply.usage);
  return disturb ? disturb(script, argument) : script;
}

function streamHeaders(operation: string): Record<string, string> {
  return {
    ...serviceHeaders(),
    "content-type": "application/vnd.amazon.eventstream",
    ...(!usesConverse(operation) && { "x-amzn-bedrock-content-type": "application/json" }),
  };
}

/** Each part has one member: the event's type and its payload. */
function toEvents(parts: readonly JsonObject[]): Uint8Array[] {
  return parts.flatMap((part) => {
    return Object.entries(part).map(([type, payload]) => eventFrame(type, asObject(payload)));
  });
}

function toFrames(parts: readonly JsonObject[], usage: TokenUsage, paceMs: number): Uint8Array[] {
  const last = parts.length - 1;
  return parts.map((part, index) =>
    chunkFrame(JSON.stringify(index === last ? { ...part, ...metrics(usage, parts.length, paceMs) } : part)),
  );
}

function wholeBody(body: JsonObject | undefined, usage: TokenUsage): Script {
  return json(200, body, {
    ...serviceHeaders(),
    "x-amzn-bedrock-input-token-count": String(usage.input),
    "x-amzn-bedrock-output-token-count": String(usage.billedOutput),
    "x-amzn-bedrock-invocation-latency": "1",
    ...(usage.cache && {
      "x-amzn-bedrock-cache-read-input-token-count": String(usage.cache.read),
      "x-amzn-bedrock-cache-write-input-token-count": String(usage.cache.write),
    }),
  });
}

/** Merged into the last chunk. The latencies are what the pace will make of them, not measured. */
function metrics(usage: TokenUsage, events: number, paceMs: number): JsonObject {
  return {
    "amazon-bedrock-invocationMetrics": {
      inputTokenCount: usage.input,
      outputTokenCount: usage.billedOutput,
      invocationLatency: events * paceMs + 1,
      firstByteLatency: 1,
      ...(usage.cache && {
        cacheReadInputTokenCount: usage.cache.read,
        cacheWriteInputTokenCount: usage.cache.write,
      }),
    },
  };
}

function decode(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
