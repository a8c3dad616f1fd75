/** Where a session is served, types only: what isolates tell each other. */

/** A model, and which of its places; by their names. */
export interface Seat {
  readonly target: string;
  readonly place: string;
}

/** What all isolates share. Keys are digests. */
export interface SessionStore {
  find(key: string): Promise<Seat | undefined>;
  keep(key: string, seat: Seat): Promise<void>;
}
