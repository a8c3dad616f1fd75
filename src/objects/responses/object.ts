import { DurableObject } from "cloudflare:workers";
import { keptAnswer } from "../../chat/kept-answer.ts";
import type { JsonObject } from "../../chat/request.ts";
import type { Env } from "../../env.ts";
import { asRouterError, RouterError } from "../../errors.ts";
import { parseObject } from "../../lib/json.ts";
import { memory } from "../../lib/memory.ts";
import { OBSERVERS, observe, type Settling } from "../../observers/index.ts";
import { takeDeltas } from "../../routing/attempt.ts";
import { dispatch } from "../../routing/dispatch.ts";
import { VERDICT_MS } from "../key/made.ts";
import { callerNow, configOf, prepareConfig, servicesOf } from "../../services.ts";
import { type FrameLog, frameLog } from "../frame-log.ts";
import { type FrameRows, frameRows, KEEP_FRAMES_MS } from "../frame-rows.ts";
import { type ChainObject, storedResponses } from "./client.ts";
import { followedEvents } from "./follow.ts";
import { answerId } from "./ids.ts";
import { type BackgroundRun, exchangeOf, interrupted, makeResponse, queued } from "./run.ts";
import { type KeptResponse, type ResponseStore, RUNS, responseStore } from "./store.ts";

/** Runs of one client at once. */
const MOST_RUNS = 4;
/** Clients that read the events of one chain's runs at once. */
const MOST_FOLLOWERS = 32;
/** An object that nobody calls may be evicted: an alarm keeps it while a run goes on. */
const HEARTBEAT_MS = 30_000;
const EXPIRES = "expires";
const PLACES = "places";

interface Opened {
  readonly store: ResponseStore;
  readonly frames: FrameRows;
  readonly log: FrameLog;
}

