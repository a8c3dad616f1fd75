/**
 * Answers a request of any dialect over HTTP. A relay is taken here and nowhere else: where the upstream speaks the
 * client's dialect and no prefix has to be shown. An error before the head is a real HTTP status; after it, an event.
 */
import type { Relay, RelayRead } from "../chat/relay.ts";
import type { Upstream } from "../contracts.ts";
import type { AnswerEncoder, AnswerIdentity, AnswerRecord, Dialect, Exchange } from "../chat/dialect.ts";
import { foldDeltas, type Folded, summedUsage } from "../chat/fold.ts";
import { answerIdentity } from "../chat/identity.ts";
import { keptAnswer } from "../chat/kept-answer.ts";
import { prefixDeltas, prefixed, withPrefix } from "../chat/prefix.ts";
import type { ChatRequest, JsonObject } from "../chat/request.ts";
import { type Counted, countedUsage } from "../chat/tokens.ts";
import { asRouterError, type RouterError } from "../errors.ts";
import { linkedAbort } from "../lib/linked-abort.ts";
import { within } from "../lib/within.ts";
import { type Observed, observe, unanswered } from "../observers/index.ts";
import { type Begun, type Take, takeDeltas } from "../routing/attempt.ts";
import { type Answer, dispatch } from "../routing/dispatch.ts";
import { type Services, servicesOf } from "../services.ts";
import { readJson } from "./body.ts";
import { callerOf } from "./caller.ts";
import type { AppContext } from "./context.ts";
import { limitHeaders, routeHeaders } from "./headers.ts";
import { errorLog } from "./log.ts";
import { KEEP_ALIVE_MS, SSE_HEADERS, type SseWriter, sseWriter } from "./sse.ts";
import { toItsEnd } from "./to-its-end.ts";

/** An answer in the client's own dialect, handed on; `head` has been read of it. */
interface Relayed {
  readonly relay: Relay;
  readonly head: readonly RelayRead[];
}
type Taken = Begun | Relayed;

/** The encoder of an answer whose head went out before anybody answered. */
interface Early {
  readonly identity: { id: string; created: number; model: string };
  readonly encoder: AnswerEncoder;
}

/** What is known before the answer is there. */
interface Waiting {
  early?: Early;
  /** Whether an answer is read that would be handed on, with a beginning of its own. */
  relays: boolean;
}

/** One request on its way to its answer. */
interface Serving extends Pick<Parsed, "id" | "keep"> {
  readonly c: AppContext;
  readonly dialect: Dialect;
  readonly exchange: Exchange;
  /** As models may see it. */
  readonly request: ChatRequest;
  /** Show the model's name before the first text. */
  readonly prefix: boolean;
  readonly services: Services;
  readonly observed: Observed;
  readonly take: Take<Taken>;
  readonly waiting: Waiting;
}

/** One whose answer streams. */
interface Streaming extends Serving {
  /** Aborts what is still under way, once the client has gone. */
  readonly client: AbortController;
}

/** A request, read; what else there is to say about its answer is of dialects whose answers can be kept. */
export interface Parsed {
  readonly exchange: Exchange;
  /** The answer's id, without the dialect's prefix; a fresh one unless given. */
  readonly id?: string;
  /** Keeps a complete answer before its end goes out. Throws RouterError where it cannot. */
  readonly keep?: (record: AnswerRecord) => Promise<void>;
  /** Answers in the place of a model, e.g. where the answer is made in the background. */
  readonly instead?: () => Promise<Response>;
}

type Parse = (value: unknown, headers: Headers, text: string) => Parsed | Promise<Parsed>;

/**
 * @param parse Where the dialect's own `parse` is not all: what is stored has to be looked up.
 * @throws RouterError for what fails before the head of the answer.
 */
export async function serve(
  c: AppContext,
  dialect: Dialect,
  parse: Parse = (value, headers, text) => ({ exchange: dialect.parse(value, headers, text) }),
): Promise<Response> {
  const caller = callerOf(c);
  const services = servicesOf(c.env, caller, (work) => c.executionCtx.waitUntil(work));
  const { serve: settings, targets } = services.config;
  const { value, text } = await readJson(c.req.raw, settings.maxBodyBytes, c.get("hold"));
  const { exchange, instead, ...kept } = await parse(value, c.req.raw.headers, text);
  if (instead) return instead();
  const names = settings.showModelPrefix ? targets.map(({ name }) => name) : undefined;
  const { request, prefix } = prefixed(exchange.request, names);
  const { model, stream } = request;
  const session = services.session ?? request.session;
  const begin = {
    requestId: c.get("requestId"),
    client: caller.client,
    trace: caller.trace,
    dialect: dialect.name,
    model,
    stream,
  };
  const observed = observe(
    services.observers,
    { ...begin, door: "http", session },
    services.now,
    () => services.settling,
  );
  const waiting: Waiting = { relays: false };
  const take = taker(dialect, request, prefix || kept.keep !== undefined, waiting);
  const serving = { ...kept, c, dialect, exchange, request, prefix, services, observed, take, waiting };
  return toItsEnd(c, answered(serving));
}

