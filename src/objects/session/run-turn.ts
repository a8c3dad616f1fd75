/** One turn from its request to the end of its answer. */
import type { Route } from "../../contracts.ts";
import type { Usage } from "../../chat/delta.ts";
import type { Exchange } from "../../chat/dialect.ts";
import { answerIdentity } from "../../chat/identity.ts";
import { prefixed, withPrefix } from "../../chat/prefix.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { estimatedUsage } from "../../chat/tokens.ts";
import { asRouterError, RouterError } from "../../errors.ts";
import type { Observed } from "../../observers/index.ts";
import type { Begun } from "../../routing/attempt.ts";
import type { Answer, DispatchContext } from "../../routing/dispatch.ts";
import { DONE } from "../frame-log.ts";
import { collector } from "./collect.ts";
import { errorText, routerMember, withMember } from "./frames.ts";
import { newerHalf, type PastTurn } from "./history.ts";
import { type Asked, type Conversation, pastFor, systemFor, turnRequest } from "./request.ts";
import type { TurnRequest } from "./protocol.ts";

/** A frame becomes part of a row of at most 2 MB. */
const MAX_FRAME_CHARS = 500_000;

export interface TurnRun {
  readonly turn: TurnRequest;
  readonly asked: Asked;
  readonly id: string | undefined;
  readonly conversation: Conversation;
  readonly config: () => DispatchContext["config"];
  readonly ask: (request: ChatRequest) => Promise<Answer<Begun>>;
  readonly observed: Observed;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Sends a JSON text. */
  readonly emit: (json: string) => void;
  /** Its reason is a RouterError. */
  readonly signal: AbortSignal;
}

export interface TurnResult {
  readonly state: "complete" | "cancelled" | "failed";
  /** The assistant message for the session's memory, as far as it came. */
  readonly answer: JsonObject | undefined;
  /** Why it is not complete. The client has been told. */
  readonly failure: RouterError | undefined;
}

interface Answered {
  readonly answer: Answer<Begun>;
  readonly exchange: Exchange;
  readonly request: ChatRequest;
  readonly prefix: boolean;
}

/** Runs a turn. Never rejects. */
export async function runTurn(run: TurnRun): Promise<TurnResult> {
  // Nobody remembers what was said to messages that the client keeps itself.
  const said = run.turn.kind === "session" ? collector() : undefined;
  const emit = firstMarked(run);
  let failure: RouterError | undefined;
  let counted: Counted | undefined;
  try {
    const answered = await ask(run);
    const { route } = answered.answer;
    run.observed.begun(route);
    const end = await pump(answered, run, (json) => {
      emit(json, route);
      said?.add(json);
    });
    failure = end.failure;
    counted = end;
    if (failure) emit(errorText(failure), route);
  } catch (thrown) {
    failure = asRouterError(run.signal.aborted ? run.signal.reason : thrown);
    emit(errorText(failure), undefined);
  }
  run.observed.ended({ status: failure && !counted ? failure.status : 200, error: failure, ...counted });
  const state = failure === undefined ? "complete" : run.signal.aborted ? "cancelled" : "failed";
  return { state, answer: said?.message(failure === undefined), failure };
}

/** Puts `router` into the first frame. */
function firstMarked({ id, emit }: TurnRun): (json: string, route: Route | undefined) => void {
  let first = true;
  return (json, route) => {
    const router = first ? routerMember(route, id) : undefined;
    first = false;
    emit(router ? withMember(json, "router", router) : json);
  };
}

/** Asks with as much of the past as fits. */
function ask(run: TurnRun): Promise<Answered> {
  const { turn, asked, conversation } = run;
  if (turn.kind === "stateless") return askWithin(run, [], undefined);
  const system = systemFor(turn, conversation);
  return askWithin(run, pastFor(turn, asked, { conversation, system, config: run.config() }), system);
}

/** Asks, and again with half of the past when the model finds it too long: not every model's context is known. */
async function askWithin(
  run: TurnRun,
  past: readonly PastTurn[],
  system: string | undefined,
): Promise<Answered> {
  const exchange = turnRequest(run.turn, { past, system });
  const { serve, targets } = run.config();
  const names = serve.showModelPrefix ? targets.map(({ name }) => name) : undefined;
  const { request, prefix } = prefixed(exchange.request, names);
  try {
    return { answer: await run.ask(request), exchange, request, prefix };
  } catch (thrown) {
    const tooLong = thrown instanceof RouterError && thrown.code === "context_length_exceeded";
    if (!tooLong || past.length === 0) throw thrown;
    return askWithin(run, newerHalf(past), system);
  }
}

interface Counted {
  readonly usage: Usage;
  readonly estimated: boolean;
}

/** Sends an answer up to its end; tells what it ended with. */
async function pump(
  { answer, exchange, request, prefix }: Answered,
  { now }: TurnRun,
  emit: (json: string) => void,
): Promise<Counted & { readonly failure: RouterError | undefined }> {
  const { name } = answer.route.target;
  const { head, rest } = prefix ? withPrefix(answer.taken[0], name) : answer.taken[0];
  const encoder = exchange.stream(answerIdentity(name, now()));
  let failure: RouterError | undefined;
  let chars = 0;
  const send = (json: string): void => {
    if (json === DONE || failure) return;
    if (json.length > MAX_FRAME_CHARS) failure = tooLarge();
    else emit(json);
  };
  for (let deltas: Begun["head"] | undefined = head; deltas && !failure; deltas = await rest.next()) {
    for (const delta of deltas) {
      if ("text" in delta) chars += delta.text.length;
      if (delta.type === "error") failure = delta.error;
      else encoder.push(delta, send);
    }
  }
  if (failure) rest.cancel();
  else encoder.end(send);
  const { usage } = encoder;
  return { failure, usage: usage ?? estimatedUsage(request, chars), estimated: usage === undefined };
}

function tooLarge(): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    `The model sent more than ${MAX_FRAME_CHARS} characters at once, which a session cannot keep. Use POST /v1/chat/completions.`,
  );
}
