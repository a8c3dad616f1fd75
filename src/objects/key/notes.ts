/** Exchanges for which nothing was reserved, on their way to their key's object: an isolate tells them in batches. */
import type { LedgerLine, LedgerSettings } from "../../chat/ledger-line.ts";
import type { Env } from "../../env.ts";
import { digestName, isNamespace } from "../namespace.ts";
import type { KeyObject, Note } from "./account-object.ts";

const TELL_MS = 2000;
const MOST_NOTES = 100;
/** A timer that has not fired by then died with its request. */
const LATE_MS = 1000;
const SESSION_CHARS = 16;

/** How the exchanges of a key are told. */
export interface Recording {
  readonly settings: LedgerSettings;
  /** `serve.ledger_sessions` */
  readonly sessions: "hashed" | "named";
  /** Keeps the isolate alive for what is told after the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** What an isolate has not told yet. */
interface Waiting {
  /** By the keys' names. */
  readonly keys: Map<string, { settings: LedgerSettings; notes: Note[] }>;
  count: number;
  /** When it will be told, in milliseconds since the epoch. */
  due: number;
}

/** By the bindings: plain values, which requests share. */
const waiting = new WeakMap<Env, Waiting>();

/** Notes an exchange. Returns at once, and never throws. */
export function keepLine(env: Env, recording: Recording, note: Note): void {
  const { settings, waitUntil } = recording;
  if (settings.ledger === "off" || !isNamespace(env.KEYS)) return;
  const state = waiting.get(env) ?? { keys: new Map(), count: 0, due: 0 };
  waiting.set(env, state);
  const add = async () => {
    const line = await withSession(note.line, recording);
    const known = state.keys.get(settings.key);
    if (known) known.notes.push({ ...note, line });
    else state.keys.set(settings.key, { settings, notes: [{ ...note, line }] });
    state.count += 1;
    if (state.count >= MOST_NOTES) return tell(env, state);
    const now = Date.now();
    if (now < state.due + LATE_MS) return;
    state.due = now + TELL_MS;
    await new Promise((resolve) => setTimeout(resolve, TELL_MS));
    await tell(env, state);
  };
  waitUntil(add());
}

/** A line with its session's name as it may be kept: a digest, within the key's name, unless it may be kept as it is. */
export async function withSession(
  line: LedgerLine,
  { settings, sessions }: Omit<Recording, "waitUntil">,
): Promise<LedgerLine> {
  const { session } = line;
  if (session === null || sessions === "named") return line;
  const digest = await digestName(["session", settings.key, session]);
  return { ...line, session: digest.slice(0, SESSION_CHARS) };
}

/** Never rejects. Told once: whether what was not answered has come through is not known. */
async function tell(env: Env, state: Waiting): Promise<void> {
  const all = [...state.keys];
  state.keys.clear();
  Object.assign(state, { count: 0, due: 0 });
  const namespace = env.KEYS;
  if (!isNamespace<KeyObject>(namespace)) return;
  await Promise.all(
    all.map(async ([key, { settings, notes }]) => {
      try {
        const name = await digestName(["key", key]);
        await namespace.get(namespace.idFromName(name)).note(notes, settings);
      } catch (thrown) {
        console.error(JSON.stringify({ code: "ledger_untold", lost: notes.length, cause: String(thrown) }));
      }
    }),
  );
}
