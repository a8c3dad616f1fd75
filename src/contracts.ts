/**
 * What crosses the rooms, types only. A request becomes a {@link ChatRequest}; a strategy (routing/strategies/strategy.ts)
 * orders the configured targets (target.ts); a {@link Provider} opens one of them, and on Bedrock a family
 * (families/family.ts) translates for its model; what comes back is an {@link Upstream}: deltas, the same for every model,
 * or a relay (chat/relay.ts). Observers (observers/observer.ts) are told of it.
 */
import type { Prices } from "./chat/cost.ts";
import type { DeltaSource, ReasoningBlock } from "./chat/delta.ts";
import type { Embedded, EmbeddingRequest, Ranking, RerankRequest } from "./chat/embedding.ts";
import type { Relay } from "./chat/relay.ts";
import type { ChatRequest } from "./chat/request.ts";
import type { ReadBinding } from "./env.ts";
import type { TrailEntry } from "./errors.ts";
import type { MemoryHold } from "./lib/memory.ts";
import type { Target } from "./target.ts";

/** What a provider needs beside target and request. */
export interface CallContext {
  /** Aborts the upstream call; its reason becomes the error. */
  readonly abort: AbortController;
  /** The longest silence between an upstream's bytes, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly binding: ReadBinding;
  /** The client's name. */
  readonly client?: string | undefined;
  /** Keeps work alive for which no request waits. */
  readonly background?: ((work: Promise<unknown>) => void) | undefined;
  /** The host under which the router was called, without its port: it fetches no image from itself. */
  readonly ownHost?: string | undefined;
  /** Images of this request that were fetched already or are on their way, as data URLs by their links: its attempts share them. */
  readonly images?: Map<string, Promise<string>>;
  /** Undefined where wrangler.toml does not bind it. */
  readonly ai?: WorkersAi | undefined;
  /** Counts what the request has in hand. */
  readonly hold?: MemoryHold | undefined;
  /** Undefined where wrangler.toml does not bind it: tool turns then go on without the model's reasoning. */
  readonly reasoning?: ReasoningMemory | undefined;
}

/** The binding of Cloudflare's Workers AI, as far as it is used here. */
export interface WorkersAi {
  run(
    model: string,
    inputs: Readonly<Record<string, unknown>>,
    options: { readonly signal: AbortSignal },
  ): Promise<unknown>;
}

/**
 * Keeps a model's signed reasoning between the steps of a tool loop, since OpenAI's clients do not send it back. It
 * belongs to one client.
 */
export interface ReasoningMemory {
  /** The reasoning blocks by tool-call id; ids without any are missing. */
  load(
    model: string,
    toolCallIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly ReasoningBlock[]>>;
  /** Returns at once; what fails to be written is only missing later. */
  save(model: string, toolCallId: string, blocks: readonly ReasoningBlock[]): void;
}

/** Where one attempt goes: a target in one region, or with one of its API keys. What fails cools down by place. */
export interface Place {
  readonly target: Target;
  /** Tells the target's places apart, in the log and in what is remembered of failures: `eu-west-1`, `key 2`, nothing. */
  readonly id: string;
  /** The target's places differ in their credentials: what refuses or throttles this one is none of the others' concern. */
  readonly ownKey: boolean;
  /** The places stand in the order of their distance to the client; false where that is wanted, and not known. */
  readonly byDistance?: boolean;
}

/** In degrees. */
export type Coordinates = { readonly latitude: number; readonly longitude: number };

/** Reaches a target. */
export interface Provider {
  /** What the provider itself knows of a model, without asking anyone. */
  facts(target: Target): ModelFacts;
  /** The target's places in the order in which they are to be tried; at least one. @param client Where it is, if known. */
  places(target: Target, binding: ReadBinding, client?: Coordinates): readonly Place[];
  /** Whether the target has what its calls need, such as credentials. Asks nobody. @throws RouterError for what is missing. */
  check?(target: Target, binding: ReadBinding): void;
  /** Whether the target gives `n` answers in one call; others are asked n times. */
  manyAnswers?(target: Target): boolean;
  /** @throws RouterError when the upstream refuses or cannot be reached. */
  open(place: Place, request: ChatRequest, context: CallContext): Promise<Upstream>;
  /** What the request would count as at the model; undefined where nobody counts. @throws RouterError as `open` */
  countTokens?(place: Place, request: ChatRequest, context: CallContext): Promise<number | undefined>;
  /**
   * The calls that give the vectors of a request's texts, in their order; checked, not yet made. Undefined where nobody here
   * makes vectors.
   * @throws RouterError with `param` for what the model cannot do.
   */
  embed?(target: Target, request: EmbeddingRequest): EmbeddingCalls;
  /** The one call that orders documents, as {@link Provider.embed} gives those for vectors. */
  rerank?(target: Target, request: RerankRequest): Prepared<Ranking>;
}

/** A call that is ready to be made, at any of the target's places and as often as it takes. */
export interface Prepared<T> {
  /** Request parameters that are left out because the model does not have them. */
  readonly dropped: readonly string[];
  call(place: Place, context: CallContext): Promise<T>;
}

export interface EmbeddingCalls extends Pick<Prepared<Embedded>, "dropped"> {
  /** At least one; each with the number of its texts. */
  readonly calls: readonly (Pick<Prepared<Embedded>, "call"> & { readonly texts: number })[];
  /** How long the vectors will be, where that is known before. */
  readonly dimensions: number | undefined;
}

/** What is known of a model; undefined where it is not known. */
export interface ModelFacts {
  /** Tokens of prompt and answer together. */
  readonly contextWindow: number | undefined;
  /** The most output tokens of one answer. */
  readonly maxOutput: number | undefined;
  readonly capabilities?: {
    readonly tools: boolean;
    readonly images: boolean;
    readonly streaming: boolean;
    readonly reasoning: boolean;
  };
  /** Takes PDFs and the like. */
  readonly documents?: boolean | undefined;
  /** Answers in a given JSON Schema. */
  readonly schema?: boolean;
  readonly prices?: Prices;
  /** How long an embedding model's vectors may be, its own length first. */
  readonly dimensions?: readonly number[];
  /** Where the model is on its way out: until or since when, as YYYY-MM-DD, where that is known. */
  readonly lifecycle?: { readonly state: "legacy" | "retired"; readonly on?: string };
}

/** An upstream that has answered with success. Its answer can be had in one way: whoever reads first has the body. */
export interface Upstream {
  /** The answer, whoever gives it. */
  readonly deltas: DeltaSource;
  /** The same in the upstream's own dialect, for a client that speaks it. Read in http/serve.ts alone. */
  readonly relay?: Relay;
  /** Request parameters that were left out or lowered because the model cannot honour them. */
  readonly dropped: readonly string[];
}

/** How an answer was made, for the `x-router-*` headers. */
export interface Route {
  readonly target: Target;
  readonly strategy: string;
  /** Why this model, in words for whoever runs the router; nothing of any request. */
  readonly reason: string;
  readonly attempts: number;
  /** Every attempt, the last being the answer's own. */
  readonly trail: readonly TrailEntry[];
  readonly dropped: readonly string[];
  /** The client's `model`, where no target has that name. */
  readonly unknownModel?: string;
}
