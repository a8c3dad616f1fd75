/** What is asked of the objects that hold the totals, types only. */
import type { DayBatch, Sums } from "./sums.ts";

export interface LedgerBatch {
  /** The key's name. */
  readonly key: string;
  readonly tags: readonly string[];
  /** Counts the key's batches: one that comes again changes nothing. */
  readonly number: number;
  readonly days: DayBatch;
  /** How many days are kept. */
  readonly keepDays: number;
}

/** Days are counted from the epoch, both ends included. */
export interface UsageQuery {
  readonly by: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly key?: string | undefined;
  /** Of groups. */
  readonly most: number;
}

/** What it is of, in the order of the query's `by`, and the sums. */
export type UsageGroup = readonly [names: readonly (string | number)[], sums: readonly number[]];

export interface LedgerObject {
  tell(batch: LedgerBatch): Promise<void>;
  usage(query: UsageQuery): Promise<UsageGroup[]>;
  /** All that was ever told, by model and place; days that are forgotten among them. */
  metrics(): Promise<[name: string, sums: Sums][]>;
}
