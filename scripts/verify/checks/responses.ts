import type { Response } from "openai/resources/responses/responses";
import { asObject } from "../../../emulator/json.ts";
import { asFailure } from "../http.ts";
import { MAX_TOKENS, QUESTION } from "../question.ts";
import { type Check, type Context, Failure, skip, type Verdict } from "../types.ts";

/** OpenAI's Responses, through OpenAI's own client: a streamed answer from each model, and one that is kept, read again and deleted. */
export const responses: Check = {
  name: "responses",
  cases: (context) => [
    ...context.models.map(({ id }) => ({ name: id, run: () => streamed(context, id) })),
    { name: "are kept, read again and deleted", run: () => kept(context) },
  ],
};

const questionTo = (model: string) => ({ model, input: QUESTION, max_output_tokens: MAX_TOKENS });

async function streamed({ client }: Context, model: string): Promise<string> {
  try {
    const stream = await client.responses.create({ ...questionTo(model), store: false, stream: true });
    const types: string[] = [];
    let last: Response | undefined;
    let text = "";
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === "response.output_text.delta") text += event.delta;
      if (event.type === "response.completed" || event.type === "response.incomplete") last = event.response;
    }
    if (types[0] !== "response.created" || !last)
      throw new Failure("response.created … response.completed", `${types.length} events, ${types.at(-1)}`);
    if (text === "" && last.status !== "incomplete") throw new Failure("a text", "none");
    return checkUsage(last, `${types.length} events`);
  } catch (thrown) {
    throw asFailure(thrown, "an answer");
  }
}

function checkUsage({ status, usage }: Response, what: string): string {
  if (!usage || usage.input_tokens <= 0) throw new Failure("usage", JSON.stringify(usage ?? null));
  return `${what}, ${status}, ${usage.input_tokens} + ${usage.output_tokens} tokens`;
}

async function kept(context: Context): Promise<string | Verdict> {
  const { client } = context;
  const model = context.models.find(({ id }) => context.answered.has(id));
  if (!model) return skip("no model answered");
  try {
    const made = await client.responses.create({ ...questionTo(model.id), store: true });
    if (asObject(made).store === false) return skip("nothing is kept (serve.response_ttl: 0)");
    const again = await client.responses.retrieve(made.id);
    if (again.id !== made.id || again.output_text !== made.output_text)
      throw new Failure("the same response", JSON.stringify(again).slice(0, 200));
    await client.responses.delete(made.id);
    const gone = await client.responses.retrieve(made.id).then(
      () => undefined,
      (thrown: unknown) => asFailure(thrown, "HTTP 404").got,
    );
    if (!gone?.startsWith("HTTP 404"))
      throw new Failure("HTTP 404 once it is deleted", gone ?? "the response");
    return "kept, read again, deleted, then HTTP 404";
  } catch (thrown) {
    throw asFailure(thrown, "a response that is kept");
  }
}
