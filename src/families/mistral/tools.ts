/** Tools, tool choice and JSON answers in the words of Mistral's chat completion. */
import type { Loss } from "../../chat/parameters.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { answerTool, functionTool } from "../openai-chat/tools.ts";
import { type AnswerPlan, planAnswer } from "../request/json-answer.ts";
import { offeredTools } from "../request/offered-tools.ts";
import type { ToolBook } from "../request/tool-book.ts";

/**
 * `tool_choice` is a word and names no tool, so a named function is made the only tool, which the model must call.
 * @throws RouterError with `param` for tools, choices and schemas that cannot be honoured.
 */
export function planTools(request: ChatRequest, book: ToolBook): AnswerPlan {
  const { tools: offered, mode, dropped: left } = offeredTools(request, book);
  const dropped: Loss[] = [...left];
  if (offered.some(({ strict }) => strict)) dropped.push("strict");
  if (offered.some(({ cacheControl }) => cacheControl !== undefined)) dropped.push("cache_control");
  const named = mode?.type === "tool";
  const chosen = named ? offered.filter(({ name }) => name === mode.name) : offered;
  const plan = {
    tools: chosen.map((tool) => functionTool({ ...tool, strict: false })),
    mode: chosen.length === 0 ? undefined : named ? ({ type: "any" } as const) : mode,
    dropped,
  };
  return planAnswer(request, plan, { book, tool: answerTool, forces: ["any"] });
}
