/**
 * `router.sticky: session`: a session keeps its model, place and upstream key, so that the upstream's prompt cache stays warm.
 * Isolates agree on where it begins by its hash; where it has moved to they ask of a store, and remember.
 */
import { beginningOf } from "../../chat/session-name.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Config } from "../../config/types.ts";
import type { Place } from "../../contracts.ts";
import { recent, type Recent } from "../../lib/recent.ts";
import { within } from "../../lib/within.ts";
import type { Target } from "../../target.ts";
import { byRendezvous } from "./rendezvous.ts";
import type { Seat, SessionStore } from "./seat.ts";

const KEPT_MS = 3_600_000;
/** Sessions in an isolate. */
const MOST = 10_000;
/** How long a request waits for the store. */
const LIMIT_MS = 250;
/** What is remembered is compared with the store, beside a request, after so long. */
const ASK_AGAIN_MS = 60_000;
/** The store forgets what is not told again. */
const TELL_AGAIN_MS = 600_000;

interface Known {
  readonly seat?: Seat;
  /** What the store has, as far as is known. */
  readonly stored?: Seat | undefined;
  readonly askedAt: number;
  readonly toldAt: number;
}

/** One request's session. */
export interface Session {
  /** The same in all isolates. */
  readonly seed: number;
  /** Where it was served last. */
  readonly seat: Seat | undefined;
  /** The places of one target, the session's first. */
  places(places: readonly Place[]): readonly Place[];
  /** Where of these everybody looks for it who knows nothing of it. */
  home(places: readonly Place[]): Seat | undefined;
  /** Told where it was served now, and where its home is: undefined where that is not known by its hash alone. */
  served(place: Place, home: Seat | undefined): void;
}

export interface SessionContext {
  readonly config: Config;
  readonly client: string;
  /** As the door has it; else the request's own, else what the conversation begins with. */
  readonly session?: string | undefined;
  /** Undefined where wrangler.toml does not bind it. */
  readonly sessions?: SessionStore | undefined;
  readonly background?: ((work: Promise<unknown>) => void) | undefined;
}

/**
 * @param named The model that the request names: a session may keep several, each for itself.
 * @param movable Whether there is any other place where it could be.
 */
export async function openSession(
  request: ChatRequest,
  { named, movable }: { readonly named: Target | undefined; readonly movable: boolean },
  { config, client, session, sessions, background = () => {} }: SessionContext,
): Promise<Session> {
  const name = session ?? request.session;
  const told = [client, name ?? beginningOf(request), named?.name ?? null, name !== undefined];
  const bytes = new TextEncoder().encode(JSON.stringify(told));
  const key = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const seed = Number.parseInt(key.slice(0, 8), 16);
  const memory = memoryOf(config);
  const store = movable ? sessions : undefined;
  const ask = async (): Promise<Seat | undefined> => {
    const stored = await store?.find(key);
    const known = memory.get(key, Date.now());
    const seat = stored ?? known?.seat;
    const now = Date.now();
    memory.put(key, { ...(seat && { seat }), stored, askedAt: now, toldAt: known?.toldAt ?? 0 }, now);
    return stored;
  };
  const known = memory.get(key, Date.now());
  // A conversation that begins has moved nowhere.
  const unknown = known === undefined && (name !== undefined || hasAnswers(request));
  const asked =
    store && unknown
      ? await within(
          LIMIT_MS,
          ask().catch(() => undefined),
        )
      : undefined;
  if (store && known && Date.now() - known.askedAt > ASK_AGAIN_MS) background(ask().catch(() => {}));
  const seat = asked ?? known?.seat;
  const order = (places: readonly Place[]) =>
    places[0]?.ownKey ? byRendezvous(places, seed, { name: ({ id }) => id }) : places;
  return {
    seed,
    seat,
    home: (places) => order(places).slice(0, 1).map(seatOf)[0],
    places(places) {
      const ordered = order(places);
      const own = ordered.find((place) => isSeat(seat, seatOf(place)));
      return own ? [own, ...ordered.filter((place) => place !== own)] : ordered;
    },
    served(place, home) {
      const now = Date.now();
      const { stored, askedAt = now, toldAt = 0 } = memory.get(key, now) ?? {};
      const here = seatOf(place);
      const moved = !isSeat(stored ?? home, here);
      const tells = store && (moved || (stored && now - toldAt > TELL_AGAIN_MS));
      const kept = tells ? { stored: here, toldAt: now } : { stored, toldAt };
      memory.put(key, { seat: here, askedAt, ...kept }, now);
      if (tells) background(store.keep(key, here).catch(() => {}));
    },
  };
}

/** How a place is told to others. */
export function seatOf({ target, id }: Place): Seat {
  return { target: target.name, place: id };
}

function isSeat(a: Seat | undefined, b: Seat): boolean {
  return a !== undefined && a.target === b.target && a.place === b.place;
}

function hasAnswers({ messages }: ChatRequest): boolean {
  return messages.some(({ role }) => role === "assistant");
}

/** Per configuration, so that names mean what they meant. */
const memories = new WeakMap<Config, Recent<Known>>();

function memoryOf(config: Config): Recent<Known> {
  const memory = memories.get(config) ?? recent<Known>(KEPT_MS, MOST);
  memories.set(config, memory);
  return memory;
}
