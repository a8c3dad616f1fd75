/** The packages of the clients, each of exactly one version: a new one is tried by hand before it is written here. */
export const PACKAGES = {
  "claude-code": { "@anthropic-ai/claude-code": "2.1.332" },
  codex: { "@openai/codex": "0.171.0" },
  opencode: { "opencode-ai": "1.18.33" },
  openclaw: { openclaw: "2026.9.6" },
  cline: { cline: "3.0.65" },
  continue: { "@continuedev/cli": "1.5.47" },
  "ai-sdk-anthropic": { ai: "7.0.173", "@ai-sdk/anthropic": "4.0.105", zod: "4.6.7" },
  "ai-sdk-cohere": { ai: "7.0.173", "@ai-sdk/cohere": "4.0.52", zod: "4.6.7" },
  "openai-sdk": { openai: "7.59.0" },
  "ai-sdk-openai": { ai: "7.0.173", "@ai-sdk/openai": "4.0.118", zod: "4.6.7" },
  "ai-sdk-compatible": { ai: "7.0.173", "@ai-sdk/openai-compatible": "3.0.92", zod: "4.6.7" },
  "openai-agents": { "@openai/agents": "0.20.0", zod: "4.6.7" },
  langchain: { "@langchain/openai": "1.6.0", "@langchain/core": "1.4.0", zod: "4.6.7" },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Packages that are installed together, into one folder. */
export type Kit = keyof typeof PACKAGES;
