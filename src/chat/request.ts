/**
 * The parsed chat completion request: OpenAI's field names, `null` read as "not set", the deprecated spellings
 * (`max_tokens`, `functions`) folded into the current ones. `raw` is what the client sent, for upstreams that
 * speak OpenAI's format themselves.
 */

/** A JSON object whose members are not known yet. */
export type JsonObject = { [key: string]: unknown };

export interface ChatRequest {
  readonly raw: JsonObject;
  /** As the client wrote it; `auto` when missing. */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  /** `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  /** `max_completion_tokens`, else `max_tokens`; before dispatch fills in the target's own. */
  readonly maxTokens?: number;
  readonly stop: readonly string[];
  readonly temperature?: number;
  readonly topP?: number;
  readonly n: number;
  readonly tools: readonly FunctionTool[];
  /** The client sent the deprecated `functions` and no `tools`. */
  readonly functionCalls: boolean;
  /** Tools that are not functions (`custom`, ...), which only some OpenAI-compatible upstreams know. */
  readonly otherTools: readonly { readonly kind: string; readonly param: string }[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly responseFormat: ResponseFormat;
  readonly reasoningEffort?: ReasoningEffort;
  readonly user?: string;
}

export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | {
      readonly type: "json_schema";
      readonly name: string;
      readonly description?: string;
      readonly schema: JsonObject;
      readonly strict: boolean;
    };

export interface FunctionTool {
  readonly name: string;
  readonly description?: string;
  /** A JSON Schema; an empty object schema when the client gave none. */
  readonly parameters: JsonObject;
  readonly strict: boolean;
  /** Anthropic's cache hint, honoured where the model has caching. */
  readonly cacheControl?: CacheControl;
}

export type ToolChoice =
  | { readonly type: "none" | "auto" | "required" }
  | { readonly type: "function"; readonly name: string }
  | { readonly type: "allowed_tools"; readonly mode: "auto" | "required"; readonly names: readonly string[] }
  /** A choice that only some OpenAI-compatible upstream knows (`custom`, ...). */
  | { readonly type: "other"; readonly kind: string };

export interface CacheControl {
  readonly type: "ephemeral";
  readonly ttl?: "5m" | "1h";
}

export type ChatMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

/** `system` and `developer` are one role to every model. */
export interface SystemMessage {
  readonly role: "system";
  readonly content: readonly ContentPart[];
}
export interface UserMessage {
  readonly role: "user";
  readonly content: readonly ContentPart[];
}
export interface AssistantMessage {
  readonly role: "assistant";
  readonly content: readonly ContentPart[];
  readonly toolCalls: readonly ToolCall[];
  /** Reasoning blocks of this turn in the model's own format, which OpenAI's messages do not carry. */
  readonly reasoning?: readonly JsonObject[];
}
/** The result of a tool call (`tool`, or the deprecated `function`). */
export interface ToolMessage {
  readonly role: "tool";
  readonly toolCallId: string;
  readonly content: readonly ContentPart[];
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** A JSON text as the model wrote it; may be empty or invalid. */
  readonly arguments: string;
}

/** A string content is one text part. `param` is the path for error messages, e.g. `messages[2].content[0]`. */
export type ContentPart =
  | {
      readonly type: "text";
      readonly text: string;
      readonly cacheControl?: CacheControl;
      readonly param: string;
    }
  | {
      readonly type: "image_url";
      readonly url: string;
      readonly cacheControl?: CacheControl;
      readonly param: string;
    }
  | {
      readonly type: "file";
      readonly data?: string;
      readonly id?: string;
      readonly filename?: string;
      readonly cacheControl?: CacheControl;
      readonly param: string;
    }
  /** A part that only some upstream knows (`input_audio`, `video_url`, ...). */
  | { readonly type: "other"; readonly kind: string; readonly param: string };
