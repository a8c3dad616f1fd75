/** Asks a model one short question, for strategies that need an answer before they can choose. */
import type { CallContext, Delta, Prompt, RoutingContext, Target, Upstream } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { foldDeltas } from "../openai/completion.ts";
import { parseChat } from "../openai/request.ts";
import type { ChatRequest } from "../openai/types.ts";
import { providerOf } from "../providers/index.ts";
import { readLimited } from "../providers/limited.ts";
import { deltaSource } from "./source.ts";

/** The client waits for this before its own call begins. */
const LIMIT_MS = 15_000;
/** A model's name needs a few; the rest is for models that think before they speak. */
const MAX_TOKENS = 512;
const MAX_ANSWER_BYTES = 65_536;

/** Models that refused the settings once and answered without them. */
const plainOnly = new WeakSet<Target>();

/**
 * The function that asks.
 * @param context The client's signal and the bindings.
 */
export function completer(context: CallContext): NonNullable<RoutingContext["complete"]> {
  return (target, prompt) => complete(target, prompt, context);
}

/**
 * The text of the model's answer.
 * @throws RouterError when the model refuses, fails or takes more than 15 s.
 */
async function complete(target: Target, prompt: Prompt, { binding, signal }: CallContext): Promise<string> {
  const abort = new AbortController();
  const leave = () => abort.abort(signal.reason);
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  const timer = setTimeout(() => abort.abort(tooSlow(target)), LIMIT_MS);
  const ask = (request: ChatRequest) => answerText(target, request, { binding, signal: abort.signal }, abort);
  try {
    if (plainOnly.has(target)) return await ask(plainQuestion(prompt));
    try {
      return await ask(question(target, prompt));
    } catch (thrown) {
      if (!(thrown instanceof RouterError && thrown.status === 400)) throw thrown;
      // Reasoning models know neither a temperature nor max_tokens.
      const text = await ask(plainQuestion(prompt));
      plainOnly.add(target);
      return text;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
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

async function answerText(
  target: Target,
  request: ChatRequest,
  context: CallContext,
  abort: AbortController,
): Promise<string> {
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

function tooSlow({ name }: Target): RouterError {
  return new RouterError(
    "upstream_timeout",
    `'${name}' did not answer within ${LIMIT_MS / 1000} s. Choose a faster model, or another aws_region, in router.model, and check the network.`,
  );
}
