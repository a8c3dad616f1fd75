/** Names what the upstream plays; the first segment of its path, and the router's model of the same name. */
export interface Play {
  readonly kind: "bedrock" | "openai";
  /** Text events of a streamed answer. */
  readonly events: number;
  /** Between two frames; 0: as fast as the reader takes them. */
  readonly paceMs: number;
}

/** The name of a play, e.g. `bedrock-500-20`. */
export function playName({ kind, events, paceMs }: Play): string {
  return `${kind}-${events}-${paceMs}`;
}

/** The play that a path begins with. */
export function playOf(path: string): Play | undefined {
  const [, kind, events, paceMs] = /^\/?(bedrock|openai)-(\d+)-(\d+)(?:\/|$)/.exec(path) ?? [];
  if (kind !== "bedrock" && kind !== "openai") return undefined;
  return { kind, events: Number(events), paceMs: Number(paceMs) };
}
