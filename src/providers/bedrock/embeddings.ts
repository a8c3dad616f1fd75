/** Vectors and orders from Bedrock: InvokeModel, whose body and answer a family knows. */
import type { BedrockTarget } from "../../target.ts";
import type { CallContext, EmbeddingCalls, Place, Prepared } from "../../contracts.ts";
import type { EmbeddingRequest, Ranking, RerankRequest } from "../../chat/embedding.ts";
import { RouterError } from "../../errors.ts";
import {
  type BatchCall,
  embeddingBatches,
  embeddingModel,
  type InvokeCall,
  rerankCall,
  rerankModel,
} from "../../families/index.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { withAnswer } from "../whole.ts";
import { operationUrl, regionOf } from "./endpoint.ts";
import { bedrockError } from "./exceptions.ts";
import { httpFailure } from "./failure.ts";
import { callPlace, send } from "./send.ts";

const HEADERS = { "content-type": "application/json", accept: "application/json" } as const;

/** See Provider.embed. */
export function embed(target: BedrockTarget, request: EmbeddingRequest): EmbeddingCalls {
  const model = embeddingModel(target);
  if (model === undefined) throw unknownKind(target);
  const { batches, dimensions, dropped } = embeddingBatches(model, request, target.name);
  return {
    dimensions,
    dropped,
    calls: batches.map((batch) => ({
      texts: batch.texts,
      call: (place, context) => invoke(place, target, batch, context).catch(tooLong(target, batch)),
    })),
  };
}

/** See Provider.rerank. */
export function rerank(target: BedrockTarget, request: RerankRequest): Prepared<Ranking> {
  const model = rerankModel(target);
  if (model === undefined) throw unknownKind(target);
  const { call, dropped } = rerankCall(model, request);
  return { dropped, call: (place, context) => invoke(place, target, call, context) };
}

async function invoke<T>(
  where: Place,
  target: BedrockTarget,
  { body, read }: InvokeCall<T>,
  context: CallContext,
): Promise<T> {
  const { binding, abort, hold } = context;
  const region = regionOf(target, binding, where.id);
  const place = callPlace(target, region, binding);
  const sent = jsonText(body);
  await hold?.take(sent.length, abort.signal);
  try {
    const url = operationUrl(target, region, "invoke", binding);
    const response = await send(target, place, { url, headers: HEADERS, body: sent }, context);
    if (!response.ok) throw bedrockError(await httpFailure(response), place);
    return await withAnswer(response, context, target.name, (answer) => read(answer, response.headers));
  } finally {
    hold?.give(sent.length);
  }
}

/** Bedrock says what is too long of a conversation; here it is a text of the client's list. */
function tooLong({ name }: BedrockTarget, { first, texts, param }: BatchCall): (thrown: unknown) => never {
  return (thrown) => {
    if (!(thrown instanceof RouterError) || thrown.code !== "context_length_exceeded") throw thrown;
    const which = texts === 1 ? param : `one of input[${first}] to input[${first + texts - 1}]`;
    const [, says = ""] = thrown.message.split("Bedrock says:");
    throw new RouterError(
      "context_length_exceeded",
      `Invalid '${param}': ${which} exceeds the maximum context length of '${name}'. Split it.${says && ` Bedrock says:${says}`}`,
      { param, cause: thrown.cause },
    );
  };
}

function unknownKind({ name }: BedrockTarget): RouterError {
  return new RouterError("config_invalid", `llms.${name} names no model of its kind that the router knows.`);
}
