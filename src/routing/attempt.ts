/** One attempt at one target: opens it and waits for the first delta of a streamed answer, or for the whole of another. */
import type { Config } from "../config/types.ts";
import type { CallContext, DecodedUpstream, NativeUpstream, Place, Target } from "../contracts.ts";
import type { Delta } from "../chat/delta.ts";
import { RouterError } from "../errors.ts";
import type { ChatRequest } from "../chat/request.ts";
import { providerOf } from "../providers/index.ts";
import type { TimeLimit } from "./attempts.ts";
import { type DeltaSource, deltaSource } from "../providers/source.ts";

const WHOLE_ANSWER_TIMEOUT_MS = 600_000;
const FIRST_DELTA_TIMEOUT_MS = 120_000;
/** A Worker may have six connections open at once. */
const MOST_ANSWERS = 4;

/** A decoded answer that has begun. */
export interface BegunAnswer {
  readonly kind: "decoded";
  readonly dropped: readonly string[];
  /** Ends with the first delta worth showing; when the request does not stream it is the whole answer. */
  readonly head: readonly Delta[];
  readonly rest: DeltaSource;
  /** The further whole answers, where `n` asks for several. */
  readonly others: readonly (readonly Delta[])[];
}

export type Begun = NativeUpstream | BegunAnswer;

export interface AttemptContext extends Omit<CallContext, "signal"> {
  readonly config: Config;
}

/** How long an attempt may take: the target's own limit, else the router's, and never beyond the deadline of all. */
export function attemptLimit(
  target: Target,
  { stream }: ChatRequest,
  config: Config,
  deadline: number,
): TimeLimit {
  const usual = stream ? FIRST_DELTA_TIMEOUT_MS : WHOLE_ANSWER_TIMEOUT_MS;
  const limit = target.timeoutMs ?? config.router.timeoutMs ?? usual;
  const leftMs = Math.max(0, deadline - Date.now());
  return leftMs < limit
    ? { ms: leftMs, error: () => deadlineError(target, config) }
    : { ms: limit, error: () => timeoutError(target, limit) };
}

/**
 * @param abort Aborts the attempt; its reason becomes the error.
 * @throws RouterError, or the reason with which it was aborted.
 */
export async function attempt(
  place: Place,
  request: ChatRequest,
  context: AttemptContext,
  abort: AbortController,
): Promise<Begun> {
  const { target } = place;
  const provider = providerOf(target);
  const fanOut = !provider.manyAnswers && request.n > 1;
  if (fanOut) checkAnswers(request);
  const asked = fanOut ? { ...request, n: 1 } : request;
  const call = { ...context, signal: abort.signal };
  const open = async (): Promise<Begun> => {
    const upstream = await provider.open(place, asked, call);
    return upstream.kind === "native" ? upstream : read(upstream, target, request.stream, context, abort);
  };
  if (!fanOut) return open();
  try {
    const [first, ...others] = await Promise.all(Array.from({ length: request.n }, open));
    if (first === undefined) throw new TypeError("n is at least 1");
    if (first.kind === "native") return first;
    return { ...first, others: others.flatMap((other) => (other.kind === "decoded" ? [other.head] : [])) };
  } catch (thrown) {
    // One of several answers failed: the others are of no use any more.
    if (!abort.signal.aborted) abort.abort(thrown);
    throw thrown;
  }
}

async function read(
  upstream: DecodedUpstream,
  target: Target,
  streams: boolean,
  { config }: AttemptContext,
  abort: AbortController,
): Promise<BegunAnswer> {
  const rest = deltaSource(upstream, {
    name: target.name,
    abort,
    idleTimeoutMs: config.router.idleTimeoutMs,
  });
  const head = await readHead(rest, streams);
  return { kind: "decoded", dropped: upstream.dropped, head, rest, others: [] };
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

function isShown(delta: Delta): boolean {
  if (delta.type === "text" || delta.type === "reasoning") return delta.text !== "";
  return delta.type === "tool_start" || delta.type === "refusal" || delta.type === "finish";
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
