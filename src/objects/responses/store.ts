/** A chain of stored responses in SQLite: a tree, since two answers may follow on one. All texts are JSON, cut into rows. */
import { cutAt } from "../../lib/text.ts";
import { addWordsToFrameRows, makeFrameRows } from "../frame-rows.ts";
import { openTables, type SchemaStep } from "../schema.ts";
import { storedList } from "../stored-json.ts";

/** A row holds at most 2 MB, a UTF-16 unit becomes at most 3 bytes. */
const PART_CHARS = 300_000;
/** What one chain may hold; beyond, the client is told to begin anew. */
const MOST_RESPONSES = 1_000;
const MOST_BYTES = 64 * 2 ** 20;

/** Texts of a response; each is asked for on its own. */
type Kind = "input" | "output" | "response";

/** One response, as it is kept. */
export interface KeptResponse {
  readonly number: number;
  /** The response that it follows on; undefined for the first of a chain. */
  readonly parent: number | undefined;
  /** JSON text of the list of its own input items. */
  readonly input: string;
  /** JSON text of the list of its output items, reasoning included as the model wants it back. */
  readonly output: string;
  /** JSON text of the response object that clients get. */
  readonly response: string;
}

/** Why something is not to be had. */
export type Missing = "unknown" | "too long";

export interface ResponseStore {
  /** The number for a further response; undefined when the chain is full. */
  reserve(): number | undefined;
  /** Keeps a response and all that came with it. @returns false when the chain is full */
  keep(response: KeptResponse): boolean;
  /** Puts another response object in the place of the kept one. */
  replace(number: number, response: string): void;
  /** JSON text of the response object; undefined for a number that is not kept. */
  response(number: number): string | undefined;
  /** Everything that was said up to a response, its own input and output included, as a JSON list of at most `most` characters. */
  history(number: number, most: number): { readonly items: string } | { readonly missing: Missing };
  /** What a response was asked: the history of its parent, and its own input. */
  input(number: number, most: number): { readonly items: string } | { readonly missing: Missing };
  /** JSON text of one output item; undefined where there is none. */
  item(number: number, index: number): string | undefined;
  /** Forgets a response and its texts. @returns false for a number that is not kept */
  remove(number: number): boolean;
  /** Notes a run in the background; `ended` is when, in milliseconds since the epoch. */
  running(number: number): void;
  ended(number: number, now: number): void;
  /** Runs that have not ended. */
  unfinished(): number[];
}

/** The table of runs in the background, for the rows of their frames. */
export const RUNS = "runs";

const STEPS: readonly SchemaStep[] = [
  ({ sql }) => {
    sql.exec("CREATE TABLE responses (number INTEGER PRIMARY KEY, parent INTEGER)");
    sql.exec(
      "CREATE TABLE texts (number INTEGER, kind TEXT, part INTEGER, text TEXT NOT NULL, PRIMARY KEY (number, kind, part))",
    );
    sql.exec(`CREATE TABLE ${RUNS} (number INTEGER PRIMARY KEY, ended INTEGER)`);
    makeFrameRows(sql);
    addWordsToFrameRows(sql);
  },
];

