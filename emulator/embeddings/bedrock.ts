/** InvokeModel of the models that answer with vectors or an order instead of text. */
import { serviceHeaders } from "../bedrock/errors.ts";
import { modelName } from "../families/model-ids.ts";
import type { JsonObject } from "../json.ts";
import { json, type Script } from "../script.ts";
import { EMBEDDING_MODELS, type EmulatedEmbedding } from "./models.ts";
import { RERANK_MODELS } from "./rerank.ts";

const MODELS: readonly EmulatedEmbedding[] = [...EMBEDDING_MODELS, ...RERANK_MODELS];

/** The model of these kinds that an id or ARN names, if it names one. */
export function embeddingModel(modelId: string): EmulatedEmbedding | undefined {
  const id = modelName(modelId)?.id;
  return MODELS.find(({ prefix }) => id?.startsWith(prefix));
}

/** @throws the BedrockError of a refusal */
export async function answerEmbedding(model: EmulatedEmbedding, body: JsonObject): Promise<Script> {
  const { body: answer, tokens } = await model.answer(body);
  return json(200, answer, { ...serviceHeaders(), "x-amzn-bedrock-input-token-count": String(tokens) });
}
