/** One attempt at one target: opens it and waits for the first delta of a streamed answer, or for the whole of another. */
import type { Config } from "../config/types.ts";
import type { CallContext, Place, Upstream } from "../contracts.ts";
import type { Target } from "../target.ts";
import type { Delta, DeltaSource, Usage } from "../chat/delta.ts";
import { isShown } from "../chat/fold.ts";
import type { ChatRequest } from "../chat/request.ts";
import { RouterError } from "../errors.ts";
import { providerOf } from "../providers/index.ts";
import type { Beside } from "./account.ts";
import type { TimeLimit } from "./attempts.ts";
import { usedAt } from "./ceiling.ts";
import { several } from "./several.ts";

const WHOLE_ANSWER_TIMEOUT_MS = 600_000;
const FIRST_DELTA_TIMEOUT_MS = 120_000;
/** A Worker may have six connections open at once. */
const MOST_ANSWERS = 4;

/** An answer that has begun. */
export interface Begun {
  /** Ends with the first delta worth showing; when the request does not stream it is the whole answer. */
  readonly head: readonly Delta[];
  readonly rest: DeltaSource;
}

/**
 * Makes of an upstream what the door needs, once it is clear that the answer is one.
 * @throws RouterError when it fails before anything is there to show: then another place may be tried.
 */
export interface Take<T> {
  /** @param several It is one of several, which are to become one answer. */
  (upstream: Upstream, several?: boolean): Promise<T>;
  /** Several answers in the upstream's own form may be handed on as one. */
  readonly manyAnswers?: boolean;
}

export interface AttemptContext extends Omit<CallContext, "abort" | "idleTimeoutMs"> {
  readonly config: Config;
  /** Takes what the attempt has cost beside its own failure. */
  readonly beside: Beside;
}

/** What one attempt brought. */
export interface Brought<T> {
  /** As many as the request asks for, but one where the upstream gives several at once. */
  readonly taken: readonly [T, ...T[]];
  readonly dropped: readonly string[];
}

/** How long an attempt may take: the target's own limit, else the router's, and never beyond what is left of the time for all attempts. */
export function attemptLimit(
  target: Target,
  { stream }: Pick<ChatRequest, "stream">,
  config: Config,
  leftMs: number,
): TimeLimit {
  const usual = stream ? FIRST_DELTA_TIMEOUT_MS : WHOLE_ANSWER_TIMEOUT_MS;
  const limit = target.timeoutMs ?? config.router.timeoutMs ?? usual;
  return leftMs < limit
    ? { ms: Math.max(0, leftMs), error: () => deadlineError(target, config) }
    : { ms: limit, error: () => timeoutError(target, limit) };
}

/** One attempt: an upstream, or as many as `n` asks for, opened and taken. */
export interface Attempt<T> {
  readonly request: ChatRequest;
  readonly context: AttemptContext;
  readonly take: Take<T>;
}

/**
 * @param abort Aborts the attempt; its reason becomes the error.
 * @throws RouterError, or the reason with which it was aborted.
 */
export async function attempt<T>(
  place: Place,
  { request, context, take }: Attempt<T>,
  abort: AbortController,
): Promise<Brought<T>> {
  const provider = providerOf(place.target);
  const fanOut = request.n > 1 && !(take.manyAnswers && provider.manyAnswers?.(place.target));
  if (fanOut) checkAnswers(request);
  const asked = fanOut ? { ...request, n: 1 } : request;
  const call = { ...context, abort, idleTimeoutMs: context.config.router.idleTimeoutMs };
  const ask = async (watch: (upstream: Upstream) => Upstream = (upstream) => upstream) => {
    const upstream = await provider.open(place, asked, call);
    return { value: await take(watch(upstream), fanOut), dropped: upstream.dropped };
  };
  if (!fanOut) {
    const { value, dropped } = await ask();
    return { taken: [value], dropped };
  }
  const lost = (used: Usage) => context.beside(usedAt(place.target, used));
  const [first, ...others] = await several(request, ask, { abort, lost });
  return { taken: [first.value, ...others.map(({ value }) => value)], dropped: first.dropped };
}

/** Takes an upstream's deltas: up to the first one worth showing of a stream, else all of them. */
export function takeDeltas(streams: boolean): Take<Begun> {
  return async ({ deltas }) => ({ head: await readHead(deltas, streams), rest: deltas });
}

/** Reads up to the first delta worth showing, or to the end. Throws when the answer fails before that. */
async function readHead(source: DeltaSource, streams: boolean): Promise<readonly Delta[]> {
  const head: Delta[] = [];
  for (;;) {
    const deltas = await source.next();
    if (deltas === undefined) return head;
    head.push(...deltas);
    const failed = deltas.at(-1);
    if (failed?.type === "error" && !(streams && head.some(isShown))) throw failed.error;
    if (streams && head.some(isShown)) return head;
  }
}

function checkAnswers({ n, stream }: ChatRequest): void {
  if (stream) throw tooMany("this model gives one answer when streaming; leave n out, or do not stream.");
  if (n > MOST_ANSWERS) throw tooMany(`this model gives at most ${MOST_ANSWERS} answers at once.`);
}

function tooMany(text: string): RouterError {
  return new RouterError("unsupported_parameter", `Invalid 'n': ${text}`, { param: "n" });
}

function timeoutError(target: Target, timeoutMs: number): RouterError {
  return new RouterError(
    "upstream_timeout",
    `'${target.name}' did not answer within ${timeoutMs / 1000} s. Try again; raise router.timeout or llms.${target.name}.timeout, check the network, or choose a faster model, or another aws_region where it has one.`,
  );
}

function deadlineError(target: Target, { router }: Config): RouterError {
  return new RouterError(
    "upstream_timeout",
    `No model answered within ${router.deadlineMs / 1000} s, the time for all attempts together; '${target.name}' was the last one tried. Try again, raise router.deadline, check the network, or choose a faster model, or another aws_region where it has one.`,
  );
}
