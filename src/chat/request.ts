/** A request for an answer, in no dialect: what is asked, whoever's words it was asked in. */
import type { ExactNumber } from "../lib/exact-json.ts";
import type { JsonObject } from "../lib/json.ts";

export type { JsonObject } from "../lib/json.ts";

/** The APIs that clients, or upstreams, speak. */
export type DialectName = "openai-chat" | "openai-responses" | "anthropic-messages";

/** A top-level field of the client's request, as its dialect reads it. */
export interface Param {
  /** As the client wrote it: for `param` of errors and `x-router-dropped-params`. */
  readonly name: string;
  /** The one name that families know it by; undefined for a field that nobody knows. */
  readonly concept: Concept | undefined;
  readonly value: unknown;
  /** Asks for nothing: leaving it out changes nothing. */
  readonly silent: boolean;
  /** What to do instead; only where ignoring it would change the meaning of the answer. */
  readonly advice?: string;
}

export type Concept =
  | "stop"
  | "temperature"
  | "top_p"
  | "top_k"
  | "seed"
  | "frequency_penalty"
  | "presence_penalty"
  | "tools"
  | "tool_choice"
  | "parallel_tool_calls"
  | "response_format"
  | "reasoning"
  | "service_tier"
  | "metadata"
  | "user"
  | "logprobs"
  | "logit_bias"
  | "audio"
  | "web_search"
  | "n"
  | "max_tokens";

export interface ChatRequest {
  /** As the client wrote it; `auto` when missing. */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  /** How many answers are wanted. */
  readonly n: number;
  /** What the client asked for; the provider fills in the target's own. */
  readonly maxTokens?: number;
  readonly stop: readonly string[];
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  /** Of 64 bits: beyond 2^53 with its digits. */
  readonly seed?: number | ExactNumber;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly tools: readonly FunctionTool[];
  /** Tools that are not functions, which only an upstream of the same dialect may know. */
  readonly otherTools: readonly OtherTool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly responseFormat: ResponseFormat;
  readonly reasoningEffort?: ReasoningEffort;
  /** What Anthropic's Messages say about thinking; the other dialects only say an effort. */
  readonly thinking?: Thinking;
  readonly serviceTier?: string;
  readonly metadata?: JsonObject;
  readonly user?: string;
  /** The client's name for the conversation. */
  readonly session?: string;
  /** Every top-level field that says something, for the policy of what a model cannot honour. */
  readonly params: readonly Param[];
  /**
   * What the client sent. Read only by a provider that relays this dialect, and by Claude's editor of Messages bodies.
   */
  readonly source: {
    readonly dialect: DialectName;
    readonly body: JsonObject;
    /** The body as it was received, where the door has it. */
    readonly text?: string;
    /** The messages were changed since they were read: nobody may hand the body on. */
    readonly outdated?: boolean;
    /** Of a list in the body, how many entries the client did not send: they are what an id in it stands for. */
    readonly before?: number;
    /** What a header adds, e.g. `anthropic-beta`. */
    readonly betas?: readonly string[];
  };
}

export interface Thinking {
  readonly mode: "disabled" | "adaptive" | "enabled";
  /** Tokens to think with. */
  readonly budget?: number;
  readonly display?: "summarized" | "omitted" | "updates";
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

export interface OtherTool {
  readonly kind: string;
  readonly param: string;
  /** The request makes sense without it: where nobody knows it, it is left out and named instead of being refused. */
  readonly optional?: boolean;
}

export interface FunctionTool {
  /** The path of its definition, e.g. `tools[3].function`. */
  readonly param: string;
  readonly name: string;
  readonly description?: string;
  /** A JSON Schema; an empty object schema when the client gave none. */
  readonly parameters: JsonObject;
  readonly strict: boolean;
  /** Anthropic's cache hint, honoured where the model has caching. */
  readonly cacheControl?: CacheControl;
}

/** `param` is the field with which the client chose, e.g. `tool_choice`. */
export type ToolChoice = { readonly param: string } & (
  | { readonly type: "none" | "auto" | "required" }
  | { readonly type: "function"; readonly name: string }
  | { readonly type: "allowed_tools"; readonly mode: "auto" | "required"; readonly names: readonly string[] }
  /** A choice that only an upstream of the same dialect may know. */
  | { readonly type: "other"; readonly kind: string }
);

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
  /** What the model thought in this turn: from the request, or, where its dialect does not carry it, from the memory. */
  readonly reasoning?: readonly ReasoningBlock[];
}
/** The result of a tool call. */
export interface ToolMessage {
  readonly role: "tool";
  readonly toolCallId: string;
  readonly content: readonly ContentPart[];
  /** The tool failed. */
  readonly isError?: boolean;
  /** Marks the result as a whole. */
  readonly cacheControl?: CacheControl;
}

/**
 * A model's reasoning as it wants it back; families write it in their own form. `of`: the configured name of the model
 * that made it, where the client's dialect carries that; unknown otherwise.
 */
export type ReasoningBlock =
  | { readonly kind: "signed"; readonly text: string; readonly signature: string; readonly of?: string }
  /** Encrypted by the model, which alone can read it. */
  | { readonly kind: "redacted"; readonly data: string; readonly of?: string }
  /** Reasoning that no model signed, of models that take their own text back. */
  | { readonly kind: "text"; readonly text: string; readonly of?: string };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** A JSON text as the model wrote it; may be empty or invalid. */
  readonly arguments: string;
  readonly cacheControl?: CacheControl;
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
      /** A `data:` URL, or bare base64. */
      readonly data?: string;
      /** Of a file that was uploaded before. */
      readonly id?: string;
      readonly filename?: string;
      /** A link. */
      readonly url?: string;
      /** The document itself, where it is plain text. */
      readonly text?: string;
      readonly mediaType?: string;
      readonly title?: string;
      /** What the model is told about the document beside it. */
      readonly context?: string;
      /** Whether the answer is to cite the document. */
      readonly citations?: boolean;
      readonly cacheControl?: CacheControl;
      readonly param: string;
    }
  /** A part that only some upstream knows (`input_audio`, `video_url`, ...). */
  | { readonly type: "other"; readonly kind: string; readonly param: string };
