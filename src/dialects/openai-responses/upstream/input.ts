/** A conversation as the items of a Responses request. */
import { RouterError } from "../../../errors.ts";
import { wellFormedJson } from "../../../lib/exact-json.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { pairedCalls } from "../../../chat/paired-calls.ts";
import { fileWords } from "../../../chat/result-media.ts";
import type { AssistantMessage, ChatMessage, ContentPart, ReasoningBlock } from "../../../chat/request.ts";

/** @throws RouterError `unsupported_content` naming a part that the format has no place for. */
export function inputItems(messages: readonly ChatMessage[]): JsonObject[] {
  return pairedCalls(messages).flatMap(items);
}

function items(message: ChatMessage): JsonObject[] {
  if (message.role === "assistant") return assistantItems(message);
  const { role, content } = message;
  if (role !== "tool") return [{ type: "message", role, content: content.map(inputPart) }];
  return [{ type: "function_call_output", call_id: message.toolCallId, output: output(content) }];
}

/** In the order in which a model makes them. */
function assistantItems({ content, toolCalls, reasoning = [] }: AssistantMessage): JsonObject[] {
  const texts = content.filter((part) => part.type !== "text" || part.text !== "");
  const said = texts.map((part) => {
    if (part.type !== "text") throw unsupported(part);
    return { type: "output_text", text: part.text, annotations: [] };
  });
  return [
    ...reasoning.flatMap(reasoningItem),
    ...(said.length > 0 ? [{ type: "message", role: "assistant", content: said }] : []),
    ...toolCalls.map((call) => ({
      type: "function_call",
      call_id: call.id,
      name: call.name,
      arguments: call.arguments === "" ? "{}" : wellFormedJson(call.arguments),
    })),
  ];
}

/** What another API's model has signed says nothing here. */
function reasoningItem(block: ReasoningBlock): JsonObject[] {
  return block.kind === "redacted" ? [{ type: "reasoning", summary: [], encrypted_content: block.data }] : [];
}

function output(parts: readonly ContentPart[]): string | JsonObject[] {
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return texts.length === parts.length ? texts.join("\n") : parts.map(inputPart);
}

function inputPart(part: ContentPart): JsonObject {
  switch (part.type) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image_url":
      return { type: "input_image", image_url: part.url, detail: "auto" };
    case "file": {
      const { data, url, filename, title, id } = part;
      const text = fileWords(part);
      if (text !== undefined) return { type: "input_text", text };
      if (data === undefined && id === undefined && url === undefined) throw unsupported(part);
      const name = filename ?? title;
      return {
        type: "input_file",
        ...(data !== undefined
          ? { file_data: data }
          : id !== undefined
            ? { file_id: id }
            : { file_url: url }),
        ...(name !== undefined && { filename: name }),
      };
    }
    case "other":
      throw unsupported(part);
  }
}

function unsupported(part: ContentPart): RouterError {
  const kind = part.type === "other" ? part.kind.slice(0, 40) : part.type;
  const text = `The chosen model's API does not take content parts of type "${kind}" here. Leave it out or use another model.`;
  return new RouterError("unsupported_content", text, { param: part.param });
}
