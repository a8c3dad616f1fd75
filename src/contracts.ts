/**
 * The architecture on one screen, types only. A request becomes a {@link ChatRequest}; a {@link Strategy} orders
 * the configured {@link Target}s; a {@link Provider} opens one of them; a {@link Family} translates for one kind of
 * Bedrock model; what comes back is a stream of {@link Delta}s, the same for every model.
 */
import type { RouterConfig } from "./config/types.ts";
import type { Prices } from "./chat/cost.ts";
import type { Refused } from "./chat/refusable.ts";
import type { Delta, DeltaSource, ReasoningBlock, Usage } from "./chat/delta.ts";
import type { Embedded, EmbeddingRequest, Ranking, RerankRequest } from "./chat/embedding.ts";
import type { ChatRequest, DialectName, JsonObject } from "./chat/request.ts";
import type { RouterError, TrailEntry } from "./errors.ts";
import type { MemoryHold } from "./lib/memory.ts";

/** Reads a binding of the Worker (a variable or a secret); undefined when it is unset or empty. */
export type ReadBinding = (name: string) => string | undefined;

// --- Targets ---------------------------------------------------------------------------------------------------

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
  readonly credentials: AwsCredentialSettings;
  /** Replaces `https://bedrock-runtime.{region}.{suffix}`. */
  readonly baseUrl?: string;
  /** Names the family where the model id does not tell it (ARNs, imported models). */
  readonly family?: string;
  readonly api?: "native" | "converse";
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
  /** The name under which the upstream wants `max_completion_tokens`. */
  readonly maxTokensField?: string;
  /** `unread`: answers in the client's own dialect are handed on without being looked at. */
  readonly usage?: "read" | "unread";
}

export type Target = BedrockTarget | OpenAiTarget | AnthropicTarget;

// --- Routing ---------------------------------------------------------------------------------------------------

/** What a strategy may look at and ask for. All comes from outside, so strategies test without a runtime. */
export interface RoutingContext {
  readonly request: ChatRequest;
  /** The newest text of the user, at most 500 characters. */
  readonly query: string;
  /** How long that text was before it was cut, as JavaScript counts; 0 when there was none. */
  readonly queryChars: number;
  /** The section `router` of the configuration. */
  readonly router: RouterConfig;
  /** A number in [0, 1). */
  readonly random: () => number;
  /**
   * The next ticket of a counter.
   * @param cycle Tickets in a round; the same at every call for this counter.
   * @throws RouterError `binding_missing`
   */
  readonly ticket: (counter: string, cycle: number) => Promise<Ticket>;
  /** Asks a model, for its answer's text. Undefined when the order is only to be explained: no model is called then. */
  readonly complete: ((target: Target, prompt: Prompt) => Promise<string>) | undefined;
}

export interface Ticket {
  readonly number: number;
  /** The shared counter did not answer in time: the number is this isolate's own. */
  readonly degraded: boolean;
}

export interface Prompt {
  readonly system: string;
  readonly user: string;
}

/** What a strategy decided. */
export interface Choice {
  /** Best first; none twice, none with the weight 0. Empty when a model would have to be asked and must not be. */
  readonly targets: readonly Target[];
  /** For `x-router-strategy`, where not all went as configured: `degraded`, `fallback`. */
  readonly note?: string;
  /** Why, in words for whoever runs the router. */
  readonly reason: string;
  /** What `POST /v1/route` shows beside that. */
  readonly details?: JsonObject;
}

/** Orders the targets for a request; dispatch tries them. */
export interface Strategy {
  readonly name: string;
  readonly description: string;
  order(targets: readonly Target[], context: RoutingContext): Choice | Promise<Choice>;
}

/** Counters that all isolates share; each ticket is given once. */
export interface TicketCounter {
  /** The first of `count` consecutive tickets. `cycle` is the same at every call for this name. */
  take(name: string, count: number, cycle: number): Promise<number>;
  /** The ticket that the next call of `take` would give. */
  peek(name: string): Promise<number>;
}

// --- Calling ---------------------------------------------------------------------------------------------------

/** What a provider needs beside target and request. */
export interface CallContext {
  /** Aborts the upstream call; its reason becomes the error. */
  readonly abort: AbortController;
  /** The longest silence between an upstream's bytes, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly binding: ReadBinding;
  /** The host under which the router was called, without its port: it fetches no image from itself. */
  readonly ownHost?: string | undefined;
  /** Images of this request that were fetched already or are on their way, as data URLs by their links: its attempts share them. */
  readonly images?: Map<string, Promise<string>>;
  /** Counts what the request has in hand. */
  readonly hold?: MemoryHold | undefined;
  /** Undefined where wrangler.toml does not bind it: tool turns then go on without the model's reasoning. */
  readonly reasoning?: ReasoningMemory | undefined;
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
}

