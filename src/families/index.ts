/** The families this router speaks, and which of them a target needs. A new family is one import and two lines here. */
import type { BedrockTarget } from "../target.ts";
import type { Family } from "./family.ts";
import type { ModelFacts } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { anthropic } from "./anthropic/index.ts";
import { MODEL_ID_ADVICE } from "./models/example-ids.ts";
import { converseModel, knownModel, listPrices, plainModelId } from "./models/index.ts";
import type { ModelRow } from "./models/row.ts";
import { cohere } from "./cohere/index.ts";
import { EMBEDDING_FAMILIES, embeddingModel, RERANK_FAMILIES, rerankModel } from "./embeddings/index.ts";
import { completion } from "./prompt/transcript.ts";
import { converseFamily } from "./converse/index.ts";
import { deepseekR1 } from "./prompt/deepseek-r1.ts";
import { llama, llama2, llama4 } from "./prompt/llama.ts";
import { mistral, mistralText } from "./mistral/index.ts";
import { nova } from "./nova/index.ts";
import { jamba, openai, writer } from "./openai-chat/index.ts";
import { titan } from "./prompt/titan.ts";

export { type MessagesCall, messagesCall, messagesFacts } from "./anthropic/api.ts";
export { MODEL_ID_ADVICE } from "./models/example-ids.ts";
export {
  type BatchCall,
  embeddingBatches,
  embeddingModel,
  type InvokeCall,
  rerankCall,
  rerankModel,
} from "./embeddings/index.ts";
export { plainModelId } from "./models/index.ts";
export { sniffMediaType } from "./request/media.ts";

/** By the name that `family:` takes. */
const FAMILIES: ReadonlyMap<string, Family> = new Map(
  [
    anthropic,
    cohere,
    completion,
    deepseekR1,
    jamba,
    llama,
    llama2,
    llama4,
    mistral,
    mistralText,
    nova,
    openai,
    titan,
    writer,
  ].map((family) => [family.name, family]),
);

/** The names that `family:` accepts, sorted. */
export function familyNames(): string[] {
  return [...FAMILIES.keys()].sort();
}

const converse = converseFamily((target) => nativeFamily(target)?.facts(target));

/**
 * The family that speaks to a target's model. `api:` decides between Converse and the model's own format; where it says
 * nothing, `family:` means the model's own format, and else the table of models says where the model is called. The native
 * family is the configured one, else the one that the model id tells.
 * @throws RouterError `config_invalid` where neither names a known family, and for models that no Bedrock Runtime serves.
 */
export function familyFor(target: BedrockTarget): Family {
  const native = nativeFamily(target);
  const misnamed = target.family !== undefined && native === undefined;
  if (!misnamed && usesConverse(target)) return converse;
  if (native === undefined) {
    throw new RouterError("config_invalid", unknownFamily(target, plainModelId(target.model) === undefined));
  }
  return native;
}

/** What a Bedrock model does by its id, or else by `family:`; undefined for one that holds conversations. */
export function taskOf(model: string, family: string | undefined): BedrockTarget["task"] {
  if (embeddingModel({ model, family })) return "embedding";
  return rerankModel({ model, family }) ? "rerank" : undefined;
}

/** What is known of a model that makes vectors or an order. */
export function taskFacts(target: BedrockTarget): ModelFacts {
  const model = target.task === "embedding" ? embeddingModel(target) : undefined;
  return {
    contextWindow: model?.mostTokens,
    maxOutput: undefined,
    ...(model && { dimensions: model.dimensions }),
  };
}

/** Whether a target's model takes documents: Claude and Nova do, with images; Converse as its table says. */
export function takesDocuments(target: BedrockTarget): boolean {
  const family = familyFor(target);
  if (family === converse) return converseModel(target.model, target.family).documents;
  return family === anthropic || (family === nova && family.facts(target).capabilities?.images === true);
}

/** What keeps a target from having a family, for the check of a configuration; undefined when it has one. */
export function familyProblem(target: BedrockTarget): string | undefined {
  if (target.task !== undefined) return taskProblem(target, target.task);
  try {
    familyFor(target);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof RouterError) return thrown.message;
    throw thrown;
  }
}

