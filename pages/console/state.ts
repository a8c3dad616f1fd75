/** What the page shows, and how it comes by it. */
import { signal } from "@preact/signals";
import { ApiError } from "../lib/api.ts";
import { useKey } from "./api.ts";
import * as data from "./data.ts";

export const TABS = ["Overview", "Keys", "Requests", "Models"] as const;
export type Tab = (typeof TABS)[number];

/** Of the overview: enough for the course of a day or a week. */
export const SHOWN_TIMES = 200;
const ASKED_LAST = 50;
const SHOWN_LAST = 100;
const POLL_MS = 5000;
/** All keys are asked for once a minute: that is a question to each of the ledger's objects. */
const POLLS_A_LOOK = 12;

export const signedIn = signal(false);
export const tab = signal<Tab>("Overview");
export const days = signal(7);
/** Of one key alone; empty: of all. */
export const keyName = signal("");
export const by = signal<data.Dimension>("key");
export const problem = signal<ApiError | undefined>(undefined);

export const names = signal<readonly string[]>([]);
export const byDay = signal<readonly data.Used[]>([]);
export const groups = signal<readonly data.Used[]>([]);
export const last = signal<readonly data.Exchange[]>([]);
export const keys = signal<readonly data.Key[]>([]);
export const written = signal<readonly data.Key[]>([]);
export const spent = signal<ReadonlyMap<string, data.Used>>(new Map());
export const models = signal<readonly data.Model[]>([]);
export const modelUse = signal<ReadonlyMap<string, data.Used>>(new Map());

/** Does something, and tells what keeps it from being done. Gives whether it was. */
export async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    problem.value = undefined;
    return true;
  } catch (thrown) {
    const error = asApiError(thrown);
    if (error.status === 401) signOut();
    problem.value = error;
    return false;
  }
}

/** What was thrown, as it is told: else the page itself has failed. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const timed = thrown instanceof DOMException && thrown.name === "TimeoutError";
  const message = timed
    ? "The router did not answer in time. Try again."
    : `The page failed: ${String(thrown)}`;
  return new ApiError({ code: timed ? "timeout" : "console_failed", message });
}

export async function signIn(key: string): Promise<void> {
  useKey(key);
  await attempt(async () => {
    keys.value = await data.keys();
    signedIn.value = true;
    await load();
  });
}

export function signOut(): void {
  useKey("");
  signedIn.value = false;
  // Nothing of it stays in the page.
  [names.value, byDay.value, groups.value, last.value, keys.value, models.value] = [[], [], [], [], [], []];
  [spent.value, modelUse.value, keyName.value, tab.value] = [new Map(), new Map(), "", "Overview"];
  written.value = [];
}

/** What the page shows now, anew. */
export function refresh(): Promise<boolean> {
  return attempt(load);
}

let loads = 0;

async function load(): Promise<void> {
  const turn = ++loads;
  const current = () => turn === loads && signedIn.value;
  const [period, key] = [days.value, keyName.value];
  const known = (await data.used("key", 90, "")).sort((a, b) => b.requests - a.requests);
  const all = [...new Set([...known.map(({ name }) => name), ...keys.value.map(({ name }) => name)])];
  if (!current()) return;
  names.value = all;
  switch (tab.value) {
    case "Overview": {
      const dimension = by.value === "session" && key === "" ? "key" : by.value;
      const found = await Promise.all([
        data.used("day", period, key),
        data.used(dimension, period, key),
        data.exchanges(key, all, SHOWN_TIMES),
      ]);
      if (!current()) return;
      [byDay.value, groups.value, last.value] = found;
      return;
    }
    case "Keys": {
      const month = data.used("key", new Date().getUTCDate(), "");
      const found = await Promise.all([data.keys(), data.writtenKeys(), month]);
      if (!current()) return;
      [keys.value, written.value] = found;
      spent.value = new Map(found[2].map((each) => [each.name, each]));
      return;
    }
    case "Requests": {
      return loadLast(current);
    }
    case "Models": {
      const found = await Promise.all([data.models(), data.used("model", period, key)]);
      if (!current()) return;
      models.value = found[0];
      modelUse.value = new Map(found[1].map((each) => [each.name, each]));
    }
  }
}

async function loadLast(current: () => boolean): Promise<void> {
  const key = keyName.value;
  const found = await data.exchanges(key, names.value, key === "" ? ASKED_LAST : SHOWN_LAST);
  if (current()) last.value = found.slice(0, SHOWN_LAST);
}

/** The last requests are asked for again and again, while somebody looks; who may have made one, now and then. */
export function poll(): void {
  let polls = 0;
  setInterval(() => {
    if (!signedIn.value || tab.value !== "Requests" || document.visibilityState !== "visible") return;
    polls += 1;
    const [turn, key] = [loads, keyName.value];
    const current = () => turn === loads && key === keyName.value && signedIn.value;
    void attempt(() => (polls % POLLS_A_LOOK === 0 ? load() : loadLast(current)));
  }, POLL_MS);
}
