/**
 * `anthropic_beta` for Bedrock, by an allow-list: one value that it does not know refuses the request. A beta whose field is gone
 * goes too, since the two belong together.
 */

import type { ChatRequest } from "../../../chat/request.ts";

/** What of a request needs a beta. */
export interface BetaNeeds {
  /** Tools that are loaded when they are needed. */
  readonly deferredTools: boolean;
  readonly contextEdits: boolean;
  readonly compaction: boolean;
  readonly effort: boolean;
  readonly messageOutput: boolean;
  readonly toolChanges: boolean;
  /** `display: "updates"` of thinking. */
  readonly updates: boolean;
  /** Types of the tools that the client runs. */
  readonly typedTools: readonly string[];
}

export const TOOL_SEARCH = "tool-search-tool-2025-10-19";
export const CONTEXT_MANAGEMENT = "context-management-2025-06-27";
export const COMPACTION = "compact-2026-01-12";
export const MESSAGE_OUTPUT = "mid-conversation-output-config-2026-07-01";
export const TOOL_CHANGES = "mid-conversation-tool-changes-2026-07-01";
export const THINKING_UPDATES = "thinking-display-updates-2026-08-18";

/** Betas without a field of their own. */
const FREE: ReadonlySet<string> = new Set([
  "computer-use-2025-01-24",
  "computer-use-2025-11-24",
  "context-1m-2025-08-07",
  "fine-grained-tool-streaming-2025-05-14",
  "interleaved-thinking-2025-05-14",
  "thinking-binding-controls-2026-08-01",
  "dangerous-tool-use-2026-09-03",
]);
/** Betas with the part of the request that they are about. */
const PAIRED: ReadonlyMap<string, (needs: BetaNeeds) => boolean> = new Map([
  [TOOL_SEARCH, (needs) => needs.deferredTools],
  [CONTEXT_MANAGEMENT, ({ contextEdits, typedTools }) => contextEdits || typedTools.some(isMemory)],
  [COMPACTION, (needs) => needs.compaction],
  ["effort-2025-11-24", (needs) => needs.effort],
  [MESSAGE_OUTPUT, (needs) => needs.messageOutput],
  [TOOL_CHANGES, (needs) => needs.toolChanges],
  [THINKING_UPDATES, (needs) => needs.updates],
]);
/** Anthropic's own name for what Bedrock knows by another. */
const RENAMED: ReadonlyMap<string, string> = new Map([["advanced-tool-use-2025-11-20", TOOL_SEARCH]]);
/** The beta that a typed tool needs, which its client may have left to the server's knowledge. */
const OF_TOOLS: ReadonlyMap<string, string> = new Map([
  ["computer_20250124", "computer-use-2025-01-24"],
  ["computer_20251124", "computer-use-2025-11-24"],
  ["memory_20250818", CONTEXT_MANAGEMENT],
]);

/** The betas that Bedrock knows among those that the client asked for, under its names. */
export function knownBetas(asked: readonly string[]): ReadonlySet<string> {
  const names = asked.map((beta) => RENAMED.get(beta) ?? beta);
  return new Set(names.filter((beta) => FREE.has(beta) || PAIRED.has(beta)));
}

/** Those among {@link knownBetas} that are about no field of the body: also a body that is written anew keeps them. */
export function freeBetas({ dialect, betas = [] }: ChatRequest["source"]): string[] {
  return dialect === "anthropic-messages" ? [...knownBetas(betas)].filter((beta) => FREE.has(beta)) : [];
}

/** The betas for Anthropic's own API, which tells its clients itself what it does not know; but for those of its own log-in. */
export function ownBetas(asked: readonly string[]): ReadonlySet<string> {
  return new Set(asked.filter((beta) => !beta.startsWith("oauth-")));
}

/** What is to be sent of {@link knownBetas}: those whose part of the request is there. */
export function sentBetas(known: ReadonlySet<string>, needs: BetaNeeds): string[] {
  const wanted = [...known].filter((beta) => PAIRED.get(beta)?.(needs) ?? true);
  const ofTools = needs.typedTools.flatMap((type) => OF_TOOLS.get(type) ?? []);
  return [...new Set([...wanted, ...ofTools])];
}

function isMemory(type: string): boolean {
  return type.startsWith("memory_");
}
