/** The Nova models on Bedrock and the rules in which they differ. */
import { invalid } from "../../bedrock/errors.ts";
import type { JsonObject } from "../../json.ts";
import { isOpaque } from "../anthropic/models.ts";
import { namedModel } from "../chat/models.ts";

export interface NovaModel {
  readonly context: number;
  readonly maxOutput: number;
  readonly images: boolean;
  /** Takes `reasoningConfig`; without it such a model does not show its plan in `<thinking>` tags either. */
  readonly reasoning: boolean;
  /** Whether the base id works without an inference profile. */
  readonly onDemand: boolean;
}

const NOVA_1: NovaModel = {
  context: 300_000,
  maxOutput: 10_000,
  images: true,
  reasoning: false,
  onDemand: true,
};

const MODELS: ReadonlyMap<string, NovaModel> = new Map([
  ["amazon.nova-micro-v1:0", { ...NOVA_1, context: 128_000, images: false }],
  ["amazon.nova-lite-v1:0", NOVA_1],
  ["amazon.nova-pro-v1:0", NOVA_1],
  ["amazon.nova-premier-v1:0", { ...NOVA_1, context: 1_000_000, onDemand: false }],
  [
    "amazon.nova-2-lite-v1:0",
    { context: 1_000_000, maxOutput: 65_535, images: true, reasoning: true, onDemand: false },
  ],
]);

const PROFILE = /^(?:us-gov|us|eu|apac|jp|au|ca|global)\.(?=amazon\.)/;

/** Whether a model id or ARN names a Nova, known or not; `body` helps with ARNs that do not tell. */
export function isNova(modelId: string, body: JsonObject): boolean {
  if (isOpaque(modelId)) return body.schemaVersion === "messages-v1";
  return namedModel(modelId).replace(PROFILE, "").startsWith("amazon.nova");
}

/** What an ARN stands for that does not name its model (application profiles, provisioned throughput). */
const BEHIND_OPAQUE_ARN = NOVA_1;

/** The model behind an id or ARN. Throws Bedrock's error for ids that do not exist or need an inference profile. */
export function resolveModel(modelId: string): NovaModel {
  if (isOpaque(modelId)) return BEHIND_OPAQUE_ARN;
  const name = namedModel(modelId);
  const id = name.replace(PROFILE, "");
  const model = MODELS.get(id);
  if (!model) throw invalid("The provided model identifier is invalid.");
  if (name === id && !model.onDemand) {
    throw invalid(
      `Invocation of model ID ${id} with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
    );
  }
  return model;
}
