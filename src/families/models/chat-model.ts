/** In what the models differ that take OpenAI's chat completion as their body: quirks as data, one row a model. */
import type { ReasoningEffort } from "../../chat/request.ts";

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

export interface ChatModel {
  /** Tokens of prompt and answer together; undefined where not known. */
  readonly contextWindow?: number;
  /** The most output tokens that may be asked for; undefined where not known. */
  readonly maxOutput?: number;
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  readonly images: boolean;
  readonly tools: boolean;
  /** Reasons, always or when asked. */
  readonly reasoning: boolean;
  /** What `tool_choice` may be besides `auto`; empty where the field is not known. */
  readonly toolChoices: readonly ("none" | "required" | "function")[];
  /** Takes `parallel_tool_calls`. */
  readonly parallelToolCalls: boolean;
  /** Takes `strict` on a tool, and `response_format` of type `json_schema`. */
  readonly constrained: boolean;
  /** Takes `response_format` of type `json_object`. */
  readonly jsonObject: boolean;
  /** Values of `reasoning_effort`; empty where the field is not known. */
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

/** What the models have in common that are served as they are; every row begins with it. */
export const PLAIN: ChatModel = {
  maxTokensField: "max_tokens",
  images: false,
  tools: true,
  reasoning: false,
  toolChoices: ["none", "required", "function"],
  parallelToolCalls: true,
  constrained: true,
  jsonObject: false,
  efforts: [],
  maxTemperature: 2,
  leastTopP: 1e-6,
  penalties: false,
  seed: false,
  turns: "any",
  shape: {},
};
