/** One call of a model, and where its refusal teaches something, one more. */
import { refuseForeignTools } from "../../chat/parameters.ts";
import type { Refusable } from "../../chat/refusable.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { BedrockTarget } from "../../target.ts";
import type { CallContext } from "../../contracts.ts";
import type { FamilyCall } from "../../families/family.ts";
import { RouterError } from "../../errors.ts";
import { familyFor } from "../../families/index.ts";
import { jsonText, wellFormedJson } from "../../lib/exact-json.ts";
import { operationUrl } from "./endpoint.ts";
import { bedrockError, type CallPlace } from "./exceptions.ts";
import { httpFailure } from "./failure.ts";
import { lessons, refusedField } from "./lessons.ts";
import { requestHeaders } from "./request-headers.ts";
import { send } from "./send.ts";

/** Plain values: what one request has learnt serves the next. */
const LESSONS = lessons(() => Date.now());

export interface Placed extends CallContext {
  readonly place: CallPlace;
}

export interface Answered {
  readonly encoded: FamilyCall;
  /** Whether a service tier went into a header. */
  readonly tier: boolean;
  readonly response: Response;
}

/**
 * Asks without what this place is known to refuse, and once more without what its refusal names, see lessons.ts.
 * @throws RouterError for any other refusal; the first one where the second attempt is refused too, or cannot be made.
 */
export async function answered(
  target: BedrockTarget,
  request: ChatRequest,
  context: Placed,
): Promise<Answered> {
  const { name, model, region } = context.place;
  const key = JSON.stringify([name, model, region]);
  const refused = LESSONS.of(key);
  const first = await asked({ ...target, refused }, request, context);
  if (first.response.ok) return first;
  const failure = await httpFailure(first.response);
  const error = bedrockError(failure, context.place);
  const field = refusedField(failure, first.sent, refused);
  if (field === undefined) throw error;
  const second = await without(field, { ...target, refused: new Set([...refused, field]) }, request, context);
  if (second === undefined) throw error;
  LESSONS.learn(key, field);
  return second;
}

/** Undefined where a request cannot do without a field, or is refused again. */
async function without(
  field: Refusable,
  target: BedrockTarget,
  request: ChatRequest,
  context: Placed,
): Promise<Answered | undefined> {
  try {
    const { response, ...rest } = await asked(
      target,
      field === "thinking" ? withoutThinking(request) : request,
      context,
    );
    if (response.ok) return { response, ...rest };
    await response.body?.cancel().catch(() => {});
    return undefined;
  } catch (thrown) {
    // What the family cannot write without it is the refusal's to tell.
    if (thrown instanceof RouterError && thrown.status === 400) return undefined;
    throw thrown;
  }
}

async function asked(
  target: BedrockTarget,
  request: ChatRequest,
  context: Placed,
): Promise<Answered & { readonly sent: string }> {
  const { binding, abort, hold, place } = context;
  const encoded = familyFor(target).encode(request, target);
  // A model that speaks the client's own dialect knows its tools, too.
  if (encoded.native !== request.source.dialect) refuseForeignTools(request);
  const body = encoded.text === undefined ? jsonText(encoded.body) : wellFormedJson(encoded.text);
  await hold?.take(body.length, abort.signal);
  const headers = requestHeaders(encoded, target, request);
  const url = operationUrl(target, place.region, encoded.operation, binding);
  const response = await send(target, place, { url, headers, body }, context);
  const tier = "x-amzn-bedrock-service-tier" in headers;
  return { encoded, tier, response, sent: tier ? `"serviceTier":${body}` : body };
}

/** The messages without the reasoning of earlier steps. */
function withoutThinking(request: ChatRequest): ChatRequest {
  return {
    ...request,
    messages: request.messages.map((message) =>
      message.role === "assistant" ? { ...message, reasoning: [] } : message,
    ),
  };
}
