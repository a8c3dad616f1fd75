/** A valid Converse request, read into what the answer depends on. */
import type { Conversation, Media, ToolMode } from "../../answer/conversation.ts";
import { directivesIn } from "../../answer/directives.ts";
import { sinceCalls } from "../../answer/since-calls.ts";
import { userWords } from "../../answer/user-words.ts";
import { asObject, asString, type JsonObject, objectsIn, stringsIn } from "../../json.ts";
import { parsed } from "./claude.ts";

const DEFAULT_TOKENS = 4096;

/** The last text of the newest user message in which a user speaks, with the directives of its other texts. */
export function questionIn(body: JsonObject): string {
  const texts = objectsIn(body.messages)
    .filter(({ role }) => role === "user")
    .map(({ content }) => textsIn(content).map(userWords))
    .findLast((found) => found.some((words) => words !== ""));
  const last = texts?.findLastIndex((words) => words !== "") ?? -1;
  const [question = ""] = texts?.splice(last, 1) ?? [];
  return `${texts?.map(directivesIn).join("") ?? ""}${question}`;
}

/** Reads a validated body. */
export function readConversation(body: JsonObject): Conversation {
  const { tools, toolChoice } = asObject(body.toolConfig);
  const { maxTokens, stopSequences } = asObject(body.inferenceConfig);
  const last = objectsIn(objectsIn(body.messages).at(-1)?.content);
  const format = asObject(asObject(body.outputConfig).textFormat);
  const schema = asObject(asObject(format.structure).jsonSchema).schema;
  return {
    question: questionIn(body),
    system: textsIn(body.system).join("\n"),
    toolResults: resultsIn(objectsIn(body.messages)).map(resultText),
    media: last.flatMap(mediaIn),
    tools: objectsIn(tools).flatMap(({ toolSpec }) => {
      const { name, inputSchema } = asObject(toolSpec);
      return name === undefined
        ? []
        : [{ name: asString(name), schema: asObject(asObject(inputSchema).json) }];
    }),
    toolMode: toolMode(asObject(toolChoice)),
    parallel: true,
    thinking: reasons(asObject(body.additionalModelRequestFields)),
    ...(typeof schema === "string" && { format: parsed(schema) }),
    received: { system: body.system, messages: body.messages, tools },
    maxTokens: typeof maxTokens === "number" ? maxTokens : DEFAULT_TOKENS,
    stop: stringsIn(stopSequences),
  };
}

/** The texts of content blocks. */
export function textsIn(content: unknown): string[] {
  return objectsIn(content).flatMap(({ text }) => (typeof text === "string" ? [text] : []));
}

/** The results that the model has not answered to yet. */
function resultsIn(messages: readonly JsonObject[]): unknown[] {
  const results = (message: JsonObject): unknown[] =>
    objectsIn(message.content).flatMap(({ toolResult }) => (toolResult === undefined ? [] : [toolResult]));
  const last = messages.slice(-1).flatMap(results);
  if (last.length > 0) return last;
  return sinceCalls(
    messages,
    ({ content }) => objectsIn(content).some((block) => "toolUse" in block),
    ({ role, content }) => role === "user" && textsIn(content).some((text) => userWords(text) !== ""),
  ).flatMap(results);
}

function resultText(toolResult: unknown): string {
  return objectsIn(asObject(toolResult).content)
    .map(({ text, json }) => (typeof text === "string" ? text : JSON.stringify(json ?? "")))
    .join("\n");
}

function mediaIn({ image, document, toolResult }: JsonObject): Media[] {
  const inner = objectsIn(asObject(toolResult).content).flatMap(mediaIn);
  const found = image ?? document;
  if (found === undefined) return inner;
  const { format, source } = asObject(found);
  const bytes = Buffer.byteLength(asString(asObject(source).bytes), "base64");
  return [...inner, { type: `${image === undefined ? "document" : "image"}/${asString(format)}`, bytes }];
}

function toolMode(choice: JsonObject): ToolMode {
  if ("tool" in choice) return { mode: "tool", name: asString(asObject(choice.tool).name) };
  return { mode: "any" in choice ? "any" : "auto" };
}

/** Asked for in each maker's own words. */
function reasons(extras: JsonObject): Conversation["thinking"] {
  const { type, display } = asObject(extras.thinking);
  if (type === "adaptive") return display === "summarized" ? "shown" : "omitted";
  const asked =
    type === "enabled" ||
    asObject(extras.reasoningConfig).type === "enabled" ||
    "reasoning_effort" in extras ||
    "reasoning" in extras;
  return asked ? "shown" : "off";
}
