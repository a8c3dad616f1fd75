import type { Choice, RoutingContext, Strategy } from "../strategy.ts";
import type { Target } from "../../../target.ts";
import { asRouterError, RouterError } from "../../../errors.ts";
import { readAnswer } from "./answer.ts";
import { judgePrompt } from "./prompt.ts";
import { included } from "../../weights.ts";

/** A router model (`router.model`) chooses by the models' descriptions. */
export const llm: Strategy = {
  name: "llm",
  description: "Asks a router model (router.model), which picks by the models' descriptions.",
  order: askJudge,
};

/** How much of an answer is shown to whoever runs the router. */
const MAX_SHOWN_CHARS = 200;

async function askJudge(targets: readonly Target[], context: RoutingContext): Promise<Choice> {
  const candidates = included(targets, context.router.weights);
  const { judge } = context.router;
  if (!judge) throw noJudge();
  if (candidates.length < 2) {
    return { targets: candidates, reason: "There is no other model, so the router model is not asked." };
  }
  const prompt = judgePrompt(candidates, context.query);
  const shown = {
    router_model: judge.name,
    prompt: { ...prompt },
    candidates: candidates.map(({ name, description }) => ({ name, description })),
  };
  if (!context.complete) {
    const reason = `'${judge.name}' would be asked, which this does not do; with ?live=1 it does.`;
    return { targets: [], reason, details: shown };
  }
  let answer: string;
  try {
    answer = await context.complete(judge, prompt);
  } catch (thrown) {
    // Its message may hold words of the upstream's, and the reason goes to every client.
    const { code, message } = asRouterError(thrown);
    const reason = `The first model, because the router model '${judge.name}' failed (${code}).`;
    return { targets: candidates, note: "fallback", reason, details: { ...shown, failure: message } };
  }
  const details = { ...shown, answer: answer.slice(0, MAX_SHOWN_CHARS) };
  const chosen = readAnswer(answer, candidates);
  if (!chosen) {
    const reason = `The first model, because the answer of the router model '${judge.name}' names none.`;
    return { targets: candidates, note: "fallback", reason, details };
  }
  return {
    targets: [chosen.target, ...candidates.filter((target) => target !== chosen.target)],
    reason: `The router model '${judge.name}' ${chosen.exact ? "named it" : "gave an answer that comes nearest to it"}.`,
    details,
  };
}

function noJudge(): RouterError {
  return new RouterError(
    "config_invalid",
    "router.strategy is llm, but router.model, the model that chooses, is missing. Set router.model to the name of a model under llms, or to a model of its own together with router.provider or router.base_url.",
  );
}
