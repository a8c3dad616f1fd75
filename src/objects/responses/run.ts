/** A response that is made in the background: its events go into a log, from which any number of clients may read. */
import type { Delta } from "../../chat/delta.ts";
import type { AnswerEncoder, AnswerRecord, Exchange } from "../../chat/dialect.ts";
import { prefixed, withPrefix } from "../../chat/prefix.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { countedUsage } from "../../chat/tokens.ts";
import type { Target } from "../../target.ts";
import { asRouterError, RouterError } from "../../errors.ts";
import { parseExact } from "../../lib/exact-json.ts";
import { openaiResponses } from "../../dialects/index.ts";
import { type Observed, unanswered } from "../../observers/index.ts";
import type { Begun } from "../../routing/attempt.ts";
import type { Answer } from "../../routing/dispatch.ts";
import type { ServedCaller } from "../../services.ts";
import { answerId } from "./ids.ts";

/** What the Worker hands over. */
export interface BackgroundRun {
  readonly number: number;
  readonly chain: string;
  readonly parent: number | undefined;
  /** JSON text of the request, its stored parts put in. */
  readonly body: string;
  /** How many items of its input went before the client's own. */
  readonly before?: number;
  /** JSON text of the list of its own input items. */
  readonly input: string;
  readonly caller: ServedCaller & { readonly requestId: string };
}

export interface RunContext {
  readonly run: BackgroundRun;
  /** Configured names, where a model's name is shown before its first text. */
  readonly prefixNames: readonly string[] | undefined;
  /** The configured models. */
  readonly targets: readonly Target[];
  /** Told of each delta, all of which are kept; what it throws ends the answer. */
  readonly kept: (delta: Delta) => void;
  readonly ask: (request: ChatRequest) => Promise<Answer<Begun>>;
  readonly observed: (request: ChatRequest) => Observed;
  /** Keeps an event, as a JSON text. */
  readonly emit: (json: string) => void;
  /** Keeps the answer. @returns false where there is no room */
  readonly keep: (record: AnswerRecord) => boolean;
  readonly now: () => number;
  /** Its reason is a RouterError. */
  readonly signal: AbortSignal;
}

/** The exchange of a run. @throws RouterError where the request is wrong */
export function exchangeOf({ body, before }: BackgroundRun): Exchange {
  return openaiResponses.parse(parseExact(body), new Headers(), undefined, before);
}

/** The response object before anything was asked of a model. */
export function queued(run: BackgroundRun, exchange: Exchange, now: number): JsonObject {
  const created = Math.floor(now / 1000);
  const encoder = exchange.stream({ id: answerId(run), created, model: exchange.request.model });
  return { ...encoder.snapshot?.(), status: "queued" };
}

/**
 * Makes the answer. Never rejects.
 * @returns the response object, where the answer could not be kept as a whole: it failed, or was cancelled.
 */
export async function makeResponse(exchange: Exchange, context: RunContext): Promise<JsonObject | undefined> {
  const { run, emit, now, signal } = context;
  // Events are kept whether or not somebody listens.
  const { request, prefix } = prefixed({ ...exchange.request, stream: true }, context.prefixNames);
  const observed = context.observed(request);
  const created = Math.floor(now() / 1000);
  const encoderFor = (model: string) => exchange.stream({ id: answerId(run), created, model });
  let encoder = encoderFor(request.model);
  let chars = 0;
  let leave = () => {};
  try {
    const { taken, route } = await context.ask(request);
    observed.begun(route);
    const { name } = route.target;
    encoder = encoderFor(name);
    const { head, rest } = prefix ? withPrefix(taken[0], name) : taken[0];
    leave = () => rest.cancel();
    for (let deltas: Begun["head"] | undefined = head; deltas; deltas = await rest.next()) {
      for (const delta of deltas) {
        if ("text" in delta) chars += delta.text.length;
        context.kept(delta);
        encoder.push(delta, emit);
      }
    }
    // Its end may come after it was deleted: what is kept then would be there again.
    signal.throwIfAborted();
    finish(encoder, context);
  } catch (thrown) {
    leave();
    encoder.push({ type: "error", error: asRouterError(signal.aborted ? signal.reason : thrown) }, emit);
  }
  const error = encoder.failure;
  const { usage } = encoder;
  const told = chars > 0 || usage !== undefined || !error;
  const used = told
    ? countedUsage(request, { usage, chars, complete: error === undefined })
    : unanswered(error, request, context.targets);
  observed.ended({ status: error ? error.status : 200, error, ...used });
  return error ? encoder.snapshot?.() : undefined;
}

/** The answer is kept before its terminal event says that it can be asked for. */
function finish(encoder: AnswerEncoder, { emit, keep }: RunContext): void {
  if (encoder.failure) return;
  const record = encoder.record?.(emit);
  if (record === undefined)
    throw new RouterError(
      "upstream_truncated",
      "The model's answer ended before it was complete. Try again.",
    );
  if (!keep(record)) throw chainFull();
  encoder.end(emit);
}

/**
 * How the events of a run end that nobody can go on with, and what becomes of its response.
 * @param sequence Beyond every number that a client can have seen.
 */
export function interrupted(
  before: JsonObject,
  sequence: number,
): { readonly response: JsonObject; readonly events: readonly string[] } {
  const message = "The run was cut off: the object that made it was restarted. Send the request again.";
  const response = { ...before, status: "failed", error: { code: "server_error", message } };
  const event = (type: string, rest: JsonObject, at: number) =>
    JSON.stringify({ type, sequence_number: at, ...rest });
  return {
    response,
    events: [
      event("error", { code: "upstream_truncated", message, param: null }, sequence),
      event("response.failed", { response }, sequence + 1),
    ],
  };
}

/** What a client is told whose chain has no room for another answer. */
export function chainFull(): RouterError {
  return new RouterError(
    "invalid_value",
    "This chain of responses is full (1,000 responses, 64 MiB): begin a new one, without previous_response_id.",
    { param: "previous_response_id" },
  );
}
