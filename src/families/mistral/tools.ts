/** Tools, tool choice and JSON answers in the words of Mistral's chat completion. */
import type { Loss } from "../../chat/parameters.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { answerTool, functionTool } from "../openai-chat/tools.ts";
import { type AnswerPlan, planAnswer } from "../request/json-answer.ts";
import { offeredTools } from "../request/offered-tools.ts";

/**
 * `tool_choice` is a word and names no tool, so a named function is made the only tool, which the model must call.
 * @throws RouterError with `param` for tools, choices and schemas that cannot be honoured.
 */
export function planTools(request: ChatRequest): AnswerPlan {
  const { tools: offered, mode } = offeredTools(request);
  const dropped: Loss[] = [];
  if (offered.some(({ strict }) => strict)) dropped.push("strict");
  if (offered.some(({ cacheControl }) => cacheControl !== undefined)) dropped.push("cache_control");
  const named = mode?.type === "tool";
  const chosen = named ? offered.filter(({ name }) => name === mode.name) : offered;
  const plan = {
    tools: chosen.map((tool) => functionTool({ ...tool, strict: false })),
    mode: chosen.length === 0 ? undefined : named ? ({ type: "any" } as const) : mode,
    dropped,
  };
  return planAnswer(request, plan, { tool: answerTool, forces: ["any"] });
}
