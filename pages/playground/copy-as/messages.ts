/** A chat completion request as one of Anthropic's Messages API. */
import { isObject, type JsonObject, objectOf, objectsOf, parseJson, textOf } from "../../lib/json.ts";

/** The API wants one; enough for a long answer. */
const MAX_TOKENS = 4096;
/** The names of both APIs where they differ; what has none is left out. */
const NAMES: Readonly<Record<string, string>> = {
  model: "model",
  temperature: "temperature",
  top_p: "top_p",
  stop: "stop_sequences",
};
/** What has a form of its own below, or is the SDK's to send. */
const KNOWN = new Set(["messages", "max_tokens", "tools", "tool_choice", "stream", "stream_options"]);

export interface MessagesRequest {
  readonly request: JsonObject;
  /** Fields for which the API has no place. */
  readonly left: readonly string[];
}

export function messagesRequest(body: JsonObject): MessagesRequest {
  const messages = objectsOf(body.messages);
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => textOf(content) ?? "");
  const tools = objectsOf(body.tools).map(toolOf);
  const choice = choiceOf(body.tool_choice);
  const named = Object.entries(body).flatMap(([name, value]) => {
    const other = NAMES[name];
    return other === undefined ? [] : [[other, value]];
  });
  const request: JsonObject = {
    ...Object.fromEntries(named),
    max_tokens: body.max_tokens ?? MAX_TOKENS,
    ...(system.length > 0 && { system: system.join("\n\n") }),
    messages: joined(messages.filter(({ role }) => role !== "system").map(messageOf)),
    ...(tools.length > 0 && { tools }),
    ...(choice && { tool_choice: choice }),
  };
  const left = Object.keys(body).filter((name) => NAMES[name] === undefined && !KNOWN.has(name));
  return { request, left };
}

interface Message {
  readonly role: "user" | "assistant";
  readonly content: string | readonly JsonObject[];
}

function messageOf(message: JsonObject): Message {
  const { role, content, tool_call_id: id } = message;
  if (role === "tool") return { role: "user", content: [{ type: "tool_result", tool_use_id: id, content }] };
  if (role !== "assistant") return { role: "user", content: contentOf(content) };
  const calls = objectsOf(message.tool_calls).map(callOf);
  if (calls.length === 0) return { role, content: contentOf(content) };
  const text = textOf(content) ?? "";
  return { role, content: [...(text === "" ? [] : [{ type: "text", text }]), ...calls] };
}

/** Results of one step belong into one message. */
function joined(messages: readonly Message[]): Message[] {
  const all: Message[] = [];
  for (const message of messages) {
    const last = all.at(-1);
    if (isResults(last) && isResults(message))
      all.splice(-1, 1, { role: "user", content: [...last.content, ...message.content] });
    else all.push(message);
  }
  return all;
}

function isResults(
  message: Message | undefined,
): message is Message & { readonly content: readonly JsonObject[] } {
  return Array.isArray(message?.content) && message.content[0]?.type === "tool_result";
}

function contentOf(content: unknown): string | JsonObject[] {
  return Array.isArray(content) ? objectsOf(content).map(partOf) : (textOf(content) ?? "");
}

function partOf(part: JsonObject): JsonObject {
  if (part.type === "image_url")
    return { type: "image", source: sourceOf(textOf(objectOf(part.image_url).url) ?? "") };
  if (part.type !== "file") return part;
  const { filename, file_data: data } = objectOf(part.file);
  return { type: "document", source: sourceOf(textOf(data) ?? ""), title: filename };
}

function sourceOf(url: string): JsonObject {
  const [, media_type, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? [];
  return { type: "base64", media_type, data };
}

function callOf({ id, function: called }: JsonObject): JsonObject {
  const { name, arguments: text } = objectOf(called);
  const input = parseJson(textOf(text) ?? "");
  return { type: "tool_use", id, name, input: isObject(input) ? input : {} };
}

function toolOf(tool: JsonObject): JsonObject {
  const { name, description, parameters } = objectOf(tool.function);
  return { name, description, input_schema: parameters };
}

function choiceOf(choice: unknown): JsonObject | undefined {
  if (choice === "required") return { type: "any" };
  return choice === "auto" || choice === "none" ? { type: choice } : undefined;
}
