/** One call of a model, and where its refusal teaches something, one more. */
import type { Refusable } from "../../chat/refusable.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { BedrockTarget } from "../../target.ts";
import { RouterError } from "../../errors.ts";
import { isOpen, knownRefusals, surfaceOf } from "../../families/index.ts";
import { bedrockError } from "./exceptions.ts";
import { httpFailure } from "./failure.ts";
import { lessons, refusedField } from "./lessons.ts";
import { modelCall } from "./model-call.ts";
import { openCall } from "./open-call.ts";
import { send } from "./send.ts";
import type { Placed, SurfaceCall } from "./surface.ts";

/** Plain values: what one request has learnt serves the next. */
const LESSONS = lessons(() => Date.now());

export interface Answered {
  readonly call: SurfaceCall;
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
  const refused = LESSONS.of(key).union(knownRefusals(target));
  const first = await asked(refused.size === 0 ? target : { ...target, refused }, request, context);
  if (first.response.ok) return first;
  const failure = await httpFailure(first.response);
  const error = bedrockError(failure, context.place);
  const field = refusedField(failure, first.call.sent, refused);
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
    const again = await asked(target, field === "thinking" ? withoutThinking(request) : request, context);
    const { response } = again;
    if (response.ok) return again;
    await response.body?.cancel().catch(() => {});
    return undefined;
  } catch (thrown) {
    // What the family cannot write without it is the refusal's to tell.
    if (thrown instanceof RouterError && thrown.status === 400) return undefined;
    throw thrown;
  }
}

async function asked(target: BedrockTarget, request: ChatRequest, context: Placed): Promise<Answered> {
  const { abort, hold, place } = context;
  const served = surfaceOf(target);
  const call = isOpen(served)
    ? openCall(target, request, { ...context, served })
    : modelCall(target, request, context);
  await hold?.take(call.outgoing.body.length, abort.signal);
  return { call, response: await send(target, place, call.outgoing, context) };
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
