import Anthropic from "@anthropic-ai/sdk";
import { asObject, asString } from "../../../emulator/json.ts";
import { asFailure } from "../http.ts";
import { MAX_TOKENS, QUESTION } from "../question.ts";
import { type Check, type Context, Failure, skip, type Verdict } from "../types.ts";

const STOPS = ["end_turn", "max_tokens", "stop_sequence", "refusal"];
const message = { role: "user" as const, content: QUESTION };

/** Anthropic's Messages, through Anthropic's own client: a streamed answer from each model, and a count. */
export const messages: Check = {
  name: "messages",
  cases: (context) => [
    ...context.models.map(({ id }) => ({ name: id, run: () => streamed(context, id) })),
    { name: "counts tokens", run: () => counted(context) },
  ],
};

async function streamed(context: Context, model: string): Promise<string> {
  const stream = clientOf(context).messages.stream({ model, max_tokens: MAX_TOKENS, messages: [message] });
  const answer = await stream.finalMessage().catch((thrown: unknown) => {
    throw failureFrom(thrown);
  });
  const { content, stop_reason: stop, usage } = answer;
  if (answer.type !== "message" || !STOPS.includes(String(stop)))
    throw new Failure("a message with a stop_reason", JSON.stringify(answer).slice(0, 200));
  const text = content.map((block) => (block.type === "text" ? block.text : "")).join("");
  if (text === "" && stop !== "max_tokens") throw new Failure("a text", "none");
  if (usage.input_tokens <= 0) throw new Failure("usage", JSON.stringify(usage));
  return `${stop}, ${usage.input_tokens} + ${usage.output_tokens} tokens`;
}

async function counted(context: Context): Promise<string | Verdict> {
  const model = context.models.find(({ id }) => context.answered.has(id));
  if (!model) return skip("no model answered");
  try {
    const { input_tokens } = await clientOf(context).messages.countTokens({
      model: model.id,
      messages: [message],
    });
    if (input_tokens <= 0) throw new Failure("a count", String(input_tokens));
    return `${input_tokens} tokens for ${model.id}`;
  } catch (thrown) {
    throw failureFrom(thrown);
  }
}

function clientOf({ url, key, timeoutMs }: Context): Anthropic {
  return new Anthropic({
    baseURL: url,
    apiKey: key ?? "none",
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: "off",
  });
}

function failureFrom(thrown: unknown): Failure {
  if (!(thrown instanceof Anthropic.APIError) || thrown instanceof Anthropic.APIConnectionError)
    return asFailure(thrown, "an answer");
  const { type, message: text } = asObject(asObject(thrown.error).error);
  const reason = asString(text) || thrown.message;
  const status = thrown.status === undefined ? "an error in the stream" : `HTTP ${thrown.status}`;
  return new Failure("an answer", `${status} ${asString(type)}: ${reason}`, { reason });
}
