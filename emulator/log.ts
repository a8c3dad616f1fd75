/** What arrived, in order, for tests that want to see the router from the other side. */

export type Outcome =
  /** Still being answered (or left hanging). */
  | "pending"
  /** The emulator did all it meant to do, a deliberate reset included. */
  | "complete"
  /** The client left first. */
  | "aborted-by-client";

export interface RecordedRequest {
  /** Order of arrival, from 0; goes on counting when the list is cleared. */
  readonly startedAt: number;
  readonly method: string;
  /** Path and query exactly as they were on the wire. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, else the text; undefined for an empty body. */
  body: unknown;
  /** From the credential scope of the signature. */
  region?: string;
  service?: string;
  signedHeaders?: readonly string[];
  /** The percent-decoded model id. */
  model?: string;
  /** `name` or `name:argument` of the fault that was played. */
  fault?: string;
  /** HTTP status of the answer's head, once it is out. */
  status?: number;
  outcome: Outcome;
  /** How many requests were being answered when this one came, itself among them. */
  readonly atOnce: number;
  /** Whole event-stream frames (or SSE events) handed to the socket so far. */
  framesSent: number;
}

// A demo that runs for days should not keep every body it saw.
const MOST_KEPT = 2000;

/** A list of requests that others may hold on to: it is emptied in place. */
export class RequestLog {
  readonly requests: RecordedRequest[] = [];
  #arrived = 0;

  /** Adds a request that has just arrived, its body still unread. */
  open(method: string, path: string, headers: Readonly<Record<string, string>>): RecordedRequest {
    const record: RecordedRequest = {
      startedAt: this.#arrived++,
      method,
      path,
      headers,
      body: undefined,
      outcome: "pending",
      atOnce: 1 + this.requests.filter(({ outcome }) => outcome === "pending").length,
      framesSent: 0,
    };
    if (this.requests.push(record) > MOST_KEPT) this.requests.shift();
    return record;
  }

  clear(): void {
    this.requests.length = 0;
  }
}
