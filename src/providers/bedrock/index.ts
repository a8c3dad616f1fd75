/** Amazon Bedrock: a family encodes, the request is signed and sent, the answer's bytes become deltas. */
import type { BedrockTarget, Target } from "../../target.ts";
import type { CallContext, Place, Provider, Upstream } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import type { MemoryHold } from "../../lib/memory.ts";
import { familyFor, modelNotes, taskFacts, takesDocuments } from "../../families/index.ts";
import { hasCachePoint, withCachePoints } from "../../chat/cache-points.ts";
import { checkInnerJson } from "../../chat/inner-json.ts";
import { paramName } from "../../chat/parameters.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { fitRequest } from "../fit.ts";
import { type Body, deltaSource, lazyDeltas } from "../source.ts";
import { answered } from "./ask.ts";
import { countBody, isCountable, readCount } from "./count.ts";
import { checkCredentials } from "./credentials/index.ts";
import { type AnswerDecoder, bodyDecoder, streamDecoder } from "./decode.ts";
import { bedrockPlaces, operationUrl, regionOf } from "./endpoint.ts";
import { bedrockError, type CallPlace } from "./exceptions.ts";
import { embed, rerank } from "./embeddings.ts";
import { httpFailure } from "./failure.ts";
import { inlineImages } from "../images.ts";
import { rememberReasoning, withReasoning } from "../reasoning.ts";
import { reframedAnswer } from "./reframe.ts";
import { clientTier, EVENT_STREAM } from "./request-headers.ts";
import { send } from "./send.ts";

/** What is read whole, 10 % cheaper for a short answer. Nobody watches the pauses between its parts. */
const SHORT_BODY_BYTES = 1024 * 1024;

export const bedrock: Provider = {
  facts(target) {
    const bedrockTarget = checked(target);
    const notes = modelNotes(bedrockTarget);
    if (target.task !== undefined) return { ...taskFacts(bedrockTarget), ...notes };
    const facts = familyFor(bedrockTarget).facts(bedrockTarget);
    return { ...facts, documents: takesDocuments(bedrockTarget), ...notes };
  },
  places: (target) => bedrockPlaces(checked(target)),
  check(target, binding) {
    regionOf(checked(target), binding);
    checkCredentials(checked(target), binding);
  },
  manyAnswers: false,
  open,
  embed: (target, request) => embed(checked(target), request),
  rerank: (target, request) => rerank(checked(target), request),
  countTokens,
};

function checked(target: Target): BedrockTarget {
  if (target.kind !== "bedrock") throw new TypeError("not a Bedrock target");
  return target;
}

async function open(where: Place, request: ChatRequest, context: CallContext): Promise<Upstream> {
  const target = checked(where.target);
  const { binding, abort, idleTimeoutMs } = context;
  checkInnerJson(request.messages);
  const family = familyFor(target);
  const fitted = fitRequest(request, target, family.facts(target));
  const region = regionOf(target, binding, where.id);
  const place: CallPlace = { name: target.name, model: target.model, region };
  const prepared = await prepare(fitted.request, target, context);
  const { encoded, tier, response } = await answered(target, prepared, { ...context, place });
  const streams = encoded.operation.endsWith("-stream");
  const { headers, body } = response;
  if (streams && !headers.get("content-type")?.toLowerCase().startsWith(EVENT_STREAM)) {
    await body?.cancel().catch(() => {});
    throw wrongContent(place);
  }
  const decoder = () =>
    streams ? streamDecoder(encoded, place) : counted(bodyDecoder(encoded, headers, place), context.hold);
  const answer: Body = {
    stream: body ?? new ReadableStream({ start: (controller) => controller.close() }),
    ...(!streams && isShort(headers) && { bytes: () => response.bytes() }),
  };
  const options = { name: target.name, abort, idleTimeoutMs };
  const watched = () => rememberReasoning(decoder(), request, target, context.reasoning);
  return {
    deltas: lazyDeltas(() => deltaSource(answer, watched(), options)),
    ...(encoded.native !== undefined && { relay: reframedAnswer(answer, place, streams, options) }),
    dropped: droppedNames([...encoded.dropped, ...fitted.dropped], request, tier),
  };
}

/** By CountTokens, where the model has it. */
async function countTokens(
  where: Place,
  request: ChatRequest,
  context: CallContext,
): Promise<number | undefined> {
  const target = checked(where.target);
  if (!isCountable(target)) return undefined;
  const { binding } = context;
  const family = familyFor(target);
  const { request: fitted } = fitRequest(request, target, family.facts(target));
  const call = family.encode(await prepare({ ...fitted, stream: false }, target, context), target);
  const region = regionOf(target, binding, where.id);
  const url = operationUrl(target, region, "count-tokens", binding);
  const json = "application/json";
  const headers = { "content-type": json, accept: json };
  const place: CallPlace = { name: target.name, model: target.model, region };
  const response = await send(target, place, { url, headers, body: countBody(call) }, context);
  if (!response.ok) throw bedrockError(await httpFailure(response), place);
  return readCount(response);
}

/** A whole answer is in hand as text and as what is parsed of it. */
function counted(decoder: AnswerDecoder, hold: MemoryHold | undefined): AnswerDecoder {
  return {
    end: decoder.end,
    decode(bytes) {
      hold?.add(2 * bytes.byteLength);
      return decoder.decode(bytes);
    },
  };
}

/** A length that is not the body's own, because it travels compressed, says nothing. */
function isShort(headers: Headers): boolean {
  const length = Number(headers.get("content-length") ?? Number.NaN);
  return length <= SHORT_BODY_BYTES && !headers.has("content-encoding");
}

/** What a family cannot do itself, because it takes time: images from links, reasoning from memory. */
async function prepare(
  request: ChatRequest,
  target: BedrockTarget,
  context: CallContext,
): Promise<ChatRequest> {
  const inlined = await inlineImages(request, { ...context, signal: context.abort.signal });
  const recalled = await withReasoning(inlined, target, context.reasoning);
  return target.cache === "auto" ? withCachePoints(recalled) : recalled;
}

/**
 * What to report to the client. Families see the body only: a service tier that went into a header was honoured, and
 * cache points that the router set are not the client's.
 */
function droppedNames(names: readonly string[], request: ChatRequest, tier: boolean): string[] {
  const silent = new Set<string>();
  if (tier && clientTier(request) !== undefined) silent.add(paramName(request, "service_tier"));
  if (!hasCachePoint(request)) silent.add("cache_control");
  return [...new Set(names)].filter((name) => !silent.has(name)).sort();
}

function wrongContent(place: CallPlace): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    `The endpoint that answered for '${place.name}' did not send a Bedrock event stream. Check base_url and AWS_ENDPOINT_URL_BEDROCK_RUNTIME, and proxies on the way to Bedrock in ${place.region}.`,
  );
}
