/** What a session needs of the outside. Types only. */
import type { RouterError } from "../../errors.ts";
import type { MemoryHold } from "../../lib/memory.ts";
import type { Observed, Settling } from "../../observers/index.ts";
import type { DispatchContext } from "../../routing/dispatch.ts";
import type { Caller } from "./caller.ts";
import type { Peer } from "./peer.ts";
import type { Ask } from "./run-turn.ts";
import type { SessionStore } from "./store.ts";

export interface SessionPorts {
  /** Whether frames carry `seq`, and clients may resume. */
  readonly named: boolean;
  readonly store: SessionStore;
  /** The sockets whose connection has not ended. */
  readonly peers: () => Iterable<Peer>;
  readonly config: () => DispatchContext["config"];
  /** Gives the way to ask for one turn of a caller, and who counts for it once it was asked. */
  readonly asking: (caller: Caller, turn: TurnPorts) => Asking;
  /** Counts what a turn has in hand, from its message to the end of its answer. */
  readonly hold: (caller: Caller) => MemoryHold;
  /** Begins to tell the observers of a turn. */
  readonly observe: (model: string, caller: Caller, settling: Asking["settling"]) => Observed;
  /** Told of a turn that begins and of its end. */
  readonly began: (work: Promise<void>) => void;
  /** Told of every error of a turn. */
  readonly failed: (error: RouterError, caller: Caller) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Asking {
  readonly ask: Ask;
  readonly settling: () => Settling | undefined;
}

export interface TurnPorts {
  /** Aborted when the turn is to end. */
  readonly signal: AbortSignal;
  readonly hold: MemoryHold;
}
