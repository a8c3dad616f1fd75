/** Counts what Cloudflare bills as rows written: those of SQL, of the key-value form, and one for each alarm that is set. */

/** What an object does with its storage, with the rows that it has written so far. */
export function countingRows(storage: DurableObjectStorage) {
  let rows = 0;
  const exec = <T extends Record<string, SqlStorageValue>>(query: string, ...values: SqlStorageValue[]) => {
    const cursor = storage.sql.exec<T>(query, ...values);
    rows += cursor.rowsWritten;
    return cursor;
  };
  const sql = instead(storage.sql, { exec });
  const kv = instead(storage.kv, {
    put(key: string, value: unknown) {
      rows += 1;
      storage.kv.put(key, value);
    },
  });
  const setAlarm = (time: number) => {
    rows += 1;
    return storage.setAlarm(time);
  };
  return { counted: instead(storage, { sql, kv, setAlarm }), rows: () => rows };
}

/** The same object, but for some members. */
function instead<T extends object>(object: T, members: Readonly<Record<string, unknown>>): T {
  return new Proxy(object, {
    get(target, name) {
      if (typeof name === "string" && Object.hasOwn(members, name)) return members[name];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
