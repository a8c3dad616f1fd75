/** A valid request, read into what the answer depends on. */
import type { Conversation, Media, ToolMode } from "../../answer/conversation.ts";
import { directivesIn } from "../../answer/directives.ts";
import { userWords } from "../../answer/user-words.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn, stringsIn } from "../../json.ts";
import { allBlocks, blocksOfType, spokenTurns, textIn } from "./blocks.ts";
import type { ClaudeModel } from "./models.ts";

/**
 * The last text block of the newest user turn in which a user speaks, with the directives of the turn's other blocks: a
 * router merges user messages, and an agent puts its context before or behind what the user said.
 */
export function questionIn(body: JsonObject): string {
  const texts = spokenTurns(body)
    .filter(({ role }) => role === "user")
    .map(({ blocks }) => blocksOfType(blocks, "text").map(({ text }) => userWords(asString(text))))
    .findLast((blocks) => blocks.some((words) => words !== ""));
  const last = texts?.findLastIndex((words) => words !== "") ?? -1;
  const [question = ""] = texts?.splice(last, 1) ?? [];
  return `${texts?.map(directivesIn).join("") ?? ""}${question}`;
}

/** Reads a validated body. */
export function readConversation(body: JsonObject, model: ClaudeModel): Conversation {
  const turns = spokenTurns(body);
  const last = turns.at(-1)?.blocks ?? [];
  const format = asObject(asObject(body.output_config).format).schema;
  return {
    question: questionIn(body),
    system: textIn(body.system),
    toolResults: blocksOfType(last, "tool_result").map((result) => textIn(result.content)),
    media: allBlocks(turns.slice(-1))
      .map(({ block }) => mediaIn(block))
      .filter((media) => media !== undefined),
    tools: objectsIn(body.tools).map((tool) => ({
      name: asString(tool.name),
      schema: asObject(tool.input_schema),
    })),
    toolMode: toolMode(asObject(body.tool_choice)),
    parallel: asObject(body.tool_choice).disable_parallel_tool_use !== true,
    thinking: thinkingOf(asObject(body.thinking), model),
    ...(isObject(format) && { format }),
    received: { system: body.system, messages: body.messages, tools: body.tools },
    maxTokens: Number(body.max_tokens),
    stop: stringsIn(body.stop_sequences),
  };
}

function toolMode(choice: JsonObject): ToolMode {
  if (choice.type === "tool") return { mode: "tool", name: asString(choice.name) };
  return { mode: choice.type === "any" || choice.type === "none" ? choice.type : "auto" };
}

/** From 4.7 on the text of thinking is left out unless the request asks for it. */
function thinkingOf(thinking: JsonObject, model: ClaudeModel): Conversation["thinking"] {
  const silent = thinking.type === undefined && model.thinksByDefault;
  if (!silent && thinking.type !== "enabled" && thinking.type !== "adaptive") return "off";
  const display = thinking.display ?? (model.thinking === "adaptive" ? "omitted" : "summarized");
  return display === "omitted" ? "omitted" : "shown";
}

function mediaIn(block: JsonObject): Media | undefined {
  if (block.type !== "image" && block.type !== "document") return undefined;
  const source = asObject(block.source);
  const encoding = source.type === "base64" ? "base64" : "utf8";
  return {
    type: asString(source.media_type),
    bytes: Buffer.byteLength(asString(source.data), encoding),
  };
}
