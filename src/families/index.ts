/** The families this router speaks, and which of them a target needs. A new family is one import and two lines here. */
import type { BedrockTarget, Family } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { anthropic } from "./anthropic/index.ts";
import { MODEL_ID_ADVICE } from "./models/example-ids.ts";
import { plainModelId } from "./models/model-id.ts";
import { cohere } from "./cohere/index.ts";
import { completion } from "./prompt/transcript.ts";
import { isConverseByDefault } from "./models/by-default.ts";
import { converseFamily } from "./converse/index.ts";
import { deepseekR1 } from "./prompt/deepseek-r1.ts";
import { jamba } from "./openai-chat/jamba.ts";
import { llama, llama2, llama4 } from "./prompt/llama.ts";
import { mistral, mistralText } from "./mistral/index.ts";
import { nova } from "./nova/index.ts";
import { openai } from "./openai-chat/openai.ts";
import { titan } from "./prompt/titan.ts";
import { writer } from "./openai-chat/writer.ts";

export { MODEL_ID_ADVICE } from "./models/example-ids.ts";
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

/** How plain model ids begin, and the family that such a model speaks. The first match counts. */
const MODEL_IDS: readonly (readonly [prefix: string, family: string])[] = [
  ["ai21.", "jamba"],
  ["amazon.nova", "nova"],
  ["amazon.titan-t", "titan"],
  ["anthropic.claude", "anthropic"],
  ["cohere.command", "cohere"],
  ["deepseek.r1", "deepseek-r1"],
  ["deepseek.v", "openai"],
  ["google.gemma", "openai"],
  ["meta.llama", "llama"],
  ["minimax.", "openai"],
  ["mistral.", "mistral"],
  ["moonshot.", "openai"],
  ["moonshotai.", "openai"],
  ["nvidia.", "openai"],
  ["openai.", "openai"],
  ["qwen.", "openai"],
  ["writer.", "writer"],
  ["xai.", "openai"],
  ["zai.", "openai"],
];

/** The names that `family:` accepts, sorted. */
export function familyNames(): string[] {
  return [...FAMILIES.keys()].sort();
}

const converse = converseFamily((target) => nativeFamily(target)?.facts(target));

/**
 * The family that speaks to a target's model. `api:` decides between Converse and the model's own format; where it says
 * nothing, models go their native way but for those in converse/by-default.ts. The native family is the configured one,
 * else the one that the model id tells.
 * @throws RouterError `config_invalid` where neither names a known family.
 */
export function familyFor(target: BedrockTarget): Family {
  const id = plainModelId(target.model);
  const native = nativeFamily(target);
  const misnamed = target.family !== undefined && native === undefined;
  if (!misnamed && usesConverse(target, id)) return converse;
  if (native === undefined) throw new RouterError("config_invalid", unknownFamily(target, id === undefined));
  return native;
}

/** What keeps a target from having a family, for the check of a configuration; undefined when it has one. */
export function familyProblem(target: BedrockTarget): string | undefined {
  try {
    familyFor(target);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof RouterError) return thrown.message;
    throw thrown;
  }
}

function usesConverse({ api, family }: BedrockTarget, id: string | undefined): boolean {
  if (api !== undefined) return api === "converse";
  return family === undefined && isConverseByDefault(id);
}

function nativeFamily({ model, family }: BedrockTarget): Family | undefined {
  const id = plainModelId(model);
  const name = family ?? MODEL_IDS.find(([prefix]) => id?.startsWith(prefix))?.[1];
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
