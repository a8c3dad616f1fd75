import type { ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources/chat/completions";
import { asFailure } from "../http.ts";
import { type Check, type Context, Failure, type ListedModel, skip, type Verdict } from "../types.ts";

/** A call, its result and an answer need more than a word. */
const MAX_TOKENS = 256;
const NAME = "get_weather";
const TOOL: ChatCompletionTool = {
  type: "function",
  function: {
    name: NAME,
    description: "The weather of a city right now.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const QUESTION: ChatCompletionMessageParam = {
  role: "user",
  content: `Call the tool ${NAME} to find out what the weather is like in Paris.`,
};

/** A loop of tool calls, through OpenAI's own client: call, result, answer. For models that claim tools, and may be. */
export const tools: Check = {
  name: "tools",
  cases: (context) => context.models.map((model) => ({ name: model.id, run: () => looped(context, model) })),
};

async function looped(context: Context, { id, tools }: ListedModel): Promise<string | Verdict> {
  if (tools === false) return skip("has none");
  if (!context.answered.has(id)) return skip("gave no answer");
  try {
    return await loop(context, id);
  } catch (thrown) {
    const failure = asFailure(thrown, "a tool call and an answer");
    if (tools) throw failure;
    return skip(`may have none; expected ${failure.expected}, got ${failure.got}`);
  }
}

async function loop(context: Context, model: string): Promise<string> {
  const { message, finish_reason } = await ask(context, model, [QUESTION]);
  const [call] = message.tool_calls ?? [];
  if (call?.type !== "function" || call.function.name !== NAME || finish_reason !== "tool_calls") {
    const said = message.content ?? "";
    throw new Failure(`a call of ${NAME}`, `${finish_reason}: ${said.slice(0, 80)}`, {
      advice: "A model may decline for once; run this check again.",
    });
  }
  const sent = argumentsOf(call.function.arguments);
  const result = { role: "tool" as const, tool_call_id: call.id, content: "18 °C, light rain" };
  const { message: answer } = await ask(context, model, [QUESTION, message, result]);
  if (!answer.content) throw new Failure("an answer to the tool's result", "no text");
  return `${NAME}(${sent}), then an answer`;
}

async function ask({ client }: Context, model: string, messages: ChatCompletionMessageParam[]) {
  const stream = client.chat.completions.stream({
    model,
    messages,
    tools: [TOOL],
    max_completion_tokens: MAX_TOKENS,
  });
  const [choice] = (await stream.finalChatCompletion()).choices;
  if (!choice) throw new Failure("a choice", "none");
  return choice;
}

function argumentsOf(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    throw new Failure("arguments that are JSON", text.slice(0, 80));
  }
}
