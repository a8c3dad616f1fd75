/** What one running emulator remembers and was told. */
import type { FlakyCounters } from "./faults.ts";
import type { RequestLog } from "./log.ts";
import type { PromptCache } from "./prompt-cache.ts";
import type { Sts } from "./sts/sessions.ts";

export interface EmulatorState {
  readonly log: RequestLog;
  readonly flaky: FlakyCounters;
  readonly sts: Sts;
  readonly cache: PromptCache;
  /** Milliseconds between stream events where the request does not say. */
  readonly paceMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
