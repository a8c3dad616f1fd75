/** Counts tickets so that no number is given twice, whatever happens to the memory: the logic of {@link RoundRobin}. */

/** Keeps one number beyond an eviction. */
export interface TicketStore {
  /** 0 when nothing was written yet. */
  read(): number;
  write(reserved: number): void;
}

export interface TicketBlock {
  /** The first of `count` consecutive tickets. */
  take(count: number, cycle: number): number;
  /** The ticket that comes next. */
  peek(): number;
}

/** Tickets reserved per write, at least: one write serves that many requests. */
const MIN_BLOCK = 1000;

/** A counter that begins where the last one, whose memory is lost, can not have come. */
export function ticketBlock(store: TicketStore): TicketBlock {
  let reserved = store.read();
  let next = reserved;
  return {
    take(count, cycle) {
      const first = next;
      next += count;
      if (next > reserved) {
        while (next > reserved) reserved += blockSize(cycle);
        store.write(reserved);
      }
      return first;
    },
    peek: () => next,
  };
}

/**
 * Whole rounds and one ticket. A router with little traffic loses the object's memory between any two requests; with
 * whole rounds alone, each of them would begin the round anew and get its first turn.
 */
function blockSize(cycle: number): number {
  return Math.ceil(MIN_BLOCK / cycle) * cycle + 1;
}
