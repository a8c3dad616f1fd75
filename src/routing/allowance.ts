/** Which models a key may use, by its limits. */
import { isCounted, type KeyLimits } from "../chat/key-limits.ts";
import type { Target } from "../target.ts";
import { RouterError } from "../errors.ts";
import { globMatches } from "../lib/glob.ts";
import { factsOf } from "./facts.ts";

export interface Allowance {
  /** Whether the key may use a model. */
  allows(target: Target): boolean;
  /** Whether it can also be counted what that costs, as far as the key's limits want to know it. */
  counts(target: Target): boolean;
}

function hasMoney({ moneyDay, moneyMonth }: KeyLimits): boolean {
  return moneyDay !== undefined || moneyMonth !== undefined;
}

/** Undefined where every model is allowed, and nothing counted. */
export function allowanceOf(limits: readonly KeyLimits[]): Allowance | undefined {
  const lists = limits.flatMap(({ models }) => (models ? [models] : []));
  const counted = limits.some(isCounted);
  if (lists.length === 0 && !counted) return undefined;
  const money = limits.some(hasMoney);
  const allows = ({ name }: Target) =>
    lists.every((patterns) => patterns.some((pattern) => globMatches(pattern, name)));
  const isRead = (target: Target) => !("usage" in target && target.usage === "unread");
  const counts = (target: Target) =>
    (!counted || isRead(target)) && (!money || factsOf(target).prices !== undefined);
  return { allows, counts };
}

/** @throws RouterError for a model that the client named and may not use. */
export function checkAllowed(target: Target, allowance: Allowance | undefined): void {
  if (allowance === undefined) return;
  const { name } = target;
  if (!allowance.allows(target)) throw notAllowed(`This key may not use '${name}'.`);
  if (allowance.counts(target)) return;
  throw new RouterError(
    "price_unknown",
    `What '${name}' costs is not known, and this key has a limit of money. Set llms.${name}.input_price and llms.${name}.output_price, and leave out usage: unread.`,
  );
}

/** Where the choice is the router's and there is nothing to choose from. */
export function nothingAllowed(): RouterError {
  return notAllowed("This key may use none of the models that hold conversations here.");
}

function notAllowed(text: string): RouterError {
  return new RouterError(
    "model_not_allowed",
    `${text} GET /v1/models lists those that it may use; whoever runs the router can change that (keys in the configuration).`,
    { param: "model" },
  );
}

/** @throws RouterError `invalid_api_key` for a key that may not be used (any more). */
export function checkUsable(limits: readonly KeyLimits[], now: number): void {
  for (const { disabled, expires } of limits) {
    if (disabled) throw unusable("is disabled");
    if (expires !== undefined && expires <= now)
      throw unusable(`has expired (${new Date(expires).toISOString()})`);
  }
}

function unusable(what: string): RouterError {
  return new RouterError("invalid_api_key", `The API key ${what}. Ask whoever runs the router.`);
}
