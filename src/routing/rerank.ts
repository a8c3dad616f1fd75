/** Documents in the order in which they answer a question. */
import type { Route } from "../contracts.ts";
import type { Usage } from "../chat/delta.ts";
import type { Ranked, RerankRequest } from "../chat/embedding.ts";
import { mayCost } from "../errors.ts";
import { providerOf } from "../providers/index.ts";
import { rerankCeiling, usedAt } from "./ceiling.ts";
import { NAMED } from "./models.ts";
import { taskTarget } from "./models.ts";
import { callerOf, type TaskContext } from "./tasks.ts";

export interface RerankAnswer {
  readonly route: Route;
  /** Best first, as many as were asked for. */
  readonly results: readonly Ranked[];
  readonly usage: Usage;
  /** The upstream has not told its tokens. */
  readonly estimated: boolean;
}

/** @throws RouterError with `param` for what the model cannot do; else that of the last attempt. */
export async function rerank(request: RerankRequest, context: TaskContext): Promise<RerankAnswer> {
  const target = taskTarget(request.model, "rerank", context.config, context.allowance);
  const prepared = providerOf(target).rerank?.(target, request);
  if (prepared === undefined) throw new TypeError("no provider of orders");
  const most = rerankCeiling(request, target);
  await context.account?.reserve(most);
  const usageOf = (tokens?: number) => ({ promptTokens: tokens ?? estimated(request), completionTokens: 0 });
  const made = callerOf(target, context).make(prepared.call, { lost: usedAt(target, usageOf()), most });
  const { value, trail } = await made.catch((thrown: unknown) => {
    if (mayCost(thrown)) context.spent?.({ target, usage: usageOf(), estimated: true });
    throw thrown;
  });
  const { tokens } = value;
  const route = {
    target,
    strategy: "named",
    reason: NAMED,
    attempts: trail.length,
    trail,
    dropped: prepared.dropped,
  };
  return {
    route,
    results: value.results.slice(0, request.top),
    usage: usageOf(tokens),
    estimated: tokens === undefined,
  };
}

/** The question is read with each of the documents. */
function estimated({ query, documents }: RerankRequest): number {
  return documents.reduce((sum, { length }) => sum + Math.ceil((query.length + length) / 4), 0);
}
