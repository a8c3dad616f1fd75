/** The binding `ROUND_ROBIN`: one Durable Object for each counter. */
import type { TicketCounter } from "../../routing/strategies/strategy.ts";
import type { Env } from "../../env.ts";
import { isNamespace } from "../namespace.ts";

/** What is used of the Durable Object. */
interface Counter {
  take(count: number, cycle: number): Promise<number>;
  peek(): Promise<number>;
}

/** One counter per environment, so that what an isolate holds of it can be kept by its identity. */
const counters = new WeakMap<Env, TicketCounter>();

/** The shared counter; undefined when wrangler.toml does not bind it. */
export function ticketCounter(env: Env): TicketCounter | undefined {
  const known = counters.get(env);
  if (known) return known;
  const namespace = env.ROUND_ROBIN;
  if (!isNamespace<Counter>(namespace)) return undefined;
  // A stub belongs to the request that asked for it, so each call gets its own.
  const object = (name: string) => namespace.get(namespace.idFromName(name));
  const counter: TicketCounter = {
    take: async (name, count, cycle) => object(name).take(count, cycle),
    peek: async (name) => object(name).peek(),
  };
  counters.set(env, counter);
  return counter;
}
