/** The binding `KEYS`: one Durable Object counts for each key with limits, and one for all keys together. */
import { isCounted, type KeyLimits } from "../../chat/key-limits.ts";
import type { LedgerLine, LedgerSettings } from "../../chat/ledger-line.ts";
import { type RateLimits, tightest } from "../../chat/rate-limits.ts";
import type { Env } from "../../env.ts";
import { RouterError } from "../../errors.ts";
import { linkedAbort } from "../../lib/linked-abort.ts";
import type { Account } from "../../routing/account.ts";
import type { Ceiling } from "../../routing/ceiling.ts";
import { isNamespace } from "../namespace.ts";
import type { Amount, CountedLimits, KeyObject, KeyUsage, KeptLines, Verdict } from "./account-object.ts";
import {
  addNote,
  addSettled,
  inTime,
  keyObject,
  type Queue,
  queueOf,
  type Recording,
  takeSettled,
} from "./queue.ts";
import { refusedError } from "./refused.ts";

/** From the end of an exchange on, for its settlement to arrive. */
const GRACE_MS = 60_000;
/** More than any limit, and exact. */
const MOST = 1e15;

const NOTHING: Amount = { cost: 0, tokens: 0 };
/** All keys together: their object's name, and what alerts call them. */
const ROUTER = "**";

export interface Accounting extends Recording {
  /** The key's own limits first, those of all keys together last. */
  readonly limits: readonly KeyLimits[];
  /** How long an exchange may take, in milliseconds. */
  readonly deadlineMs: number;
  /** `serve.limits_unavailable` */
  readonly unavailable: "refuse" | "allow";
}

/** One of the objects that count for an exchange. */
interface Counter {
  readonly limits: CountedLimits;
  /** It counts for the key itself, and keeps its lines. */
  readonly own: boolean;
  readonly queue: Queue;
  readonly recording: Recording;
}

/**
 * Counts for one exchange. Undefined where nothing is counted: then no object is called.
 * @param routers Those of the limits that are for all keys together.
 */
export function keyAccount(
  env: Env,
  accounting: Accounting,
  routers: KeyLimits | undefined,
): Account | undefined {
  const { settings, limits, deadlineMs, unavailable } = accounting;
  const counters = limits.filter(isCounted).map((counted): Counter => {
    const own = counted !== routers;
    const queue = queueOf(env, own ? ["key", settings.key] : ["router"]);
    // Of all keys together there are limits, and no lines: each has its own.
    const recording = own
      ? accounting
      : { ...accounting, settings: { ...settings, key: ROUTER, tags: [], ledger: "off" as const } };
    return { limits: counted, own, queue, recording };
  });
  if (counters.length === 0) return undefined;
  const id = crypto.randomUUID();
  /** Those that hold something for this exchange. */
  const holding = new Set<Counter>();
  let beside = NOTHING;
  let rates: RateLimits | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const ask = async ({ limits, queue, recording }: Counter, most: Ceiling): Promise<Verdict> => {
    const { cost, tokens } = most;
    const amount = { cost: Math.min(cost, MOST), tokens: Math.min(tokens, MOST) };
    const { moneyDay, moneyMonth, requestsMinute, tokensMinute } = limits;
    const counted = {
      ...(moneyDay !== undefined && { moneyDay }),
      ...(moneyMonth !== undefined && { moneyMonth }),
      ...(requestsMinute !== undefined && { requestsMinute }),
      ...(tokensMinute !== undefined && { tokensMinute }),
    };
    const reserve = { id, ...amount, holdMs: deadlineMs + GRACE_MS, limits: counted };
    const object = await keyObject(env, queue.names);
    if (queue.settled.length === 0) return inTime(object.reserve(reserve));
    const settled = await takeSettled(queue, recording);
    try {
      return await inTime(object.reserve(reserve, settled, recording.settings));
    } catch (thrown) {
      addSettled(queue, recording, ...settled);
      throw thrown;
    }
  };
  const cancelAll = (asked: readonly Counter[]) => {
    for (const counter of asked) {
      holding.delete(counter);
      addSettled(counter.queue, counter.recording, { id });
    }
  };
  const settle = (used: Amount = NOTHING, line?: LedgerLine) => {
    clearTimeout(timer);
    const all = plus(beside, used);
    const spent = line && withBeside(line, beside, used);
    const kept = spent && settings.ledger !== "off" ? { line: spent } : {};
    for (const { own, queue, recording } of holding) {
      addSettled(queue, recording, { id, used: all, ...(own && kept) });
    }
    if (spent && ![...holding].some(({ own }) => own)) {
      addNote(env, accounting, { id, line: spent, counted: counters.some(({ own }) => own) });
    }
    holding.clear();
  };

  return {
    async reserve(most) {
      const seen: RateLimits[] = [];
      const begun: Counter[] = [];
      for (const counter of counters) {
        if (!holding.has(counter)) begun.push(counter);
        let verdict: Verdict;
        try {
          verdict = await ask(counter, most);
        } catch (thrown) {
          if (thrown instanceof RouterError && thrown.code === "binding_missing") throw thrown;
          if (unavailable === "allow") continue;
          // It may have come through, though its answer has not.
          cancelAll(begun);
          throw unreachable(thrown);
        }
        seen.push(verdict.rates);
        rates = tightest(seen);
        if (verdict.kind === "refused") {
          // Of this one nothing is held for the exchange, or what was held before.
          cancelAll(begun.filter((other) => other !== counter));
          throw refusedError(verdict, most);
        }
        holding.add(counter);
      }
    },
    spent(used) {
      beside = plus(beside, used);
    },
    limited(signal) {
      const abort = linkedAbort(signal);
      timer ??= setTimeout(() => abort.abort(overdue(deadlineMs)), deadlineMs);
      return abort.signal;
    },
    settle,
    get rates() {
      return rates;
    },
  };
}

