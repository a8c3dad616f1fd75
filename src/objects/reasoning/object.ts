import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import { hasTable, openTables, type SchemaStep } from "../schema.ts";

const KEEP_MS = 3_600_000;
/** A row holds at most 2 MB; reasoning that long is not worth its transport. */
const MAX_CHARS = 1_000_000;

const STEPS: readonly SchemaStep[] = [
  ({ sql }) =>
    void sql.exec(
      "CREATE TABLE reasoning (id TEXT PRIMARY KEY, blocks TEXT NOT NULL, expires INTEGER NOT NULL)",
    ),
];

/** One client's reasoning between the steps of its tool loops, each for an hour. */
export class ReasoningStore extends DurableObject<Env> {
  readonly #sql: SqlStorage;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#sql = state.storage.sql;
    openTables(state.storage, STEPS, (sql) => (hasTable(sql, "reasoning") ? 1 : 0));
  }

  /** Keeps a JSON text under an id; one that is there already is replaced. */
  async save(id: string, blocks: string): Promise<void> {
    if (blocks.length > MAX_CHARS) return;
    const expires = Date.now() + KEEP_MS;
    this.#sql.exec(
      "INSERT OR REPLACE INTO reasoning (id, blocks, expires) VALUES (?, ?, ?)",
      id,
      blocks,
      expires,
    );
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(expires);
  }

  /** The texts kept under these ids, in their order; null where there is none any more. */
  load(ids: readonly string[]): (string | null)[] {
    return ids.map((id) => {
      const [row] = this.#sql
        .exec<{ blocks: string }>("SELECT blocks FROM reasoning WHERE id = ? AND expires > ?", id, Date.now())
        .toArray();
      return row?.blocks ?? null;
    });
  }

  /** Forgets what has expired, and wakes again for what is left. */
  override async alarm(): Promise<void> {
    this.#sql.exec("DELETE FROM reasoning WHERE expires <= ?", Date.now());
    const [row] = this.#sql
      .exec<{ next: number | null }>("SELECT MIN(expires) AS next FROM reasoning")
      .toArray();
    if (row?.next) await this.ctx.storage.setAlarm(row.next);
  }
}
