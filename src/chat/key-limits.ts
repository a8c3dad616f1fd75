/** What the clients' keys may use, and for how much. */

/** The section `keys`. */
export interface ClientLimits {
  /** By the keys' names. */
  readonly named: ReadonlyMap<string, KeyLimits>;
  /** Of every key without an entry of its own. */
  readonly each?: KeyLimits;
  /** Of all keys together. */
  readonly router?: KeyLimits;
}

/** What a key may use, and for how much; what is unset is not limited. */
export interface KeyLimits {
  /** Patterns of models' names. */
  readonly models?: readonly string[];
  /** Micro-dollars a day and a month, UTC. */
  readonly moneyDay?: number;
  readonly moneyMonth?: number;
  readonly requestsMinute?: number;
  readonly tokensMinute?: number;
  /** From when on it is refused, in milliseconds since the epoch. */
  readonly expires?: number;
  /** By which its usage is told apart. */
  readonly tags?: readonly string[];
  readonly disabled?: boolean;
}

/** Whether somebody has to count for a key with these limits before its request goes anywhere. */
export function isCounted({ moneyDay, moneyMonth, requestsMinute, tokensMinute }: KeyLimits): boolean {
  return [moneyDay, moneyMonth, requestsMinute, tokensMinute].some((limit) => limit !== undefined);
}

/**
 * The limits of a key: its own, else everybody's, and those of all keys together; the latter last.
 * @param made Those of a key that was made at run time; where it has none those of the configuration count.
 */
export function limitsOf(
  { named, each, router }: ClientLimits,
  name: string,
  made: KeyLimits = {},
): readonly KeyLimits[] {
  const own = Object.keys(made).length > 0 ? made : (named.get(name) ?? each);
  return [...(own ? [own] : []), ...(router ? [router] : [])];
}
