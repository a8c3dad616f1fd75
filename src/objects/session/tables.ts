/** The tables of a session, in every form that they have had. */
import { addWordsToFrameRows, makeFrameRows } from "../frame-rows.ts";
import { hasTable, openTables, type SchemaStep } from "../schema.ts";
import { writeText } from "./texts.ts";

const STEPS: readonly SchemaStep[] = [
  ({ sql }) => {
    sql.exec(
      "CREATE TABLE turns (number INTEGER PRIMARY KEY, id TEXT, state TEXT NOT NULL, before INTEGER, ended INTEGER)",
    );
    sql.exec("CREATE INDEX turn_ids ON turns (id)");
    sql.exec(
      "CREATE TABLE texts (turn INTEGER, kind TEXT, part INTEGER, text TEXT NOT NULL, PRIMARY KEY (turn, kind, part))",
    );
    makeFrameRows(sql);
  },
  // What a turn reads and writes no longer grows with the turns before it: sums are kept, and what is looked for has an index.
  ({ sql, kv }) => {
    sql.exec("ALTER TABLE turns ADD COLUMN chars INTEGER NOT NULL DEFAULT 0");
    sql.exec(
      `UPDATE turns SET chars = (SELECT SUM(LENGTH(text)) FROM texts WHERE turn = number)
       WHERE number IN (SELECT turn FROM texts WHERE kind = 'answer')`,
    );
    sql.exec("CREATE INDEX turn_history ON turns (number, chars) WHERE chars > 0");
    sql.exec("CREATE INDEX turn_unfinished ON turns (number) WHERE ended IS NULL");
    addWordsToFrameRows(sql);
    const [sum] = sql.exec<{ chars: number | null }>("SELECT SUM(chars) AS chars FROM turns").toArray();
    kv.put("history", sum?.chars ?? 0);
    // A value of the key-value store is smaller than a system message may be.
    const system = kv.get<string>("system");
    if (system !== undefined) writeText(sql, { turn: 0, kind: "system" }, system);
    kv.delete("system");
  },
];

/** Makes a session's tables, or brings them to their newest form. Throws when they are of a newer one still. */
export function openSessionTables(storage: DurableObjectStorage): void {
  openTables(storage, STEPS, (sql) => (hasTable(sql, "turns") ? 1 : 0));
}
