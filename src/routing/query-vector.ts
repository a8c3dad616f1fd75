/** The vector of a routing query: asked of `router.embedding_model`, and remembered. */
import type { Config } from "../config/types.ts";
import type { CallContext } from "../contracts.ts";
import type { ReadBinding } from "../env.ts";
import type { Vector } from "../chat/embedding.ts";
import type { Target } from "../target.ts";
import { floatsOf } from "../chat/vectors.ts";
import { recent, type Recent } from "../lib/recent.ts";
import { asRouterError, RouterError } from "../errors.ts";
import { providerOf } from "../providers/index.ts";
import type { Account, Beside } from "./account.ts";
import { attempts } from "./attempts.ts";
import { embeddingCeiling, usedAt } from "./ceiling.ts";
import { type Cooldown, cooldown, type Records } from "./cooldown.ts";
import { paidAgain } from "./paid-again.ts";
import { digestKey } from "./sticky.ts";
import type { EmbeddingFailure, QueryVector } from "./strategies/strategy.ts";

/** In an isolate; the one that was not used for longest goes. */
const MOST_REMEMBERED = 1000;
/** The client waits: a place has one try. */
const NO_RETRY = { attempts: 0, baseMs: 0, maxMs: 0 };

/** What an isolate knows by configuration. Places cool down apart from those of clients' own calls, which may take longer. */
interface Known {
  readonly vectors: Recent<Float32Array>;
  readonly resting: Records;
}
const known = new WeakMap<Config, Known>();

export interface VectorContext extends Pick<CallContext, "client" | "background" | "ai" | "hold"> {
  readonly config: Config;
  readonly binding: ReadBinding;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
  /** Counts for a key with limits. */
  readonly account?: Account | undefined;
  readonly beside?: Beside | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** @param context Undefined: nobody is asked, only what is remembered is given. */
export async function queryVector(
  target: Target,
  query: string,
  config: Config,
  context: VectorContext | undefined,
): Promise<QueryVector | EmbeddingFailure | undefined> {
  const memory = known.get(config) ?? {
    vectors: recent<Float32Array>(Number.POSITIVE_INFINITY, MOST_REMEMBERED),
    resting: new Map(),
  };
  known.set(config, memory);
  const { vectors } = memory;
  const now = Date.now();
  const key = await digestKey([target.name, query]);
  let vector = vectors.get(key, now);
  if (vector === undefined) {
    if (context === undefined) return undefined;
    try {
      vector = await ask(target, query, cooldown(Date.now, memory.resting, context.client), context);
    } catch (thrown) {
      const { code, message } = asRouterError(thrown);
      return { code, message };
    }
  }
  vectors.put(key, vector, now);
  return { vector };
}

/** @throws RouterError of the last place, or that all of them rest. */
async function ask(
  target: Target,
  query: string,
  resting: Cooldown,
  context: VectorContext,
): Promise<Float32Array> {
  const { config, binding, ai, account, beside, client, background, hold, now } = context;
  const provider = providerOf(target);
  const places = provider.places(target, binding).filter((place) => resting.until(place) === 0);
  if (places.length === 0)
    throw new RouterError("upstream_unavailable", `'${target.name}' rests after failures.`);
  const request = {
    ...({ model: target.name, input: { kind: "texts", texts: [query] }, body: { input: [query] } } as const),
    ...({ dimensions: undefined, inputType: undefined, encoding: "float" } as const),
  };
  const [call] = provider.embed?.(target, request).calls ?? [];
  if (call === undefined) throw new TypeError("no provider of vectors");
  const most = embeddingCeiling(request, target);
  await account?.reserve(most);
  const deadline = now() + config.router.embeddingTimeoutMs;
  const idleTimeoutMs = config.router.embeddingTimeoutMs;
  // By its length, as what an upstream does not tell.
  const lost = () => usedAt(target, { promptTokens: Math.ceil(query.length / 4), completionTokens: 0 });
  const paid = paidAgain({ account, beside, most, lost });
  const { value } = await attempts(
    places,
    (place, abort) => call.call(place, { abort, binding, ai, hold, client, background, idleTimeoutMs }),
    {
      ...{ signal: context.signal, cooldown: resting, retry: NO_RETRY, random: () => 0, now, deadline },
      again: paid.again,
      limit: (_, left) => ({
        ms: Math.round((deadline - now()) / left),
        error: () => tooSlow(target, config),
      }),
    },
  ).catch((thrown: unknown) => {
    paid.failed(thrown, target);
    throw thrown;
  });
  beside?.(usedAt(target, { promptTokens: value.tokens ?? most.tokens, completionTokens: 0 }));
  return numbersOf(value.vectors[0] ?? []);
}

function numbersOf(vector: Vector): Float32Array {
  return typeof vector === "string" ? floatsOf(vector) : Float32Array.from(vector);
}

function tooSlow({ name }: Target, { router }: Config): RouterError {
  return new RouterError(
    "upstream_timeout",
    `'${name}' gave no vector within ${router.embeddingTimeoutMs} ms (router.embedding_timeout).`,
  );
}
