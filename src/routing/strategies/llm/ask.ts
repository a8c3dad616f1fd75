/** Asks a model one short question, for strategies that need an answer before they can choose. */
import type { CallContext, Place } from "../../../contracts.ts";
import type { ReadBinding } from "../../../env.ts";
import type { Prompt, RoutingContext } from "../strategy.ts";
import type { Target } from "../../../target.ts";
import type { Delta } from "../../../chat/delta.ts";
import { RouterError } from "../../../errors.ts";
import { type Folded, foldDeltas } from "../../../chat/fold.ts";
import { estimatedUsage } from "../../../chat/tokens.ts";
import { openaiChat } from "../../../dialects/index.ts";
import type { ChatRequest, JsonObject } from "../../../chat/request.ts";
import { providerOf } from "../../../providers/index.ts";
import type { Account, Beside } from "../../account.ts";
import { attempts } from "../../attempts.ts";
import { chatCeiling, promptCost, usedAt } from "../../ceiling.ts";
import { cooldown, type Records, ready } from "../../cooldown.ts";
import { factsOf } from "../../facts.ts";
import { paidAgain } from "../../paid-again.ts";
import { placesOf } from "../../places.ts";

/** The client waits for this before its own call begins. The places of a model share it. */
const LIMIT_MS = 15_000;
/** A model's name needs a few; the rest is for models that think before they speak. */
const MAX_TOKENS = 512;
const MAX_ANSWER_CHARS = 65_536;

/** Models that refused the settings once and answered without them. */
const plainOnly = new WeakSet<Target>();
/** By model, which of its places keep failing. Apart from those of dispatch: who is too slow to judge may answer well. */
const cooldowns = new WeakMap<Target, Records>();
/** The client waits: a place has one try. */
const NO_RETRY = { attempts: 0, baseMs: 0, maxMs: 0 };

export interface AskContext extends Pick<CallContext, "client" | "background"> {
  readonly binding: ReadBinding;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
  /** Counts for a key with limits. */
  readonly account?: Account | undefined;
  readonly beside?: Beside | undefined;
}

/**
 * The function that asks: at the model's first place, and at the next where that fails.
 * @param context The client's signal and the bindings.
 */
export function completer(context: AskContext): NonNullable<RoutingContext["complete"]> {
  return (target, prompt) => complete(target, prompt, context);
}

/**
 * The text of the model's answer.
 * @throws RouterError of the last place when the model refuses, fails or takes more than 15 s.
 */
async function complete(target: Target, prompt: Prompt, context: AskContext): Promise<string> {
  const records: Records = cooldowns.get(target) ?? new Map();
  cooldowns.set(target, records);
  const known = cooldown(Date.now, records, context.client);
  // The larger of the two questions that may be asked.
  const longest = { ...asked(plainQuestion(prompt)), maxTokens: MAX_TOKENS };
  const { binding, client, background, account, beside } = context;
  const most = account && chatCeiling(longest, [target]);
  if (most) await account.reserve(most);
  const paid = paidAgain({ account, beside, most, lost: () => promptCost(longest, target) });
  const deadline = Date.now() + LIMIT_MS;
  const { value } = await attempts(
    ready(placesOf(target, binding), known),
    (place, abort) =>
      ask(place, prompt, {
        ...{ binding, client, background, abort, idleTimeoutMs: LIMIT_MS, beside: paid.beside },
      }),
    {
      ...{
        signal: context.signal,
        cooldown: known,
        retry: NO_RETRY,
        random: () => 0,
        now: Date.now,
        deadline,
        again: paid.again,
      },
      limit: (_, left) => {
        const ms = Math.round((deadline - Date.now()) / left);
        return { ms, error: () => tooSlow(target, ms) };
      },
    },
  ).catch((thrown: unknown) => {
    paid.failed(thrown, target);
    throw thrown;
  });
  const { text, usage = estimatedUsage(longest, text.length) } = value;
  beside?.(usedAt(target, usage));
  return text;
}

type QuestionContext = CallContext & { readonly beside: Beside };

async function ask(place: Place, prompt: Prompt, call: QuestionContext): Promise<Folded> {
  const { target } = place;
  if (plainOnly.has(target)) return answerText(place, asked(plainQuestion(prompt)), call);
  try {
    return await answerText(place, question(target, prompt), call);
  } catch (thrown) {
    if (!(thrown instanceof RouterError && thrown.status === 400)) throw thrown;
    // Reasoning models know neither a temperature nor max_tokens.
    const folded = await answerText(place, asked(plainQuestion(prompt)), call);
    plainOnly.add(target);
    return folded;
  }
}

function question(target: Target, prompt: Prompt): ChatRequest {
  return asked({
    ...plainQuestion(prompt),
    max_tokens: MAX_TOKENS,
    temperature: 0,
    // Others may refuse a field that they do not know.
    ...(factsOf(target).capabilities?.reasoning && { reasoning_effort: "none" }),
  });
}

function asked(body: JsonObject): ChatRequest {
  return openaiChat.parse(body, new Headers()).request;
}

function plainQuestion({ system, user }: Prompt): JsonObject {
  return {
    messages: [
      { role: "system", content: system },
      { role: "user", content: user },
    ],
  };
}

async function answerText(place: Place, request: ChatRequest, context: QuestionContext): Promise<Folded> {
  const { deltas } = await providerOf(place.target).open(place, request, context);
  const answer: Delta[] = [];
  let chars = 0;
  for (let read = await deltas.next(); read !== undefined; read = await deltas.next()) {
    answer.push(...read);
    for (const delta of read) if ("text" in delta) chars += delta.text.length;
    if (chars <= MAX_ANSWER_CHARS) continue;
    deltas.cancel();
    throw new RouterError("upstream_error", `'${place.target.name}' answered with more than a model's name.`);
  }
  const folded = foldDeltas(answer);
  if (folded.text !== "") return folded;
  context.beside(usedAt(place.target, folded.usage ?? estimatedUsage(request, 0)));
  throw new RouterError("upstream_error", `'${place.target.name}' answered without a text.`);
}

function tooSlow({ name }: Target, limitMs: number): RouterError {
  return new RouterError(
    "upstream_timeout",
    `'${name}' did not answer within ${limitMs / 1000} s. Choose a faster model, or another aws_region, in router.model, and check the network.`,
  );
}