/** Reaches a target. */
export interface Provider {
  /** What the provider itself knows of a model, without asking anyone. */
  facts(target: Target): ModelFacts;
  /** The target's places in the order in which they are to be tried; at least one. */
  places(target: Target, binding: ReadBinding): readonly Place[];
  /** Gives `n` answers in one call; other providers are asked n times. */
  readonly manyAnswers: boolean;
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

/** An answer handed on in the upstream's own dialect, watched on its way. */
export interface Relay {
  readonly dialect: DialectName;
  /** Of the head. */
  readonly contentType: string;
  /** The bytes of the next read, which are the reader's; undefined once the answer has ended. Never rejects. */
  next(): Promise<RelayRead | undefined>;
  /** Lets go of the upstream. */
  cancel(reason?: unknown): void;
  /** What has been seen so far. */
  watch(): Watched;
  /** Where nobody is to read it (`usage: unread`): the body, in place of all of the above. */
  readonly unread?: ReadableStream<Uint8Array>;
}

export interface RelayRead {
  /** May be none. */
  readonly bytes: Uint8Array;
  /** Something that a client shows has come, with these bytes or before: until then another attempt may be made. */
  readonly begun: boolean;
}

export interface Watched {
  readonly usage: Usage | undefined;
  /** Characters of the answer's text, for an estimate where it tells no usage. */
  readonly chars: number;
  readonly failure: RouterError | undefined;
  /** The bytes themselves tell of the failure. */
  readonly told: boolean;
  readonly complete: boolean;
}

// --- Observing -------------------------------------------------------------------------------------------------

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

/** Told of every exchange, over HTTP and WebSocket alike: the log, metrics, a ledger. */
export interface Observer {
  begun?(exchange: { readonly requestId: string; readonly target: Target }): void;
  ended(outcome: Outcome): void;
}

/** The API by which an exchange came. */
export type ApiName = DialectName | "embeddings" | "rerank";

/** One exchange, from its request to the end of its answer. Times in milliseconds since the epoch. */
export interface Outcome {
  readonly requestId: string;
  /** The key's name. */
  readonly client: string;
  readonly dialect: ApiName;
  readonly door: "http" | "websocket" | "background";
  /** As the client wrote it. */
  readonly model: string;
  readonly stream: boolean;
  /** Undefined where nobody answered. */
  readonly route?: Route;
  readonly trail: readonly TrailEntry[];
  readonly status: number;
  readonly usage?: Usage;
  /** The upstream has not told the usage: it was counted by length. */
  readonly estimated: boolean;
  /** In millionths of a US dollar; undefined where the prices are not known. */
  readonly cost?: number;
  readonly startedAt: number;
  readonly firstDeltaAt?: number;
  readonly endedAt: number;
  readonly error?: RouterError;
}

// --- Bedrock families ------------------------------------------------------------------------------------------

/** Bedrock Runtime operations, spelled as in the path. */
export type BedrockOperation = "invoke" | "invoke-with-response-stream" | "converse" | "converse-stream";

/**
 * One message of a Bedrock stream: for InvokeModelWithResponseStream `event` is `chunk` and `payload` the model's own
 * JSON; for ConverseStream `event` is the `:event-type`, which tells the messages apart.
 */
export interface FamilyMessage {
  readonly event: string;
  readonly payload: unknown;
}

/** A request as a family wants it sent, and how the answer to this very request is read. */
export interface FamilyCall {
  readonly operation: BedrockOperation;
  readonly body: JsonObject;
  /** In place of `body`: a JSON text that crosses as it is. */
  readonly text?: string;
  /** The dialect that the model itself answers in, where its own events may be handed on to a client that speaks it. */
  readonly native?: DialectName;
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields that were left out or lowered, in the client's words, for `x-router-dropped-params`. */
  readonly dropped: readonly string[];
  /** Begins to read a streamed answer; its state lives in the closure. */
  stream(): (message: FamilyMessage) => Delta[];
  /** The whole answer of a call that does not stream. */
  whole(body: unknown, headers: Headers): Delta[];
}

/**
 * Speaks one kind of Bedrock model. Knows neither fetch, nor clock, nor a client's API. An answer gives exactly one
 * `finish` delta, when the family's terminal event has arrived: without it the answer counts as cut short.
 */
export interface Family {
  readonly name: string;
  /** From the table of models. */
  facts(target: BedrockTarget): ModelFacts;
  /** Throws a RouterError with `param` for what the model cannot do. */
  encode(request: ChatRequest, target: BedrockTarget): FamilyCall;
}
