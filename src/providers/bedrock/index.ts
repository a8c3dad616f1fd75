/** Amazon Bedrock: a family encodes, the request is signed and sent, the answer's bytes become deltas. */
import type { BedrockTarget, Target } from "../../target.ts";
import type { CallContext, Place, Provider, Upstream } from "../../contracts.ts";
import {
  conversationFacts,
  familyFor,
  isOpen,
  modelNotes,
  surfaceOf,
  taskFacts,
} from "../../families/index.ts";
import { hasCachePoint, withCachePoints } from "../../chat/cache-points.ts";
import { checkInnerJson } from "../../chat/inner-json.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { fitRequest } from "../fit.ts";
import type { DeltaDecoder } from "../source.ts";
import { answered } from "./ask.ts";
import { countBody, isCountable, readCount } from "./count.ts";
import { checkCredentials } from "./credentials/index.ts";
import { bedrockPlaces, operationUrl, regionOf } from "./endpoint.ts";
import { bedrockError } from "./exceptions.ts";
import { embed, rerank } from "./embeddings.ts";
import { httpFailure } from "./failure.ts";
import { inlineLinks } from "../images.ts";
import { rememberReasoning, withReasoning } from "../reasoning.ts";
import { countCall } from "./open-call.ts";
import { callPlace, send } from "./send.ts";
import type { Outgoing } from "./sign.ts";
import type { Placed } from "./surface.ts";

export const bedrock: Provider = {
  facts(target) {
    const bedrockTarget = checked(target);
    const notes = modelNotes(bedrockTarget);
    if (target.task !== undefined) return { ...taskFacts(bedrockTarget), ...notes };
    return { ...conversationFacts(bedrockTarget), ...notes };
  },
  places: (target, _, client) => bedrockPlaces(checked(target), client),
  check(target, binding) {
    regionOf(checked(target), binding);
    checkCredentials(checked(target), binding);
  },
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
  const fitted = fitRequest(request, target, conversationFacts(target));
  const region = regionOf(target, binding, where.id);
  const place = callPlace(target, region, binding);
  const prepared = await prepare(fitted.request, target, context);
  const { call, response } = await answered(target, prepared, { ...context, place });
  const watched = (decoder: DeltaDecoder) => rememberReasoning(decoder, request, target, context.reasoning);
  const answer = await call.answer(response, {
    ...{ place, abort, idleTimeoutMs, watched },
    hold: context.hold,
  });
  return { ...answer, dropped: droppedNames([...call.dropped, ...fitted.dropped], request) };
}

/** By CountTokens, or mantle's own count, where the model has one of them. */
async function countTokens(
  where: Place,
  request: ChatRequest,
  context: CallContext,
): Promise<number | undefined> {
  const target = checked(where.target);
  const served = surfaceOf(target);
  const atMantle = isOpen(served) && served.surface === "messages" && served.endpoint === "mantle";
  if (!atMantle && (isOpen(served) || !isCountable(target))) return undefined;
  const { binding } = context;
  const { request: fitted } = fitRequest(request, target, conversationFacts(target));
  const asked = await prepare({ ...fitted, stream: false }, target, context);
  const region = regionOf(target, binding, where.id);
  const place = callPlace(target, region, binding);
  const outgoing = atMantle
    ? countCall(target, asked, { place, binding, served })
    : runtimeCount(target, asked, { place, binding });
  const response = await send(target, place, outgoing, context);
  if (!response.ok) throw bedrockError(await httpFailure(response), place);
  return readCount(response);
}

function runtimeCount(
  target: BedrockTarget,
  request: ChatRequest,
  { place, binding }: Pick<Placed, "place" | "binding">,
): Outgoing {
  const json = "application/json";
  return {
    url: operationUrl(target, place.region, "count-tokens", binding),
    headers: { "content-type": json, accept: json },
    body: countBody(familyFor(target).encode(request, target)),
  };
}

/** What a family cannot do itself, because it takes time: images from links, reasoning from memory. */
async function prepare(
  request: ChatRequest,
  target: BedrockTarget,
  context: CallContext,
): Promise<ChatRequest> {
  const inlined = await inlineLinks(request, { ...context, signal: context.abort.signal });
  const recalled = await withReasoning(inlined, target, context.reasoning);
  return target.cache === "auto" ? withCachePoints(recalled) : recalled;
}

/** What to report to the client: cache points that the router set are not the client's. */
function droppedNames(names: readonly string[], request: ChatRequest): string[] {
  const own = hasCachePoint(request);
  return [...new Set(names)].filter((name) => own || name !== "cache_control").sort();
}
