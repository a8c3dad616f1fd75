import { call, checkStatus } from "../http.ts";
import { questionTo } from "../question.ts";
import { type Check, type Context, Failure, skip, type Verdict } from "../types.ts";

const NAME = "verify_unknown_parameter";
const DROPPED = "x-router-dropped-params";

/** A field that Bedrock does not know is left out and named, rather than breaking the call. */
export const unknownParameter: Check = {
  name: "parameters",
  cases: (context) => [{ name: "an unknown one is left out and named", run: () => dropped(context) }],
};

async function dropped(context: Context): Promise<string | Verdict> {
  const model = context.models.find(
    ({ id, provider }) => ["bedrock", "aws"].includes(provider) && context.answered.has(id),
  );
  if (!model) return skip("no model on Bedrock answered; other providers get every field as it came");
  const answer = await call(context, "/v1/chat/completions", {
    body: { ...questionTo(model.id), [NAME]: true },
  });
  checkStatus(answer, 200);
  const named = answer.headers.get(DROPPED) ?? "";
  if (!named.split(", ").includes(NAME)) throw new Failure(`${DROPPED}: ${NAME}`, named || "no such header");
  return `${DROPPED}: ${named}`;
}
