import { asFailure } from "../http.ts";
import { type Check, type Context, Failure, type ListedModel } from "../types.ts";

const TEXTS = ["A river", "A lake"];

/** Two texts to two vectors, of each model that gives them, through OpenAI's own client. */
export const embeddings: Check = {
  name: "embeddings",
  cases: (context) =>
    context.others
      .filter(({ kind }) => kind === "embedding")
      .map((model) => ({ name: model.id, run: () => embedded(context, model) })),
};

async function embedded({ client }: Context, { id, dimensions }: ListedModel): Promise<string> {
  const { data } = await client.embeddings.create({ model: id, input: TEXTS }).catch((thrown: unknown) => {
    throw asFailure(thrown, "vectors");
  });
  const lengths = data.map(({ embedding }) => embedding.length);
  const [length = 0] = lengths;
  const right = lengths.length === TEXTS.length && length > 0 && lengths.every((other) => other === length);
  if (!right || (dimensions !== undefined && length !== dimensions))
    throw new Failure(
      `${TEXTS.length} vectors of ${dimensions ?? "one length"}`,
      `lengths ${lengths.join(", ")}`,
    );
  if (data.some(({ embedding }) => embedding.some((number) => !Number.isFinite(number))))
    throw new Failure("numbers", "something else among them");
  return `${TEXTS.length} vectors of ${length}`;
}
