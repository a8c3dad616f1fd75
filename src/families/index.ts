/** The families this router speaks, and which of them a target needs. A new family is one import and two lines here. */
import type { Refused } from "../chat/refusable.ts";
import type { ChatRequest } from "../chat/request.ts";
import type { BedrockTarget } from "../target.ts";
import type { Family } from "./family.ts";
import type { ModelFacts } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { anthropic } from "./anthropic/index.ts";
import { MODEL_ID_ADVICE } from "./models/example-ids.ts";
import {
  chatModel,
  converseModel,
  knownModel,
  listPrices,
  modelFacts,
  plainModelId,
  rowFor,
} from "./models/index.ts";
import type { ChatModel } from "./models/facts.ts";
import { NONE_REFUSED } from "./models/refused.ts";
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
import { type Fitted, fitted } from "./request/fit.ts";
import { isOpen, type OpenSurface, surfaceOf } from "./surface.ts";

export { type MessagesCall, messagesCall, messagesFacts } from "./anthropic/api.ts";
export { cutAt } from "./answer/cut.ts";
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
export type { FieldEdits, Fitted } from "./request/fit.ts";
export { sniffMediaType } from "./request/media.ts";
export { isOpen, type OpenServed, type OpenSurface, surfaceOf } from "./surface.ts";

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
 * The family that speaks to a target's model where Converse or InvokeModel carries it. The native family is the configured one, else
 * the one that the model id tells.
 * @throws RouterError `config_invalid` where neither names a known family, and where model, `api` and `endpoint` do not go together.
 */
export function familyFor(target: BedrockTarget): Family {
  const { surface } = surfaceOf(target);
  const native = nativeFamily(target);
  const misnamed = target.family !== undefined && native === undefined;
  if (!misnamed && surface === "converse") return converse;
  if (native === undefined) {
    throw new RouterError("config_invalid", unknownFamily(target, plainModelId(target.model) === undefined));
  }
  return native;
}

/**
 * What is known of the model behind a target that holds conversations, on whichever surface.
 * @throws RouterError as {@link familyFor}
 */
export function conversationFacts(target: BedrockTarget): ModelFacts {
  const served = surfaceOf(target);
  if (!isOpen(served)) {
    return { ...familyFor(target).facts(target), documents: takesDocuments(target) };
  }
  const { surface } = served;
  const row = rowFor(target.model, surface === "messages" ? "anthropic" : (target.family ?? "openai"));
  // OpenAI's and Anthropic's own models read files there; of others nobody says.
  return { ...modelFacts(row.facts), ...(surface !== "chat" && { documents: true }) };
}

/** A request within what a target's model takes on an API of OpenAI's, and the name that this model has for the output limit. */
export function fittedFor(
  request: ChatRequest,
  target: BedrockTarget,
  surface: Exclude<OpenSurface, "messages">,
): Fitted & { readonly maxTokensField: string; readonly thinks: boolean } {
  const { model: id, family = "openai", refused = NONE_REFUSED, serviceTier } = target;
  const model = chatModel(id, family);
  const rules = {
    row: rowFor(id, family),
    model,
    refused,
    takesStops: surface === "chat",
    tier: serviceTier,
  };
  return { ...fitted(request, rules), maxTokensField: model.maxTokensField, thinks: alwaysThinks(model) };
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

/** Whether a target's model takes documents: natively only Claude does; Converse as its table says. */
function takesDocuments(target: BedrockTarget): boolean {
  const family = familyFor(target);
  if (family === converse) return converseModel(target.model, target.family).documents;
  return family === anthropic;
}

/** What keeps a target from having a family, for the check of a configuration; undefined when it has one. */
export function familyProblem(target: BedrockTarget): string | undefined {
  if (target.task !== undefined) return taskProblem(target, target.task);
  try {
    if (!isOpen(surfaceOf(target))) familyFor(target);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof RouterError) return thrown.message;
    throw thrown;
  }
}

/** Whether a target's model takes the thinking of earlier steps back in this request: asked to think, or thinking by itself. */
export function takesThinking({ model }: Pick<BedrockTarget, "model">, effort: string | undefined): boolean {
  if (effort !== undefined) return effort !== "none";
  const { claude, chat } = knownModel(model) ?? {};
  return claude?.thinksByDefault ?? (chat !== undefined && alwaysThinks(chat));
}

/** Models that nobody may tell how to choose their words think whether they are asked to or not. */
function alwaysThinks({ reasoning, sampling }: ChatModel): boolean {
  return reasoning && sampling === "none";
}

/** Whether a model takes its thinking back only while everything before it is as it was. */
export function bindsThinking({ model }: Pick<BedrockTarget, "model">): boolean {
  return knownModel(model)?.claude?.bindsThinking ?? false;
}

/** What the table says that a target's model has not, for whoever encodes for it. */
export function knownRefusals(target: BedrockTarget): Refused {
  const { tiers } = knownModel(target.model) ?? { tiers: "all" };
  const has = tiers === "all" || (tiers === "open" && isOpen(surfaceOf(target)));
  return has ? NONE_REFUSED : new Set(["tier"]);
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

function nativeFamily({ model, family }: BedrockTarget): Family | undefined {
  const name = family ?? knownModel(model)?.family;
  return name === undefined ? undefined : FAMILIES.get(name.toLowerCase());
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
