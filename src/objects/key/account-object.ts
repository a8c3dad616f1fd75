/** What the Worker asks of a key's object, types only. */
import type { KeyLimits } from "../../chat/key-limits.ts";
import type { LedgerLine, LedgerSettings } from "../../chat/ledger-line.ts";
import type { RateLimits } from "../../chat/rate-limits.ts";

/** What may not be passed, of {@link KeyLimits}. */
export type CountedLimits = Pick<KeyLimits, "moneyDay" | "moneyMonth" | "requestsMinute" | "tokensMinute">;

/** What an exchange may cost at most, or has cost. */
export interface Amount {
  /** In micro-dollars. */
  readonly cost: number;
  readonly tokens: number;
}

export interface Reserve extends Amount {
  /** Of the exchange: reserving again adds to what it has. */
  readonly id: string;
  /** How long it may take until it is settled, in milliseconds. */
  readonly holdMs: number;
  readonly limits: CountedLimits;
}

export type Verdict =
  | { readonly kind: "granted"; readonly rates: RateLimits }
  | {
      readonly kind: "refused";
      readonly limit: keyof CountedLimits;
      /** Of that limit; micro-dollars, requests or tokens. */
      readonly most: number;
      /** Used up of it, and held for what is under way. */
      readonly used: number;
      readonly held: number;
      /** When it begins anew, in milliseconds since the epoch, and in how many. */
      readonly resetAt: number;
      readonly resetMs: number;
      readonly rates: RateLimits;
    };

/** What was used in a span of time. */
export interface Used extends Amount {
  readonly requests: number;
}

/** Of the day and the month, UTC, as they stand. */
export interface KeyUsage {
  readonly day: Used;
  readonly month: Used;
  /** Held this month for requests under way, in micro-dollars. */
  readonly held: number;
}

/** An exchange for which nothing was reserved. */
export interface Note {
  readonly id: string;
  readonly line: LedgerLine;
  /** The key has limits, which have refused it: it is in no count. */
  readonly counted: boolean;
}

/** The last exchanges of a key, the newest first. */
export type KeptLines = readonly {
  readonly number: number;
  readonly id: string;
  readonly line: LedgerLine;
}[];

/** How an exchange has ended for which something was reserved. */
export interface Settlement {
  readonly id: string;
  /** In place of what was reserved; undefined: as if nothing had been. */
  readonly used?: Amount;
  /** Undefined where the ledger is not told of it. */
  readonly line?: LedgerLine;
}

/** What a {@link KeyAccount} does for the Worker. */
export interface KeyObject {
  /** @param settled What is to be told besides, before it. */
  reserve(ask: Reserve, settled?: readonly Settlement[], settings?: LedgerSettings): Promise<Verdict>;
  /** What is settled already, or unknown, changes nothing. */
  tell(settled: readonly Settlement[], notes: readonly Note[], settings: LedgerSettings): Promise<void>;
  usage(): Promise<KeyUsage>;
  /** Of the exchanges before this number. */
  lines(before: number, most: number): Promise<KeptLines>;
  /** Takes back what was booked for an exchange that nobody has settled. @returns whether there was one of this id. */
  release(id: string): Promise<boolean>;
}
