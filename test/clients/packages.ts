/** The packages of the clients, each of exactly one version: a new one is tried by hand before it is written here. */
export const PACKAGES = {
  "claude-code": { "@anthropic-ai/claude-code": "2.1.332" },
  codex: { "@openai/codex": "0.171.0" },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Packages that are installed together, into one folder. */
export type Kit = keyof typeof PACKAGES;
