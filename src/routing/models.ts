/** Finds the target that a client's `model` means. */
import type { Target } from "../contracts.ts";
import { globMatches } from "../lib/glob.ts";

/** The model name with which a client leaves the choice to the strategy. */
export const AUTO = "auto";
/** Why a model was chosen that the client named. */
export const NAMED = "The request names it.";

export type Lookup =
  | { readonly kind: "target"; readonly target: Target }
  | { readonly kind: "auto" }
  | { readonly kind: "unknown" };

/** No model has a longer name, and no pattern is held against one. */
const MAX_NAME_CHARS = 1024;

/**
 * The configured name, else an alias, else an upstream model id, else any of them after a provider prefix, as in
 * `openclaw/auto`: agents put the name of their provider entry before the model.
 */
export function findTarget(model: string, targets: readonly Target[]): Lookup {
  if (model.length > MAX_NAME_CHARS) return { kind: "unknown" };
  for (let name = model; ; ) {
    if (name === AUTO) return { kind: "auto" };
    const target =
      targets.find((t) => t.name === name) ??
      targets.find((t) => t.aliases?.some((alias) => globMatches(alias, name))) ??
      targets.find((t) => t.model === name);
    if (target) return { kind: "target", target };
    const slash = name.indexOf("/");
    if (slash === -1) return { kind: "unknown" };
    name = name.slice(slash + 1);
  }
}
