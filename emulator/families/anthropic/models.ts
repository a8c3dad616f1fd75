/** The Claude models on Bedrock and the rules in which they differ. */
import { BedrockError, invalid } from "../../bedrock/errors.ts";

export interface ClaudeModel {
  /** The base id, without a profile prefix. */
  readonly id: string;
  readonly maxOutput: number;
  readonly context: number;
  /** Whether the base id works without an inference profile. */
  readonly onDemand: boolean;
  /** Fewest tokens that are cached; undefined for models without a prompt cache. */
  readonly cacheMinimum?: number;
  readonly thinking: "none" | "budget" | "budget or adaptive" | "adaptive";
  /** `temperature` and `top_p`: both, one of them, or none at all. */
  readonly sampling: "both" | "one" | "none";
  readonly prefill: boolean;
  /** `output_config.format` and strict tools. */
  readonly structured: boolean;
  /** Values of `output_config.effort`. */
  readonly efforts: readonly string[];
  /** Whether `tool_choice.disable_parallel_tool_use` is known. */
  readonly parallelSwitch: boolean;
  /** The types of `thinking` that switch it off. */
  readonly thinkingOff: readonly string[];
  /** Thinks also when the request says nothing of it. */
  readonly thinksByDefault: boolean;
  /** Whether `tool_choice` may demand a call. */
  readonly forcedTools: boolean;
  /** Whether messages may have the role `system`. */
  readonly systemTurns: boolean;
  /** Whether a thinking block counts only behind the very words that it was thought behind. */
  readonly bound: boolean;
}

type Rules = Omit<ClaudeModel, "id">;

const CLAUDE_3: Rules = {
  maxOutput: 4096,
  context: 200_000,
  onDemand: true,
  thinking: "none",
  sampling: "both",
  prefill: true,
  structured: false,
  efforts: [],
  parallelSwitch: false,
  thinkingOff: ["disabled"],
  thinksByDefault: false,
  forcedTools: true,
  systemTurns: false,
  bound: false,
};
const CLAUDE_3_5: Rules = { ...CLAUDE_3, maxOutput: 8192 };
const CLAUDE_3_7: Rules = {
  ...CLAUDE_3,
  maxOutput: 64_000,
  onDemand: false,
  cacheMinimum: 1024,
  thinking: "budget",
};
const CLAUDE_4: Rules = { ...CLAUDE_3_7, parallelSwitch: true };
const CLAUDE_4_5: Rules = { ...CLAUDE_4, sampling: "one", structured: true };
const CLAUDE_4_6: Rules = {
  ...CLAUDE_4_5,
  maxOutput: 128_000,
  context: 1_000_000,
  thinking: "budget or adaptive",
  prefill: false,
  efforts: ["low", "medium", "high", "max"],
};
const CLAUDE_4_7: Rules = {
  ...CLAUDE_4_6,
  thinking: "adaptive",
  sampling: "none",
  structured: false,
  efforts: ["low", "medium", "high", "xhigh", "max"],
};

const CLAUDE_5: Rules = { ...CLAUDE_4_7, cacheMinimum: 512, thinksByDefault: true };
const CLAUDE_5_5: Rules = {
  ...{ ...CLAUDE_5, thinkingOff: [], forcedTools: false, bound: true },
  // What sources disagree on; AWS's own page says that they have it.
  structured: true,
};
const FABLE_5: Rules = { ...CLAUDE_5, thinkingOff: [], systemTurns: true };
const FABLE_5_1: Rules = { ...CLAUDE_5_5, systemTurns: true };

