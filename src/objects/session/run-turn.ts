/** One turn from its request to the end of its answer. */
import type { Exchange } from "../../chat/dialect.ts";
import { answerIdentity } from "../../chat/identity.ts";
import { keptAnswer } from "../../chat/kept-answer.ts";
import { prefixed, withPrefix } from "../../chat/prefix.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { type Counted, countedUsage } from "../../chat/tokens.ts";
import type { Route } from "../../contracts.ts";
import { asRouterError, RouterError } from "../../errors.ts";
import type { MemoryHold } from "../../lib/memory.ts";
import { type Observed, unanswered } from "../../observers/index.ts";
import type { Begun } from "../../routing/attempt.ts";
import type { Answer, DispatchContext } from "../../routing/dispatch.ts";
import { DONE } from "../frame-log.ts";
import { errorText, routerMember, withMember } from "./frames.ts";
import { type AnswerSoFar, answerSoFar, newerHalf, NOTHING_KEPT } from "./history.ts";
import type { TurnRequest } from "./protocol.ts";
import { type Asked, type Conversation, pastFor, systemFor, turnRequest } from "./request.ts";

/** A frame becomes part of a row of at most 2 MB. */
const MAX_FRAME_CHARS = 500_000;
/** Its text, and its message as JSON. */
const ANSWER_COPIES = 2;

/**
 * Routes a request; see dispatch.
 * @param shorter The same with less of what was said before, for a model that finds it too long.
 */
export type Ask = (request: ChatRequest, shorter: () => ChatRequest | undefined) => Promise<Answer<Begun>>;

export interface TurnRun {
  readonly turn: TurnRequest;
  readonly asked: Asked;
  readonly id: string | undefined;
  readonly conversation: Conversation;
  readonly config: () => DispatchContext["config"];
  readonly ask: Ask;
  /** What the turn has in hand. */
  readonly hold: Pick<MemoryHold, "add">;
  readonly observed: Observed;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Sends a JSON text, and what it says in words. */
  readonly emit: (json: string, said?: string) => void;
  /** Its reason is a RouterError. */
  readonly signal: AbortSignal;
}

export interface TurnResult {
  readonly state: "complete" | "cancelled" | "failed";
  /** The assistant message for the session's memory, as far as it came; of a turn that is kept. */
  readonly answer: JsonObject | undefined;
  /** Why it is not complete. The client has been told. */
  readonly failure: RouterError | undefined;
}

/** What was asked, in the end, and what came. */
interface Answered {
  readonly answer: Answer<Begun>;
  readonly exchange: Exchange;
  readonly request: ChatRequest;
  readonly prefix: boolean;
}

/** Runs a turn. Never rejects. */
export async function runTurn(run: TurnRun): Promise<TurnResult> {
  const kept = keptAnswer(run.hold, ANSWER_COPIES);
  const said = run.turn.kind === "session" ? answerSoFar(kept) : NOTHING_KEPT;
  const emit = firstMarked(run);
  let failure: RouterError | undefined;
  let counted: Counted | undefined;
  let sent: ChatRequest | undefined;
  const noting: Ask = (request, shorter) => {
    sent = request;
    return run.ask(request, shorter);
  };
  try {
    const answered = await ask({ ...run, ask: noting });
    const { route } = answered.answer;
    run.observed.begun(route);
    const end = await pump(answered, { run, said, emit: (json, words) => emit(json, route, words) });
    failure = end.failure;
    counted = end;
    if (failure) emit(errorText(failure), route);
  } catch (thrown) {
    failure = asRouterError(run.signal.aborted ? run.signal.reason : thrown);
    emit(errorText(failure), undefined);
  }
  const left = failure && sent && !counted ? unanswered(failure, sent, run.config().targets) : {};
  run.observed.ended({
    status: failure && !counted ? failure.status : 200,
    error: failure,
    ...left,
    ...counted,
  });
  const state = failure === undefined ? "complete" : run.signal.aborted ? "cancelled" : "failed";
  return { state, answer: said.message(failure === undefined), failure };
}

type EmitMarked = (json: string, route: Route | undefined, said?: string) => void;

/** Puts `router` into the first frame. */
function firstMarked({ id, emit }: TurnRun): EmitMarked {
  let first = true;
  return (json, route, said) => {
    const router = first ? routerMember(route, id) : undefined;
    first = false;
    emit(router ? withMember(json, "router", router) : json, said);
  };
}

/** Asks with as much of the past as fits, and with half of that where a model finds it too long: not every model's context is known. */
async function ask(run: TurnRun): Promise<Answered> {
  const { turn, asked, conversation } = run;
  const { serve, targets } = run.config();
  const isSession = turn.kind === "session";
  const system = isSession ? systemFor(turn, conversation) : undefined;
  let past = isSession ? pastFor(turn, asked, { conversation, system, config: run.config() }) : [];
  const names = serve.showModelPrefix ? targets.map(({ name }) => name) : undefined;
  const prepared = () => {
    const exchange = turnRequest(turn, { past, system });
    return { exchange, ...prefixed(exchange.request, names) };
  };
  let made = prepared();
  const shorter = () => {
    if (past.length === 0) return undefined;
    past = newerHalf(past);
    made = prepared();
    return made.request;
  };
  const answer = await run.ask(made.request, shorter);
  return { answer, ...made };
}

interface Pumping {
  readonly run: TurnRun;
  readonly said: AnswerSoFar;
  readonly emit: (json: string, said?: string) => void;
}

/** Sends an answer up to its end; tells what it ended with. */
async function pump(
  { answer, exchange, request, prefix }: Answered,
  { run, said, emit }: Pumping,
): Promise<Counted & { readonly failure: RouterError | undefined }> {
  const { name } = answer.route.target;
  const { head, rest } = prefix ? withPrefix(answer.taken[0], name) : answer.taken[0];
  const encoder = exchange.stream(answerIdentity(name, run.now()));
  let failure: RouterError | undefined;
  let chars = 0;
  /** What is told in words with the next frame. */
  let words = "";
  const send = (json: string): void => {
    if (json === DONE || failure) return;
    if (json.length > MAX_FRAME_CHARS) failure = tooLarge();
    else emit(json, words);
    words = "";
  };
  const take = (deltas: Begun["head"]): void => {
    for (const delta of deltas) {
      if ("text" in delta) chars += delta.text.length;
      if (delta.type === "error") throw delta.error;
      words = said.add(delta);
      encoder.push(delta, send);
      if (failure) return;
    }
  };
  try {
    for (let deltas: Begun["head"] | undefined = head; deltas && !failure; deltas = await rest.next()) {
      take(deltas);
    }
  } catch (thrown) {
    failure = asRouterError(thrown);
  }
  if (failure) rest.cancel();
  else encoder.end(send);
  const { usage, complete } = encoder;
  return { failure, ...countedUsage(request, { usage, chars, complete: complete && !failure }) };
}

function tooLarge(): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    `The model sent more than ${MAX_FRAME_CHARS} characters at once, which a session cannot keep. Use POST /v1/chat/completions.`,
  );
}
