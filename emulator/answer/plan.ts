/**
 * Calls in several steps, as an agent's real task needs them: `[[plan BASE64URL]]` in the user's text, whose JSON is a list of
 * {@link Step}s. The emulated model takes the last step whose words stand in the newest results; where none does, it answers.
 */
import { asObject, asString, objectsIn } from "../json.ts";
import type { Conversation } from "./conversation.ts";
import type { Call } from "./tools.ts";

export interface Step {
  /** What the results of the step before it say; missing for the first. */
  readonly after?: string;
  /** Made at once. */
  readonly calls: readonly { readonly name: string; readonly input: Readonly<Record<string, unknown>> }[];
}

/** The directive for a plan. */
export function planDirective(steps: readonly Step[]): string {
  return `[[plan ${Buffer.from(JSON.stringify(steps)).toString("base64url")}]]`;
}

/** The calls of the next step; tools that are not offered are not called. */
export function plannedCalls(plan: string, { tools, toolResults }: Conversation): Call[] {
  const steps = objectsIn(JSON.parse(Buffer.from(plan, "base64url").toString("utf8")));
  const results = toolResults.join("\n");
  const next = steps.findLast(({ after }) =>
    after === undefined ? toolResults.length === 0 : results.includes(asString(after)),
  );
  return objectsIn(next?.calls).flatMap(({ name, input }) => {
    const tool = tools.find((offered) => offered.name === name);
    return tool === undefined ? [] : [{ tool, input: asObject(input) }];
  });
}
