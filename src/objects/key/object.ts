import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import type { Amount, KeyObject, KeyUsage, Reserve, Verdict } from "./account-object.ts";
import { type KeyCounts, keyCounts } from "./counts.ts";
import type { MadeKey, MadeKeyObject } from "./made-key.ts";
import { keyTables } from "./tables.ts";

/** Where a key that was made at run time is kept. */
const MADE = "made";

/**
 * Counts for one key, or for all of them together. Its name is a digest of the key's: what a key has used stays with its name when
 * it is rotated. One that was made at run time is kept by another object of this class, which has its id for a name. A write is durable before any answer that rests on it leaves the object.
 */
export class KeyAccount extends DurableObject<Env> implements KeyObject, MadeKeyObject {
  #counts: KeyCounts | undefined;
  /** When the alarm goes off; null: it is not set. */
  #alarm: number | null | undefined;

  async reserve(ask: Reserve): Promise<Verdict> {
    const now = Date.now();
    const verdict = this.#count((counts) => counts.reserve(ask, now));
    if (verdict.kind === "granted") await this.#arm(now + ask.holdMs);
    return verdict;
  }

  async settle(id: string, used: Amount): Promise<void> {
    this.#count((counts) => counts.settle(id, used));
  }

  async cancel(id: string): Promise<void> {
    this.#count((counts) => counts.cancel(id));
  }

  async usage(): Promise<KeyUsage> {
    return this.#count((counts) => counts.usage(Date.now()));
  }

  async made(): Promise<MadeKey | undefined> {
    return this.ctx.storage.kv.get<MadeKey>(MADE);
  }

  async make(key: MadeKey): Promise<void> {
    this.ctx.storage.kv.put(MADE, key);
  }

  /** For what nobody has settled: the isolate that would have is gone. */
  override async alarm(): Promise<void> {
    this.#alarm = null;
    const due = this.#count((counts) => {
      counts.expire(Date.now());
      return counts.nextDue();
    });
    if (due !== undefined) await this.#arm(due);
  }

  #count<T>(work: (counts: KeyCounts) => T): T {
    this.#counts ??= keyCounts(keyTables(this.ctx.storage), Date.now());
    try {
      return work(this.#counts);
    } catch (thrown) {
      // What could not be written does not count: it is read anew.
      this.#counts = undefined;
      throw thrown;
    }
  }

  /** Sets the alarm, unless it comes early enough already. Mostly it does: what begins later is due later. */
  async #arm(due: number): Promise<void> {
    if (this.#alarm === undefined) this.#alarm = await this.ctx.storage.getAlarm();
    if (this.#alarm !== null && this.#alarm <= due) return;
    this.#alarm = due;
    await this.ctx.storage.setAlarm(due);
  }
}
