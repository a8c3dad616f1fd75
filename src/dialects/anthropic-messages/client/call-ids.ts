/** Ids of calls as Anthropic's clients take them. */
import type { ChatRequest } from "../../../chat/request.ts";

/**
 * Ids of the characters that clients check for, and new to the conversation: some models number the calls of each answer from 0, and
 * Claude Code takes a call whose id it has seen for one that is answered. They come back as they are given.
 */
export function callIds({ messages }: Pick<ChatRequest, "messages">): (id: string) => string {
  const taken = new Set(
    messages.flatMap((message) =>
      message.role === "assistant" ? message.toolCalls.map(({ id }) => id) : [],
    ),
  );
  return (id) => {
    const plain = id.replace(/[^a-zA-Z0-9_-]/g, "_") || "call";
    let free = plain;
    for (let number = 2; taken.has(free); number += 1) free = `${plain}_${number}`;
    taken.add(free);
    return free;
  };
}