/** Opens a chain's storage. @throws Error for tables of a version that is newer than this code */
export function responseStore(storage: DurableObjectStorage): ResponseStore {
  openTables(storage, STEPS);
  const { sql, kv } = storage;

  const first = <Row extends Record<string, SqlStorageValue>>(query: string, ...values: SqlStorageValue[]) =>
    sql.exec<Row>(query, ...values).toArray()[0];
  const exists = (number: number): boolean =>
    first("SELECT 1 AS found FROM responses WHERE number = ?", number) !== undefined;
  const text = (number: number, kind: Kind): string =>
    sql
      .exec<{ text: string }>(
        "SELECT text FROM texts WHERE number = ? AND kind = ? ORDER BY part",
        number,
        kind,
      )
      .toArray()
      .map((row) => row.text)
      .join("");
  const write = (number: number, kind: Kind, value: string): void => {
    sql.exec("DELETE FROM texts WHERE number = ? AND kind = ?", number, kind);
    let part = 0;
    for (const piece of pieces(value)) {
      sql.exec("INSERT INTO texts VALUES (?, ?, ?, ?)", number, kind, part++, piece);
    }
  };
  /** From the first of the chain to this one; undefined where one on the way is not kept. */
  const path = (number: number): number[] | undefined => {
    const numbers: number[] = [];
    for (let at: number | null = number; at !== null; ) {
      const row: { parent: number | null } | undefined = first(
        "SELECT parent FROM responses WHERE number = ?",
        at,
      );
      if (row === undefined || numbers.length > MOST_RESPONSES) return undefined;
      numbers.unshift(at);
      at = row.parent;
    }
    return numbers;
  };
  const joined = (parts: readonly (readonly [number: number, kind: Kind])[], most: number) => {
    let total = 0;
    const lists: string[] = [];
    for (const [number, kind] of parts) {
      const list = text(number, kind).slice(1, -1);
      total += list.length;
      if (total > most) return { missing: "too long" } as const;
      if (list !== "") lists.push(list);
    }
    return { items: `[${lists.join(",")}]` };
  };
  const isFull = (more: number): boolean => {
    const size = kv.get<number>("bytes") ?? 0;
    const count = first<{ count: number }>("SELECT COUNT(*) AS count FROM responses")?.count ?? 0;
    return count >= MOST_RESPONSES || size + more > MOST_BYTES;
  };
  /** As {@link ResponseStore.keep} counts them. */
  const bytesOf = (number: number): number =>
    3 *
    (first<{ chars: number | null }>("SELECT SUM(LENGTH(text)) AS chars FROM texts WHERE number = ?", number)
      ?.chars ?? 0);
  const saidUntil = (number: number): [number, Kind][] | undefined =>
    path(number)?.flatMap((at): [number, Kind][] => [
      [at, "input"],
      [at, "output"],
    ]);

  return {
    reserve() {
      if (isFull(0)) return undefined;
      const number = kv.get<number>("next") ?? 0;
      kv.put("next", number + 1);
      return number;
    },
    keep({ number, parent, input, output, response }) {
      const bytes = 3 * (input.length + output.length + response.length);
      if (isFull(bytes) && !exists(number)) return false;
      storage.transactionSync(() => {
        // Of one that is told again.
        const before = bytesOf(number);
        sql.exec("INSERT OR REPLACE INTO responses VALUES (?, ?)", number, parent ?? null);
        write(number, "input", input);
        write(number, "output", output);
        write(number, "response", response);
        kv.put("bytes", Math.max(0, (kv.get<number>("bytes") ?? 0) - before) + bytes);
        if ((kv.get<number>("next") ?? 0) <= number) kv.put("next", number + 1);
      });
      return true;
    },
    replace(number, response) {
      if (exists(number)) storage.transactionSync(() => write(number, "response", response));
    },
    response: (number) => (exists(number) ? text(number, "response") : undefined),
    history(number, most) {
      const parts = saidUntil(number);
      return parts === undefined ? { missing: "unknown" } : joined(parts, most);
    },
    input(number, most) {
      const parts = saidUntil(number);
      return parts === undefined ? { missing: "unknown" } : joined(parts.slice(0, -1), most);
    },
    item(number, index) {
      if (!exists(number)) return undefined;
      const item = storedList("texts", text(number, "output") || "[]")?.[index];
      return item === undefined ? undefined : JSON.stringify(item);
    },
    remove(number) {
      if (!exists(number)) return false;
      const bytes = bytesOf(number);
      storage.transactionSync(() => {
        kv.put("bytes", Math.max(0, (kv.get<number>("bytes") ?? 0) - bytes));
        sql.exec("DELETE FROM responses WHERE number = ?", number);
        sql.exec("DELETE FROM texts WHERE number = ?", number);
        sql.exec("DELETE FROM frames WHERE turn = ?", number);
        sql.exec(`DELETE FROM ${RUNS} WHERE number = ?`, number);
      });
      return true;
    },
    running: (number) => void sql.exec(`INSERT OR REPLACE INTO ${RUNS} VALUES (?, NULL)`, number),
    ended: (number, now) => void sql.exec(`UPDATE ${RUNS} SET ended = ? WHERE number = ?`, now, number),
    unfinished: () =>
      sql
        .exec<{ number: number }>(`SELECT number FROM ${RUNS} WHERE ended IS NULL`)
        .toArray()
        .map(({ number }) => number),
  };
}

function* pieces(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    // SQLite keeps UTF-8, which has no halves of characters.
    const length = cutAt(text.slice(start, start + PART_CHARS + 1), PART_CHARS);
    yield text.slice(start, start + length);
    start += length;
  }
}
