/** What the ledger keeps of an exchange, types only: never content. In the words in which it is told. */

export interface LedgerLine {
  readonly request_id: string;
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  readonly api: string;
  readonly door: string;
  readonly stream: boolean;
  /** The configured model that answered, or was asked last; empty where none was. */
  readonly model: string;
  /** The region or key by which it was asked. */
  readonly place: string;
  readonly strategy: string | null;
  readonly reason: string | null;
  /** Each attempt with its outcome and milliseconds. */
  readonly trail: string;
  readonly status: number;
  /** Of the error with which it ended. */
  readonly code: string | null;
  /** A limit of the key has refused it. */
  readonly limited: boolean;
  /** What was read from a cache and written to it among them. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
  /** Those among the writes that are kept for an hour. */
  readonly cache_write_1h_tokens: number;
  readonly reasoning_tokens: number;
  /** Null where the prices are not known. */
  readonly cost_micros: number | null;
  /** Counted by length: the upstream has not told. */
  readonly estimated: boolean;
  /** Milliseconds until the first delta; null where none came. */
  readonly first_ms: number | null;
  readonly ms: number;
  /** The client's name of its session; a digest of it unless `serve.ledger_sessions` is `named`. */
  readonly session: string | null;
}

/** What of the ledger's settings a key's object needs to know. */
export interface LedgerSettings {
  /** The key's name; `**` for all keys together. */
  readonly key: string;
  readonly tags: readonly string[];
  /** `serve.ledger` */
  readonly ledger: "lines" | "totals" | "off";
  /** `serve.ledger_days` */
  readonly days: number;
  /** `serve.webhook`; not stored. */
  readonly webhook?: string;
}
