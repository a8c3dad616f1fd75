/**
 * The bytes that an isolate has in hand. Each bound of a request is for one request, but all requests of an isolate share
 * its 128 MB: so bodies, fetched images, whole answers and unread frames are counted together, and what would be too much
 * waits or is refused. One plain number: requests share no promise.
 */
import { RouterError } from "../errors.ts";

const MIB = 2 ** 20;
/** What is counted is about half of what is used: strings are copied while they are translated, and garbage waits to be collected. */
export const MEMORY_LIMIT = 48 * MIB;
/** Beyond the limit, for clients that have little in hand: one that fills the limit does not shut the others out. */
const RESERVE = 16 * MIB;
const LITTLE = 2 * MIB;
const WAIT_MS = 2000;
const POLL_MS = 25;

/** What one piece of work has in hand. */
export interface MemoryHold {
  /**
   * Waits up to 2 s for room and takes it.
   * @throws RouterError `overloaded`, or the signal's reason.
   */
  take(bytes: number, signal?: AbortSignal): Promise<void>;
  /**
   * Takes at once, for what is there already, such as an answer.
   * @throws RouterError `overloaded` where even the reserve is used up.
   */
  add(bytes: number): void;
  /** Gives back a part of it. */
  give(bytes: number): void;
  /** Goes on until the work has settled, too. */
  until(work: Promise<unknown>): void;
  /** Gives back all of it, once nothing of {@link until} is under way any more. Nothing is taken after that. */
  end(): void;
}

export interface Memory {
  /** All bytes in hand. */
  readonly inHand: number;
  /** @param client Whose work it is: the key's name. */
  hold(client: string): MemoryHold;
}

/** The isolate's own. */
export const memory = memoryCounter();

export function memoryCounter(): Memory {
  let inHand = 0;
  const byClient = new Map<string, number>();

  const count = (client: string, bytes: number): void => {
    inHand += bytes;
    const rest = (byClient.get(client) ?? 0) + bytes;
    if (rest > 0) byClient.set(client, rest);
    else byClient.delete(client);
  };
  return {
    get inHand() {
      return inHand;
    },
    hold(client) {
      let own = 0;
      let users = 1;
      const change = (bytes: number): void => {
        // What comes after the end, e.g. of a reader that was still waiting, is nobody's.
        if (users === 0) return;
        own += bytes;
        count(client, bytes);
      };
      const fits = (bytes: number): boolean => {
        const all = inHand + bytes;
        const little = (byClient.get(client) ?? 0) + bytes <= LITTLE;
        // With nothing else in hand there is nothing to wait for.
        return all <= (little ? MEMORY_LIMIT + RESERVE : MEMORY_LIMIT) || inHand === own;
      };
      const end = (): void => {
        if (users === 1) change(-own);
        users = Math.max(0, users - 1);
      };
      return {
        async take(bytes, signal) {
          for (let waited = 0; !fits(bytes); waited += POLL_MS) {
            if (waited >= WAIT_MS) throw overloaded();
            await new Promise((resolve) => setTimeout(resolve, POLL_MS));
            signal?.throwIfAborted();
          }
          change(bytes);
        },
        add(bytes) {
          if (inHand + bytes > MEMORY_LIMIT + RESERVE && inHand > own) throw overloaded();
          change(bytes);
        },
        give: (bytes) => change(-Math.min(bytes, own)),
        until(work) {
          users += 1;
          work.then(end, end);
        },
        end,
      };
    },
  };
}

function overloaded(): RouterError {
  return new RouterError(
    "overloaded",
    "The router has too much in hand at the moment. Try again in a second; large images and long conversations are what fills it.",
    { retryAfter: 1 },
  );
}