/** Whether a target's model takes the thinking of earlier steps back in this request: asked to think, or thinking by itself. */
export function takesThinking({ model }: Pick<BedrockTarget, "model">, effort: string | undefined): boolean {
  return effort === undefined ? (knownModel(model)?.claude?.thinksByDefault ?? false) : effort !== "none";
}

/** Whether a model takes its thinking back only while everything before it is as it was. */
export function bindsThinking({ model }: Pick<BedrockTarget, "model">): boolean {
  return knownModel(model)?.claude?.bindsThinking ?? false;
}

/** What is known of a target's model beside what its family knows: prices, and where it is on its way out. */
export function modelNotes({ model }: BedrockTarget): Pick<ModelFacts, "prices" | "lifecycle"> {
  const prices = listPrices(model);
  const lifecycle = knownModel(model)?.lifecycle;
  return { ...(prices && { prices }), ...(lifecycle && { lifecycle }) };
}

/** That a target's model is on its way out or gone, for whoever configures it; undefined for one in service. */
export function lifecycleNote({ name, model }: BedrockTarget): string | undefined {
  const { state, on } = knownModel(model)?.lifecycle ?? {};
  if (state === undefined) return undefined;
  const fact =
    state === "retired"
      ? `is retired${on === undefined ? "" : ` since ${on}`}: Bedrock answers no more requests for it, but for arrangements of your own`
      : `is legacy: it ends on ${on}, and who has not used it lately has no access`;
  return `llms.${name}.model: ${plainModelId(model)} ${fact}. ${MODEL_ID_ADVICE}`;
}

function taskProblem(target: BedrockTarget, task: "embedding" | "rerank"): string | undefined {
  const isKnown = (task === "embedding" ? embeddingModel : rerankModel)(target) !== undefined;
  if (isKnown) return undefined;
  const families = task === "embedding" ? EMBEDDING_FAMILIES : RERANK_FAMILIES;
  return `llms.${target.name} has kind: ${task}, but neither its model id nor "family:" names a model of that kind that the router speaks to. Correct "model:", or set "family:" to one of ${families.join(", ")}.`;
}

function usesConverse(target: BedrockTarget): boolean {
  const { api, family, model } = target;
  if (api !== undefined) return api === "converse";
  const known = family === undefined ? knownModel(model) : undefined;
  if (known?.endpoint === "mantle") throw new RouterError("config_invalid", onlyAtMantle(target, known));
  return known?.surface === "converse";
}

function nativeFamily({ model, family }: BedrockTarget): Family | undefined {
  const name = family ?? knownModel(model)?.family;
  return name === undefined ? undefined : FAMILIES.get(name.toLowerCase());
}

function onlyAtMantle({ name, model }: BedrockTarget, { id, surface }: ModelRow): string {
  const path = surface === "messages" ? "anthropic" : id.startsWith("google.gemma-3") ? "v1" : "openai/v1";
  return `llms.${name}.model: no Bedrock Runtime serves ${plainModelId(model)}, only the endpoint bedrock-mantle. Call it there as a model of another provider: base_url https://bedrock-mantle.REGION.api.aws/${path}, a Bedrock API key as api_key; or choose another model. ${MODEL_ID_ADVICE}`;
}

function unknownFamily(target: BedrockTarget, opaque: boolean): string {
  const known = `Known families: ${familyNames().join(", ")}.`;
  // An ARN holds the number of the account.
  const id = target.model.replace(/(?<!\d)\d{12}(?!\d)/g, "[account]");
  const model = `the Bedrock model "${id}" of llms.${target.name}`;
  if (target.family !== undefined) {
    return `llms.${target.name}.family is "${target.family}" (for ${model}), which is not a known family. ${known}`;
  }
  if (opaque) {
    return `The ARN does not tell which kind of model is behind ${model}: set "family:" there, or "api: converse". ${known}`;
  }
  return `The id does not tell the family of ${model}: correct "model:", or set "family:" or "api: converse" there. ${known} ${MODEL_ID_ADVICE}`;
}
