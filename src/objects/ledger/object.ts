import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import { openTables, type SchemaStep } from "../schema.ts";
import type { LedgerBatch, LedgerObject, UsageGroup, UsageQuery } from "./ledger-object.ts";
import { storedJson } from "../stored-json.ts";
import {
  COLUMNS,
  type DaySums,
  isSums,
  OTHER,
  placeOf,
  plusSums,
  risen,
  type SessionSums,
  type Sums,
} from "./sums.ts";

const DAY_MS = 86_400_000;
/** Of a key, the newest; the rest counts as {@link OTHER}. */
const MOST_SESSIONS = 1000;
/** To count them is to read them: with every so many batches of a key. */
const COUNT_EVERY = 16;
const KEEP_DAYS = "days";

const STEPS: readonly SchemaStep[] = [
  ({ sql }) => {
    const numbers = COLUMNS.map((name) => `${name} INTEGER NOT NULL`).join(", ");
    for (const table of [
      "keys (key TEXT PRIMARY KEY, number INTEGER NOT NULL, tags TEXT NOT NULL)",
      `totals (day INTEGER, key TEXT, model TEXT, place TEXT, ${numbers}, PRIMARY KEY (day, key, model, place))`,
      "sessions (key TEXT, session TEXT, day INTEGER NOT NULL, requests INTEGER NOT NULL, tokens INTEGER NOT NULL, cost INTEGER NOT NULL, PRIMARY KEY (key, session))",
      // Since the beginning, whatever is forgotten.
      "metrics (name TEXT PRIMARY KEY, sums TEXT NOT NULL)",
    ]) {
      sql.exec(`CREATE TABLE ${table} WITHOUT ROWID`);
    }
  },
];

/** Where a dimension of a question stands. */
const DIMENSIONS: Readonly<Record<string, string>> = {
  ...{ day: "day", key: "totals.key", model: "model", place: "place", tag: "value" },
};

/** Tags that cannot be read any more are none: the question would fail for all keys. */
const TAGS = "json_each(iif(json_valid(tags), tags, '[]'))";

/**
 * Totals of every sixteenth key. What a key's object tells is counted once, however often it comes: its batches have numbers.
 */
