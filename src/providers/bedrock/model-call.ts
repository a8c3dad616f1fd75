/** A call of InvokeModel or Converse: a family encodes, the answer is Bedrock's event stream or one body. */
import { paramName, refuseForeignTools } from "../../chat/parameters.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Upstream } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import type { FamilyCall } from "../../families/family.ts";
import { familyFor } from "../../families/index.ts";
import { jsonText, wellFormedJson } from "../../lib/exact-json.ts";
import type { MemoryHold } from "../../lib/memory.ts";
import { bodyOf } from "../apis/events.ts";
import type { BedrockTarget } from "../../target.ts";
import { deltaSource, lazyDeltas } from "../source.ts";
import { type AnswerDecoder, bodyDecoder, streamDecoder } from "./decode.ts";
import { operationUrl } from "./endpoint.ts";
import type { CallPlace } from "./exceptions.ts";
import { reframedAnswer } from "./reframe.ts";
import { clientTier, EVENT_STREAM, requestHeaders } from "./request-headers.ts";
import type { AnswerReading, Placed, SurfaceCall } from "./surface.ts";

/** @throws RouterError with `param` for what the model cannot do. */
export function modelCall(
  target: BedrockTarget,
  request: ChatRequest,
  { place, binding }: Pick<Placed, "place" | "binding">,
): SurfaceCall {
  const call = familyFor(target).encode(request, target);
  // A model that speaks the client's own dialect knows its tools, too.
  if (call.native !== request.source.dialect) refuseForeignTools(request);
  const body = call.text === undefined ? jsonText(call.body) : wellFormedJson(call.text);
  const headers = requestHeaders(call, target, request);
  const tier = "x-amzn-bedrock-service-tier" in headers;
  // Families see the body only: a tier that went into a header was honoured.
  const honoured = tier && clientTier(request) !== undefined ? paramName(request, "service_tier") : undefined;
  return {
    outgoing: { url: operationUrl(target, place.region, call.operation, binding), headers, body },
    sent: tier ? `"serviceTier":${body}` : body,
    dropped: call.dropped.filter((name) => name !== honoured),
    answer: (response, reading) => answerOf(response, call, reading),
  };
}

async function answerOf(
  response: Response,
  call: FamilyCall,
  { place, watched, hold, ...reading }: AnswerReading,
): Promise<Omit<Upstream, "dropped">> {
  const streams = call.operation.endsWith("-stream");
  const { headers, body } = response;
  if (streams && !headers.get("content-type")?.toLowerCase().startsWith(EVENT_STREAM)) {
    await body?.cancel().catch(() => {});
    throw wrongContent(place);
  }
  const decoder = () =>
    streams ? streamDecoder(call, place) : counted(bodyDecoder(call, headers, place), hold);
  const answer = bodyOf(response, streams);
  const options = { ...reading, name: place.name };
  return {
    deltas: lazyDeltas(() => deltaSource(answer, watched(decoder()), options)),
    ...(call.native !== undefined && { relay: reframedAnswer(answer, place, streams, options) }),
  };
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

function wrongContent(place: CallPlace): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    `The endpoint that answered for '${place.name}' did not send a Bedrock event stream. Check base_url and AWS_ENDPOINT_URL_BEDROCK_RUNTIME, and proxies on the way to Bedrock in ${place.region}.`,
  );
}
