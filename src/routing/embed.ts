/** Vectors for a list of texts, in as many calls as the model takes for them. */
import type { EmbeddingCalls, Route } from "../contracts.ts";
import type { Usage } from "../chat/delta.ts";
import type { EmbeddingRequest } from "../chat/embedding.ts";
import { leastVectorBytes, vectorJson } from "../chat/vectors.ts";
import { asRouterError, mayCost, RouterError } from "../errors.ts";
import { providerOf } from "../providers/index.ts";
import { type Ceiling, embeddingCeiling, usedAt } from "./ceiling.ts";
import { NAMED } from "./models.ts";
import type { Attempted } from "./attempts.ts";
import { taskTarget } from "./models.ts";
import { callerOf, type TaskContext } from "./tasks.ts";

/** So many connections a Worker may have open for a request. */
const MOST_AT_ONCE = 6;
const MIB = 2 ** 20;
/** What waits to be sent is in hand until then. */
const MOST_ANSWER_BYTES = 16 * MIB;
/** What frames a vector in the answer. */
const FRAME_BYTES = 56;
/** About so many characters of English are a token. */
const CHARS_PER_TOKEN = 4;

export interface EmbeddingAnswer {
  readonly route: Route;
  /** The vectors as they stand in a JSON text, in the order of the texts. */
  readonly vectors: readonly string[];
  readonly usage: Usage;
  /** The upstream has not told its tokens: they were counted by length. */
  readonly estimated: boolean;
}

/**
 * At most six calls are under way at once; the first that fails for good ends the others.
 * @throws RouterError with `param` for what the model cannot do or what does not fit; else the error of the call that failed.
 */
export async function embed(request: EmbeddingRequest, context: TaskContext): Promise<EmbeddingAnswer> {
  const { config, hold } = context;
  const target = taskTarget(request.model, "embedding", context.config, context.allowance);
  const prepared = providerOf(target).embed?.(target, request);
  if (prepared === undefined) throw new TypeError("no provider of vectors");
  const { calls, dropped } = prepared;
  checkCalls(prepared, target.name, config.serve.maxSubrequests);
  checkAnswer(prepared, request);
  const most = embeddingCeiling(request, target);
  await context.account?.reserve(most);
  const lost = usedAt(target, { promptTokens: estimated(request), completionTokens: 0 });
  const texts = calls.reduce((sum, call) => sum + call.texts, 0);
  const caller = callerOf(target, context);
  const batches: (readonly string[])[] = [];
  let bytes = 0;
  let tokens: number | undefined = 0;
  // Texts that cost something: all that are asked for, but those that the upstream refused; and those with an answer.
  let asked = 0;
  let answered = 0;
  let longest: Attempted<unknown> | undefined;
  let next = 0;
  const work = async () => {
    for (let at = next++; at < calls.length; at = next++) {
      const call = calls[at];
      if (call === undefined) return;
      asked += call.texts;
      const part = call.texts / texts;
      const costs = { lost: partOf(lost, part), most: partOf(most, part) };
      const attempted = await caller.make(call.call, costs).catch((thrown: unknown) => {
        if (!mayCost(thrown)) asked -= call.texts;
        throw thrown;
      });
      answered += call.texts;
      const { value, trail } = attempted;
      const written = value.vectors.map((vector) => vectorJson(vector, request.encoding));
      const size = written.reduce((sum, text) => sum + text.length + FRAME_BYTES, 0);
      bytes += size;
      if (bytes > MOST_ANSWER_BYTES) throw tooLarge(request, "");
      hold?.add(size);
      batches[at] = written;
      tokens = tokens === undefined || value.tokens === undefined ? undefined : tokens + value.tokens;
      if (trail.length > (longest?.trail.length ?? 0)) longest = attempted;
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(MOST_AT_ONCE, calls.length) }, work));
  } catch (thrown) {
    caller.end();
    // Where the model refuses a text the others are answered all the same; where it does not work at all, none of them is.
    if (!mayCost(thrown) && asRouterError(thrown).status !== 400) asked = answered;
    if (asked > 0) context.spent?.({ target, ...spentOn(request, { tokens, asked, answered }) });
    throw thrown;
  }
  const trail = longest?.trail ?? [];
  return {
    route: {
      target,
      strategy: "named",
      reason: NAMED,
      attempts: trail.length,
      trail,
      dropped,
    },
    vectors: batches.flat(),
    ...spentOn(request, { tokens, asked, answered }),
  };
}

function partOf({ cost, tokens }: Ceiling, part: number): Ceiling {
  return { cost: Math.ceil(cost * part), tokens: Math.ceil(tokens * part) };
}

interface Progress {
  /** Of the answers that are there; undefined where one has not told. */
  readonly tokens: number | undefined;
  readonly asked: number;
  readonly answered: number;
}

/** What nobody has told is counted by length: of an answer that is not there, as if all texts were of one length. */
function spentOn(
  request: EmbeddingRequest,
  { tokens, asked, answered }: Progress,
): Pick<EmbeddingAnswer, "usage" | "estimated"> {
  const { input } = request;
  const texts = input.kind === "tokens" ? input.lists.length : input.texts.length;
  const untold = asked - (tokens === undefined ? 0 : answered);
  const guess = untold === 0 ? 0 : Math.ceil((estimated(request) * untold) / texts);
  return { usage: { promptTokens: (tokens ?? 0) + guess, completionTokens: 0 }, estimated: untold > 0 };
}

function checkCalls({ calls }: EmbeddingCalls, name: string, most: number): void {
  if (calls.length <= most) return;
  const fit = calls.slice(0, most).reduce((sum, { texts }) => sum + texts, 0);
  throw new RouterError(
    "invalid_value",
    `Invalid 'input': its texts take ${calls.length} calls of '${name}', and serve.max_subrequests allows ${most}. Send at most ${fit} texts at once, or raise serve.max_subrequests where the Worker's plan allows more.`,
    { param: "input" },
  );
}

/** What certainly becomes too large is not asked for. */
function checkAnswer({ calls, dimensions }: EmbeddingCalls, request: EmbeddingRequest): void {
  if (dimensions === undefined) return;
  const texts = calls.reduce((sum, call) => sum + call.texts, 0);
  const each = leastVectorBytes(dimensions, request.encoding) + FRAME_BYTES;
  if (texts * each <= MOST_ANSWER_BYTES) return;
  throw tooLarge(request, ` (at most ${Math.floor(MOST_ANSWER_BYTES / each)})`);
}

function tooLarge({ encoding, dimensions }: EmbeddingRequest, fit: string): RouterError {
  const ways = [
    `send fewer texts at once${fit}`,
    ...(encoding === "float" ? ["ask for encoding_format base64"] : []),
    ...(dimensions === undefined ? ["ask for fewer dimensions where the model has them"] : []),
  ];
  return new RouterError(
    "invalid_value",
    `Invalid 'input': the answer would be larger than ${MOST_ANSWER_BYTES / MIB} MiB; ${ways.join(", or ")}.`,
    { param: "input" },
  );
}

function estimated({ input }: EmbeddingRequest): number {
  if (input.kind === "tokens") return input.lists.reduce((sum, { length }) => sum + length, 0);
  return input.texts.reduce((sum, { length }) => sum + Math.ceil(length / CHARS_PER_TOKEN), 0);
}
