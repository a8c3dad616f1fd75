/**
 * Tickets of a shared counter, as one isolate takes them. Between requests it keeps plain numbers only: neither a
 * promise nor a stub may outlive the request that made it.
 */
import type { RoutingContext, Ticket, TicketCounter } from "../strategy.ts";
import { RouterError } from "../../../errors.ts";
import { within } from "../../../lib/within.ts";

/** How long a request waits for the shared counter. */
const LIMIT_MS = 250;

export interface TicketSettings {
  /** Undefined when wrangler.toml does not bind it. */
  readonly counter: TicketCounter | undefined;
  /** Tickets taken at once. */
  readonly lease: number;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** What this isolate holds of one counter. */
interface Holding {
  /** Tickets taken but not given yet: from `next` up to before `end`. */
  readonly leases: { next: number; readonly end: number }[];
  /** Its own count, for when the shared one does not answer. */
  own: number | undefined;
}

const holdings = new WeakMap<TicketCounter, Map<string, Holding>>();

/** Gives tickets, each once. */
export function takingTickets(settings: TicketSettings): RoutingContext["ticket"] {
  return async (name, cycle) => {
    const counter = boundCounter(settings.counter);
    const holding = holdingOf(counter, name);
    const held = takeHeld(holding);
    if (held !== undefined) return { number: held, degraded: false };
    const number = await freshTicket(counter.take(name, settings.lease, cycle), settings.lease, holding);
    if (number !== undefined) return { number, degraded: false };
    const own = ownCount(holding, cycle, settings.random);
    holding.own = own + 1;
    return { number: own, degraded: true };
  };
}

/** Tells the ticket that would come next, without taking it. */
export function peekingTickets(settings: TicketSettings): RoutingContext["ticket"] {
  return async (name, cycle): Promise<Ticket> => {
    const counter = boundCounter(settings.counter);
    const holding = holdingOf(counter, name);
    const held = holding.leases[0]?.next;
    if (held !== undefined) return { number: held, degraded: false };
    const value = await inTime(counter.peek(name));
    if (value !== undefined) return { number: value, degraded: false };
    return { number: ownCount(holding, cycle, settings.random), degraded: true };
  };
}

/** One of `count` tickets, the rest held for later; undefined when they are late, and then all are held. */
async function freshTicket(
  taken: Promise<number>,
  count: number,
  holding: Holding,
): Promise<number | undefined> {
  const first = await inTime(taken);
  if (first !== undefined) hold(holding, first + 1, first + count);
  else {
    void taken.then(
      (late) => hold(holding, late, late + count),
      () => {},
    );
  }
  return first;
}

/** The value; undefined when the promise fails or takes too long. */
function inTime(promise: Promise<number>): Promise<number | undefined> {
  return within(
    LIMIT_MS,
    promise.catch(() => undefined),
  );
}

/** @throws RouterError `binding_missing` where there is none. */
export function boundCounter(counter: TicketCounter | undefined): TicketCounter {
  if (counter) return counter;
  throw new RouterError(
    "binding_missing",
    'router.strategy is round_robin, which counts in the Durable Object RoundRobin, but the Worker has no binding ROUND_ROBIN. Add these lines to wrangler.toml and deploy again (npx wrangler deploy), or choose router.strategy: random.\n\n[[durable_objects.bindings]]\nname = "ROUND_ROBIN"\nclass_name = "RoundRobin"\n\n[[migrations]]\ntag = "v1"\nnew_sqlite_classes = ["RoundRobin"]',
  );
}

function holdingOf(counter: TicketCounter, name: string): Holding {
  let byName = holdings.get(counter);
  if (!byName) {
    byName = new Map();
    holdings.set(counter, byName);
  }
  let holding = byName.get(name);
  if (!holding) {
    holding = { leases: [], own: undefined };
    byName.set(name, holding);
  }
  return holding;
}

function hold({ leases }: Holding, next: number, end: number): void {
  if (next < end) leases.push({ next, end });
}

function takeHeld({ leases }: Holding): number | undefined {
  const lease = leases[0];
  if (!lease) return undefined;
  const number = lease.next++;
  if (lease.next >= lease.end) leases.shift();
  return number;
}

/** Begins anywhere in the round: were it the first turn in every isolate, the first target would get more than its share. */
function ownCount(holding: Holding, cycle: number, random: () => number): number {
  holding.own ??= Math.floor(random() * cycle);
  return holding.own;
}
