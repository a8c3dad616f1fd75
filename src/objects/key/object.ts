import { DurableObject } from "cloudflare:workers";
import type { LedgerSettings } from "../../chat/ledger-line.ts";
import type { Env } from "../../env.ts";
import { tellLedger } from "../ledger/client.ts";
import type { DayBatch } from "../ledger/sums.ts";
import type { KeptLines, KeyObject, KeyUsage, Note, Reserve, Settlement, Verdict } from "./account-object.ts";
import { type Alerts, keyAlerts } from "./alerts.ts";
import { type Book, keyBook } from "./book.ts";
import { dayOf, KEEP_DAYS, type KeyCounts, keyCounts } from "./counts.ts";
import { changedKey } from "./made.ts";
import type { KeyChange, MadeKey, MadeKeyObject } from "./made-key.ts";
import { type KeyTables, keyTables } from "./tables.ts";

const DAY_MS = 86_400_000;
/** Where a key that was made at run time is kept. */
const MADE = "made";
/** Where the ledger's settings are kept, and the batch that it is being told. */
const SETTINGS = "ledger";
const TOLD = "told";
/** How often the ledger is told. */
const TELL_MS = 60_000;
/** After so long one that could not be told is told again. */
const TELL_AGAIN_MS = 5 * 60_000;
/** Who comes so soon after the last write waits for those that come at the same time, in milliseconds. */
const BUSY_MS = 100;
const TOGETHER_MS = 2;

/** What is kept in memory. */
interface Opened {
  readonly tables: KeyTables;
  readonly book: Book;
  readonly counts: KeyCounts;
  readonly alerts: Alerts;
}

interface Told {
  /** Of the last batch. */
  readonly number: number;
  /** Undefined once it was told. */
  readonly days?: DayBatch;
}

/**
 * Counts for one key, or for all of them together. Its name is a digest of the key's: what a key has used stays with its name when
 * it is rotated. One that was made at run time is kept by another object of this class, which has its id for a name. A write is durable before any answer that rests on it leaves the object.
 */
export class KeyAccount extends DurableObject<Env> implements KeyObject, MadeKeyObject {
  #opened: Opened | undefined;
  #settings: LedgerSettings | undefined;
  /** When the alarm goes off; null: it is not set. */
  #alarm: number | null | undefined;
  /** Who waits for what they have changed to be written. */
  #waiting: PromiseWithResolvers<void> | undefined;
  #writtenAt = 0;

  async reserve(
    ask: Reserve,
    settled: readonly Settlement[] = [],
    settings?: LedgerSettings,
  ): Promise<Verdict> {
    const now = Date.now();
    if (settings) this.#settle(settled, settings);
    const { counts, alerts } = this.#open();
    const verdict = counts.reserve(ask, now);
    alerts.reserved(ask.limits, verdict);
    if (verdict.kind === "granted" || settings) {
      await this.#writeSoon();
      await this.#arm(now + ask.holdMs);
      if (settings) await this.#armToTell();
    }
    return verdict;
  }

  async tell(
    settled: readonly Settlement[],
    notes: readonly Note[],
    settings: LedgerSettings,
  ): Promise<void> {
    this.#settle(settled, settings);
    const { counts } = this.#open();
    for (const note of notes) counts.note(note);
    this.#write();
    await this.#armToTell();
  }

