/** The Mistral models on Bedrock and the rules in which they differ. */
import { checkProfile, modelName, unknownModel } from "../model-ids.ts";

export interface MistralRules {
  readonly form: "text" | "chat" | "both";
  readonly maxOutput: number;
  readonly context: number;
  readonly images: boolean;
  readonly thinks: boolean;
  /** Chat answers with `message` and `stop_reason` rather than `delta` and `finish_reason`. */
  readonly classic: boolean;
  readonly profileOnly: boolean;
}

const TEXT: MistralRules = {
  form: "text",
  maxOutput: 8192,
  context: 32_000,
  images: false,
  thinks: false,
  classic: true,
  profileOnly: false,
};
const LARGE_2407: MistralRules = { ...TEXT, form: "chat", context: 128_000 };
const NEW: MistralRules = {
  ...LARGE_2407,
  maxOutput: 262_144,
  context: 256_000,
  images: true,
  classic: false,
};

const MODELS: ReadonlyMap<string, MistralRules> = new Map([
  ["mistral.mistral-7b-instruct-v0:2", TEXT],
  ["mistral.mixtral-8x7b-instruct-v0:1", { ...TEXT, maxOutput: 4096 }],
  ["mistral.mistral-small-2402-v1:0", TEXT],
  ["mistral.mistral-large-2402-v1:0", { ...TEXT, form: "both" }],
  ["mistral.mistral-large-2407-v1:0", LARGE_2407],
  ["mistral.pixtral-large-2502-v1:0", { ...LARGE_2407, maxOutput: 16_384, images: true, profileOnly: true }],
  ["mistral.mistral-large-3-675b-instruct", NEW],
  ["mistral.ministral-3-3b-instruct", NEW],
  ["mistral.ministral-3-8b-instruct", NEW],
  ["mistral.ministral-3-14b-instruct", NEW],
  ["mistral.magistral-small-2509", { ...NEW, maxOutput: 40_000, context: 128_000, thinks: true }],
  ["mistral.devstral-2-123b", { ...NEW, images: false }],
  ["mistral.voxtral-small-24b-2507", { ...NEW, context: 32_000, images: false }],
  ["mistral.voxtral-mini-3b-2507", { ...NEW, context: 32_000, images: false }],
]);

/** The rules of a model. Throws Bedrock's error for ids that do not exist or need an inference profile. */
export function rulesOf(modelId: string): MistralRules {
  const name = modelName(modelId);
  // Behind an ARN that hides it stands one of the older models.
  if (name === undefined) return TEXT;
  const rules = MODELS.get(name.id);
  if (rules === undefined) throw unknownModel();
  checkProfile(name, rules.profileOnly);
  return rules;
}
