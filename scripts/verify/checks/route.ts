import { asObject, stringsIn } from "../../../emulator/json.ts";
import { brief, call, checkError, checkStatus } from "../http.ts";
import { QUESTION } from "../question.ts";
import { type Check, type Context, Failure } from "../types.ts";

/** `POST /v1/route`: which model would answer, and why. No model is called. */
export const route: Check = {
  name: "route",
  cases: (context) => [
    { name: "explains who would answer", run: () => explained(context) },
    { name: "of an unknown model is told or refused", run: () => unknown(context) },
  ],
};

const body = (model: string) => ({ model, messages: [{ role: "user", content: QUESTION }] });

async function explained(context: Context): Promise<string> {
  const answer = await call(context, "/v1/route", { body: body("auto") });
  checkStatus(answer, 200);
  const { strategy, model, order, reason } = asObject(answer.json);
  // Strategy llm would have to ask a model first, so it names none.
  const right =
    (model === null || (typeof model === "string" && stringsIn(order)[0] === model)) &&
    typeof strategy === "string" &&
    typeof reason === "string";
  if (!right) throw new Failure("strategy, model, order and reason", brief(answer));
  return `${model ?? "no model"}, by ${strategy}: ${reason}`;
}

async function unknown(context: Context): Promise<string> {
  const name = "verify-no-such-model";
  const answer = await call(context, "/v1/route", { body: body(name) });
  if (answer.status === 404) return checkError(answer, { status: 404, code: "model_not_found" });
  checkStatus(answer, 200);
  const { unknown_model } = asObject(answer.json);
  if (unknown_model !== name) throw new Failure(`unknown_model ${name}`, brief(answer));
  return "routed like auto, and told (serve.unknown_model)";
}
