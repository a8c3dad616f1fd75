/**
 * A call of an API that Bedrock serves beside its own two: OpenAI's chat completions and Responses, Anthropic's Messages, on Bedrock
 * Runtime or mantle. They are written and read as for every upstream that speaks them; a client that speaks the same gets a relay.
 */
import { refuseForeignTools } from "../../chat/parameters.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Upstream } from "../../contracts.ts";
import type { BedrockTarget } from "../../target.ts";
import { RouterError } from "../../errors.ts";
import { fittedFor, messagesCall, type OpenServed, type OpenSurface } from "../../families/index.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { chatAnswer } from "../apis/chat.ts";
import { upstreamBody } from "../apis/chat-body.ts";
import { countBody as countedBody } from "../apis/count.ts";
import { isEvents } from "../apis/events.ts";
import { messagesAnswer } from "../apis/messages.ts";
import { cutDecoder, responsesAnswer } from "../apis/responses.ts";
import { responsesUpstreamBody } from "../apis/responses-body.ts";
import { openUrl } from "./endpoint.ts";
import { bedrockError, type CallPlace } from "./exceptions.ts";
import { embeddedFailure } from "./failure.ts";
import { withoutSecrets } from "./redact.ts";
import type { Outgoing } from "./sign.ts";
import type { AnswerReading, Placed, SurfaceCall } from "./surface.ts";

export interface OpenPlaced extends Pick<Placed, "place" | "binding"> {
  readonly served: OpenServed;
}

/** What a surface makes of a request. */
interface Written {
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly dropped: readonly string[];
  answer(response: Response, reading: AnswerReading): Omit<Upstream, "dropped">;
}

const ANTHROPIC_VERSION = "2023-06-01";

/** @throws RouterError with `param` for what the model cannot do. */
export function openCall(
  target: BedrockTarget,
  request: ChatRequest,
  { place, binding, served }: OpenPlaced,
): SurfaceCall {
  const { surface, endpoint } = served;
  const written = WRITERS[surface](request, target);
  const accept = request.stream ? "text/event-stream" : "application/json";
  return {
    outgoing: {
      url: openUrl(target, place.region, served, binding),
      headers: { "content-type": "application/json", accept, ...written.headers },
      body: written.text,
      service: endpoint === "mantle" ? "bedrock-mantle" : "bedrock",
      ...(surface === "messages" && { keyHeader: "x-api-key" as const }),
    },
    sent: written.text,
    dropped: written.dropped,
    async answer(response, reading) {
      if (response.headers.get("content-type")?.toLowerCase().startsWith("text/html")) {
        await response.body?.cancel().catch(() => {});
        throw webPage(place);
      }
      return written.answer(response, reading);
    },
  };
}

/** mantle's own count of a prompt, for what Messages carry there. */
export function countCall(
  target: BedrockTarget,
  request: ChatRequest,
  { place, binding, served }: OpenPlaced,
): Outgoing {
  const { outgoing } = openCall(target, { ...request, stream: false }, { place, binding, served });
  return { ...outgoing, url: `${outgoing.url}/count_tokens`, body: countedBody(outgoing.body) };
}

type Write = (request: ChatRequest, target: BedrockTarget) => Written;

const WRITERS: Readonly<Record<OpenSurface, Write>> = {
  chat(request, target) {
    const fit = fittedFor(request, target, "chat");
    const { maxTokensField, edits, rewritten, stops } = fit;
    const of = { model: target.model, maxTokensField, oneName: true };
    const { body, dropped, asksUsage } = upstreamBody(fit.request, of, { mayAsk: true, edits, rewritten });
    return {
      text: jsonText(body),
      dropped: [...fit.dropped, ...dropped],
      answer(response, reading) {
        const { place } = reading;
        const answer = chatAnswer(response, {
          ...{ ...reading, name: place.name, streams: request.stream, hidesUsage: asksUsage, unread: false },
          embedded: (json) => ({ data: withoutSecrets(json), error: embedded(json, place) }),
          watched: (decoder) => cutDecoder(reading.watched(decoder), stops),
        });
        return stops.length > 0 ? { deltas: answer.deltas } : answer;
      },
    };
  },
  responses(request, target) {
    const fit = fittedFor(request, target, "responses");
    const { edits, rewritten, stops, thinks: reasons } = fit;
    const forgets = target.refused?.has("thinking") ?? false;
    const { body, dropped } = responsesUpstreamBody(fit.request, target.model, {
      ...{ name: target.name, edits, rewritten, reasons, forgets },
    });
    return {
      text: jsonText(body),
      dropped: [...fit.dropped, ...dropped],
      answer: (response, reading) =>
        responsesAnswer(response, {
          ...{ ...reading, name: reading.place.name, streams: request.stream, stops },
          redact: withoutSecrets,
          errorOf: (error) => bedrockError(embeddedFailure(error), reading.place),
        }),
    };
  },
  messages(request, target) {
    const { model: id, cache, refused } = target;
    const call = messagesCall(request, { id, surface: "messages", cache, refused });
    if (!call.edited) refuseForeignTools(request);
    const betas = call.betas.length > 0 ? { "anthropic-beta": call.betas.join(",") } : {};
    return {
      text: call.text,
      headers: { "anthropic-version": ANTHROPIC_VERSION, ...betas },
      dropped: call.dropped,
      answer(response, reading) {
        const { place } = reading;
        const answer = messagesAnswer(response, call, {
          ...{ ...reading, name: place.name, streams: isEvents(response, request.stream) },
          redact: withoutSecrets,
          errorOf: (error) => bedrockError(embeddedFailure(error), place),
        });
        return call.edited ? answer : { deltas: answer.deltas };
      },
    };
  },
};

/** The error that stands in an answer which began as a success. @param json Of an object with the member `error`. */
function embedded(json: string, place: CallPlace): RouterError {
  return bedrockError(embeddedFailure(json), place);
}

function webPage({ name, region }: CallPlace): RouterError {
  return new RouterError(
    "upstream_error",
    `The endpoint that answered for '${name}' sent a web page instead of an answer. Check base_url, AWS_ENDPOINT_URL_BEDROCK_RUNTIME and AWS_ENDPOINT_URL_BEDROCK_MANTLE, and proxies on the way to Bedrock in ${region}.`,
  );
}
