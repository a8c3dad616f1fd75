import { RouterError } from "../errors.ts";

/** The error `config_invalid` with every problem on a line of its own. */
export function configError(problems: readonly string[]): RouterError {
  const count = problems.length;
  const head = count === 1 ? "The configuration has a problem:" : `The configuration has ${count} problems:`;
  return new RouterError("config_invalid", [head, ...problems.map((line) => `- ${line}`)].join("\n"));
}
