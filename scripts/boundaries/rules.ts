/** Who may import whom in src/, as docs/architecture.md says it. */

/** What all may use that speak of models: types, and the neutral form of a request and its answer. */
const COMMON: readonly string[] = ["chat", "lib", "errors", "contracts", "target", "env"];

/** What every family may import. */
const FAMILY_BASE: readonly string[] = [
  ...["families/request", "families/answer", "families/models", "families/family"],
  ...COMMON,
];

/**
 * What each part may import beside itself, types counted; the longest matching part counts. A module is named by its path
 * without extension; a rule for `http` covers all below it.
 */
export const RULES: Readonly<Record<string, readonly string[]>> = {
  index: ["app", "objects"],
  app: ["endpoints", "http", "dialects/index", "services", "routing/allowance", ...COMMON],
  endpoints: ["config/limits-body", "routing", "dialects/index", "http", "services", "objects", ...COMMON],
  http: ["routing", "dialects/index", "observers/index", "observers/observer", "services", ...COMMON],
  services: [
    ...["config", "further", "providers/index", "observers/index", "observers/observer"],
    ...[
      "objects/reasoning/client",
      "objects/round-robin/client",
      "objects/key/client",
      "objects/key/made",
      "objects/key/queue",
    ],
    ...[
      "objects/sticky/client",
      "objects/health/client",
      "routing/health",
      "routing/session/seat",
      "routing/strategies/strategy",
      "routing/account",
      "routing/allowance",
      "http/client-keys",
      "http/auth",
      ...COMMON,
    ],
  ],
  objects: ["routing", "dialects/index", "http", "observers/index", "services", "config/types", ...COMMON],
  observers: ["routing/facts", ...COMMON],
  routing: ["providers", "dialects/index", "config/types", ...COMMON],
  providers: [
    ...["families/index", "families/family", "eventstream/index"],
    ...["dialects/openai-chat/upstream", "dialects/openai-responses/upstream"],
    ...["dialects/anthropic-messages/upstream", ...COMMON],
  ],
  "families/index": ["families", ...COMMON],
  "families/family": COMMON,
  families: FAMILY_BASE,
  // The families whose models take the body of a dialect.
  "families/anthropic": [...FAMILY_BASE, "dialects/anthropic-messages/upstream"],
  "families/openai-chat": [...FAMILY_BASE, "dialects/openai-chat/upstream"],
  // Those that stand on another's format, or on its way to write a prompt.
  "families/mistral": [...FAMILY_BASE, "families/openai-chat", "families/prompt/mistral"],
  "families/nova": [...FAMILY_BASE, "families/converse"],
  "families/prompt": [...FAMILY_BASE, "families/openai-chat/decode"],
  "families/answer": ["families/request", "families/models", "families/family", ...COMMON],
  "families/request": ["families/models", "families/family", ...COMMON],
  "families/models": COMMON,
  config: ["families/index", ...COMMON],
  dialects: ["chat", "lib", "errors"],
  chat: ["lib", "errors"],
  lib: ["errors"],
  contracts: ["target", "chat", "lib", "errors", "env"],
  target: ["chat/refusable"],
  env: [],
  errors: [],
  eventstream: [],
  // What the build puts beside the Worker: the `yaml` package, strategies, vectors.
  further: ["config/document", "routing/strategies/strategy"],
  // What the build makes, as types.
  built: ["config", "routing/strategies/strategy"],
};

/** Modules of types alone. */
export const TYPES_ONLY: ReadonlySet<string> = new Set([
  ...["contracts", "target", "chat/relay", "families/family", "observers/observer"],
  ...["routing/strategies/strategy", "routing/account", "objects/key/account-object"],
  ...["objects/key/made-key", "routing/session/seat", "routing/health/report"],
  ...["objects/ledger/ledger-object", "chat/ledger-line"],
]);

/** What nobody may write in src/ but the modules named. */
export interface Phrase {
  readonly pattern: RegExp;
  /** A rule as in {@link RULES}. */
  readonly only: readonly string[];
  readonly says: string;
}

export const PHRASES: readonly Phrase[] = [
  {
    pattern: /(?<![".])\.relay\b(?!\s*[(:"])|\{[^{}()=;]*\brelay\b[^{}()=;]*\}\s*=(?![=>])/,
    only: ["http/serve"],
    says: "reads a relay: http/serve.ts alone takes one",
  },
  {
    pattern: /\bkind\s*[!=]==?\s*"(?:bedrock|openai|anthropic)"/,
    only: ["providers"],
    says: "asks what kind a target is: ask its provider",
  },
  {
    pattern: /(?<![.\w#])fetch\((?![^()]*:)/,
    only: ["providers", "objects/key/alerts"],
    says: "calls fetch: providers alone reach upstreams",
  },
  {
    pattern: /[(,]\s*dropped\??\s*:\s*(?:Set|Map|string\[\]|Array)/,
    only: [],
    says: "takes `dropped` to be written into: return what was left out",
  },
];

/** A file with fewer lines needs a registry (an `index`) that lists it, or a second user. */
export const SMALL_LINES = 20;
/** No file of src/ is longer. */
export const MOST_LINES = 400;
