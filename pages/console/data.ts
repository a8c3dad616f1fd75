/** What the admin API tells, as the page needs it. */
import { type JsonObject, numberOf, objectOf, objectsOf, textOf, textsOf } from "../lib/json.ts";
import { ask, askText } from "./api.ts";

const DAY_MS = 86_400_000;
/** Of all keys together the last exchanges are asked of this many, those with the most. */
export const MOST_KEYS = 12;

export interface Used {
  readonly name: string;
  readonly requests: number;
  readonly errors: number;
  readonly tokens: number;
  /** In US dollars. */
  readonly cost: number;
}

export interface Key {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  /** As they are written in the API. */
  readonly limits: JsonObject;
}

export interface Exchange {
  readonly key: string;
  readonly id: string;
  readonly at: Date;
  readonly model: string;
  readonly place: string;
  readonly status: number;
  readonly code: string;
  readonly reason: string;
  readonly strategy: string;
  readonly trail: string;
  readonly requestId: string;
  readonly session: string;
  readonly input: number;
  readonly output: number;
  readonly cost: number | undefined;
  readonly firstMs: number | undefined;
  readonly ms: number;
}

export interface Model {
  readonly name: string;
  readonly upstream: string;
  readonly owner: string;
  readonly window: number | undefined;
  readonly input: number | undefined;
  readonly output: number | undefined;
  /** Seconds. */
  readonly rests: number;
}

export const LIMIT_NAMES = ["money_day", "money_month", "requests_minute", "tokens_minute"] as const;
export const DIMENSIONS = ["key", "model", "place", "day", "tag", "session"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** A day as the API writes it, so many before today. */
function dayBefore(days: number, now = Date.now()): string {
  return new Date(now - days * DAY_MS).toISOString().slice(0, 10);
}

export function usagePath(by: Dimension, days: number, key: string): string {
  const query = new URLSearchParams({ by, from: dayBefore(days - 1), ...(key !== "" && { key }) });
  return `/admin/usage?${query}`;
}

export async function used(by: Dimension, days: number, key: string): Promise<Used[]> {
  const { data } = await ask(usagePath(by, days, key));
  return objectsOf(data).map((row) => ({
    name: String(row[by] ?? ""),
    requests: numberOf(row.requests) ?? 0,
    errors: numberOf(row.errors) ?? 0,
    tokens: numberOf(row.tokens) ?? (numberOf(row.input_tokens) ?? 0) + (numberOf(row.output_tokens) ?? 0),
    cost: (numberOf(row.cost_micros) ?? 0) / 1e6,
  }));
}

export async function keys(): Promise<Key[]> {
  const { data } = await ask("/admin/keys?limit=1000");
  return objectsOf(data).map(keyOf);
}

/** Those of the configuration, which are changed there; `**` is all keys together. */
export async function writtenKeys(): Promise<Key[]> {
  const { data } = await ask("/admin/written-keys");
  return objectsOf(data).map((row) => ({ ...keyOf(row), id: "" }));
}

function keyOf(row: JsonObject): Key {
  const { money_day, money_month, requests_minute, tokens_minute, models, expires, tags, disabled } = row;
  const limits = { money_day, money_month, requests_minute, tokens_minute, models, expires, tags, disabled };
  return {
    ...{ id: textOf(row.id) ?? "", name: textOf(row.name) ?? "", status: textOf(row.status) ?? "" },
    limits: Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)),
  };
}

/** The last of one key, or of those that were used most; the newest first. */
export async function exchanges(key: string, names: readonly string[], each: number): Promise<Exchange[]> {
  const of = key === "" ? names.slice(0, MOST_KEYS) : [key];
  const found = await Promise.all(
    of.map(async (name) => {
      const query = new URLSearchParams({ key: name, limit: String(each) });
      const { data } = await ask(`/admin/requests?${query}`);
      return objectsOf(data).map((row) => exchangeOf(name, row));
    }),
  );
  return found.flat().sort((a, b) => b.at.getTime() - a.at.getTime());
}

function exchangeOf(key: string, row: JsonObject): Exchange {
  const text = (name: string) => textOf(row[name]) ?? "";
  const cost = numberOf(row.cost_micros);
  return {
    ...{ key, id: text("id"), at: new Date(text("started_at")), model: text("model"), place: text("place") },
    ...{
      status: numberOf(row.status) ?? 0,
      code: text("code"),
      reason: text("reason"),
      trail: text("trail"),
    },
    ...{ strategy: text("strategy"), requestId: text("request_id"), session: text("session") },
    ...{ input: numberOf(row.input_tokens) ?? 0, output: numberOf(row.output_tokens) ?? 0 },
    ...{ cost: cost === undefined ? undefined : cost / 1e6, ms: numberOf(row.ms) ?? 0 },
    firstMs: numberOf(row.first_ms),
  };
}

export async function models(): Promise<Model[]> {
  const [{ data }, metrics] = await Promise.all([ask("/admin/models"), askText("/metrics")]);
  const rests = restingIn(metrics);
  return objectsOf(data).map((row) => ({
    ...{ name: textOf(row.id) ?? "", owner: textOf(row.owned_by) ?? "" },
    upstream: [textOf(row.upstream_model), ...textsOf(row.regions)].filter(Boolean).join(" · "),
    ...{ window: numberOf(row.context_window), rests: rests.get(textOf(row.id) ?? "") ?? 0 },
    ...{ input: numberOf(row.input_price), output: numberOf(row.output_price) },
  }));
}

/** Which models rest in one of their places, and for how many seconds, as one isolate knows it. */
function restingIn(metrics: string): Map<string, number> {
  const lines = metrics.matchAll(
    /^openclaw_router_isolate_cooldown_seconds\{model=("(?:[^"\\]|\\.)*").*\} (\S+)$/gm,
  );
  return new Map(
    Array.from(lines, ([, name = '""', seconds]) => [String(JSON.parse(name)), Math.ceil(Number(seconds))]),
  );
}

/** What is told once of a key that was made or rotated. */
export function newKeyOf(row: JsonObject): string {
  return textOf(objectOf(row).key) ?? "";
}
