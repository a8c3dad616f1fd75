/** Finds the target that a client's `model` means. */
import type { Target } from "../contracts.ts";

/** The model name with which a client leaves the choice to the strategy. */
export const AUTO = "auto";

export type Lookup =
  | { readonly kind: "target"; readonly target: Target }
  | { readonly kind: "auto" }
  | { readonly kind: "unknown" };

/**
 * The configured name, else an upstream model id, else either of the two after a provider prefix, as in
 * `openclaw/auto`: agents put the name of their provider entry before the model.
 */
export function findTarget(model: string, targets: readonly Target[]): Lookup {
  for (let name = model; ; ) {
    if (name === AUTO) return { kind: "auto" };
    const target = targets.find((t) => t.name === name) ?? targets.find((t) => t.model === name);
    if (target) return { kind: "target", target };
    const slash = name.indexOf("/");
    if (slash === -1) return { kind: "unknown" };
    name = name.slice(slash + 1);
  }
}
