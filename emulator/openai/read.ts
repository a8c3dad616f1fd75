/** A chat completion request, read into what the answer depends on. */
import type { Conversation, Media, ToolMode } from "../answer/conversation.ts";
import { sinceCalls } from "../answer/since-calls.ts";
import { userWords } from "../answer/user-words.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn, stringsIn } from "../json.ts";

const DEFAULT_MAX_TOKENS = 4096;

/** The newest text of the user; tolerates anything. */
export function questionIn(body: JsonObject): string {
  const said = objectsIn(body.messages).map(({ role, content }) =>
    role === "user" ? userWords(textIn(content)) : "",
  );
  return said.findLast((words) => words !== "") ?? "";
}

/** Reads a body whose `messages` are a list. */
export function readConversation(body: JsonObject): Conversation {
  const messages = objectsIn(body.messages);
  const limit = body.max_completion_tokens ?? body.max_tokens;
  const format = formatIn(asObject(body.response_format));
  return {
    question: questionIn(body),
    system: messages
      .filter(({ role }) => role === "system" || role === "developer")
      .map(({ content }) => textIn(content))
      .join("\n"),
    toolResults: resultsIn(messages).map(({ content }) => textIn(content)),
    media: objectsIn(messages.at(-1)?.content)
      .map(mediaIn)
      .filter((media) => media !== undefined),
    tools: objectsIn(body.tools).map(({ function: declared }) => ({
      name: asString(asObject(declared).name),
      schema: asObject(asObject(declared).parameters),
    })),
    toolMode: toolMode(body.tool_choice),
    parallel: body.parallel_tool_calls !== false,
    thinking: thinks(body) ? "shown" : "off",
    ...(format && { format }),
    received: { messages: body.messages, tools: body.tools },
    maxTokens: typeof limit === "number" ? limit : DEFAULT_MAX_TOKENS,
    stop: typeof body.stop === "string" ? [body.stop] : stringsIn(body.stop),
  };
}

/** Bedrock's models show what they think where an effort is asked for; the small upstream's do not think. */
function thinks({ model, reasoning_effort: effort }: JsonObject): boolean {
  return /^(?:[a-z-]+\.)?[a-z]+\.[a-z]/.test(asString(model)) && asString(effort) !== "" && effort !== "none";
}

/** The results that the model has not answered to yet. */
function resultsIn(messages: readonly JsonObject[]): readonly JsonObject[] {
  const last = messages.slice(messages.findLastIndex(({ role }) => role !== "tool") + 1);
  if (last.length > 0) return last;
  return sinceCalls(
    messages,
    ({ tool_calls }) => objectsIn(tool_calls).length > 0,
    ({ role, content }) => role === "user" && userWords(textIn(content)) !== "",
  ).filter(({ role }) => role === "tool");
}

function textIn(content: unknown): string {
  if (typeof content === "string") return content;
  return objectsIn(content)
    .filter(({ type }) => type === "text")
    .map(({ text }) => asString(text))
    .join("\n");
}

function toolMode(choice: unknown): ToolMode {
  const name = asString(asObject(asObject(choice).function).name);
  if (name !== "") return { mode: "tool", name };
  if (choice === "required") return { mode: "any" };
  return { mode: choice === "none" ? "none" : "auto" };
}

function formatIn(format: JsonObject): JsonObject | undefined {
  if (format.type === "json_object") return { type: "object", properties: { answer: { type: "string" } } };
  const schema = asObject(format.json_schema).schema;
  return format.type === "json_schema" && isObject(schema) ? schema : undefined;
}

function mediaIn(part: JsonObject): Media | undefined {
  const url = asString(asObject(part.image_url).url);
  if (url === "") return undefined;
  const data = /^data:([^;,]*);base64,(.*)$/s.exec(url);
  return data
    ? { type: data[1] ?? "", bytes: Buffer.byteLength(data[2] ?? "", "base64") }
    : { type: "image/url", bytes: 0 };
}
