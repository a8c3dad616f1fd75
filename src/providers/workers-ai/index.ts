/** Cloudflare's Workers AI, called by its binding: no address, no key. Vectors and orders; its models for conversations have an OpenAI-compatible API. */
import type { CallContext, EmbeddingCalls, Place, Prepared, Provider } from "../../contracts.ts";
import type { Embedded, EmbeddingRequest, Ranking, RerankRequest } from "../../chat/embedding.ts";
import { checkedRanking } from "../../chat/ranking.ts";
import { checkedVectors } from "../../chat/vectors.ts";
import { RouterError } from "../../errors.ts";
import { asCount, isObject, type JsonObject } from "../../lib/json.ts";
import type { Target } from "../../target.ts";
import { missingBinding, workersAiError } from "./errors.ts";
import { asksApart, dimensionsOf, embeddingInputs, MOST_TEXTS } from "./models.ts";

/** What a request may say that is read here or means nothing to a model. */
const READ: ReadonlySet<string> = new Set(["model", "input", "encoding_format", "dimensions", "user"]);

export const workersAi: Provider = {
  facts({ model }) {
    const dimensions = dimensionsOf(model);
    return {
      contextWindow: undefined,
      maxOutput: undefined,
      ...(dimensions !== undefined && { dimensions: [dimensions] }),
    };
  },
  places: (target): readonly Place[] => [{ target, id: "", ownKey: false }],
  open({ target }) {
    throw new RouterError("config_invalid", `llms.${target.name} holds no conversations.`);
  },
  embed,
  rerank,
};

function embed(target: Target, request: EmbeddingRequest): EmbeddingCalls {
  const { input, body } = request;
  const { model, name } = target;
  if (input.kind === "tokens") {
    throw invalid("input", `'${name}' takes texts, not tokens (LangChain: check_embedding_ctx_length=False)`);
  }
  const { texts } = input;
  const dimensions = dimensionsOf(model);
  if (request.dimensions !== undefined && request.dimensions !== dimensions) {
    throw invalid("dimensions", `the vectors of '${name}' have ${dimensions ?? "one length only"}`);
  }
  const known = (field: string) => READ.has(field) || (field === "input_type" && asksApart(model));
  const starts = Array.from({ length: Math.ceil(texts.length / MOST_TEXTS) }, (_, n) => n * MOST_TEXTS);
  return {
    dimensions,
    dropped: Object.keys(body)
      .filter((field) => !known(field) && /^[\w.-]{1,64}$/.test(field))
      .slice(0, 20),
    calls: starts.map((first) => {
      const part = texts.slice(first, first + MOST_TEXTS);
      const read = (answer: JsonObject): Embedded | undefined => {
        const vectors = checkedVectors(Array.isArray(answer.data) ? answer.data : [], part.length);
        return vectors && { vectors, tokens: tokensIn(answer) };
      };
      return {
        texts: part.length,
        call: (_place, context) => run(target, embeddingInputs(model, part, request), read, context),
      };
    }),
  };
}

function rerank(target: Target, { query, documents, top }: RerankRequest): Prepared<Ranking> {
  const inputs = {
    query,
    contexts: documents.map((text) => ({ text })),
    ...(top !== undefined && { top_k: top }),
  };
  const read = (answer: JsonObject): Ranking | undefined => {
    if (!Array.isArray(answer.response)) return undefined;
    const list = answer.response.map((entry: unknown) =>
      isObject(entry) ? { index: entry.id, relevance_score: entry.score } : entry,
    );
    const results = checkedRanking(list, documents.length);
    return results && { results, tokens: tokensIn(answer) };
  };
  return { dropped: [], call: (_place, context) => run(target, inputs, read, context) };
}

async function run<T>(
  target: Target,
  inputs: JsonObject,
  read: (answer: JsonObject) => T | undefined,
  { ai, abort }: CallContext,
): Promise<T> {
  if (ai === undefined) throw missingBinding(target.name);
  const { signal } = abort;
  let answer: unknown;
  try {
    answer = await ai.run(target.model, inputs, { signal });
  } catch (thrown) {
    throw workersAiError(thrown, target, signal);
  }
  const found = isObject(answer) ? read(answer) : undefined;
  if (found !== undefined) return found;
  throw new RouterError(
    "upstream_stream_invalid",
    `Workers AI gave '${target.name}' an answer of another form.`,
  );
}

function tokensIn({ usage }: JsonObject): number | undefined {
  return isObject(usage) ? asCount(usage.prompt_tokens) : undefined;
}

function invalid(param: string, text: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${text}.`, { param });
}
