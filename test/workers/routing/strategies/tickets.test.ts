import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Ticket, TicketCounter } from "../../../../src/routing/strategies/strategy.ts";
import { RouterError } from "../../../../src/errors.ts";
import {
  peekingTickets,
  type TicketSettings,
  takingTickets,
} from "../../../../src/routing/strategies/round-robin/tickets.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface FakeCounter extends TicketCounter {
  /** How many tickets each call of `take` asked for. */
  readonly taken: number[];
  /** What the counter does before it answers. */
  before: () => Promise<void>;
}

function fakeCounter(): FakeCounter {
  let next = 0;
  const counter: FakeCounter = {
    taken: [],
    before: async () => {},
    async take(_name, count) {
      counter.taken.push(count);
      const first = next;
      next += count;
      await counter.before();
      return first;
    },
    async peek() {
      await counter.before();
      return next;
    },
  };
  return counter;
}

function settings(counter: TicketCounter | undefined, lease = 1, random = () => 0): TicketSettings {
  return { counter, lease, random };
}

const given = (number: number): Ticket => ({ number, degraded: false });
const guessed = (number: number): Ticket => ({ number, degraded: true });
const never = () => new Promise<void>(() => {});

describe("takingTickets", () => {
  it("takes each from the shared counter", async () => {
    const counter = fakeCounter();
    const ticket = takingTickets(settings(counter));
    expect([await ticket("n", 3), await ticket("n", 3)]).toEqual([given(0), given(1)]);
    expect(counter.taken).toEqual([1, 1]);
  });

  it("takes a lease at once and gives it ticket by ticket, each once", async () => {
    const counter = fakeCounter();
    // Every request has a function of its own; the isolate remembers.
    const take = () => takingTickets(settings(counter, 4))("n", 3);
    const first = await Promise.all([take(), take(), take()]);
    const later: Ticket[] = [];
    for (let i = 0; i < 9; i++) later.push(await take());
    expect(counter.taken).toEqual([4, 4, 4]);
    const numbers = [...first, ...later].map(({ number }) => number);
    expect(numbers.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await take()).toEqual(given(12));
  });

  it("keeps the leases of different counters apart", async () => {
    const [one, other] = [fakeCounter(), fakeCounter()];
    expect(await takingTickets(settings(one, 5))("n", 3)).toEqual(given(0));
    expect(await takingTickets(settings(other, 5))("n", 3)).toEqual(given(0));
    expect(await takingTickets(settings(one, 5))("m", 3)).toEqual(given(5));
    expect(await takingTickets(settings(one, 5))("n", 3)).toEqual(given(1));
  });

  it("counts for itself, from anywhere in the round, when the counter does not answer in 250 ms", async () => {
    const counter = fakeCounter();
    counter.before = never;
    const ticket = takingTickets(settings(counter, 1, () => 0.99));
    const settled = vi.fn();
    const pending = ticket("n", 10);
    void pending.then(settled);
    await vi.advanceTimersByTimeAsync(249);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await pending).toEqual(guessed(9));
    const next = ticket("n", 10);
    await vi.advanceTimersByTimeAsync(250);
    expect(await next).toEqual(guessed(10));
    counter.before = async () => {};
    expect(await ticket("n", 10)).toEqual(given(2));
  });

  it("counts for itself at once when the counter fails", async () => {
    const counter = fakeCounter();
    counter.before = () => Promise.reject(new Error("overloaded"));
    const ticket = takingTickets(settings(counter));
    expect([await ticket("n", 3), await ticket("n", 3)]).toEqual([guessed(0), guessed(1)]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("loses no ticket that comes late", async () => {
    const counter = fakeCounter();
    let answer = () => {};
    counter.before = () => new Promise((resolve) => (answer = resolve));
    const ticket = takingTickets(settings(counter, 2));
    const pending = ticket("n", 3);
    await vi.advanceTimersByTimeAsync(250);
    expect((await pending).degraded).toBe(true);
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect([await ticket("n", 3), await ticket("n", 3)]).toEqual([given(0), given(1)]);
    expect(counter.taken).toEqual([2]);
  });

  it("leaves no timer behind", async () => {
    await takingTickets(settings(fakeCounter()))("n", 3);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("peekingTickets", () => {
  it("tells what would come next, and takes nothing", async () => {
    const counter = fakeCounter();
    const peek = peekingTickets(settings(counter, 3));
    const take = takingTickets(settings(counter, 3));
    expect([await peek("n", 3), await peek("n", 3)]).toEqual([given(0), given(0)]);
    expect(counter.taken).toEqual([]);
    await take("n", 3);
    expect(await peek("n", 3)).toEqual(given(1));
    expect(await take("n", 3)).toEqual(given(1));
  });

  it("tells the isolate's own count when the counter does not answer", async () => {
    const counter = fakeCounter();
    counter.before = () => Promise.reject(new Error("overloaded"));
    const halfWay = settings(counter, 1, () => 0.5);
    expect(await peekingTickets(halfWay)("n", 4)).toEqual(guessed(2));
    expect(await takingTickets(halfWay)("n", 4)).toEqual(guessed(2));
    expect(await peekingTickets(halfWay)("n", 4)).toEqual(guessed(3));
  });
});

it.each([takingTickets, peekingTickets])(
  "without the binding the error has the lines for wrangler.toml",
  async (tickets) => {
    const error = await tickets(settings(undefined))("n", 3).catch((thrown: unknown) => thrown);
    if (!(error instanceof RouterError)) throw new Error("wanted a RouterError");
    expect(error).toMatchObject({ code: "binding_missing", status: 500, shouldRetry: false });
    for (const line of ["wrangler.toml", 'name = "ROUND_ROBIN"', 'class_name = "RoundRobin"']) {
      expect(error.message).toContain(line);
    }
    expect(error.message).toContain('new_sqlite_classes = ["RoundRobin"]');
  },
);
