/** Keys that are read and checked but have no effect yet. A key that gets one loses its line here. */

interface Pending {
  /** `*` stands for a name that the file chooses. */
  readonly path: string;
  /** The values that have no effect; all of them when missing. */
  readonly only?: (value: unknown) => boolean;
  /** What happens instead. */
  readonly text?: (value: unknown) => string;
}

const PENDING: readonly Pending[] = [{ path: "serve.session_ttl" }];

/** The warning for a key that the file sets, without its path; undefined when the key works. */
export function pendingText(path: string, value: unknown): string | undefined {
  const entry = PENDING.find((candidate) => candidate.path === path);
  if (entry === undefined || entry.only?.(value) === false) return undefined;
  return entry.text === undefined ? "has no effect yet" : `has no effect yet: ${entry.text(value)}`;
}
