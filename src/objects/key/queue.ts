/**
 * What an isolate has to tell a key's object, which nobody waits for. A call for each exchange would cost as much as all the
 * rest of a limit: what has ended is told with the next reservation, or a moment later by itself.
 */
import type { LedgerLine, LedgerSettings } from "../../chat/ledger-line.ts";
import type { Env } from "../../env.ts";
import { within } from "../../lib/within.ts";
import { digestName, isNamespace, missingBinding } from "../namespace.ts";
import type { KeyObject, Note, Settlement } from "./account-object.ts";

/** What limits go by is told so soon, the rest of what was used is free again then. */
const SETTLED_MS = 50;
/** What is only noted. */
const NOTED_MS = 2000;
const MOST_NOTES = 100;
/** A timer that has not fired by then died with its request. */
const LATE_MS = 1000;
/** What limits go by is told again, after so long. */
const AGAIN_MS = [200, 2000];
/** Longer than it takes to start an object anywhere. */
const ANSWER_MS = 5000;
const SESSION_CHARS = 16;

/** How the exchanges of a key are told. */
export interface Recording {
  readonly settings: LedgerSettings;
  /** `serve.ledger_sessions` */
  readonly sessions: "hashed" | "named";
  /** Keeps the isolate alive for what is told after the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Of one object. */
export interface Queue {
  readonly env: Env;
  readonly names: readonly string[];
  settled: Settlement[];
  notes: Note[];
  /** When it will be told, in milliseconds since the epoch. */
  due: number;
}

/** By the bindings, then by the objects' names. Plain values, which requests share. */
const queues = new WeakMap<Env, Map<string, Queue>>();
const MOST_QUEUES = 1000;

/** @param names Of the object. */
export function queueOf(env: Env, names: readonly string[]): Queue {
  const all = queues.get(env) ?? new Map<string, Queue>();
  queues.set(env, all);
  const name = names.join(" ");
  const known = all.get(name);
  if (known) return known;
  if (all.size >= MOST_QUEUES) {
    for (const [other, queue] of all) if (isEmpty(queue)) all.delete(other);
  }
  const queue: Queue = { env, names, settled: [], notes: [], due: 0 };
  all.set(name, queue);
  return queue;
}

/**
 * The object itself. A stub belongs to one call: one that failed is of no use any more.
 * @throws RouterError `binding_missing`
 */
export async function keyObject(env: Env, names: readonly string[]): Promise<KeyObject> {
  const name = await digestName(names);
  const namespace = env.KEYS;
  if (isNamespace<KeyObject>(namespace)) return namespace.get(namespace.idFromName(name));
  throw missingBinding("Limits of keys need a Durable Object that counts.", {
    ...{ binding: "KEYS", className: "KeyAccount", tag: "v4" },
  });
}

/** Notes how an exchange has ended for which something was reserved. Returns at once. */
export function addSettled(queue: Queue, recording: Recording, ...settled: readonly Settlement[]): void {
  queue.settled.push(...settled);
  schedule(queue, recording, SETTLED_MS);
}

/** Notes an exchange for which nothing was reserved. Returns at once. */
export function addNote(env: Env, recording: Recording, note: Note): void {
  const { settings } = recording;
  if (settings.ledger === "off" || !isNamespace(env.KEYS)) return;
  const queue = queueOf(env, ["key", settings.key]);
  queue.notes.push(note);
  schedule(queue, recording, queue.notes.length >= MOST_NOTES ? 0 : NOTED_MS);
}

/** Takes what limits go by, to tell it now. */
export async function takeSettled(queue: Queue, recording: Recording): Promise<readonly Settlement[]> {
  return named(queue.settled.splice(0), recording);
}

function schedule(queue: Queue, recording: Recording, withinMs: number): void {
  const now = Date.now();
  const due = now + withinMs;
  if (queue.due <= due && now < queue.due + LATE_MS) return;
  queue.due = due;
  const wait = async () => {
    if (withinMs > 0) await new Promise((resolve) => setTimeout(resolve, withinMs));
    if (queue.due <= due) queue.due = 0;
    await tell(queue, recording);
  };
  recording.waitUntil(wait());
}

/** Never rejects: what cannot be told is booked in full by the object itself, later. */
async function tell(queue: Queue, recording: Recording): Promise<void> {
  if (isEmpty(queue)) return;
  const { env, names } = queue;
  const settled = await named(queue.settled.splice(0), recording);
  // Told once: whether what was not answered has come through is not known, and a note has no name.
  const notes = await named(queue.notes.splice(0), recording);
  const left = [notes, ...AGAIN_MS.map(() => [])];
  for (const [at, again] of left.entries()) {
    try {
      const object = await keyObject(env, names);
      return await inTime(object.tell(settled, again, recording.settings));
    } catch (thrown) {
      const pauseMs = AGAIN_MS[at];
      if (pauseMs === undefined || settled.length === 0) {
        console.error(JSON.stringify({ code: "limits_unavailable", cause: String(thrown) }));
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** With the session's names as they may be kept: digests, within the key's name, unless they may be kept as they are. */
async function named<T extends { readonly line?: LedgerLine | undefined }>(
  told: readonly T[],
  { settings, sessions }: Recording,
): Promise<readonly T[]> {
  if (sessions === "named" || !told.some(({ line }) => line?.session)) return told;
  return Promise.all(
    told.map(async (one): Promise<T> => {
      const { line } = one;
      if (!line?.session) return one;
      const digest = await digestName(["session", settings.key, line.session]);
      return { ...one, line: { ...line, session: digest.slice(0, SESSION_CHARS) } };
    }),
  );
}

function isEmpty({ settled, notes }: Queue): boolean {
  return settled.length === 0 && notes.length === 0;
}

/** @throws Error for what has no answer in time. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  const told = await within(
    ANSWER_MS,
    answer.then((value) => ({ value })),
  );
  if (told === undefined) throw new Error(`no answer in ${ANSWER_MS} ms`);
  return told.value;
}
