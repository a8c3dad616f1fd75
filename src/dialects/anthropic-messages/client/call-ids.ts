/** Ids of calls as Anthropic's clients take them. */
import type { AnswerIdentity } from "../../../chat/dialect.ts";
import type { ChatRequest } from "../../../chat/request.ts";

/**
 * A model's ids as they are, but for those with characters that clients refuse, and those that the conversation knows: some models
 * number the calls of each answer from 0 (`functions.Bash:0`), and Claude Code loses the result of a call whose id it has seen, or one
 * much like it. Those get one of Anthropic's form, which comes back as it is given.
 */
export function callIds(
  { messages }: Pick<ChatRequest, "messages">,
  answer: AnswerIdentity,
): (id: string) => string {
  const taken = new Set(
    messages.flatMap((message) =>
      message.role === "assistant" ? message.toolCalls.map(({ id }) => id) : [],
    ),
  );
  let renamed = 0;
  return (id) => {
    const fits = /^[a-zA-Z0-9_-]+$/.test(id) && !taken.has(id);
    const own = fits ? id : `toolu_${answer.id}${renamed++}`;
    taken.add(own);
    return own;
  };
}
