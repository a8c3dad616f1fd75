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
/** What of the reserve is there for whoever has much in hand, and goes on with what is under way. */
const LEFT_TO_MANY = RESERVE / 2;
/** At least so fast a client is taken to read what it was sent, where nobody sees whether it does. */
const READ_BYTES_PER_SECOND = 256 * 1024;
const WAIT_MS = 2000;
const POLL_MS = 25;

/** What one piece of work has in hand. */
export interface MemoryHold {
  /**
   * Waits for room and takes it: up to 2 s for all that one hold takes, since what it has meanwhile keeps others waiting.
   * @throws RouterError `overloaded`; the signal's reason, or `client_closed_request`.
   */
  take(bytes: number, signal?: AbortSignal): Promise<void>;
  /**
   * Takes at once, for what is there already, such as an answer.
   * @throws RouterError `overloaded` where even the reserve is used up; for a client that has much in hand, its half.
   */
  add(bytes: number): void;
  /** Gives back a part of it. */
  give(bytes: number): void;
  /** Goes on until the work has settled, too. */
  until(work: Promise<unknown>): void;
  /** Gives back all of it, once nothing of {@link until} is under way any more. Nothing is taken after that. */
  end(): void;
}

/**
 * What is on its way to a client that cannot be seen to read: over a WebSocket. It leaves the count as time passes, so that a
 * client that only says nothing does not shut the others out, and one whose object has lost its memory leaves nothing behind.
 */
export interface Transit {
  /** Counts what is about to be sent; false, and nothing is counted, where there is no room. */
  send(bytes: number): boolean;
  /** The client has read so much, or has gone. */
  read(bytes: number): void;
}

export interface Memory {
  /** All bytes in hand. */
  readonly inHand: number;
  /** @param client Whose work it is: the key's name. */
  hold(client: string): MemoryHold;
  transit(client: string): Transit;
}

interface Sent {
  readonly client: string;
  bytes: number;
  /** When `bytes` was right. */
  at: number;
}

/** The isolate's own. */
export const memory = memoryCounter();

/** Work of a client with a hold of the isolate's memory, which ends with it. */
export async function holding<T>(client: string, work: (hold: MemoryHold) => T | Promise<T>): Promise<T> {
  const hold = memory.hold(client);
  try {
    return await work(hold);
  } finally {
    hold.end();
  }
}

/** @param now Milliseconds since the epoch. */
export function memoryCounter(now: () => number = Date.now): Memory {
  let inHand = 0;
  const byClient = new Map<string, number>();
  const underWay = new Set<Sent>();

  const count = (client: string, bytes: number): void => {
    inHand += bytes;
    const rest = (byClient.get(client) ?? 0) + bytes;
    if (rest > 0) byClient.set(client, rest);
    else byClient.delete(client);
  };
  const settle = (sent: Sent): void => {
    const time = now();
    const read = Math.min(sent.bytes, Math.floor(((time - sent.at) * READ_BYTES_PER_SECOND) / 1000));
    if (read > 0) count(sent.client, -read);
    sent.bytes -= read;
    sent.at = time;
    if (sent.bytes === 0) underWay.delete(sent);
  };
  const isRoom = (bytes: number, client: string, beyond = 0): boolean => {
    const little = (byClient.get(client) ?? 0) + bytes <= LITTLE;
    return inHand + bytes <= MEMORY_LIMIT + (little ? RESERVE : beyond);
  };
  /** Looks once more after what has been read meanwhile is taken off. */
  const settled = (check: () => boolean): boolean => {
    if (check()) return true;
    for (const sent of underWay) settle(sent);
    return check();
  };
  const fits = (bytes: number, client: string): boolean => settled(() => isRoom(bytes, client));

  return {
    get inHand() {
      return inHand;
    },
    transit(client) {
      const sent: Sent = { client, bytes: 0, at: now() };
      return {
        send(bytes) {
          settle(sent);
          if (!fits(bytes, client)) return false;
          sent.bytes += bytes;
          underWay.add(sent);
          count(client, bytes);
          return true;
        },
        read(bytes) {
          settle(sent);
          const read = Math.min(bytes, sent.bytes);
          sent.bytes -= read;
          count(client, -read);
          if (sent.bytes === 0) underWay.delete(sent);
        },
      };
    },
    hold(client) {
      let own = 0;
      let users = 1;
      let waitedMs = 0;
      const change = (bytes: number): void => {
        // What comes after the end, e.g. of a reader that was still waiting, is nobody's.
        if (users === 0) return;
        own += bytes;
        count(client, bytes);
      };
      const end = (): void => {
        if (users === 1) change(-own);
        users = Math.max(0, users - 1);
      };
      return {
        async take(bytes, signal) {
          // With nothing else in hand there is nothing to wait for.
          while (!fits(bytes, client) && inHand > own) {
            if (waitedMs >= WAIT_MS) throw overloaded();
            waitedMs += POLL_MS;
            await new Promise((resolve) => setTimeout(resolve, POLL_MS));
            if (signal?.aborted) throw clientGone(signal);
          }
          change(bytes);
        },
        add(bytes) {
          const isThere = () => isRoom(bytes, client, LEFT_TO_MANY) || inHand <= own;
          if (!settled(isThere)) throw overloaded();
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

function clientGone({ reason }: AbortSignal): RouterError {
  if (reason instanceof RouterError) return reason;
  return new RouterError("client_closed_request", "The client left before there was room for its request.");
}

function overloaded(): RouterError {
  return new RouterError(
    "overloaded",
    "The router has too much in hand at the moment. Try again in a second; large images and long conversations are what fills it.",
    { retryAfter: 1 },
  );
}
