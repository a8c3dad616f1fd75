/** Finds the target that a client's `model` means. */
import type { Config } from "../config/types.ts";
import { type Allowance, checkAllowed } from "./allowance.ts";
import { RouterError } from "../errors.ts";
import type { Target } from "../target.ts";
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

export type Task = NonNullable<Target["task"]>;

/** How messages name a model, and where it is asked. */
const WORDS: Readonly<Record<Task, { readonly model: string; readonly endpoint: string }>> = {
  embedding: { model: "an embedding model", endpoint: "POST /v1/embeddings" },
  rerank: { model: "a rerank model", endpoint: "POST /v1/rerank" },
};

/**
 * @param allowance Which models the key may use; undefined: all.
 * @throws RouterError with `param: model` unless the name is that of a model for the task, which the key may use.
 */
export function taskTarget(
  name: string,
  task: Task,
  { targets }: Config,
  allowance: Allowance | undefined,
): Target {
  const able = targets.filter((target) => target.task === task);
  const found = findTarget(name, able);
  if (found.kind === "target") {
    checkAllowed(found.target, allowance);
    return found.target;
  }
  const allowed = allowance ? able.filter((target) => allowance.allows(target)) : able;
  const known =
    allowed.length === 0
      ? "None is configured."
      : `Models: ${allowed.map((target) => target.name).join(", ")}.`;
  const other = findTarget(name, targets);
  if (other.kind === "target") {
    const where =
      other.target.task === undefined ? "POST /v1/chat/completions" : WORDS[other.target.task].endpoint;
    throw wrongModel(`'${name}' is not ${WORDS[task].model}: it is asked at ${where}. ${known}`);
  }
  if (found.kind === "auto") {
    throw wrongModel(
      `'${AUTO}' chooses among models that hold conversations. Name ${WORDS[task].model}. ${known}`,
    );
  }
  throw new RouterError("model_not_found", `The model '${name}' does not exist here. ${known}`, {
    param: "model",
  });
}

/** For a conversation that names a model which holds none. */
export function holdsNoConversation({ name, task }: Target): RouterError {
  const { model, endpoint } = WORDS[task ?? "embedding"];
  return wrongModel(`'${name}' is ${model}: it is asked at ${endpoint}.`);
}

function wrongModel(text: string): RouterError {
  return new RouterError("invalid_value", `Invalid 'model': ${text}`, { param: "model" });
}
