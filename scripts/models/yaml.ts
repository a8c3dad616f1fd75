/** What was found as a part of a configuration. */
import { stringify } from "yaml";
import type { Discovered } from "./discover.ts";

/** The section `llms`; each model with what else is worth knowing as a comment. */
export function asYaml(region: string, found: readonly Discovered[]): string {
  const head = `# ${found.length} models on Bedrock in ${region}. Their limits and prices are known to the router where its documentation names them.`;
  if (found.length === 0)
    return `${head}\n# The account may use none: ask for access in the console, or try another region.`;
  return [head, "llms:", ...found.map((one) => entry(region, one))].join("\n");
}

function entry(region: string, { name, model, others, family, api, legacy }: Discovered): string {
  const settings = {
    provider: "bedrock",
    model,
    ...(family !== undefined && { family }),
    ...(api !== undefined && { api }),
    aws_region: region,
  };
  const notes = [
    ...(legacy ? ["    # Legacy: AWS will end it."] : []),
    ...(others.length > 0 ? [`    # Also: ${others.join(", ")}`] : []),
  ];
  const [first = "", ...rest] = stringify({ [name]: settings }, { indent: 2 })
    .trimEnd()
    .split("\n");
  return [`  ${first}`, ...notes, ...rest.map((line) => `  ${line}`)].join("\n");
}
