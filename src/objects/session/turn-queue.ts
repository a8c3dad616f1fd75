/** Runs a session's turns one after the other. */
import { asRouterError, RouterError } from "../../errors.ts";

export const MAX_WAITING = 8;

export interface TurnQueueOptions<T> {
  /** Runs a turn until it has settled; must not reject. An abort's reason is a RouterError. */
  readonly run: (turn: T, signal: AbortSignal) => Promise<void>;
  /** Told of a turn that was taken out before it ran. */
  readonly dropped: (turn: T, why: RouterError) => void;
}

export interface TurnQueue<T> {
  /** The turn that runs. */
  readonly current: T | undefined;
  /** @throws RouterError `too_many_turns` when 8 wait: another one would be refused. */
  check(): void;
  /** Runs a turn, at once if none runs. Throws as `check` does. */
  submit(turn: T): void;
  /** The turn of this id that runs or waits. */
  find(id: string): T | undefined;
  /** All that run or wait, in order. */
  all(): readonly T[];
  /** Ends the turn of this id, else the one that runs. Whether there was one. */
  cancel(id?: string): boolean;
  /** Ends all. */
  clear(): void;
  /** Resolves when no turn runs. */
  idle(): Promise<void>;
}

interface Running<T> {
  readonly turn: T;
  readonly abort: AbortController;
  readonly settled: Promise<void>;
}

export function turnQueue<T extends { readonly id?: string }>(options: TurnQueueOptions<T>): TurnQueue<T> {
  let waiting: T[] = [];
  let running: Running<T> | undefined;

  const start = (turn: T): void => {
    const abort = new AbortController();
    const settled = options
      .run(turn, abort.signal)
      .catch((thrown) => console.error(asRouterError(thrown).code))
      .then(() => {
        running = undefined;
        const next = waiting.shift();
        if (next !== undefined) start(next);
      });
    running = { turn, abort, settled };
  };
  const check = (): void => {
    if (waiting.length >= MAX_WAITING) throw tooMany();
  };
  const drop = (turn: T): void => options.dropped(turn, cancelled());

  return {
    get current() {
      return running?.turn;
    },
    check,
    submit(turn) {
      if (!running) return start(turn);
      check();
      waiting.push(turn);
    },
    find(id) {
      return this.all().find((turn) => turn.id === id);
    },
    all: () => (running ? [running.turn, ...waiting] : []),
    cancel(id) {
      if (running && (id === undefined || running.turn.id === id)) {
        running.abort.abort(cancelled());
        return true;
      }
      const found = id === undefined ? undefined : waiting.find((turn) => turn.id === id);
      if (found === undefined) return false;
      waiting = waiting.filter((turn) => turn !== found);
      drop(found);
      return true;
    },
    clear() {
      const dropped = waiting;
      waiting = [];
      running?.abort.abort(cancelled());
      for (const turn of dropped) drop(turn);
    },
    async idle() {
      while (running) await running.settled;
    },
  };
}

function cancelled(): RouterError {
  return new RouterError(
    "turn_cancelled",
    "The turn was cancelled. What came of its answer is not the whole.",
  );
}

function tooMany(): RouterError {
  return new RouterError(
    "too_many_turns",
    `${MAX_WAITING} turns of this session are waiting already. Send the next one when an answer is complete.`,
  );
}