/** The answer's head, and all of it where it does not stream. What fails before is told to the observers, too. */
async function answered(serving: Serving): Promise<Response> {
  const { c, dialect, request, services, observed } = serving;
  try {
    if (!request.stream) return await whole(serving);
    return await streamed({ ...serving, client: linkedAbort(c.req.raw.signal) });
  } catch (thrown) {
    const error = asRouterError(thrown);
    observed.ended({ status: error.status, error, ...unanswered(error, request, services.config.targets) });
    for (const [name, value] of Object.entries(limitHeaders(services, dialect))) c.header(name, value);
    throw error;
  }
}

/**
 * Several answers of one call have no prefix: it would have to be written into the upstream's own.
 * Answers of several calls are put together from their deltas, whatever form they come in.
 * So is what the wait for it has begun.
 * @param own The answer has to be written here: it shows a prefix, or is kept.
 */
function taker(dialect: Dialect, request: ChatRequest, own: boolean, waiting: Waiting): Take<Taken> {
  const deltas = takeDeltas(request.stream);
  const take = async (upstream: Upstream, several?: boolean): Promise<Taken> => {
    const { relay } = upstream;
    const written = several || (own && request.n === 1) || waiting.early?.encoder.begun;
    if (relay === undefined || relay.dialect !== dialect.name || written) return deltas(upstream);
    waiting.relays = true;
    return { relay, head: relay.unread ? [] : await beginning(relay, request.stream) };
  };
  return Object.assign(take, { manyAnswers: true });
}

/** Reads a relay until something has begun, or, where it does not stream, to its end. Throws when it fails before that. */
async function beginning(relay: Relay, streams: boolean): Promise<readonly RelayRead[]> {
  const head: RelayRead[] = [];
  let begun = false;
  await relay.each((read) => {
    // What is kept for longer than until the next read has to be copied; a whole answer comes with the last.
    head.push(streams ? { ...read, bytes: read.bytes.slice() } : read);
    begun = read.begun;
    return streams && begun ? false : undefined;
  });
  const { failure } = relay.watch();
  if (failure && !(streams && begun)) throw failure;
  return head;
}

async function whole(serving: Serving): Promise<Response> {
  const { c, exchange, request, prefix, services, observed, take } = serving;
  const { taken, route } = await dispatch(
    request,
    { ...services, hold: c.get("hold"), signal: c.req.raw.signal },
    take,
  );
  observed.begun(route);
  const headers = { ...routeHeaders(route), ...limitHeaders(services, serving.dialect) };
  const { name } = route.target;
  const [first] = taken;
  if ("relay" in first) {
    const { relay, head } = first;
    // A body that does not stream comes in one piece, with its last read.
    const body = relay.unread ?? head.at(-1)?.bytes.slice() ?? "";
    observed.ended({ status: 200, ...(relay.unread ? {} : countedUsage(request, relay.watch())) });
    return c.body(body, 200, { ...headers, "content-type": relay.contentType });
  }
  const answers = taken.flatMap((answer) =>
    "relay" in answer ? [] : foldDeltas(prefix ? prefixDeltas(name)(answer.head) : answer.head),
  );
  const chars = answers.reduce((sum, answer) => sum + charsOf(answer), 0);
  observed.ended({
    status: 200,
    ...countedUsage(request, { usage: summedUsage(answers), chars, complete: true }),
  });
  if (serving.keep && !("relay" in first)) {
    return c.json(await keptWhole(serving, name, first.head), 200, headers);
  }
  return c.json(exchange.whole(identityOf(serving, name), answers), 200, headers);
}

/** A whole answer that is kept: what is kept and what goes out are told by one encoder. */
async function keptWhole(serving: Serving, name: string, head: Begun["head"]): Promise<JsonObject> {
  const encoder = serving.exchange.stream(identityOf(serving, name));
  const ignored = () => {};
  for (const delta of serving.prefix ? prefixDeltas(name)(head) : head) encoder.push(delta, ignored);
  const record = encoder.record?.(ignored);
  if (!record) throw new TypeError("an answer that is to be kept has to tell what");
  await serving.keep?.(record);
  return record.response;
}

