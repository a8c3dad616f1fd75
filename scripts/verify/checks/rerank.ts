import { asObject, objectsIn } from "../../../emulator/json.ts";
import { brief, call, checkStatus } from "../http.ts";
import { type Check, type Context, Failure } from "../types.ts";

const DOCUMENTS = ["Bread is baked", "A river flows to the sea"];

/** Documents in the order in which they answer a question, of each model that gives one. */
export const rerank: Check = {
  name: "rerank",
  cases: (context) =>
    context.others
      .filter(({ kind }) => kind === "rerank")
      .map(({ id }) => ({ name: id, run: () => ordered(context, id) })),
};

async function ordered(context: Context, model: string): Promise<string> {
  const answer = await call(context, "/v1/rerank", {
    body: { model, query: "Where does a river flow?", documents: DOCUMENTS },
  });
  checkStatus(answer, 200);
  const results = objectsIn(asObject(answer.json).results);
  const indexes = results.map(({ index }) => index);
  const all = DOCUMENTS.every((_, index) => indexes.includes(index)) && indexes.length === DOCUMENTS.length;
  if (!all || results.some(({ relevance_score: score }) => typeof score !== "number"))
    throw new Failure("every document once, with its score", brief(answer));
  return `document ${String(indexes[0])} first`;
}
