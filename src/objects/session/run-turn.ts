/** One turn from its request to the end of its answer. */
import { asRouterError, RouterError } from "../../errors.ts";
import { answerOptions } from "../../dialects/openai-chat/client/parse.ts";
import { answerIdentity } from "../../dialects/openai-chat/client/identity.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { type AnswerChunks, answerChunks } from "../../routing/answer-chunks.ts";
import type { Answer, DispatchContext, Route } from "../../routing/dispatch.ts";
import { prefixed } from "../../routing/prefixed.ts";
import { type Collector, collector } from "./collect.ts";
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
  readonly ask: (request: ChatRequest) => Promise<Answer>;
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
  readonly answer: Answer;
  readonly request: ChatRequest;
  readonly prefix: boolean;
}

/** Runs a turn. Never rejects. */
export async function runTurn(run: TurnRun): Promise<TurnResult> {
  // Nobody remembers what was said to messages that the client keeps itself.
  const said = run.turn.kind === "session" ? collector() : undefined;
  const emit = firstMarked(run);
  let failure: RouterError | undefined;
  try {
    const answered = await ask(run);
    failure = await pump(chunksOf(answered, run), said, (json) => emit(json, answered.answer.route));
    if (failure) emit(errorText(failure), answered.answer.route);
  } catch (thrown) {
    failure = asRouterError(run.signal.aborted ? run.signal.reason : thrown);
    emit(errorText(failure), undefined);
  }
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
  const { request, prefix } = prefixed(turnRequest(run.turn, { past, system }), run.config());
  try {
    return { answer: await run.ask(request), request, prefix };
  } catch (thrown) {
    const tooLong = thrown instanceof RouterError && thrown.code === "context_length_exceeded";
    if (!tooLong || past.length === 0) throw thrown;
    return askWithin(run, newerHalf(past), system);
  }
}

function chunksOf({ answer, request, prefix }: Answered, { config, signal }: TurnRun): AnswerChunks {
  return answerChunks(answer, {
    identity: answerIdentity(answer.route.target.name),
    includeUsage: answerOptions(request).includeUsage,
    prefix,
    idleTimeoutMs: config().router.idleTimeoutMs,
    signal,
  });
}

/** Sends an answer up to its end; gives the error that it ended with. */
async function pump(
  chunks: AnswerChunks,
  said: Collector | undefined,
  emit: (json: string) => void,
): Promise<RouterError | undefined> {
  for (let texts = await chunks.next(); texts; texts = await chunks.next()) {
    for (const json of texts) {
      if (json.length > MAX_FRAME_CHARS) {
        chunks.cancel();
        return tooLarge();
      }
      emit(json);
      said?.add(json);
    }
  }
  return chunks.failure;
}

function tooLarge(): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    `The model sent more than ${MAX_FRAME_CHARS} characters at once, which a session cannot keep. Use POST /v1/chat/completions.`,
  );
}
