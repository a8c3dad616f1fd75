/**
 * A conversation over sockets: takes the messages of its clients, runs their turns one after the other and sends the
 * frames. Knows no model: answers come from `ask`.
 */
import { asRouterError, RouterError } from "../../errors.ts";
import type { Caller } from "./caller.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Answer, DispatchContext } from "../../routing/dispatch.ts";
import { chunkLog, type LoggedFrame } from "./chunk-log.ts";
import { collector } from "./collect.ts";
import { DONE, errorText, routerMember, withMember } from "./frames.ts";
import type { Peer } from "./peer.ts";
import { turnRequest } from "./prepare.ts";
import { type Control, parseMessage, Refused, type TurnRequest } from "./protocol.ts";
import { runTurn } from "./run-turn.ts";
import type { SessionStore } from "./store.ts";
import { turnQueue } from "./turn-queue.ts";

export interface SessionPorts {
  /** Whether frames carry `seq`, and clients may resume. */
  readonly named: boolean;
  readonly store: SessionStore;
  /** The sockets that are open. */
  readonly peers: () => Iterable<Peer>;
  readonly config: () => DispatchContext["config"];
  /** Routes a request; see dispatch. */
  readonly ask: (request: ChatRequest, caller: Caller, signal: AbortSignal) => Promise<Answer>;
  /** Told of a turn that begins and of its end. */
  readonly began: (work: Promise<void>) => void;
  /** Told of every error of a turn. */
  readonly failed: (error: RouterError, caller: Caller) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Session {
  /** Whether a turn runs. */
  readonly busy: boolean;
  /** A message of a client. Never throws for what the message says. */
  receive(peer: Peer, caller: Caller, data: string | ArrayBuffer): void;
  /** Ends all turns; resolves when none runs any more. */
  end(): Promise<void>;
}

interface Turn {
  readonly number: number;
  readonly id?: string;
  readonly request: TurnRequest;
  readonly caller: Caller;
  /** What it says is not to be kept. */
  forgotten: boolean;
}

/** Opens a session. Turns that its storage has as unfinished were interrupted; their clients are told. */
export function openSession(ports: SessionPorts): Session {
  const { store } = ports;
  const log = chunkLog(store);

  const send = ({ turn, seq, text }: LoggedFrame): void => {
    for (const peer of ports.peers()) if (peer.turns.has(turn)) peer.send(turn, seq, text);
  };
  const emit = (turn: number, json: string): void => {
    send(log.append(turn, (seq) => (ports.named ? withMember(json, "seq", seq) : json)));
  };
  const leave = (turn: number): void => {
    for (const peer of ports.peers()) peer.leave(turn);
  };
  /** Ends a turn that has not run to its end. */
  const giveUp = (turn: number, id: string | undefined, error: RouterError): void => {
    emit(turn, refusal(error, id));
    leave(turn);
  };

  const queue = turnQueue<Turn>({
    run(turn, signal) {
      const work = run(turn, signal);
      ports.began(work);
      return work;
    },
    dropped({ number, id }, why) {
      store.start(number, log.last);
      giveUp(number, id, why);
      log.flush();
      store.end(number, "cancelled", ports.now(), undefined);
    },
  });

  async function run(turn: Turn, signal: AbortSignal): Promise<void> {
    const { number, id, request, caller } = turn;
    store.start(number, log.last);
    store.touch(ports.now());
    if (request.kind === "session" && request.system !== undefined) store.setSystem(request.system);
    const result = await runTurn({
      turn: request,
      id,
      conversation: { past: request.kind === "session" ? store.past() : [], system: store.system() },
      config: ports.config,
      ask: (asked) => ports.ask(asked, caller, signal),
      emit: (json) => emit(number, json),
      signal,
    });
    if (result.failure) ports.failed(result.failure, caller);
    else send(log.done(number));
    leave(number);
    log.settle();
    const now = ports.now();
    store.end(number, result.state, now, turn.forgotten ? undefined : result.answer);
    store.touch(now);
  }

  function submit(peer: Peer, caller: Caller, request: TurnRequest): void {
    const { id } = request;
    if (id !== undefined && joins(peer, id)) return;
    // What is wrong in itself is refused before it waits.
    turnRequest(request, { past: [], system: undefined }, ports.config());
    queue.check();
    const number = store.add(id, request.kind === "session" ? request.input : undefined);
    peer.join(number);
    queue.submit({ number, request, caller, forgotten: false, ...(id !== undefined && { id }) });
  }

  /** Joins the turn of this id, from its first frame on. False when there is none. */
  function joins(peer: Peer, id: string): boolean {
    const known = store.byId(id);
    if (!known) return false;
    const { number, before } = known;
    if (peer.turns.has(number)) return true;
    if (before !== null) {
      if (!log.reaches(before)) throw expired();
      for (const frame of log.replay(before)) {
        if (frame.turn === number) peer.send(number, frame.seq, frame.text);
      }
    }
    if (queue.find(id)) peer.join(number);
    return true;
  }

  function resume(peer: Peer, after: number): void {
    if (!ports.named) {
      const text = "Only a named session can be resumed: connect with ?session=ID.";
      throw new RouterError("invalid_value", text, { param: "type" });
    }
    if (!log.reaches(after)) throw expired();
    for (const { turn, seq, text } of log.replay(after)) peer.send(turn, seq, text);
    for (const { number } of queue.all()) peer.join(number);
  }

  function reset(): void {
    for (const turn of queue.all()) turn.forgotten = true;
    queue.clear();
    log.flush();
    store.reset(log.last);
  }

  function control(peer: Peer, message: Control): void {
    switch (message.kind) {
      case "cancel":
        queue.cancel(message.id);
        break;
      case "resume":
        resume(peer, message.after);
        break;
      case "reset":
        reset();
        break;
      case "ack":
        peer.ack(message.seq);
        break;
    }
  }

  function recover(): void {
    for (const { number, id, before } of store.unfinished()) {
      const said = collector();
      for (const frame of log.replay(before ?? log.last)) {
        if (frame.turn === number && frame.text !== DONE) said.add(frame.text);
      }
      if (before === null) store.start(number, log.last);
      giveUp(number, id, interrupted());
      log.settle();
      store.end(number, "interrupted", ports.now(), said.message(false));
    }
  }

  recover();
  return {
    get busy() {
      return queue.current !== undefined;
    },
    receive(peer, caller, data) {
      let id: string | undefined;
      try {
        const message = parseMessage(data);
        if ("id" in message) id = message.id;
        if (message.kind === "stateless" || message.kind === "session") submit(peer, caller, message);
        else control(peer, message);
      } catch (thrown) {
        const error = thrown instanceof Refused ? thrown.error : asRouterError(thrown);
        if (error.code === "internal_error") ports.failed(error, caller);
        peer.tell(refusal(error, thrown instanceof Refused ? thrown.id : id));
      }
    },
    async end() {
      queue.clear();
      await queue.idle();
    },
  };
}

/**
 * The frame of an error without an answer. One for a message that became no turn gets no number: it is not part of what can
 * be resumed.
 */
function refusal(error: RouterError, id: string | undefined): string {
  const router = routerMember(undefined, id);
  return router ? withMember(errorText(error), "router", router) : errorText(error);
}

function expired(): RouterError {
  return new RouterError(
    "resume_expired",
    "These frames are not kept any more: they are for 10 minutes after their turn has ended. Ask again.",
  );
}

function interrupted(): RouterError {
  return new RouterError(
    "turn_interrupted",
    "The router was restarted in the middle of this turn. What came of its answer is not the whole; ask again.",
  );
}
