/** Asks a model one short question, for strategies that need an answer before they can choose. */
import type { CallContext, Delta, Prompt, RoutingContext, Target, Upstream } from "../../../contracts.ts";
import { asRouterError, RouterError } from "../../../errors.ts";
import { foldDeltas } from "../../../dialects/openai-chat/client/completion.ts";
import { parseChat } from "../../../dialects/openai-chat/client/parse.ts";
import type { ChatRequest } from "../../../chat/request.ts";
import { providerOf } from "../../../providers/index.ts";
import { readLimited } from "../../../providers/limited.ts";
import { candidateKey, regionsOf } from "../../candidates.ts";
import { isClients, isRefusal } from "../../failures.ts";
import { type RestHouse, rested, restHouse } from "../../cooldown.ts";
import { deltaSource } from "../../../providers/source.ts";

/** The client waits for this before its own call begins. The regions of a list share it. */
const LIMIT_MS = 15_000;
/** A model's name needs a few; the rest is for models that think before they speak. */
const MAX_TOKENS = 512;
const MAX_ANSWER_BYTES = 65_536;

/** Models that refused the settings once and answered without them. */
const plainOnly = new WeakSet<Target>();
/** By model, which of its regions keep failing. Apart from those of dispatch: who is too slow to judge may answer well. */
const houses = new WeakMap<Target, RestHouse>();

/**
 * The function that asks: in the model's first region, and in the next where that fails.
 * @param context The client's signal and the bindings.
 */
export function completer(context: CallContext): NonNullable<RoutingContext["complete"]> {
  return (target, prompt) => complete(target, prompt, context);
}

/**
 * The text of the model's answer.
 * @throws RouterError of the last region when the model refuses, fails or takes more than 15 s.
 */
async function complete(target: Target, prompt: Prompt, context: CallContext): Promise<string> {
  const house = houses.get(target) ?? restHouse(Date.now);
  houses.set(target, house);
  const places = rested(regionsOf(target), house, candidateKey);
  const end = Date.now() + LIMIT_MS;
  let failure: unknown;
  for (const [index, place] of places.entries()) {
    const limitMs = Math.round((end - Date.now()) / (places.length - index));
    try {
      const text = await within(limitMs, place, context, (call) => ask(target, place, prompt, call));
      house.succeeded(candidateKey(place));
      return text;
    } catch (thrown) {
      if (context.signal.aborted) throw thrown;
      failure = thrown;
      const error = asRouterError(thrown);
      if (isClients(error) || isRefusal(error.code)) break;
      house.failed(candidateKey(place), (error.retryAfter ?? 0) * 1000);
    }
  }
  throw failure;
}

/** One call that is abandoned after its time, or when the client leaves. */
interface Call {
  readonly context: CallContext;
  readonly abort: AbortController;
}

async function within(
  limitMs: number,
  place: Target,
  { binding, signal }: CallContext,
  work: (call: Call) => Promise<string>,
): Promise<string> {
  const abort = new AbortController();
  const leave = () => abort.abort(signal.reason);
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  const timer = setTimeout(() => abort.abort(tooSlow(place, limitMs)), limitMs);
  try {
    return await work({ context: { binding, signal: abort.signal }, abort });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  }
}

/** @param judge The model as configured, under which is remembered what it takes. */
async function ask(judge: Target, place: Target, prompt: Prompt, call: Call): Promise<string> {
  if (plainOnly.has(judge)) return answerText(place, plainQuestion(prompt), call);
  try {
    return await answerText(place, question(place, prompt), call);
  } catch (thrown) {
    if (!(thrown instanceof RouterError && thrown.status === 400)) throw thrown;
    // Reasoning models know neither a temperature nor max_tokens.
    const text = await answerText(place, plainQuestion(prompt), call);
    plainOnly.add(judge);
    return text;
  }
}

function question(target: Target, prompt: Prompt): ChatRequest {
  return parseChat({
    ...plainQuestion(prompt).raw,
    max_tokens: MAX_TOKENS,
    temperature: 0,
    // What a family cannot honour of this it leaves out; other providers may refuse fields they do not know.
    ...(target.kind === "bedrock" && { reasoning_effort: "none" }),
  });
}

function plainQuestion({ system, user }: Prompt): ChatRequest {
  return parseChat({
    messages: [
      { role: "system", content: system },
      { role: "user", content: user },
    ],
  });
}

async function answerText(target: Target, request: ChatRequest, { context, abort }: Call): Promise<string> {
  const upstream = await providerOf(target).open(target, request, context);
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
