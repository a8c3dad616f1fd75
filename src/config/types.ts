/** The configuration after validation: every default filled in, every name resolved. */
import type { ClientLimits } from "../chat/key-limits.ts";
import type { Target } from "../target.ts";

export interface Config {
  readonly serve: ServeConfig;
  readonly router: RouterConfig;
  /** In the order of the file; never empty, names unique. */
  readonly targets: readonly Target[];
  /** Those among them that hold conversations: strategies choose of them. The same list for as long as the configuration. */
  readonly chatTargets: readonly Target[];
  /** `aws.oidc_issuer`: the URL under which AWS knows the router as an identity provider. */
  readonly oidcIssuer?: string;
  /** What the clients' keys may use, and for how much. */
  readonly keys: ClientLimits;
  /** What the file sets without effect, one line each, for the log. They hold no secrets. */
  readonly warnings: readonly string[];
}

export interface ServeConfig {
  readonly showModelPrefix: boolean;
  /** What happens to a model name that nothing has: routed like `auto`, or 404. */
  readonly unknownModel: "route" | "reject";
  /** Origins as browsers send them, or `*`. */
  readonly corsOrigins: readonly string[];
  readonly maxBodyBytes: number;
  /** How many calls of an upstream one request may need. */
  readonly maxSubrequests: number;
  /** How long an idle WebSocket session is kept, in milliseconds. */
  readonly sessionTtlMs: number;
  /** How long stored responses are kept after the last use of their chain, in milliseconds; 0 keeps none. */
  readonly responseTtlMs: number;
  /** What happens to a request of a key with limits while nobody can tell whether it is within them. */
  readonly limitsUnavailable: "refuse" | "allow";
  /** What is kept of exchanges: lines and totals, totals alone, nothing. */
  readonly ledger: "lines" | "totals" | "off";
  readonly ledgerDays: number;
  /** Whether the ledger has clients' names of their sessions, or digests of them. */
  readonly ledgerSessions: "hashed" | "named";
  /** Where alerts go. */
  readonly webhook?: string;
  /** When a response in the background has to be ready, in milliseconds after its start. */
  readonly backgroundDeadlineMs: number;
}

/** What `router.strategy` takes; src/routing/strategies has one for each. */
export const STRATEGY_NAMES = [
  "random",
  "round_robin",
  "rules",
  "llm",
  "cheapest",
  "fastest",
  "complexity",
  "semantic",
  "knn",
] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

export interface RouterConfig {
  readonly strategy: StrategyName;
  /** One number for every target, 1 where the file names none; 0 excludes. Has no prototype. */
  readonly weights: Readonly<Record<string, number>>;
  readonly rules: readonly Rule[];
  /** `router.model`: one of the targets when it names one, else a target of its own, named after its model. */
  readonly judge?: Target;
  /** Names of targets, in order. */
  readonly fallbackModels: readonly string[];
  readonly retry: RetryConfig;
  /** To the first delta, in milliseconds; unset means dispatch's own defaults. */
  readonly timeoutMs?: number;
  /** Between bytes, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** All attempts together, in milliseconds. */
  readonly deadlineMs: number;
  readonly sticky: "none" | "turn" | "session";
  /** Unset: no request is made twice at once. */
  readonly hedge?: HedgeConfig;
  /** `lease`: tickets that an isolate takes at once. */
  readonly roundRobin: { readonly lease: number };
  /** For `complexity`: from the easiest to the hardest. */
  readonly tiers: readonly Tier[];
  /** For `semantic`. */
  readonly routes: readonly ExampleRoute[];
  /** For `semantic`: the least similarity to an example. */
  readonly threshold: number;
  /** For `knn`. */
  readonly knn?: { readonly data: string; readonly k: number; readonly costWeight: number };
  /** Makes the vectors of `semantic` and `knn`. */
  readonly embeddingModel?: Target;
  /** How long the vector of a query may take, in milliseconds. */
  readonly embeddingTimeoutMs: number;
  /** What `semantic` and `knn` choose where they cannot judge; the first model unless set. */
  readonly defaultModel?: string;
}

/** Texts whose score is below it go to the model; the last tier takes all that are left. */
export interface Tier {
  readonly model: string;
  readonly below?: number;
}

/** Texts that are like the examples go to the model. */
export interface ExampleRoute {
  readonly name: string;
  readonly model: string;
  readonly examples: readonly string[];
}

export interface HedgeConfig {
  /** Of silence, in milliseconds, or what 95 of a hundred requests stay below. */
  readonly after: number | "p95";
  /** Of the requests that may be made twice, at most. */
  readonly share: number;
  /** Requests with longer prompts are made once. */
  readonly maxInputTokens: number;
}

export interface RetryConfig {
  /** Further attempts per target and region. */
  readonly attempts: number;
  /** First pause, in milliseconds. */
  readonly baseMs: number;
  /** Longest pause, in milliseconds. */
  readonly maxMs: number;
}

/** `model` is always the name of a target. */
export type Rule = ConditionRule | DefaultRule;

/** Chooses `model` when all the conditions it has hold; it has at least one. */
export interface ConditionRule {
  readonly kind: "conditions";
  readonly model: string;
  /** Any of them, as a case-insensitive substring of the query. */
  readonly keywords?: readonly string[];
  /** Case-insensitive. */
  readonly regex?: RegExp;
  /** Characters of the user's text, before it is cut to the query. */
  readonly minChars?: number;
  readonly maxChars?: number;
  readonly hasTools?: boolean;
  readonly hasImages?: boolean;
  /** Entries that the request's `metadata` must have. Has no prototype. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What is chosen when no other rule matches. */
export interface DefaultRule {
  readonly kind: "default";
  readonly model: string;
}
