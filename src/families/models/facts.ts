/** What is known of a model, by the form in which it is spoken to; types only. The rows are in the makers' files beside. */
import type { ReasoningEffort } from "../../chat/request.ts";

/** What every form has. */
export interface BaseFacts {
  /** Tokens of prompt and answer together; undefined where not known. */
  readonly contextWindow?: number;
  /** Most output tokens that may be asked for; a higher number is a 400. Undefined where not known. */
  readonly maxOutput?: number;
  readonly images: boolean;
  readonly tools: boolean;
  /** Reasons, always or when asked. */
  readonly reasoning: boolean;
  /** Takes InvokeModelWithResponseStream. */
  readonly streaming: boolean;
}

/** Which of temperature and top_p a model takes: both together, one of them, or none at all. */
export type Sampling = "both" | "one" | "none";

export interface ClaudeModel extends BaseFacts {
  readonly sampling: Sampling;
  /** `budget`: `enabled` with `budget_tokens`; `adaptive`: `adaptive` with `output_config.effort`. */
  readonly thinking: "none" | "budget" | "adaptive";
  /** Leaves its thinking blocks empty unless the request asks for a summary. */
  readonly hidesThinking: boolean;
  /** `false`: refuses to be told how to show its thinking, as everything in GovCloud does. */
  readonly displays?: false;
  /** Thinks also when the request does not ask for it. */
  readonly thinksByDefault: boolean;
  /** What keeps it from thinking: `thinking.type`; undefined where nothing does. */
  readonly turnsOff?: "disabled" | "between_tools";
  /** Values of `output_config.effort`, from the least to the most. */
  readonly efforts: readonly Exclude<ReasoningEffort, "none" | "minimal">[];
  /** Takes its thinking back only while everything before it is as it was. */
  readonly bindsThinking: boolean;
  /** Takes system messages between the others. */
  readonly systemMidway: boolean;
  /** Continues a final assistant turn. */
  readonly prefill: boolean;
  /** Takes `tool_choice` `any` and `tool`. */
  readonly forcedTools: boolean;
  /** Takes `tool_choice` `none` and `disable_parallel_tool_use`. */
  readonly toolChoiceFields: boolean;
  /** Takes `output_config.format`. */
  readonly structuredOutput: boolean;
  /** Takes `strict` on a tool. */
  readonly strictTools: boolean;
  /** Takes `cache_control`. */
  readonly caching: boolean;
  /** Takes its `ttl` of one hour. */
  readonly hourCache: boolean;
}

export interface NovaModel extends BaseFacts {
  /** Takes `cachePoint`. */
  readonly caching: boolean;
}

export interface LlamaModel extends BaseFacts {
  readonly maxOutput: number;
  /** Which prompt template it was trained on. */
  readonly template: "llama2" | "llama3" | "llama4";
}

export interface MistralModel extends BaseFacts {
  /** `text`: a prompt in `[INST]`; `chat`: messages; `both`: text, but chat where tools are involved. */
  readonly form: "text" | "chat" | "both";
}

export interface CohereModel extends BaseFacts {
  /** `chat`: message and chat_history; `text`: the prompt form of the first Command models. */
  readonly form: "chat" | "text";
}

/** How a model's answers differ from the plain shape of a chat completion. */
export interface ModelShape {
  /** Tags that enclose reasoning inside the content, e.g. `think`. Reasoning in fields of its own needs none. */
  readonly reasoningTags?: readonly string[];
  /** The prompt ended inside the reasoning, so only the closing tag appears. */
  readonly startsInReasoning?: boolean;
  /** Every delta of reasoning is a balanced pair of tags, also after the first visible text. */
  readonly reasoningPairs?: boolean;
  /** Tool calls may appear as Kimi's text. */
  readonly rawToolCalls?: boolean;
}

/** A model that takes OpenAI's chat completion as its body. */
export interface ChatModel extends BaseFacts {
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  readonly sampling: Sampling;
  /** What `tool_choice` may be besides `auto`; empty where the field is not known. */
  readonly toolChoices: readonly ("none" | "required" | "function")[];
  /** Takes `parallel_tool_calls`. */
  readonly parallelToolCalls: boolean;
  /** Takes `strict` on a tool, and `response_format` of type `json_schema`. */
  readonly constrained: boolean;
  /** Takes `response_format` of type `json_object`. */
  readonly jsonObject: boolean;
  /** Values of `reasoning_effort`, from the least to the most; empty where the field is not known. */
  readonly efforts: readonly ReasoningEffort[];
  readonly maxTemperature: 1 | 2;
  /** The least `top_p`: sampling needs at least one token to choose from. */
  readonly leastTopP: number;
  /** The most `stop` sequences; 0 where the field is refused, undefined where there is no limit. */
  readonly maxStops?: number;
  /** Takes `frequency_penalty` and `presence_penalty`. */
  readonly penalties: boolean;
  readonly seed: boolean;
  /** `system first`: one system message, at the start. `alternating`: user and assistant also take turns. */
  readonly turns: "any" | "system first" | "alternating";
  readonly shape: ModelShape;
}

/** What Converse takes for a model. */
export interface ConverseModel {
  /** Whether ConverseStream serves it, and with tools too. */
  readonly streaming: "always" | "without tools" | "never";
  /** Takes `system`; elsewhere that text opens the first user message. */
  readonly system: boolean;
  readonly tools: boolean;
  /** The narrowest `toolChoice` it takes. */
  readonly toolChoice: "auto" | "any" | "tool";
  /** Is told `auto`, too. */
  readonly saysAuto: boolean;
  /** Takes tool names of letters, digits and underscores only, see tool-names.ts. */
  readonly plainToolNames: boolean;
  /** Takes only `type`, `properties` and `required` at the top of a tool's schema. */
  readonly flatSchemas: boolean;
  readonly strictTools: boolean;
  /** Takes `outputConfig.textFormat`; `strict`: wants `text.format.strict` said beside it. */
  readonly structuredOutput: boolean | "strict";
  readonly documents: boolean;
  /** Takes text beside tool results in one message. */
  readonly textBesideResults: boolean;
  /** Takes images and documents inside tool results; elsewhere they stand beside them. */
  readonly resultMedia: boolean;
  /** Which tool results take their `status`. */
  readonly resultStatus: "never" | "error" | "always";
  readonly stopSequences: boolean;
  /** Continues a final assistant turn. */
  readonly prefill: boolean;
  readonly sampling: Sampling;
  /** `text`: in system text and user messages without tool blocks, without a time to live. */
  readonly cachePoints: "anywhere" | "text" | "nowhere";
  /** The field that tells it how much to reason. */
  readonly effort: "claude" | "nova" | "reasoning_effort" | "reasoning.effort" | "none";
  /** The values of that field, from the least to the most. */
  readonly efforts: readonly ReasoningEffort[];
  /** Claude's own facts, for its thinking. */
  readonly claude?: ClaudeModel;
}
