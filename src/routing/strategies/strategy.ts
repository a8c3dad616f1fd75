/** What a strategy is: it sees a request and orders the targets for it. Types only. */
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import type { RouterConfig } from "../../config/types.ts";
import type { Target } from "../../target.ts";

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
  /** What takes the place of chance for a session: the same for each of its requests, in all isolates. */
  readonly seed?: number | undefined;
  /** Milliseconds to a model's first words, as measured; undefined where nobody knows. */
  readonly speed?: ((target: Target) => number | undefined) | undefined;
  /** The model that answered the session last: its prompt cache is warm. */
  readonly seat?: string | undefined;
  /**
   * The next ticket of a counter.
   * @param cycle Tickets in a round; the same at every call for this counter.
   * @throws RouterError `binding_missing`
   */
  readonly ticket: (counter: string, cycle: number) => Promise<Ticket>;
  /** Asks a model, for its answer's text. Undefined when the order is only to be explained: no model is called then. */
  readonly complete: ((target: Target, prompt: Prompt) => Promise<string>) | undefined;
  /** What lies beside the Worker for the strategies that judge a text. */
  readonly further: FurtherModules;
  /** Gives the vector of the query; undefined when a model would have to be asked for it and must not be. */
  readonly embed: (target: Target) => Promise<QueryVector | EmbeddingFailure | undefined>;
  /** What a model costs: a million tokens in and as many out, in US dollars; undefined where that is not known. */
  readonly priceOf: (target: Target) => number | undefined;
  /** Whoever asks may read the texts of labelled queries and examples. */
  readonly readsTexts: boolean;
}

/** Numbers of any length. */
export interface QueryVector {
  readonly vector: Float32Array;
}

/** The embedding model gave no vector in time. */
export interface EmbeddingFailure {
  readonly code: string;
  /** For whoever runs the router: it may hold words of the upstream's. */
  readonly message: string;
}

/** Modules that an isolate loads when it needs them. */
export interface FurtherModules {
  /** The strategies that judge a text: most configurations have none of them. */
  judges(): Promise<Judges>;
  /** What `npm run embed` has made; empty where it has made nothing. */
  vectors(): Promise<ArrayBuffer>;
}

/** How those strategies order targets. All are candidates: they have a weight and can take the request. */
export interface Judges {
  complexity(targets: readonly Target[], context: RoutingContext): Choice;
  semantic(targets: readonly Target[], context: RoutingContext): Promise<Choice | Unusable>;
  knn(targets: readonly Target[], context: RoutingContext): Promise<Choice | Unusable>;
}

/** Why nobody can be chosen: the configuration and the vectors do not belong together. */
export interface Unusable {
  readonly unusable: string;
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
  /** For a session it goes by {@link RoutingContext.seed} alone: all isolates come to the same. */
  readonly bySeed?: boolean;
  /** It decides itself what a session's model is worth; with all others a session keeps its own. */
  readonly weighsSeat?: boolean;
  order(targets: readonly Target[], context: RoutingContext): Choice | Promise<Choice>;
}

/** Counters that all isolates share; each ticket is given once. */
export interface TicketCounter {
  /** The first of `count` consecutive tickets. `cycle` is the same at every call for this name. */
  take(name: string, count: number, cycle: number): Promise<number>;
  /** The ticket that the next call of `take` would give. */
  peek(name: string): Promise<number>;
}
