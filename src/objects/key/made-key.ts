/** A key that was made at run time, as its object keeps it, types only. */
import type { KeyLimits } from "../../chat/key-limits.ts";

/** SHA-256 of a key, in hex; the key itself is kept nowhere. */
export interface KeyDigest {
  readonly hex: string;
  /** Of one that was replaced: until when it is still taken, in milliseconds since the epoch. */
  readonly until?: number;
}

export interface MadeKey {
  readonly name: string;
  readonly digests: readonly KeyDigest[];
  /** None of its own: those of the configuration count. */
  readonly limits: KeyLimits;
  readonly revoked: boolean;
}

/** What becomes of a key. */
export type KeyChange =
  | { readonly limits: KeyLimits }
  /** SHA-256 of the next key, in hex, and how long the one before it is still taken. */
  | { readonly rotated: { readonly hex: string; readonly keepMs: number } }
  | { readonly revoked: true };

/** What a key's object does for whoever looks after the keys. */
export interface MadeKeyObject {
  made(): Promise<MadeKey | undefined>;
  make(key: MadeKey): Promise<void>;
  /** In one step, whoever else changes it. @returns the key as it is then, unchanged where it was revoked; undefined: there is none. */
  change(change: KeyChange): Promise<MadeKey | undefined>;
}

/** A line of the list. Times in milliseconds since the epoch. */
export interface ListedKey {
  readonly id: string;
  readonly name: string;
  readonly limits: KeyLimits;
  readonly createdAt: number;
  readonly rotatedAt?: number;
  readonly revokedAt?: number;
  /** Where its object was asked to be. */
  readonly location?: string;
}

export type ListedChange = Partial<Pick<ListedKey, "limits" | "rotatedAt" | "revokedAt">>;

export interface DirectoryObject {
  /** @returns what keeps it from being listed. */
  add(key: ListedKey): Promise<"added" | "name taken" | "full">;
  /** @returns what is listed then; undefined: nothing is. */
  change(id: string, change: ListedChange): Promise<ListedKey | undefined>;
  get(id: string): Promise<ListedKey | undefined>;
  /** By their ids, from the one behind `after` on. */
  list(after: string, most: number): Promise<ListedKey[]>;
  remove(id: string): Promise<void>;
}