/** For an exchange that nothing is counted for: its line is told to the key's ledger. */
export function keyNotes(env: Env, recording: Recording): Pick<Account, "spent" | "settle"> {
  let beside = NOTHING;
  return {
    spent(used) {
      beside = plus(beside, used);
    },
    settle(used = NOTHING, line) {
      if (!line) return;
      const id = crypto.randomUUID();
      addNote(env, recording, { id, line: withBeside(line, beside, used), counted: false });
    },
  };
}

/** The line, with what was spent beside the answer. */
function withBeside(line: LedgerLine, beside: Amount, used: Amount): LedgerLine {
  return beside.cost > 0 ? { ...line, cost_micros: beside.cost + used.cost } : line;
}

/**
 * What a key has used; undefined where nobody counts.
 * @param limits Its own.
 * @throws RouterError `binding_missing`, `limits_unavailable`
 */
export async function keyUsage(
  env: Env,
  { key, ledger }: Pick<LedgerSettings, "key" | "ledger">,
  limits: KeyLimits | undefined,
): Promise<KeyUsage | undefined> {
  const counted = limits !== undefined && isCounted(limits);
  if (!counted && (ledger === "off" || !isNamespace(env.KEYS))) return undefined;
  return asked(env, key, (object) => object.usage());
}

/**
 * The last exchanges of a key before a number, the newest first.
 * @throws RouterError as {@link keyUsage}
 */
export function keyLines(env: Env, key: string, before: number, most: number): Promise<KeptLines> {
  return asked(env, key, (object) => object.lines(before, most));
}

/**
 * Takes back what was booked for an exchange that nobody has settled.
 * @returns whether there was one of this id.
 * @throws RouterError as {@link keyUsage}
 */
export function releaseUnsettled(env: Env, key: string, id: string): Promise<boolean> {
  return asked(env, key, (object) => object.release(id));
}

async function asked<T>(env: Env, key: string, ask: (object: KeyObject) => Promise<T>): Promise<T> {
  const object = await keyObject(env, ["key", key]);
  try {
    return await inTime(ask(object));
  } catch (thrown) {
    throw unreachable(thrown);
  }
}

function plus(a: Amount, b: Amount): Amount {
  return { cost: a.cost + b.cost, tokens: a.tokens + b.tokens };
}

function unreachable(cause: unknown): RouterError {
  return new RouterError(
    "limits_unavailable",
    "Whether this key is within its limits could not be told. Try again in a moment; serve.limits_unavailable: allow would let the request pass uncounted.",
    { cause, retryAfter: 1 },
  );
}

function overdue(deadlineMs: number): RouterError {
  return new RouterError(
    "upstream_timeout",
    `The answer took longer than ${deadlineMs / 1000} s, which is when every answer of a key with limits ends. Ask for a shorter one, or raise router.deadline (in the background: serve.background_deadline).`,
  );
}
