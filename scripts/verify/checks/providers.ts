import { type Check, type Context, Failure, type ListedModel, skip, type Verdict } from "../types.ts";

/** Where Bedrock and other providers are configured, both answer through the same address and key. */
export const providers: Check = {
  name: "providers",
  cases: (context) => [{ name: "Bedrock and others", run: async () => mixed(context) }],
};

function isBedrock({ provider }: ListedModel): boolean {
  return provider === "bedrock" || provider === "aws";
}

function mixed({ models, answered }: Context): string | Verdict {
  const kinds = [
    { name: "Bedrock", models: models.filter(isBedrock) },
    { name: "OpenAI-compatible providers", models: models.filter((model) => !isBedrock(model)) },
  ];
  if (kinds.some((kind) => kind.models.length === 0)) return skip("models of one kind only");
  const found = kinds.map((kind) => ({
    ...kind,
    answering: kind.models.filter(({ id }) => answered.has(id)),
  }));
  const silent = found.filter(({ answering }) => answering.length === 0);
  if (silent.length > 0) {
    throw new Failure("an answer from each kind", `none from ${silent.map(({ name }) => name).join(", ")}`);
  }
  return found
    .map(({ name, answering, models: all }) => `${name}: ${answering.length} of ${all.length}`)
    .join(", ");
}
