/** The rules about turns: who speaks when, what a turn may hold, and how tool calls and results pair up. */
import { invalid } from "../../bedrock/errors.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn } from "../../json.ts";
import type { NovaModel } from "./models.ts";

const KINDS = ["text", "image", "toolUse", "toolResult"];
const TOOL_ID = /^[a-zA-Z0-9_.:-]{1,64}$/;
/** How the bytes of each format begin, as Latin-1 text. */
const STARTS: Readonly<Record<string, readonly string[]>> = {
  png: ["\x89PNG\r\n\x1a\n"],
  jpeg: ["\xff\xd8\xff"],
  gif: ["GIF87a", "GIF89a"],
  webp: ["RIFF"],
};

/** Throws the ValidationException of the first rule that the messages break. */
export function checkTurns(body: JsonObject, model: NovaModel): void {
  const turns = objectsIn(body.messages);
  if (turns[0]?.role !== "user") {
    throw invalid("A conversation must start with a user message. Try again with a conversation that does.");
  }
  for (const [at, turn] of turns.entries()) {
    if (turn.role === turns[at + 1]?.role) {
      throw invalid(
        "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.",
      );
    }
    const blocks = objectsIn(turn.content);
    if (blocks.length === 0) throw invalid(`The content of messages.${at} is empty. Add a content block.`);
    for (const [index, block] of blocks.entries()) {
      checkBlock(block, asString(turn.role), `messages.${at}.content.${index}`, model);
    }
    checkPairs(blocks, objectsIn(turns[at + 1]?.content), at);
  }
}

function checkBlock(block: JsonObject, role: string, path: string, model: NovaModel): void {
  const kinds = KINDS.filter((kind) => kind in block);
  const [kind] = kinds;
  if (kinds.length !== 1) throw invalid(`${path} must have exactly one of ${KINDS.join(", ")}.`);
  if (kind === "text" && asString(block.text).trim() === "") {
    throw invalid(
      `The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`,
    );
  }
  if (role === "assistant" ? kind === "image" || kind === "toolResult" : kind === "toolUse") {
    throw invalid(`${kind} blocks are not allowed in messages of the role ${role} (${path}).`);
  }
  for (const image of imagesIn(block)) checkImage(image, path, model);
  const id = asObject(block.toolUse ?? block.toolResult).toolUseId;
  if (id !== undefined && !TOOL_ID.test(asString(id))) {
    throw invalid(`${path}: toolUseId must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+`);
  }
}

/** The images of a block, those inside a tool result included. */
export function imagesIn(block: JsonObject): JsonObject[] {
  const inner = objectsIn(asObject(block.toolResult).content);
  return [block, ...inner].map(({ image }) => image).filter(isObject);
}

function checkImage({ format, source }: JsonObject, path: string, { images }: NovaModel): void {
  if (!images) throw invalid(`This model doesn't support the image content block that you provided.`);
  const data = asString(asObject(source).bytes);
  if (data === "" || data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) {
    throw invalid(`${path}: image bytes are not valid base64`);
  }
  const bytes = Buffer.from(data, "base64").subarray(0, 12).toString("latin1");
  if (!STARTS[asString(format)]?.some((start) => bytes.startsWith(start))) {
    throw invalid("The provided image does not match the specified image format.");
  }
}

function checkPairs(blocks: readonly JsonObject[], next: readonly JsonObject[], at: number): void {
  const calls = idsOf(blocks, "toolUse");
  const results = idsOf(next, "toolResult");
  if (new Set(calls).size < calls.length) throw invalid(`messages.${at}: toolUse ids must be unique`);
  const stranger = results.find((id) => !calls.includes(id));
  if (stranger !== undefined || results.length !== calls.length) {
    throw invalid(
      `Expected toolResult blocks at messages.${at + 1}.content for the following Ids: ${calls.join(", ")}${stranger === undefined ? "" : `, found: ${stranger}`}`,
    );
  }
}

function idsOf(blocks: readonly JsonObject[], kind: "toolUse" | "toolResult"): string[] {
  return blocks.flatMap((block) => (kind in block ? [asString(asObject(block[kind]).toolUseId)] : []));
}