/** A chain of stored responses of one client. Its name is a digest of the key's name and the chain: no other key finds it. */
export class ResponseChain extends DurableObject<Env> implements Omit<ChainObject, "fetch"> {
  readonly #runs = new Map<number, AbortController>();
  readonly #waiting = new Set<() => void>();
  #followers = 0;
  #opened: Opened | undefined;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    const waiting = prepareConfig(env);
    if (waiting) state.blockConcurrencyWhile(() => waiting);
  }

  async begin(previous: number, most: number, reserve: boolean): ReturnType<ChainObject["begin"]> {
    const { store } = this.#open();
    // Its answer would be missing from what was said.
    if (this.#runs.has(previous)) return { missing: "running" };
    const found = store.history(previous, most);
    if ("missing" in found) return found;
    if (!reserve) return { number: 0, history: found.items };
    const number = store.reserve();
    if (number === undefined) return { missing: "full" };
    await this.#touch();
    return { number, history: found.items };
  }

  async keep(response: KeptResponse): Promise<boolean> {
    const kept = this.#open().store.keep(response);
    await this.#touch();
    return kept;
  }

  async response(number: number): Promise<string | undefined> {
    return this.#open().store.response(number);
  }

  async input(number: number, most: number): ReturnType<ChainObject["input"]> {
    return this.#open().store.input(number, most);
  }

  async item(number: number, index: number): Promise<string | undefined> {
    return this.#open().store.item(number, index);
  }

  async remove(number: number): Promise<boolean> {
    this.#runs.get(number)?.abort(cancelled());
    return this.#open().store.remove(number);
  }

  async start(run: BackgroundRun): Promise<string | undefined> {
    const exchange = exchangeOf(run);
    const response = queued(run, exchange, Date.now());
    const { store, log } = this.#open();
    const { number, parent, input } = run;
    const text = JSON.stringify(response);
    if (!store.keep({ number, parent, input, output: "[]", response: text })) return undefined;
    store.running(number);
    const abort = new AbortController();
    this.#runs.set(number, abort);
    await this.#touch();
    this.ctx.waitUntil(this.#run(run, exchange, abort, log));
    return text;
  }

  async cancel(number: number): Promise<string | undefined> {
    this.#runs.get(number)?.abort(cancelled());
    while (this.#runs.has(number)) await this.#next();
    return this.#open().store.response(number);
  }

  async acquire(id: string, until: number): Promise<readonly string[] | undefined> {
    const now = Date.now();
    const taken = (this.ctx.storage.kv.get<[string, number][]>(PLACES) ?? []).filter(([, end]) => end > now);
    if (taken.length >= MOST_RUNS) return taken.map(([held]) => held);
    this.ctx.storage.kv.put(PLACES, [...taken, [id, until]]);
    await this.#touch();
    return undefined;
  }

  async release(id: string): Promise<void> {
    const taken = this.ctx.storage.kv.get<[string, number][]>(PLACES) ?? [];
    this.ctx.storage.kv.put(
      PLACES,
      taken.filter(([held]) => held !== id),
    );
  }

  /** The events of a run. 404 where none are kept, 429 where too many read already. */
  override async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const number = Number(searchParams.get("number"));
    const { log, store } = this.#open();
    const [first] = log.replay(0, number);
    if (store.response(number) === undefined || (!first && !this.#runs.has(number))) {
      return new Response(null, { status: 404 });
    }
    if (this.#followers >= MOST_FOLLOWERS) return new Response(null, { status: 429 });
    this.#followers++;
    const { readable, writable } = new IdentityTransformStream();
    const run = { log, number, running: () => this.#runs.has(number), next: () => this.#next() };
    const events = followedEvents(run, Number(searchParams.get("after")));
    // Rejects when the client leaves.
    const done = events.pipeTo(writable).catch(() => {});
    this.ctx.waitUntil(done.then(() => void this.#followers--));
    return new Response(readable);
  }

  /** The one alarm: heartbeat of a run, end of kept frames, end of the chain. */
  override async alarm(): Promise<void> {
    const { frames } = this.#open();
    const now = Date.now();
    frames.expire(now - KEEP_FRAMES_MS);
    const expires = this.ctx.storage.kv.get<number>(EXPIRES) ?? 0;
    if (this.#runs.size === 0 && expires <= now) {
      this.#opened = undefined;
      await Promise.all([this.ctx.storage.deleteAlarm(), this.ctx.storage.deleteAll()]);
      return;
    }
    await this.#arm();
  }

  #open(): Opened {
    if (this.#opened) return this.#opened;
    const store = responseStore(this.ctx.storage);
    const frames = frameRows(this.ctx.storage, RUNS);
    this.#opened = { store, frames, log: frameLog(frames) };
    // Nobody goes on with a run whose object was reset or evicted.
    for (const number of store.unfinished()) if (!this.#runs.has(number)) this.#interrupted(number);
    return this.#opened;
  }

  #interrupted(number: number): void {
    const { store, log } = this.#open();
    const [first] = log.replay(0, number);
    // Numbers that the lost memory had given out are never given again; an event has its frame's, counted from its answer's first.
    const { response, events } = interrupted(stored(store, number), log.last + 1 - (first?.seq ?? 0));
    for (const json of events) log.append(number, () => json);
    log.settle();
    this.#put(number, response);
    store.ended(number, Date.now());
  }

  async #run(
    run: BackgroundRun,
    exchange: ReturnType<typeof exchangeOf>,
    abort: AbortController,
    log: FrameLog,
  ): Promise<void> {
    const { number, parent, input, caller } = run;
    const { signal } = abort;
    const config = configOf(this.env);
    const deadline = config.serve.backgroundDeadlineMs;
    let settling: Settling | undefined;
    const asked = { ...caller, deadlineMs: deadline };
    const timer = setTimeout(() => abort.abort(tooLate(deadline)), deadline);
    // Whether the key is still taken is asked again while the run goes on.
    const watch = setInterval(() => {
      callerNow(this.env, asked).catch((thrown: unknown) => {
        const error = asRouterError(thrown);
        if (error.code === "invalid_api_key") abort.abort(error);
      });
    }, VERDICT_MS);
    await this.#arm();
    let begun = false;
    const hold = memory.hold(caller.client);
    const left = await makeResponse(exchange, {
      run,
      kept: keptAnswer(hold),
      prefixNames: config.serve.showModelPrefix ? config.targets.map(({ name }) => name) : undefined,
      targets: config.targets,
      ask: async (request) => {
        const now = await callerNow(this.env, asked);
        const services = servicesOf(this.env, now, (work) => this.ctx.waitUntil(work));
        settling = services.settling;
        return dispatch(request, { ...services, hold, signal }, takeDeltas(true));
      },
      observed: ({ model, session }) =>
        observe(
          OBSERVERS,
          {
            requestId: caller.requestId,
            client: caller.client,
            model,
            session: caller.session ?? session,
            trace: caller.trace,
            dialect: "openai-responses",
            door: "background",
            stream: true,
          },
          Date.now,
          () => settling,
        ),
      emit: (json) => {
        if (!begun) this.#put(number, { ...stored(this.#open().store, number), status: "in_progress" });
        begun = true;
        log.append(number, () => json);
        this.#wake();
      },
      keep: ({ response, output }) =>
        this.#open().store.keep({
          ...{ number, parent, input },
          ...{ output: JSON.stringify(output), response: JSON.stringify(response) },
        }),
      now: Date.now,
      signal,
    });
    hold.end();
    clearTimeout(timer);
    clearInterval(watch);
    const { store } = this.#open();
    // Deleted meanwhile: nothing of it comes back.
    if (store.response(number) !== undefined) {
      if (left) this.#put(number, left);
      log.flush();
      store.ended(number, Date.now());
    }
    this.#runs.delete(number);
    this.#wake();
    await this.#arm();
    await this.#releasePlace(run);
  }

  /** The place is one of the client's, in another object of this class. */
  async #releasePlace({ caller, ...id }: BackgroundRun): Promise<void> {
    const places = await storedResponses(this.env, caller.client).places();
    await places.release(answerId(id)).catch(() => {});
  }

  #put(number: number, response: JsonObject): void {
    const { store } = this.#open();
    store.replace(number, JSON.stringify(response));
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** The chain is kept from its last use on. */
  async #touch(): Promise<void> {
    this.ctx.storage.kv.put(EXPIRES, Date.now() + configOf(this.env).serve.responseTtlMs);
    await this.#arm();
  }

  /** Sets the alarm, unless it comes early enough already. */
  async #arm(): Promise<void> {
    const now = Date.now();
    const ended = this.#open().frames.oldestEnd();
    const due = Math.min(
      this.#runs.size > 0 ? now + HEARTBEAT_MS : Number.POSITIVE_INFINITY,
      ended === undefined ? Number.POSITIVE_INFINITY : ended + KEEP_FRAMES_MS,
      Math.max(now + 1000, this.ctx.storage.kv.get<number>(EXPIRES) ?? now),
    );
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > due) await this.ctx.storage.setAlarm(due);
  }
}

function stored(store: ResponseStore, number: number): JsonObject {
  return parseObject(store.response(number) ?? "") ?? {};
}

function cancelled(): RouterError {
  return new RouterError("turn_cancelled", "The run was cancelled.");
}

function tooLate(deadlineMs: number): RouterError {
  return new RouterError(
    "upstream_timeout",
    `The run took longer than ${deadlineMs / 1000} s, serve.background_deadline.`,
  );
}
