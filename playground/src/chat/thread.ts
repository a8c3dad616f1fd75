/** The conversation, and the messages that it makes. */
import type { JsonObject } from "../json.ts";
import type { Answer } from "./answer.ts";

export type Item =
  | { readonly kind: "user"; readonly text: string; readonly images: readonly string[] }
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "tool"; readonly callId: string; readonly result: JsonObject };

/** The messages of a request that continues `items`. @param system Left out when empty. */
export function messagesOf(items: readonly Item[], system: string): JsonObject[] {
  const first: JsonObject[] = system.trim() === "" ? [] : [{ role: "system", content: system }];
  return [...first, ...items.map(messageOf).filter((message) => message !== undefined)];
}

function messageOf(item: Item): JsonObject | undefined {
  switch (item.kind) {
    case "user":
      return { role: "user", content: userContent(item.text, item.images) };
    case "answer":
      return item.answer.toMessage();
    case "tool":
      return { role: "tool", tool_call_id: item.callId, content: JSON.stringify(item.result) };
  }
}

function userContent(text: string, images: readonly string[]): string | JsonObject[] {
  if (images.length === 0) return text;
  const parts = images.map((url) => ({ type: "image_url", image_url: { url } }));
  return text === "" ? parts : [{ type: "text", text }, ...parts];
}

/** Without what came after the newest user message. */
export function upToQuestion(items: readonly Item[]): Item[] {
  return items.slice(0, items.findLastIndex(({ kind }) => kind === "user") + 1);
}
