/** Turns a schema's complaint into a path and a sentence that say what to send instead. */
import type * as z from "zod/mini";

type Issue = z.core.$ZodIssue;

/**
 * The most telling complaint of an error: inside a union, the one of the branch that went furthest, since a value that
 * matched a branch's outer shape was meant as that branch.
 */
export function deepestIssue(issues: readonly Issue[]): { path: PropertyKey[]; text: string } | undefined {
  const issue = issues[0];
  if (issue === undefined) return undefined;
  if (issue.code !== "invalid_union") return { path: issue.path, text: sentence(issue) };
  let best: { path: PropertyKey[]; text: string } | undefined;
  const alternatives: string[] = [];
  for (const branch of issue.errors) {
    const found = deepestIssue(branch);
    if (found === undefined) continue;
    alternatives.push(found.text);
    if (best === undefined || found.path.length > best.path.length) best = found;
  }
  if (best === undefined || best.path.length === 0) {
    return { path: issue.path, text: [...new Set(alternatives)].join(", or ") };
  }
  return { path: [...issue.path, ...best.path], text: best.text };
}

function sentence(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${article(issue.expected)}`;
    case "invalid_value":
      return `expected ${issue.values.length > 1 ? "one of " : ""}${issue.values.map((v) => JSON.stringify(v)).join(", ")}`;
    case "too_small":
      return issue.origin === "array" || issue.origin === "string"
        ? "must not be empty"
        : `must be at least ${String(issue.minimum)}`;
    case "too_big":
      return `must be at most ${String(issue.maximum)}`;
    case "custom":
      // Of a list: the sentence is there already.
      return issue.message;
    default:
      return "is not valid";
  }
}

function article(expected: string): string {
  const name = expected === "record" ? "object" : expected === "int" ? "integer" : expected;
  return /^[aeio]/.test(name) ? `an ${name}` : `a ${name}`;
}
