import { NotFoundError } from "openai";
import { asObject, asString } from "../../../emulator/json.ts";
import { asFailure } from "../http.ts";
import { type Check, type Context, Failure, type ListedModel } from "../types.ts";

const AUTO = "auto";

/** `GET /v1/models`, through OpenAI's own client. */
export const models: Check = {
  name: "models",
  cases: (context) => [
    { name: "are listed", run: () => listed(context) },
    { name: "can be asked for one by one", run: () => found(context) },
    { name: "that do not exist are not found", run: () => notFound(context) },
  ],
};

async function listed(context: Context): Promise<string> {
  const { data } = await context.client.models.list();
  if (!data.some(({ id }) => id === AUTO)) {
    throw new Failure(`a list with ${AUTO}`, `${data.length} entries without it`, {
      advice: "Is this the router, and its own address?",
    });
  }
  const all = data.filter(({ id }) => id !== AUTO).map(toListed);
  const missing = context.only?.filter((name) => !all.some(({ id }) => id === name)) ?? [];
  const chosen = context.only ? all.filter(({ id }) => context.only?.includes(id)) : all;
  context.models = chosen.filter(({ kind }) => kind === undefined);
  context.others = chosen.filter(({ kind }) => kind !== undefined);
  if (missing.length > 0) {
    throw new Failure(`the models ${missing.join(", ")} (--models)`, all.map(({ id }) => id).join(", "));
  }
  return all.map(({ id, provider }) => `${id} (${provider})`).join(", ");
}

function toListed(entry: { readonly id: string; readonly owned_by: string }): ListedModel {
  const { capabilities, kind, dimensions } = asObject(entry);
  const { tools } = asObject(capabilities);
  return {
    id: entry.id,
    provider: entry.owned_by,
    tools: typeof tools === "boolean" ? tools : undefined,
    kind: asString(kind) || undefined,
    dimensions: typeof dimensions === "number" ? dimensions : undefined,
  };
}

async function found(context: Context): Promise<string> {
  const id = context.models[0]?.id ?? AUTO;
  const model = await context.client.models.retrieve(id);
  if (model.id !== id || model.object !== "model")
    throw new Failure(`the model ${id}`, JSON.stringify(model));
  return id;
}

async function notFound(context: Context): Promise<string> {
  const expected = "HTTP 404 model_not_found";
  try {
    const { id } = await context.client.models.retrieve("verify/no-such-model");
    throw new Failure(expected, `the model ${id}`);
  } catch (thrown) {
    if (thrown instanceof NotFoundError && thrown.code === "model_not_found") return expected;
    throw asFailure(thrown, expected);
  }
}
