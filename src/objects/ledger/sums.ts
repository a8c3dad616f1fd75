/** Sums of exchanges: what a key's object tells the ledger in one batch, and what the ledger keeps. */
import type { LedgerLine } from "../../chat/ledger-line.ts";
import { isObject } from "../../lib/json.ts";
import { storedJson } from "../stored-json.ts";

/** What is summed, in this order; the names of the columns, and of what is told. */
export const COLUMNS = [
  ...["requests", "errors", "limited", "estimated", "unpriced"],
  ...["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"],
  ...["reasoning_tokens", "cost_micros"],
] as const;

/** Upper bounds of the histograms' buckets, in milliseconds; the last bucket has none. */
export const BUCKETS_MS = [
  100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000,
] as const;

/** Of one model in one place. */
export interface Sums {
  /** As {@link COLUMNS}. */
  columns: number[];
  /** How many ended in each error. */
  codes: Record<string, number>;
  /** How many fell into each bucket, and the sum of milliseconds behind them: until the first delta, and in all. */
  first: number[];
  total: number[];
}

/** Of one session. */
export type SessionSums = [requests: number, tokens: number, cost: number];

/** Of one day. */
export interface DaySums {
  /** By {@link placeName}. */
  readonly places: Map<string, Sums>;
  readonly sessions: Map<string, SessionSums>;
}

/** The days of a batch by their numbers, counted from the epoch. */
export type DayBatch = readonly (readonly [day: number, sums: DaySums])[];

/** Told at once; the others count as one. */
const MOST_SESSIONS = 100;
/** A session of this name holds those that are one too many. */
export const OTHER = "other";

/** A day without exchanges. */
export function noSums(): DaySums {
  return { places: new Map(), sessions: new Map() };
}

/** As it is stored. */
export function sumsJson({ places, sessions }: DaySums): string {
  return JSON.stringify([[...places], [...sessions]]);
}

/** What {@link sumsJson} made; undefined where it is damaged. */
export function sumsOf(json: string): DaySums | undefined {
  const stored = storedJson("days", json, isStoredDay);
  return stored && { places: new Map(stored[0]), sessions: new Map(stored[1]) };
}

type StoredDay = readonly [(readonly [string, Sums])[], (readonly [string, SessionSums])[]];

function isStoredDay(value: unknown): value is StoredDay {
  if (!Array.isArray(value)) return false;
  const [places, sessions]: unknown[] = value;
  return isEntries(places, isSums) && isEntries(sessions, isSessionSums);
}

function isEntries<T>(value: unknown, fits: (value: unknown) => value is T): value is [string, T][] {
  return (
    Array.isArray(value) &&
    value.every((entry) => Array.isArray(entry) && typeof entry[0] === "string" && fits(entry[1]))
  );
}

/** Whether a value is {@link Sums}: those of an older version may have fewer numbers. */
export function isSums(value: unknown): value is Sums {
  if (!isObject(value)) return false;
  const { columns, codes, first, total } = value;
  return isObject(codes) && [columns, Object.values(codes), first, total].every(areNumbers);
}

function isSessionSums(value: unknown): value is SessionSums {
  return areNumbers(value) && value.length === 3;
}

function areNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}

function zeros(length: number): number[] {
  return Array<number>(length).fill(0);
}

/** A model and a place in one name. */
export function placeName(model: string, place: string): string {
  return JSON.stringify([model, place]);
}

/** The model and the place of a {@link placeName}; undefined for what is none. */
export function placeOf(name: string): readonly [model: string, place: string] | undefined {
  return storedJson("metrics", name, isPlace);
}

function isPlace(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");
}

/**
 * @param cost In micro-dollars: what the exchange has cost, its router model's word included.
 * @param sign -1 takes it out again.
 */
export function addLine(
  { places, sessions }: DaySums,
  line: LedgerLine,
  cost: number,
  sign: 1 | -1 = 1,
): void {
  const { input_tokens: input, output_tokens: output, code, session } = line;
  const sums = sumsIn(places, placeName(line.model, line.place));
  const columns = [
    ...[1, code === null ? 0 : 1, Number(line.limited), Number(line.estimated)],
    ...[Number(line.cost_micros === null && input + output > 0), input, output],
    ...[line.cache_read_tokens, line.cache_write_tokens, line.cache_write_1h_tokens],
    ...[line.reasoning_tokens, cost],
  ];
  columns.forEach((value, at) => {
    sums.columns[at] = (sums.columns[at] ?? 0) + sign * value;
  });
  if (code !== null) sums.codes[code] = (sums.codes[code] ?? 0) + sign;
  if (line.first_ms !== null) addTime(sums.first, line.first_ms, sign);
  // Of an exchange that nobody has settled it is not known.
  if (line.status > 0) addTime(sums.total, line.ms, sign);
  if (session === null) return;
  const known = sessions.has(session) || sessions.size < MOST_SESSIONS ? session : OTHER;
  const [requests, tokens, spent] = sessions.get(known) ?? [0, 0, 0];
  sessions.set(known, [requests + sign, tokens + sign * (input + output), spent + sign * cost]);
}

function sumsIn(places: DaySums["places"], name: string): Sums {
  const known = places.get(name);
  if (known) return known;
  const [first, total] = [zeros(BUCKETS_MS.length + 2), zeros(BUCKETS_MS.length + 2)];
  const sums = { columns: zeros(COLUMNS.length), codes: {}, first, total };
  places.set(name, sums);
  return sums;
}

export function plusSums(a: Sums, b: Sums): Sums {
  const codes = { ...a.codes };
  for (const [code, count] of Object.entries(b.codes)) codes[code] = (codes[code] ?? 0) + count;
  return {
    ...{ columns: plus(a.columns, b.columns), codes },
    ...{ first: plus(a.first, b.first), total: plus(a.total, b.total) },
  };
}

/** What of it adds to counters that never go down: an exchange that is released later takes nothing out of them. */
export function risen({ columns, codes, first, total }: Sums): Sums {
  const up = (values: readonly number[]) => values.map((value) => Math.max(0, value));
  const told = Object.entries(codes).filter(([, count]) => count > 0);
  return {
    ...{ columns: up(columns), codes: Object.fromEntries(told) },
    ...{ first: up(first), total: up(total) },
  };
}

/** Number by number. */
export function plus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, index) => value + (b[index] ?? 0));
}

function addTime(buckets: number[], ms: number, sign: number): void {
  const found = BUCKETS_MS.findIndex((most) => ms <= most);
  const at = found === -1 ? BUCKETS_MS.length : found;
  buckets[at] = (buckets[at] ?? 0) + sign;
  buckets[BUCKETS_MS.length + 1] = (buckets.at(-1) ?? 0) + sign * ms;
}
