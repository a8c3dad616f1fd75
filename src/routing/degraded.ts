/** What keeps a router from serving all that it is configured for, as far as that is known without calling anyone. */
import type { Config } from "../config/types.ts";
import type { ReadBinding } from "../env.ts";
import { type ErrorCode, RouterError } from "../errors.ts";
import { providerOf } from "../providers/index.ts";
import type { Target } from "../target.ts";
import type { TicketCounter } from "./strategies/strategy.ts";
import { boundCounter } from "./strategies/round-robin/tickets.ts";

export interface Degraded {
  /** What is missing, each with what it keeps from working: a model's name, or the key of the configuration. */
  readonly missing: readonly { readonly for: string; readonly code: ErrorCode; readonly message: string }[];
  /** No model can be called at all. */
  readonly nobody: boolean;
}

/** @param counter Of strategy round_robin; undefined where wrangler.toml does not bind it. */
export function degraded(
  { targets, router }: Config,
  { binding, counter }: { readonly binding: ReadBinding; readonly counter: TicketCounter | undefined },
): Degraded {
  const lackOf = (what: string, check: () => void) => {
    try {
      check();
      return [];
    } catch (thrown) {
      if (!(thrown instanceof RouterError)) throw thrown;
      return [{ for: what, code: thrown.code, message: thrown.message }];
    }
  };
  const lackOfTarget = (target: Target, what = target.name) =>
    lackOf(what, () => providerOf(target).check?.(target, binding));
  const models = targets.flatMap((target) => lackOfTarget(target));
  const { judge, strategy } = router;
  const ownJudge = strategy === "llm" && judge !== undefined && !targets.includes(judge);
  return {
    missing: [
      ...models,
      ...(ownJudge ? lackOfTarget(judge, "router.model") : []),
      ...(strategy === "round_robin" ? lackOf("router.strategy", () => boundCounter(counter)) : []),
    ],
    nobody: models.length === targets.length,
  };
}
