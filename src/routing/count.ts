/** How many tokens a request has: by the model's own count where it has one, else by a guess. */
import type { CallContext } from "../contracts.ts";
import type { Target } from "../target.ts";
import type { ChatRequest } from "../chat/request.ts";
import { countTokens } from "../chat/token-count.ts";
import { linkedAbort } from "../lib/linked-abort.ts";
import { providerOf } from "../providers/index.ts";
import { type PlanContext, plan } from "./plan.ts";

export interface TokenCount {
  readonly tokens: number;
  /** A guess, which errs upwards. */
  readonly estimated: boolean;
  /** The model that would answer; undefined where that is decided by asking one. */
  readonly target: Target | undefined;
}

/** A client waits for it before it sends what it has counted. */
const TIMEOUT_MS = 5_000;

/**
 * Never fails for the sake of a count.
 * @throws RouterError `model_not_found`, as the request itself would.
 */
export async function countInput(
  request: ChatRequest,
  context: PlanContext & Pick<CallContext, "binding" | "ownHost"> & { readonly signal: AbortSignal },
): Promise<TokenCount> {
  const { choice, fallbacks } = await plan(request, { ...context, peek: true });
  const [target] = [...choice.targets, ...fallbacks];
  const counted = target && (await counts(target, request, context));
  return { tokens: counted ?? countTokens(request), estimated: counted === undefined, target };
}

async function counts(
  target: Target,
  request: ChatRequest,
  {
    binding,
    ownHost,
    client,
    signal,
  }: Pick<CallContext, "binding" | "ownHost" | "client"> & { readonly signal: AbortSignal },
): Promise<number | undefined> {
  const provider = providerOf(target);
  const [place] = provider.places(target, binding);
  if (provider.countTokens === undefined || place === undefined) return undefined;
  const abort = linkedAbort(AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
  const context = { abort, binding, ownHost, client, idleTimeoutMs: TIMEOUT_MS, images: new Map() };
  try {
    const tokens = await provider.countTokens(place, request, context);
    return tokens !== undefined && tokens > 0 ? tokens : undefined;
  } catch {
    // What is wrong with the request, or with the way to the model, the request itself will tell.
    return undefined;
  }
}
