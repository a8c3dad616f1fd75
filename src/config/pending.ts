/** Keys that are read and checked but have no effect yet. A key that gets one loses its line here. */

interface Pending {
  /** `*` stands for a name that the file chooses. */
  readonly path: string;
  /** The values that have no effect; all of them when missing. */
  readonly only?: (value: unknown) => boolean;
  /** What happens instead. */
  readonly text?: (value: unknown) => string;
}

const isSeveral = (value: unknown): boolean => Array.isArray(value) && value.length > 1;

const PENDING: readonly Pending[] = [
  {
    path: "router.strategy",
    only: (value) => value !== "random",
    text: (value) => `${String(value)} is not available yet: requests are routed at random`,
  },
  { path: "router.rules" },
  { path: "router.sticky" },
  { path: "router.round_robin.lease" },
  { path: "router.aws_region", only: isSeveral, text: () => "only the first region is used" },
  { path: "llms.*.aws_region", only: isSeveral, text: () => "only the first region is used" },
  { path: "llms.*.guardrail" },
  { path: "llms.*.performance" },
  { path: "llms.*.service_tier" },
  { path: "llms.*.cache", only: (value) => value === "auto" },
  { path: "llms.*.api", only: (value) => value === "converse" },
  { path: "serve.session_ttl" },
];

/** The warning for a key that the file sets, without its path; undefined when the key works. */
export function pendingText(path: string, value: unknown): string | undefined {
  const entry = PENDING.find((candidate) => candidate.path === path);
  if (entry === undefined || entry.only?.(value) === false) return undefined;
  return entry.text === undefined ? "has no effect yet" : `has no effect yet: ${entry.text(value)}`;
}
