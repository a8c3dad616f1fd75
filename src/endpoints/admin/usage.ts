/** `GET /admin/usage`: what all keys have used, by key, model, day and so on, as JSON or CSV. */
import type { AppContext, Endpoint } from "../../http/context.ts";
import { ledgerUsage } from "../../objects/ledger/client.ts";
import { COLUMNS } from "../../objects/ledger/sums.ts";
import { keyNameOf, wrong } from "./query.ts";

const DAY_MS = 86_400_000;
const LAST_DAYS = 30;
const MOST_GROUPS = 10_000;
const DIMENSIONS = ["key", "model", "place", "day", "tag"];
const SESSION = "session";
const SESSION_COLUMNS = ["requests", "tokens", "cost_micros"];

export const adminUsage: Endpoint = { method: "GET", path: "/admin/usage", access: "admin", handle };

async function handle(c: AppContext): Promise<Response> {
  const today = Math.floor(Date.now() / DAY_MS);
  const to = dayOf(c, "to", today);
  const from = dayOf(c, "from", to - LAST_DAYS + 1);
  const key = keyNameOf(c);
  const by = byOf(c, key);
  const format = c.req.query("format") ?? "json";
  if (format !== "json" && format !== "csv") throw wrong("format", "expected json or csv.");
  const groups = await ledgerUsage(c.env, { by, from, to, key, most: MOST_GROUPS + 1 });
  if (groups.length > MOST_GROUPS) {
    throw wrong("by", `that is more than ${MOST_GROUPS} groups. Ask for fewer days (from, to), or one key.`);
  }
  const columns: readonly string[] = by[0] === SESSION ? SESSION_COLUMNS : COLUMNS;
  const rows = groups.map(([names, sums]) => [
    ...names.map((name, at) => (by[at] === "day" ? dateOf(Number(name)) : name)),
    ...sums,
  ]);
  rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const heads = [...by, ...columns];
  if (format === "csv") {
    const text = [heads, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
    return c.body(text, 200, { "content-type": "text/csv; charset=utf-8" });
  }
  const data = rows.map((row) => Object.fromEntries(heads.map((head, at) => [head, row[at] ?? 0])));
  return c.json({ object: "usage", from: dateOf(from), to: dateOf(to), by, data });
}

function byOf(c: AppContext, key: string | undefined): string[] {
  const by = [...new Set((c.req.query("by") ?? "key").split(","))];
  if (by.length === 1 && by[0] === SESSION) {
    if (key !== undefined) return by;
    throw wrong("key", "expected the name of the key whose sessions are asked for.");
  }
  if (by.every((name) => DIMENSIONS.includes(name))) return by;
  throw wrong("by", `expected some of ${DIMENSIONS.join(", ")}, with commas between them, or session.`);
}

/** Days are counted from the epoch. */
function dayOf(c: AppContext, param: string, otherwise: number): number {
  const text = c.req.query(param);
  if (text === undefined) return otherwise;
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw wrong(param, "expected a day such as 2027-01-31.");
  return ms / DAY_MS;
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** A cell of CSV (RFC 4180). A text that a spreadsheet would take for a formula is made a text. */
function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