export class Ledger extends DurableObject<Env> implements LedgerObject {
  get #sql(): SqlStorage {
    return this.ctx.storage.sql;
  }

  async tell({ key, tags, number, days, keepDays }: LedgerBatch): Promise<void> {
    openTables(this.ctx.storage, STEPS);
    const told = this.#sql.exec<{ number: number }>("SELECT number FROM keys WHERE key = ?", key).toArray();
    if ((told[0]?.number ?? 0) < number) {
      this.ctx.storage.transactionSync(() => {
        this.#sql.exec("INSERT OR REPLACE INTO keys VALUES (?, ?, ?)", key, number, JSON.stringify(tags));
        for (const [day, sums] of days) this.#add(key, day, sums);
        if (number % COUNT_EVERY === 0) this.#foldSessions(key);
      });
    }
    const { kv } = this.ctx.storage;
    if (kv.get(KEEP_DAYS) !== keepDays) kv.put(KEEP_DAYS, keepDays);
    if ((await this.ctx.storage.getAlarm()) === null) await this.#forgetTomorrow();
  }

  async usage({ by, from, to, key, most }: UsageQuery): Promise<UsageGroup[]> {
    openTables(this.ctx.storage, STEPS);
    if (by[0] === "session") return this.#sessions(key ?? "", from, most);
    const names = by.map((name) => DIMENSIONS[name] ?? "");
    const sums = COLUMNS.map((name) => `sum(${name})`);
    const tables = by.includes("tag") ? `totals JOIN keys USING (key), ${TAGS}` : "totals";
    const rows = this.#sql.exec(
      `SELECT ${[...names, ...sums].join(", ")} FROM ${tables} WHERE day BETWEEN ? AND ? AND (? IS NULL OR totals.key = ?)
        GROUP BY ${names.join(", ")} LIMIT ?`,
      ...[from, to, key ?? null, key ?? null, most],
    );
    return [...rows.raw()].map((row) => [
      row.slice(0, by.length).map(text),
      row.slice(by.length).map(Number),
    ]);
  }

  async metrics(): Promise<[string, Sums][]> {
    openTables(this.ctx.storage, STEPS);
    const rows = this.#sql.exec<{ name: string; sums: string }>("SELECT * FROM metrics");
    return [...rows].flatMap(({ name, sums }): [string, Sums][] => {
      const told = storedJson("metrics", sums, isSums);
      return told ? [[name, told]] : [];
    });
  }

  /** Once a day: forgets what is older than it may be. */
  override async alarm(): Promise<void> {
    const days = this.ctx.storage.kv.get<number>(KEEP_DAYS) ?? 0;
    const before = Math.floor(Date.now() / DAY_MS) - days;
    for (const table of ["totals", "sessions"]) {
      this.#sql.exec(`DELETE FROM ${table} WHERE day < ?`, before);
    }
    const [kept] = this.#sql.exec("SELECT 1 FROM totals LIMIT 1").toArray();
    if (kept) await this.#forgetTomorrow();
  }

  async #forgetTomorrow(): Promise<void> {
    await this.ctx.storage.setAlarm((Math.floor(Date.now() / DAY_MS) + 1) * DAY_MS);
  }

  #add(key: string, day: number, { places, sessions }: DaySums): void {
    const marks = COLUMNS.map(() => "?").join(", ");
    const added = COLUMNS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ");
    for (const [name, sums] of places) {
      const place = placeOf(name);
      if (place === undefined) continue;
      this.#sql.exec(
        `INSERT INTO totals VALUES (?, ?, ?, ?, ${marks}) ON CONFLICT DO UPDATE SET ${added}`,
        ...[day, key, ...place, ...sums.columns],
      );
      const [known] = this.#sql
        .exec<{ sums: string }>("SELECT sums FROM metrics WHERE name = ?", name)
        .toArray();
      // Counters never go down: a reader would take it for a restart, and what is left for new.
      const before = known && storedJson("metrics", known.sums, isSums);
      const all = before ? plusSums(before, risen(sums)) : risen(sums);
      this.#sql.exec("INSERT OR REPLACE INTO metrics VALUES (?, ?)", name, JSON.stringify(all));
    }
    for (const [session, sums] of sessions) this.#addSession(key, session, day, sums);
  }

  #addSession(key: string, session: string, day: number, sums: SessionSums): void {
    this.#sql.exec(
      `INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET day = max(day, excluded.day),
        requests = requests + excluded.requests, tokens = tokens + excluded.tokens, cost = cost + excluded.cost`,
      ...[key, session, day, ...sums],
    );
  }

  /** Makes one of the oldest where there are too many. */
  #foldSessions(key: string): void {
    const { count } = this.#sql
      .exec<{ count: number }>("SELECT count(*) AS count FROM sessions WHERE key = ?", key)
      .one();
    if (count <= MOST_SESSIONS) return;
    const oldest = `SELECT session FROM sessions WHERE key = ? AND session <> '${OTHER}' ORDER BY day, session LIMIT ?`;
    const many = count - MOST_SESSIONS;
    const { day, requests, tokens, cost } = this.#sql
      .exec<Record<"day" | "requests" | "tokens" | "cost", number>>(
        `SELECT max(day) AS day, sum(requests) AS requests, sum(tokens) AS tokens, sum(cost) AS cost FROM sessions
          WHERE key = ? AND session IN (${oldest})`,
        ...[key, key, many],
      )
      .one();
    this.#sql.exec(`DELETE FROM sessions WHERE key = ? AND session IN (${oldest})`, key, key, many);
    this.#addSession(key, OTHER, day, [requests, tokens, cost]);
  }

  /** Their sums have fewer columns: requests, tokens, cost. */
  #sessions(key: string, from: number, most: number): UsageGroup[] {
    const rows = this.#sql.exec(
      "SELECT session, requests, tokens, cost FROM sessions WHERE key = ? AND day >= ? ORDER BY day DESC LIMIT ?",
      ...[key, from, most],
    );
    return [...rows.raw()].map(([session, ...sums]) => [[text(session ?? "")], sums.map(Number)]);
  }
}

function text(value: SqlStorageValue): string | number {
  return typeof value === "number" ? value : String(value);
}
