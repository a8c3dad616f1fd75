import { asFailure } from "../http.ts";
import { FINISHES, questionTo } from "../question.ts";
import { type Check, type Context, Failure } from "../types.ts";

/** A whole answer from each model, and from `auto`. */
export const sync: Check = {
  name: "answer",
  cases: (context) =>
    ["auto", ...context.models.map(({ id }) => id)].map((model) => ({
      name: model,
      run: () => answered(context, model),
    })),
};

async function answered(context: Context, model: string): Promise<string> {
  const { data, response } = await ask(context, model);
  const by = response.headers.get("x-router-model");
  const attempts = response.headers.get("x-router-attempts") ?? "?";
  if (model !== "auto" && by !== model) {
    throw new Failure(`an answer of ${model}`, `one of ${by}, at attempt ${attempts}`, {
      advice: `${model} itself failed and router.fallback_models stepped in; npx wrangler tail shows why.`,
    });
  }
  const [choice] = data.choices;
  const text = choice?.message.content ?? "";
  if (data.object !== "chat.completion" || !choice || !FINISHES.includes(choice.finish_reason)) {
    throw new Failure("a chat.completion", JSON.stringify(data).slice(0, 200));
  }
  // A model that thinks may need all its tokens for that.
  if (text === "" && choice.finish_reason !== "length") throw new Failure("a text", "none");
  const used = data.usage;
  if (!used || used.prompt_tokens <= 0) throw new Failure("usage", JSON.stringify(used ?? null));
  context.answered.add(model);
  const said = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  // `auto` may choose one that --models leaves out.
  const provider = context.models.find(({ id }) => id === by)?.provider;
  const who = provider === undefined ? by : `${by} (${provider})`;
  return `${said} by ${who}, ${used.prompt_tokens} + ${used.completion_tokens} tokens`;
}

async function ask({ client }: Context, model: string) {
  try {
    return await client.chat.completions.create(questionTo(model)).withResponse();
  } catch (thrown) {
    throw asFailure(thrown, "an answer");
  }
}
