/** Tables of a Durable Object, and the number that says in which form its storage has them. */

/** Brings tables from one form to the next; the first step makes them. */
export type SchemaStep = (storage: DurableObjectStorage) => void;

/** Where the number is kept, beside the tables. */
const NUMBER = "schema";

/**
 * Brings the tables of a storage to their newest form, in one transaction: it is done whole, or not at all.
 * @param steps The form of a storage is how many of these it has behind it. Written once, a step is never changed again.
 * @param unnumbered The form of tables that were made before forms had numbers; 0 where there are none.
 * @throws Error when the tables are newer than this code: it would lose what it does not know.
 */
export function openTables(
  storage: DurableObjectStorage,
  steps: readonly SchemaStep[],
  unnumbered: (sql: SqlStorage) => number = () => 0,
): void {
  const found = storage.kv.get<number>(NUMBER) ?? unnumbered(storage.sql);
  if (found > steps.length) {
    throw new Error(
      `the tables have form ${found}, this version of the Worker knows ${steps.length}: deploy the newer one again`,
    );
  }
  if (found === steps.length && storage.kv.get(NUMBER) !== undefined) return;
  storage.transactionSync(() => {
    for (const step of steps.slice(found)) step(storage);
    storage.kv.put(NUMBER, steps.length);
  });
}

/** Whether the storage has a table. */
export function hasTable(sql: SqlStorage, name: string): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name).toArray().length > 0;
}
