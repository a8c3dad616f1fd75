/** What a model may turn out not to take, though the table of models says that it does. */
export type Refusable =
  | "sampling"
  | "stop"
  | "cache"
  | "format"
  | "strict"
  | "forced"
  | "effort"
  | "tier"
  /** System messages between the others. */
  | "midway"
  /** The thinking of earlier steps. */
  | "thinking";

export type Refused = ReadonlySet<Refusable>;
