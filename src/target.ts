/** A configured model: an entry of `llms:`, every default filled in. Types only. */
import type { Refused } from "./chat/refusable.ts";

interface TargetBase {
  /** The key under `llms:`; what clients name and what answers carry in `model`. */
  readonly name: string;
  /** `provider:` as written in the configuration. */
  readonly provider: string;
  /** The upstream's own model id. */
  readonly model: string;
  /** Patterns of further names that clients may send, `*` for any characters. */
  readonly aliases?: readonly string[];
  /** What the model does where it holds no conversations. */
  readonly task?: "embedding" | "rerank";
  readonly description: string;
  /** US dollars per million tokens. */
  readonly inputPrice?: number;
  readonly outputPrice?: number;
  readonly cacheReadPrice?: number;
  readonly cacheWritePrice?: number;
  readonly cacheWrite1hPrice?: number;
  /** Output tokens asked for when the client does not say. */
  readonly maxTokens?: number;
  /** Tokens of prompt and answer together. */
  readonly contextLimit?: number;
  /** Overrides the router's timeout to the first delta, in milliseconds. */
  readonly timeoutMs?: number;
}

/** A model on Amazon Bedrock. */
export interface BedrockTarget extends TargetBase {
  readonly kind: "bedrock";
  /** `aws_region` as written, in order; empty means the default region of the bindings. */
  readonly regions: readonly string[];
  /** The regions are tried in the order of their distance to the client, where that is known. */
  readonly nearest?: boolean;
  readonly credentials: AwsCredentialSettings;
  /** Assumed with the model's own keys, else with the bindings' or by the router itself. */
  readonly role?: AwsRole;
  /** Replaces `https://bedrock-runtime.{region}.{suffix}`. */
  readonly baseUrl?: string;
  /** Names the family where the model id does not tell it (ARNs, imported models). */
  readonly family?: string;
  /** Which of Bedrock's APIs carries the model; the table of models says it where this is not set. */
  readonly api?: "invoke" | "converse" | "chat" | "responses" | "messages";
  /** Which of its endpoints: `bedrock-runtime` or `bedrock-mantle`. */
  readonly endpoint?: "runtime" | "mantle";
  readonly guardrail?: { readonly id: string; readonly version: string; readonly trace: GuardrailTrace };
  readonly performance?: "standard" | "optimized";
  readonly serviceTier?: "priority" | "default" | "flex" | "reserved";
  /**
   * `auto`: the router sets prompt cache points itself where the client set none. `off`: the client's are left out.
   * Unset: the client's `cache_control` decides.
   */
  readonly cache?: "auto" | "off";
  /** Never configured: what the model has refused, for whoever encodes for it. */
  readonly refused?: Refused;
}

export type GuardrailTrace = "enabled" | "disabled" | "enabled_full";

/** Credentials written at a model. They are one set: where any is written, none is taken from the bindings. */
export interface AwsCredentialSettings {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** A Bedrock API key; wins over SigV4. */
  readonly bearerToken?: string;
}

/** An IAM role whose temporary credentials sign a model's calls. */
export interface AwsRole {
  readonly arn: string;
  readonly externalId?: string;
  /** As CloudTrail shows it; `client` stands for the calling key's name. */
  readonly sessionName: string;
  /** How long a session lasts. */
  readonly seconds: number;
  /** Session tags, by their keys. */
  readonly tags: Readonly<Record<string, string>>;
  /** Whom the router is to AWS where it is its own identity provider. */
  readonly identity?: { readonly issuer: string; readonly subject: string };
}

/** A model that is called with one of several API keys. */
export interface KeyedTarget extends TargetBase {
  readonly auth: "bearer" | "optional" | "none";
  readonly apiKey?: string;
  readonly apiKeyEnv?: string;
  /** `api_keys.<provider>`: one or several keys that take turns. */
  readonly apiKeys: readonly string[];
}

/** A model behind Anthropic's Messages API. */
export interface AnthropicTarget extends KeyedTarget {
  readonly kind: "anthropic";
  /** Without a trailing slash and without `/v1`. */
  readonly baseUrl: string;
}

/** A model behind an OpenAI-compatible API. */
export interface OpenAiTarget extends KeyedTarget {
  readonly kind: "openai";
  /** Without a trailing slash, e.g. `https://integrate.api.nvidia.com/v1`. */
  readonly baseUrl: string;
  readonly chatPath: string;
  /** Which of OpenAI's APIs it is called by; chat completions unless set. */
  readonly api?: "chat" | "responses";
  /** The name under which the upstream wants `max_completion_tokens`. */
  readonly maxTokensField?: string;
  /** `unread`: answers in the client's own dialect are handed on without being looked at. */
  readonly usage?: "read" | "unread";
}

/** An embedding or rerank model of Cloudflare's Workers AI, called by its binding. */
export interface WorkersAiTarget extends TargetBase {
  readonly kind: "workers-ai";
}

export type Target = BedrockTarget | OpenAiTarget | AnthropicTarget | WorkersAiTarget;