  #settle(settled: readonly Settlement[], settings: LedgerSettings): void {
    this.#set(settings);
    const { counts, alerts } = this.#open();
    for (const { id, used, line } of settled) {
      if (used) counts.settle(id, used, line);
      else counts.cancel(id);
    }
    alerts.settled(() => counts.usage(Date.now()));
  }

  async usage(): Promise<KeyUsage> {
    return this.#open().counts.usage(Date.now());
  }

  async lines(before: number, most: number): Promise<KeptLines> {
    this.#write();
    return this.#open().tables.lines(before, most);
  }

  async release(id: string): Promise<boolean> {
    const { counts, book } = this.#open();
    if (book.reservations.get(id)?.unsettled !== true) return false;
    const released = counts.settle(id, { cost: 0, tokens: 0 });
    this.#write();
    await this.#armToTell();
    return released;
  }

  async made(): Promise<MadeKey | undefined> {
    return this.ctx.storage.kv.get<MadeKey>(MADE);
  }

  async make(key: MadeKey): Promise<void> {
    this.ctx.storage.kv.put(MADE, key);
  }

  async change(change: KeyChange): Promise<MadeKey | undefined> {
    const key = this.ctx.storage.kv.get<MadeKey>(MADE);
    if (key === undefined) return undefined;
    const changed = changedKey(key, change, Date.now());
    this.ctx.storage.kv.put(MADE, changed);
    return changed;
  }

  /** For what nobody has settled: the isolate that would have is gone. And for what the ledger has not been told. */
  override async alarm(): Promise<void> {
    this.#alarm = null;
    const now = Date.now();
    const { counts, book, tables } = this.#open();
    counts.expire(now);
    this.#write();
    await this.#tell();
    const { days = 0 } = this.#ledger() ?? {};
    const oldest = tables.forgetLines(now - days * DAY_MS);
    const dues = [counts.nextDue(), oldest === undefined ? undefined : oldest + (days + 1) * DAY_MS];
    for (const due of dues) if (due !== undefined) await this.#arm(due);
    if (book.hasUntold) await this.#arm(now + TELL_MS);
  }

  /** Tells the ledger one batch; the same again where it is not known whether the last has come through. */
  async #tell(): Promise<void> {
    const settings = this.#ledger();
    const { storage } = this.ctx;
    let { number, days } = storage.kv.get<Told>(TOLD) ?? { number: 0, days: undefined };
    const { book } = this.#open();
    if (settings === undefined || (days === undefined && !book.hasUntold)) return;
    if (days === undefined) {
      number += 1;
      days = book.takeUntold();
      const batch: Told = { number, days };
      storage.transactionSync(() => {
        storage.kv.put(TOLD, batch);
        book.write();
      });
    }
    const { key, tags, days: keepDays } = settings;
    try {
      await tellLedger(this.env, { key, tags, number, days, keepDays });
      storage.kv.put<Told>(TOLD, { number });
    } catch (thrown) {
      console.error(JSON.stringify({ code: "ledger_untold", cause: String(thrown) }));
      await this.#arm(Date.now() + TELL_AGAIN_MS);
    }
  }

  #open(): Opened {
    if (this.#opened) return this.#opened;
    const now = Date.now();
    const tables = keyTables(this.ctx.storage);
    const book = keyBook(tables, dayOf(now) - KEEP_DAYS, () => this.#ledger()?.ledger ?? "off");
    const alerts = keyAlerts(this.ctx, () => this.#settings);
    this.#opened = { tables, book, counts: keyCounts(book, now), alerts };
    return this.#opened;
  }

  /** What it was told last, with whom it belongs to; kept, since an alarm is told nothing. */
  #ledger(): LedgerSettings | undefined {
    this.#settings ??= this.ctx.storage.kv.get<LedgerSettings>(SETTINGS);
    return this.#settings;
  }

  #set(settings: LedgerSettings): void {
    const { webhook: _, ...kept } = settings;
    const { webhook: __, ...before } = this.#ledger() ?? {};
    this.#settings = settings;
    if (JSON.stringify(kept) !== JSON.stringify(before)) this.ctx.storage.kv.put(SETTINGS, kept);
  }

  /** Writes what has changed, at once or, where that was done a moment ago, together with what else comes in the next. */
  #writeSoon(): Promise<void> | undefined {
    if (this.#waiting) return this.#waiting.promise;
    if (Date.now() - this.#writtenAt >= BUSY_MS) {
      this.#write();
      return undefined;
    }
    this.#waiting = Promise.withResolvers();
    setTimeout(() => this.#writeLate(), TOGETHER_MS);
    return this.#waiting.promise;
  }

  #writeLate(): void {
    try {
      this.#write();
    } catch {
      // Those who wait are told.
    }
  }

  #write(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    try {
      this.ctx.storage.transactionSync(() => this.#opened?.book.write());
      this.#writtenAt = Date.now();
      waiting?.resolve();
    } catch (thrown) {
      // What could not be written does not count: it is read anew.
      this.#opened = undefined;
      waiting?.reject(thrown);
      throw thrown;
    }
  }

  async #armToTell(): Promise<void> {
    if (this.#open().book.hasUntold) await this.#arm(Date.now() + TELL_MS);
  }

  /** Sets the alarm, unless it comes early enough already. Mostly it does: what begins later is due later. */
  async #arm(due: number): Promise<void> {
    if (this.#alarm === undefined) this.#alarm = await this.ctx.storage.getAlarm();
    if (this.#alarm !== null && this.#alarm <= due) return;
    this.#alarm = due;
    await this.ctx.storage.setAlarm(due);
  }
}
