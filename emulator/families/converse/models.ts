/** What Bedrock's Converse refuses for which models, whatever their own format is. */
import { modelName } from "../model-ids.ts";

export interface ConverseRules {
  readonly system: boolean;
  /** Tool use: not at all, only in Converse, or in ConverseStream too. */
  readonly tools: "none" | "not streamed" | "streamed";
  /** The members of `toolChoice` it knows. */
  readonly toolChoices: readonly string[];
  /** Only `type`, `properties` and `required` at the top of a tool's schema. */
  readonly flatSchemas: boolean;
  readonly stopSequences: boolean;
  /** `temperature` and `topP`. */
  readonly sampling: boolean;
  readonly images: boolean;
  readonly documents: boolean;
  readonly textBesideResults: boolean;
  readonly resultStatus: boolean;
  /** Where cache points may stand. */
  readonly cachePoints: "anywhere" | "text" | "nowhere";
  readonly structured: boolean;
  /** Members of `additionalModelRequestFields` it knows; undefined where Claude's own rules decide. */
  readonly extras: readonly string[];
  readonly maxOutput: number;
}

const ALL: ConverseRules = {
  system: true,
  tools: "streamed",
  toolChoices: ["auto", "any"],
  flatSchemas: false,
  stopSequences: false,
  sampling: true,
  images: true,
  documents: true,
  textBesideResults: true,
  resultStatus: false,
  cachePoints: "nowhere",
  structured: true,
  extras: [],
  maxOutput: 131_072,
};
const TEXT: ConverseRules = { ...ALL, images: false, structured: false };
const NO_TOOLS: ConverseRules = { ...TEXT, tools: "none", toolChoices: [] };
const NOVA: ConverseRules = {
  ...ALL,
  toolChoices: ["auto", "any", "tool"],
  flatSchemas: true,
  stopSequences: true,
  resultStatus: true,
  cachePoints: "text",
  structured: false,
  maxOutput: 10_000,
};
const CLAUDE: ConverseRules = {
  ...NOVA,
  flatSchemas: false,
  cachePoints: "anywhere",
  structured: true,
  extras: ["thinking", "output_config", "anthropic_beta", "top_k"],
  maxOutput: 200_000,
};
const LLAMA: ConverseRules = {
  ...TEXT,
  tools: "not streamed",
  toolChoices: ["auto"],
  textBesideResults: false,
  maxOutput: 8192,
};
const MISTRAL: ConverseRules = { ...ALL, tools: "not streamed", textBesideResults: false, maxOutput: 32_768 };

/** The newest: they think, and set their own temperature. */
const CLOSED: ConverseRules = { ...ALL, sampling: false, extras: ["reasoning", "text"] };

/** By what ids begin with, without a profile's prefix; the first match counts. */
const ROWS: readonly (readonly [prefix: string, rules: ConverseRules])[] = [
  ["ai21.jamba-instruct", { ...NO_TOOLS, documents: false }],
  ["ai21.", { ...TEXT, toolChoices: [] }],
  ["amazon.nova-micro", { ...NOVA, images: false, documents: false }],
  ["amazon.nova-2", { ...NOVA, extras: ["reasoningConfig"], maxOutput: 65_535 }],
  ["amazon.nova-", NOVA],
  ["amazon.titan-", { ...NO_TOOLS, system: false, maxOutput: 8192 }],
  ["anthropic.", CLAUDE],
  ["cohere.command-r", { ...TEXT, toolChoices: [], maxOutput: 4000 }],
  ["deepseek.r1", NO_TOOLS],
  ["deepseek.", { ...ALL, images: false }],
  ["meta.llama3-2-11b", { ...LLAMA, images: true }],
  ["meta.llama3-2-90b", { ...LLAMA, images: true }],
  ["meta.llama3-1", LLAMA],
  ["meta.llama3-3", LLAMA],
  ["meta.llama4", { ...LLAMA, images: true }],
  ["meta.", { ...NO_TOOLS, maxOutput: 2048 }],
  ["mistral.mistral-7b", { ...NO_TOOLS, system: false }],
  ["mistral.mixtral", { ...NO_TOOLS, system: false }],
  ["mistral.mistral-large-24", MISTRAL],
  ["mistral.pixtral", MISTRAL],
  ["mistral.", { ...MISTRAL, tools: "streamed" }],
  ["moonshotai.kimi-k3", { ...ALL, sampling: false, extras: ["reasoning_effort"] }],
  ["openai.gpt-oss", { ...ALL, images: false, extras: ["reasoning_effort"] }],
  ["openai.", CLOSED],
  ["xai.", { ...CLOSED, extras: ["reasoning", "reasoning_effort"] }],
  ["writer.", { ...TEXT, tools: "not streamed", toolChoices: [] }],
];

/** The rules for a model id or ARN; a model that is not known takes everything that no model must have. */
export function rulesOf(modelId: string): ConverseRules {
  const id = modelName(modelId)?.id;
  return ROWS.find(([prefix]) => id?.startsWith(prefix))?.[1] ?? { ...ALL, extras: [] };
}

/** Whether an id or ARN names a Claude, whose own rules then hold too. */
export function isClaude(modelId: string): boolean {
  return modelName(modelId)?.id.startsWith("anthropic.claude") ?? false;
}