const MODELS: ReadonlyMap<string, Rules> = new Map([
  ["anthropic.claude-3-haiku-20240307-v1:0", CLAUDE_3],
  ["anthropic.claude-3-sonnet-20240229-v1:0", CLAUDE_3],
  ["anthropic.claude-3-opus-20240229-v1:0", CLAUDE_3],
  ["anthropic.claude-3-5-sonnet-20240620-v1:0", CLAUDE_3_5],
  ["anthropic.claude-3-5-sonnet-20241022-v2:0", CLAUDE_3_5],
  ["anthropic.claude-3-5-haiku-20241022-v1:0", { ...CLAUDE_3_5, cacheMinimum: 2048 }],
  ["anthropic.claude-3-7-sonnet-20250219-v1:0", CLAUDE_3_7],
  ["anthropic.claude-sonnet-4-20250514-v1:0", CLAUDE_4],
  ["anthropic.claude-opus-4-20250514-v1:0", { ...CLAUDE_4, maxOutput: 32_000 }],
  ["anthropic.claude-opus-4-1-20250805-v1:0", { ...CLAUDE_4, maxOutput: 32_000, sampling: "one" }],
  ["anthropic.claude-sonnet-4-5-20250929-v1:0", CLAUDE_4_5],
  ["anthropic.claude-haiku-4-5-20251001-v1:0", { ...CLAUDE_4_5, cacheMinimum: 4096 }],
  [
    "anthropic.claude-opus-4-5-20251101-v1:0",
    { ...CLAUDE_4_5, cacheMinimum: 4096, efforts: ["low", "medium", "high"] },
  ],
  ["anthropic.claude-opus-4-6-v1", { ...CLAUDE_4_6, cacheMinimum: 4096 }],
  ["anthropic.claude-sonnet-4-6", CLAUDE_4_6],
  ["anthropic.claude-opus-4-7", CLAUDE_4_7],
  ["anthropic.claude-opus-4-8", { ...CLAUDE_4_7, systemTurns: true }],
  ["anthropic.claude-opus-5", CLAUDE_5],
  ["anthropic.claude-sonnet-5", { ...CLAUDE_5, cacheMinimum: 1024 }],
  ["anthropic.claude-fable-5", FABLE_5],
  ["anthropic.claude-opus-5-5", CLAUDE_5_5],
  ["anthropic.claude-sonnet-5-5", { ...CLAUDE_5_5, thinkingOff: ["between_tools"] }],
  ["anthropic.claude-haiku-5-5", { ...CLAUDE_5_5, thinkingOff: ["disabled"], forcedTools: true }],
  ["anthropic.claude-fable-5-1", FABLE_5_1],
  ["anthropic.claude-fable-5-2", FABLE_5_1],
]);

const RETIRED = /^anthropic\.claude-(?:v2(?::1)?|instant-v1)$/;
const PROFILE = /^(?:us-gov|us|eu|apac|jp|au|ca|global)\.(?=anthropic\.)/;
const ARN = /^arn:aws[\w-]*:bedrock:[\w-]*:\d*:([\w-]+)\/(.+)$/;
const NAMED_RESOURCES = new Set(["foundation-model", "inference-profile"]);
/** What an ARN stands for that does not name its model (application profiles, provisioned throughput, imports). */
const BEHIND_OPAQUE_ARN = "anthropic.claude-sonnet-4-5-20250929-v1:0";

/** Whether a model id or ARN names a Claude model, known or not. */
export function namesClaude(modelId: string): boolean {
  return nameIn(modelId)?.replace(PROFILE, "").startsWith("anthropic.") ?? false;
}

/** Whether `modelId` is an ARN that does not tell the model. */
export function isOpaque(modelId: string): boolean {
  return ARN.test(modelId) && nameIn(modelId) === undefined;
}

/**
 * The model behind an id or ARN. Throws Bedrock's error for ids that do not exist, were retired or need an inference
 * profile.
 */
export function resolveModel(modelId: string): ClaudeModel {
  const name = nameIn(modelId);
  const id = name?.replace(PROFILE, "") ?? BEHIND_OPAQUE_ARN;
  if (RETIRED.test(id)) {
    throw new BedrockError(
      "ResourceNotFoundException",
      "This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
    );
  }
  const rules = MODELS.get(id) ?? (/^anthropic\.claude-mythos-/.test(id) ? FABLE_5_1 : undefined);
  if (!rules) throw invalid("The provided model identifier is invalid.");
  if (name === id && !rules.onDemand) {
    throw invalid(
      `Invocation of model ID ${id} with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
    );
  }
  return { id, ...rules };
}

/** A profile id for the name under which Anthropic itself, or mantle, has a model; undefined where there is none. */
export function bedrockId(name: string): string | undefined {
  const plain = name.replace(/^anthropic\./, "");
  const dated = [...MODELS.keys()].find((id) => {
    const own = id.replace(/^anthropic\./, "").replace(/-v\d+(?::\d+)?$/, "");
    return own === plain || own.replace(/-\d{8}$/, "") === plain;
  });
  if (dated !== undefined) return `global.${dated}`;
  return plain.startsWith("claude-mythos-") ? `global.anthropic.${plain}` : undefined;
}

/** The name that answers carry in `model`. */
export function publicName(model: ClaudeModel): string {
  return model.id.replace(/^anthropic\./, "").replace(/-v\d+(?::\d+)?$/, "");
}

/** The id an ARN or id spells out; undefined if it does not. */
function nameIn(modelId: string): string | undefined {
  const match = ARN.exec(modelId);
  if (!match) return modelId;
  return NAMED_RESOURCES.has(match[1] ?? "") ? match[2] : undefined;
}
