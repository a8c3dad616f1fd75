/** Anthropic's own count of a prompt. https://platform.claude.com/docs/en/api/messages/count_tokens */
import { objectText, textMembers } from "../../lib/json-edit.ts";

/** What the endpoint takes; it refuses tools of servers, which Bedrock's form of a body has not. */
const COUNTED: ReadonlySet<string> = new Set([
  ...["model", "messages", "system", "tools", "tool_choice", "thinking", "output_config"],
]);

/** The body to count: of a request's body what is part of its prompt. */
export function countBody(text: string): string {
  const members = textMembers(text).filter(({ key }) => COUNTED.has(key));
  return objectText(members, new Map());
}
