/** What a model family brings along to be emulated. */
import type { Answer } from "../answer/conversation.ts";
import type { JsonObject } from "../json.ts";
import type { CacheSite } from "../prompt-cache.ts";

export interface TokenUsage {
  /** Without what a cache held. */
  readonly input: number;
  readonly output: number;
  /** `output` as Bedrock itself counts it, for invocationMetrics and headers; it may differ from the model's count. */
  readonly billedOutput: number;
  /** Only for models with a prompt cache. */
  readonly cache?: { readonly read: number; readonly write: number };
}

/** A finished answer of a family, ready to be shaped. */
export interface Reply {
  readonly answer: Answer;
  readonly usage: TokenUsage;
  /** The percent-decoded id from the path. */
  readonly modelId: string;
  /** What the thinking of this answer is bound to, on models that look. */
  readonly binding?: string;
}

export interface EmulatedFamily {
  readonly name: string;
  /** Whether the id (or ARN) from the path belongs to this family; `body` helps with ARNs that do not tell. */
  matches(modelId: string, body: JsonObject): boolean;
  /** The newest text of the user; must cope with bodies that `validate` would refuse. */
  question(body: JsonObject): string;
  /** Throws the BedrockError with which the service would refuse the request. */
  validate(body: JsonObject, modelId: string): void;
  /** Answers a valid request. @param site Where prompts are cached; without one none was before. */
  respond(body: JsonObject, modelId: string, site?: CacheSite): Reply;
  /** The chunks of the streamed answer in the family's own format, or the one body of the whole answer. */
  shape(reply: Reply, streaming: boolean): JsonObject[];
}