function identityOf({ services, id }: Serving, model: string): AnswerIdentity {
  const identity = answerIdentity(model, services.now());
  return id === undefined ? identity : { ...identity, id };
}

/**
 * Answers with the stream's head as soon as there is something to show. If that takes longer than 15 s the head goes out
 * with a comment, so that idle timeouts do not end the wait.
 */
async function streamed(serving: Streaming): Promise<Response> {
  const { c, request, services, client, take, waiting } = serving;
  const answer = dispatch(request, { ...services, hold: c.get("hold"), signal: client.signal }, take);
  const begun = await within(KEEP_ALIVE_MS, answer);
  if (begun) return begunAnswer(serving, begun);
  const writer = openWriter(serving);
  // Who answers is not known yet; what fills the wait is the dialect's all the same.
  const identity = { ...identityOf(serving, request.model) };
  const encoder = serving.exchange.stream(identity);
  waiting.early = { identity, encoder };
  writer.wait(() => (waiting.relays ? undefined : encoder.silence()));
  goOn(serving, writeLate(serving, writer, answer));
  return c.body(writer.readable, 200, SSE_HEADERS);
}

/** Once the head is out it is the writer that notices that the client leaves. */
function openWriter({ c, client }: Streaming): SseWriter {
  const writer = sseWriter(keptAnswer(c.get("hold")));
  writer.gone.then(() => client.abort());
  return writer;
}

function begunAnswer(serving: Streaming, answer: Answer<Taken>): Response {
  const { c, observed, services, dialect } = serving;
  const { route, taken } = answer;
  const [first] = taken;
  const type = "relay" in first ? { "content-type": first.relay.contentType } : {};
  const headers = { ...SSE_HEADERS, ...routeHeaders(route), ...limitHeaders(services, dialect), ...type };
  if ("relay" in first && first.relay.unread) {
    observed.begun(route);
    observed.ended({ status: 200 });
    return c.body(first.relay.unread, 200, headers);
  }
  const writer = openWriter(serving);
  goOn(serving, write(serving, writer, answer));
  return c.body(writer.readable, 200, headers);
}

/** Goes on until the work is done. A client that leaves ends its request, and all of it that has not said so: how it ended is told all the same. */
function goOn({ c, services }: Serving, work: Promise<void>): void {
  c.get("hold").until(work);
  services.background(work);
}

/** Writes an answer up to its end. Never rejects. */
async function write(serving: Streaming, writer: SseWriter, { route, taken }: Answer<Taken>): Promise<void> {
  const { c, exchange, prefix, observed, client } = serving;
  observed.begun(route);
  const { name } = route.target;
  const { early } = serving.waiting;
  if (early) early.identity.model = name;
  const encoder = early?.encoder ?? exchange.stream(identityOf(serving, name));
  const [first] = taken;
  if ("relay" in first && first.relay.unread) {
    observed.ended({ status: 200 });
    return writer.pipe(first.relay.unread);
  }
  let error: RouterError | undefined;
  let counted: Counted;
  if ("relay" in first) {
    await writer.relay(first.head, first.relay, encoder);
    error = first.relay.watch().failure;
    counted = countedUsage(serving.request, first.relay.watch());
  } else {
    const { head, rest } = prefix ? withPrefix(first, name) : first;
    const chars = await writer.pump(head, rest, encoder, serving.keep);
    error = encoder.failure;
    const { usage, complete } = encoder;
    counted = countedUsage(serving.request, { usage, chars, complete });
  }
  observed.ended({ status: client.signal.aborted ? 499 : 200, error, ...counted });
  // After the head no status tells of a failure, so the log has to. One that a client's leaving caused is none.
  if (error && !client.signal.aborted) errorLog(error, c.get("requestId"));
}

/** Writes an answer whose head went out before it was there. Never rejects. */
async function writeLate(
  serving: Streaming,
  writer: SseWriter,
  pending: Promise<Answer<Taken>>,
): Promise<void> {
  const { c, exchange, request, observed } = serving;
  try {
    await write(serving, writer, await pending);
  } catch (thrown) {
    const error = asRouterError(thrown);
    const { targets } = serving.services.config;
    observed.ended({ status: error.status, error, ...unanswered(error, request, targets) });
    errorLog(error, c.get("requestId"));
    await writer.fail(
      error,
      serving.waiting.early?.encoder ?? exchange.stream(identityOf(serving, request.model)),
    );
  }
}

function charsOf({ text, reasoningText, refusal, toolCalls }: Folded): number {
  const calls = toolCalls.reduce((sum, call) => sum + call.name.length + call.arguments.length, 0);
  return text.length + reasoningText.length + refusal.length + calls;
}
