/** Asks a model one short question, for strategies that need an answer before they can choose. */
import type { CallContext, Place, Prompt, RoutingContext, Target, Upstream } from "../../../contracts.ts";
import type { Delta } from "../../../chat/delta.ts";
import { RouterError } from "../../../errors.ts";
import { foldDeltas } from "../../../chat/fold.ts";
import { parseChat } from "../../../dialects/openai-chat/client/parse.ts";
import type { ChatRequest, JsonObject } from "../../../chat/request.ts";
import { providerOf } from "../../../providers/index.ts";
import { readLimited } from "../../../providers/limited.ts";
import { attempts } from "../../attempts.ts";
import { type Cooldown, cooldown, ready } from "../../cooldown.ts";
import { factsOf } from "../../facts.ts";
import { placesOf } from "../../places.ts";
import { deltaSource } from "../../../providers/source.ts";

/** The client waits for this before its own call begins. The places of a model share it. */
const LIMIT_MS = 15_000;
/** A model's name needs a few; the rest is for models that think before they speak. */
const MAX_TOKENS = 512;
const MAX_ANSWER_BYTES = 65_536;

/** Models that refused the settings once and answered without them. */
const plainOnly = new WeakSet<Target>();
/** By model, which of its places keep failing. Apart from those of dispatch: who is too slow to judge may answer well. */
const cooldowns = new WeakMap<Target, Cooldown>();
/** The client waits: a place has one try. */
const NO_RETRY = { attempts: 0, baseMs: 0, maxMs: 0 };

/**
 * The function that asks: at the model's first place, and at the next where that fails.
 * @param context The client's signal and the bindings.
 */
export function completer(context: CallContext): NonNullable<RoutingContext["complete"]> {
  return (target, prompt) => complete(target, prompt, context);
}

/**
 * The text of the model's answer.
 * @throws RouterError of the last place when the model refuses, fails or takes more than 15 s.
 */
async function complete(target: Target, prompt: Prompt, context: CallContext): Promise<string> {
  const known = cooldowns.get(target) ?? cooldown(Date.now);
  cooldowns.set(target, known);
  const deadline = Date.now() + LIMIT_MS;
  const { value } = await attempts(
    ready(placesOf(target, context.binding), known),
    (place, abort) => ask(place, prompt, { context: { ...context, signal: abort.signal }, abort }),
    {
      ...{ signal: context.signal, cooldown: known, retry: NO_RETRY, random: () => 0, deadline },
      limit: (_, left) => {
        const ms = Math.round((deadline - Date.now()) / left);
        return { ms, error: () => tooSlow(target, ms) };
      },
    },
  );
  return value;
}

/** One call that is abandoned after its time, or when the client leaves. */
interface Call {
  readonly context: CallContext;
  readonly abort: AbortController;
}

async function ask(place: Place, prompt: Prompt, call: Call): Promise<string> {
  const { target } = place;
  if (plainOnly.has(target)) return answerText(place, parseChat(plainQuestion(prompt)), call);
  try {
    return await answerText(place, question(target, prompt), call);
  } catch (thrown) {
    if (!(thrown instanceof RouterError && thrown.status === 400)) throw thrown;
    // Reasoning models know neither a temperature nor max_tokens.
    const text = await answerText(place, parseChat(plainQuestion(prompt)), call);
    plainOnly.add(target);
    return text;
  }
}

function question(target: Target, prompt: Prompt): ChatRequest {
  return parseChat({
    ...plainQuestion(prompt),
    max_tokens: MAX_TOKENS,
    temperature: 0,
    // Others may refuse a field that they do not know.
    ...(factsOf(target).capabilities?.reasoning && { reasoning_effort: "none" }),
  });
}

function plainQuestion({ system, user }: Prompt): JsonObject {
  return {
    messages: [
      { role: "system", content: system },
      { role: "user", content: user },
    ],
  };
}

async function answerText(place: Place, request: ChatRequest, { context, abort }: Call): Promise<string> {
  const { target } = place;
  const upstream = await providerOf(target).open(place, request, context);
  if (upstream.kind === "decoded") return decodedText(upstream, target, abort);
  const body = await readLimited(upstream.response, MAX_ANSWER_BYTES);
  // What was read when the time was over is no answer.
  abort.signal.throwIfAborted();
  return nativeText(body, target);
}

async function decodedText(
  upstream: Extract<Upstream, { kind: "decoded" }>,
  { name }: Target,
  abort: AbortController,
): Promise<string> {
  const source = deltaSource(upstream, { name, abort, idleTimeoutMs: LIMIT_MS });
  const deltas: Delta[] = [];
  for (let read = await source.next(); read !== undefined; read = await source.next()) deltas.push(...read);
  return foldDeltas(deltas).text;
}

/** `choices[0].message.content` of an OpenAI-compatible answer. */
function nativeText(body: string, { name }: Target): string {
  const content = contentOf(parsed(body));
  if (typeof content === "string") return content;
  throw new RouterError("upstream_error", `The upstream of '${name}' answered without a text.`);
}

function contentOf(body: unknown): unknown {
  const choices = member(body, "choices");
  return member(member(Array.isArray(choices) ? choices[0] : undefined, "message"), "content");
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tooSlow({ name }: Target, limitMs: number): RouterError {
  return new RouterError(
    "upstream_timeout",
    `'${name}' did not answer within ${limitMs / 1000} s. Choose a faster model, or another aws_region, in router.model, and check the network.`,
  );
}
