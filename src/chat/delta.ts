/** The neutral events of an answer, the same for every family, provider and dialect. */
import type { RouterError } from "../errors.ts";
import type { DialectName, JsonObject, ReasoningBlock } from "./request.ts";

export type { ReasoningBlock } from "./request.ts";

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

/** OpenAI's counting: `promptTokens` includes what was read from and written to a cache. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens?: number;
  /** All cache writes. */
  readonly cacheWriteTokens?: number;
  /** Those among them that are kept for an hour. */
  readonly cacheWrite1hTokens?: number;
  /** Those among the completion's that were spent on reasoning. */
  readonly reasoningTokens?: number;
}

/** Token counts as Bedrock and Claude count them: `input` excludes what a cache took part in. */
export interface TokenCounts {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  /** Those among the cache writes that are kept for an hour. */
  readonly cacheWrite1h?: number | undefined;
  /** Those among the output that were spent on reasoning. */
  readonly reasoning?: number | undefined;
}

export type Delta =
  | { readonly type: "text"; readonly text: string }
  /** Thinking, as it is shown to clients. */
  | { readonly type: "reasoning"; readonly text: string }
  /** A finished reasoning block as the model wants it back. */
  | { readonly type: "reasoning_block"; readonly block: ReasoningBlock }
  /** The model declined; `text` says why. */
  | { readonly type: "refusal"; readonly text: string }
  /** `index` counts the answer's tool calls from 0. */
  | { readonly type: "tool_start"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool_arguments"; readonly index: number; readonly text: string }
  /** May come first (Claude tells its input before the first text) and again; later ones win. */
  | { readonly type: "usage"; readonly usage: Usage }
  | {
      readonly type: "finish";
      readonly reason: FinishReason;
      /** The model's own word for it. */
      readonly native?: string;
      /** The stop sequence that ended the answer, where that is known. */
      readonly stop?: string;
      /** What the model says about a refusal. */
      readonly details?: JsonObject;
    }
  /** Fields that only this dialect knows (`logprobs`, `system_fingerprint`): its encoder writes them, others read over them. */
  | { readonly type: "extra"; readonly dialect: DialectName; readonly fields: JsonObject }
  /** The answer failed here; nothing follows. What came before it stands. */
  | { readonly type: "error"; readonly error: RouterError };

/** Deltas, read by read. */
export interface DeltaSource {
  /** The deltas of the next read, maybe none; undefined once the answer has ended. Never rejects. */
  next(): Promise<readonly Delta[] | undefined>;
  /** Lets go of the upstream. */
  cancel(reason?: unknown): void;
}
