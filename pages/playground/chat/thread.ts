/** The conversation, and the messages that it makes. */
import type { JsonObject } from "../../lib/json.ts";
import type { Answer, ToolCall } from "./answer.ts";
import type { Attachment } from "./attachment.ts";

export type Item =
  | {
      readonly kind: "user";
      readonly text: string;
      readonly files: readonly Attachment[];
      /** Files for which the page had no room to keep them. */
      readonly lost?: number;
    }
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "tool"; readonly call: ToolCall; readonly result: JsonObject };

/** The messages of a request that continues `items`. @param system Left out when empty. */
export function messagesOf(items: readonly Item[], system: string): JsonObject[] {
  const first: JsonObject[] = system.trim() === "" ? [] : [{ role: "system", content: system }];
  return [...first, ...items.map(messageOf).filter((message) => message !== undefined)];
}

function messageOf(item: Item): JsonObject | undefined {
  switch (item.kind) {
    case "user":
      return { role: "user", content: userContent(item.text, item.files) };
    case "answer":
      return item.answer.toMessage();
    case "tool":
      return { role: "tool", tool_call_id: item.call.id, content: JSON.stringify(item.result) };
  }
}

function userContent(text: string, files: readonly Attachment[]): string | JsonObject[] {
  if (files.length === 0) return text;
  const parts = files.map(({ kind, url, name }) =>
    kind === "image"
      ? { type: "image_url", image_url: { url } }
      : { type: "file", file: { filename: name, file_data: url } },
  );
  return text === "" ? parts : [{ type: "text", text }, ...parts];
}

/** Without what came after the newest user message. */
export function upToQuestion(items: readonly Item[]): Item[] {
  return items.slice(0, items.findLastIndex(({ kind }) => kind === "user") + 1);
}
