import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import { type TicketBlock, ticketBlock } from "./ticket-block.ts";

const RESERVED = "reserved";

/** The counter of one round, shared by all isolates. A write is durable before any ticket it covers leaves the object. */
export class RoundRobin extends DurableObject<Env> {
  readonly #tickets: TicketBlock;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    const { kv } = state.storage;
    this.#tickets = ticketBlock({
      read: () => kv.get<number>(RESERVED) ?? 0,
      write: (reserved) => kv.put(RESERVED, reserved),
    });
  }

  /** The first of `count` consecutive tickets; `cycle` is the length of the round. */
  take(count: number, cycle: number): number {
    return this.#tickets.take(count, cycle);
  }

  /** The ticket that comes next. */
  peek(): number {
    return this.#tickets.peek();
  }
}
