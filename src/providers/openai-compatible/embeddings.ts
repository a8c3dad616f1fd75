/** Vectors and orders from an OpenAI-compatible upstream: the client's body goes through, in one call. */
import type { CallContext, EmbeddingCalls, Place, Prepared } from "../../contracts.ts";
import type { OpenAiTarget } from "../../target.ts";
import type { Embedded, EmbeddingRequest, Ranking, RerankRequest } from "../../chat/embedding.ts";
import { checkedRanking } from "../../chat/ranking.ts";
import { checkedVectors } from "../../chat/vectors.ts";
import { RouterError } from "../../errors.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { asCount, isObject, type JsonObject } from "../../lib/json.ts";
import { withAnswer } from "../whole.ts";
import { callerAt, post } from "./send.ts";

/** See Provider.embed. */
export function embed(target: OpenAiTarget, request: EmbeddingRequest): EmbeddingCalls {
  const { input, body, dimensions } = request;
  const texts = input.kind === "texts" ? input.texts.length : input.lists.length;
  const read = (answer: unknown) => embeddedIn(answer, texts);
  return {
    dimensions,
    dropped: [],
    calls: [
      { texts, call: (place, context) => ask(place, { target, path: "/embeddings", body, read }, context) },
    ],
  };
}

/** See Provider.rerank. */
export function rerank(target: OpenAiTarget, { body, documents }: RerankRequest): Prepared<Ranking> {
  // The router knows the documents: it puts them into the answer itself.
  const { return_documents: _, ...rest } = body;
  const sent = { ...rest, documents };
  const read = (answer: unknown) => rankingIn(answer, documents.length);
  return {
    dropped: [],
    call: (place, context) => ask(place, { target, path: "/rerank", body: sent, read }, context),
  };
}

interface Asked<T> {
  readonly target: OpenAiTarget;
  readonly path: string;
  readonly body: JsonObject;
  readonly read: (answer: unknown) => T | undefined;
}

async function ask<T>(
  place: Place,
  { target, path, body, read }: Asked<T>,
  context: CallContext,
): Promise<T> {
  const { abort, hold } = context;
  // Null is "not set" to clients, and an error to some servers.
  const set = Object.entries(body).filter(([, value]) => value !== null);
  const sent = jsonText({ ...Object.fromEntries(set), model: target.model });
  await hold?.take(sent.length, abort.signal);
  try {
    const caller = callerAt(place, target, context.binding);
    const response = await post(caller, { path, body: sent, accept: "application/json" }, abort.signal);
    return await withAnswer(response, context, target.name, read);
  } catch (thrown) {
    throw inInput(thrown);
  } finally {
    hold?.give(sent.length);
  }
}

/** What is too long is no conversation here. */
function inInput(thrown: unknown): unknown {
  if (!(thrown instanceof RouterError) || thrown.code !== "context_length_exceeded") return thrown;
  const message = thrown.message.replace("The conversation", "A text").replace("Shorten it", "Split it");
  return new RouterError(thrown.code, message, { param: "input", cause: thrown.cause });
}

/** Entries in any order, or all of them without an index. */
function embeddedIn(answer: unknown, texts: number): Embedded | undefined {
  if (!isObject(answer) || !Array.isArray(answer.data)) return undefined;
  const values = Array.from<unknown>({ length: answer.data.length });
  for (const [place, entry] of answer.data.entries()) {
    if (!isObject(entry)) return undefined;
    values[asCount(entry.index) ?? place] = entry.embedding;
  }
  const vectors = checkedVectors(values, texts);
  return vectors && { vectors, tokens: tokensIn(answer) };
}

/** `results` (Cohere, Jina, vLLM), `data` (Voyage), or the list alone (text-embeddings-inference). */
function rankingIn(answer: unknown, documents: number): Ranking | undefined {
  const list = isObject(answer) ? (answer.results ?? answer.data) : answer;
  const results = checkedRanking(list, documents);
  return results && { results, tokens: isObject(answer) ? tokensIn(answer) : undefined };
}

function tokensIn({ usage }: JsonObject): number | undefined {
  if (!isObject(usage)) return undefined;
  return asCount(usage.prompt_tokens) ?? asCount(usage.total_tokens);
}
