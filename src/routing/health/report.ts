/** What isolates tell of a place, and what they are told, types only. */

/** Since the last one. */
export interface Report {
  /** Tells isolates apart. */
  readonly isolate: string;
  readonly times: readonly Timed[];
  readonly failures: readonly Failed[];
  /** Clients that had an answer. */
  readonly answered: readonly string[];
}

/** Milliseconds to the first delta of a streamed answer. */
export interface Timed {
  readonly client: string;
  readonly ms: number;
}

export interface Failed {
  readonly client: string;
  /** The place said that it has too much to do; for so many milliseconds, as far as it said that. */
  readonly throttledMs?: number;
}

export interface Times {
  /** How many they are made of. */
  readonly count: number;
  /** Medians and the like, in milliseconds. */
  readonly p50: number;
  readonly p95: number;
}

export interface Summary {
  /** Undefined without any. */
  readonly times?: Times | undefined;
  /** For how long nobody should go there, in milliseconds; 0: it is well. */
  readonly restMs: number;
  /** It has said within the last seconds that it has too much to do. */
  readonly throttled: boolean;
}

/** All isolates' view of each place. */
export interface HealthStore {
  tell(place: string, report: Report): Promise<Summary>;
}
