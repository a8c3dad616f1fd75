import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import { isObject } from "../../lib/json.ts";
import type { DirectoryObject, ListedChange, ListedKey } from "../key/made-key.ts";
import { openTables, type SchemaStep } from "../schema.ts";
import { storedJson } from "../stored-json.ts";

/** Of keys, revoked ones that are still listed among them. */
const MOST_KEYS = 10_000;

const STEPS: readonly SchemaStep[] = [
  ({ sql }) => {
    sql.exec(
      "CREATE TABLE keys (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, line TEXT NOT NULL) WITHOUT ROWID",
    );
  },
];

/** The list of the keys that were made at run time. Whether one is taken is for the key's own object to say. */
export class KeyDirectory extends DurableObject<Env> implements DirectoryObject {
  readonly #sql: SqlStorage;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    openTables(state.storage, STEPS);
    this.#sql = state.storage.sql;
  }

  async add(key: ListedKey): ReturnType<DirectoryObject["add"]> {
    const { id, name } = key;
    if (this.#sql.exec("SELECT 1 FROM keys WHERE name = ?", name).toArray().length > 0) return "name taken";
    const { count } = this.#sql.exec<{ count: number }>("SELECT count(*) AS count FROM keys").one();
    if (count >= MOST_KEYS) return "full";
    this.#sql.exec("INSERT INTO keys VALUES (?, ?, ?)", id, name, JSON.stringify(key));
    return "added";
  }

  async change(id: string, change: ListedChange): Promise<ListedKey | undefined> {
    const [key] = this.#lines("id = ?", id, 1);
    if (key === undefined) return undefined;
    const changed = { ...key, ...change };
    this.#sql.exec("UPDATE keys SET line = ? WHERE id = ?", JSON.stringify(changed), id);
    return changed;
  }

  async get(id: string): Promise<ListedKey | undefined> {
    return this.#lines("id = ?", id, 1)[0];
  }

  async list(after: string, most: number): Promise<ListedKey[]> {
    return this.#lines("id > ?", after, most);
  }

  async remove(id: string): Promise<void> {
    this.#sql.exec("DELETE FROM keys WHERE id = ?", id);
  }

  #lines(where: "id = ?" | "id > ?", id: string, most: number): ListedKey[] {
    const rows = this.#sql.exec<{ line: string }>(
      `SELECT line FROM keys WHERE ${where} ORDER BY id LIMIT ?`,
      id,
      most,
    );
    return [...rows].flatMap(({ line }) => {
      return storedJson("keys", line, isListed) ?? [];
    });
  }
}

/** Written by this very class. */
function isListed(value: unknown): value is ListedKey {
  return (
    isObject(value) &&
    typeof value.id === "string" &&
    typeof value.name === "string" &&
    isObject(value.limits)
  );
}
