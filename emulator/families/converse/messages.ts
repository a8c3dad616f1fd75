/** The rules about messages that hold for every model: who speaks when, tool calls and results, documents, images. */
import { invalid } from "../../bedrock/errors.ts";
import { asObject, asString, type JsonObject, objectsIn } from "../../json.ts";
import type { ConverseRules } from "./models.ts";

const MOST_DOCUMENTS = 5;
const TOOL_ID = /^[a-zA-Z0-9_.:-]{1,64}$/;
const DOCUMENT_NAME = /^(?!.*\s\s)[A-Za-z0-9\s()[\]-]{1,200}$/;
/** How the bytes of each format begin, as Latin-1 text. */
const STARTS: Readonly<Record<string, readonly string[]>> = {
  png: ["\x89PNG\r\n\x1a\n"],
  jpeg: ["\xff\xd8\xff"],
  gif: ["GIF87a", "GIF89a"],
  webp: ["RIFF"],
  pdf: ["%PDF-"],
  doc: ["\xd0\xcf\x11\xe0"],
  xls: ["\xd0\xcf\x11\xe0"],
  docx: ["PK\x03\x04"],
  xlsx: ["PK\x03\x04"],
};

/** Throws the ValidationException of the first rule that the messages break. */
export function checkMessages(body: JsonObject, rules: ConverseRules): void {
  const messages = objectsIn(body.messages);
  checkRoles(messages);
  for (const [at, { role, content }] of messages.entries()) {
    const blocks = objectsIn(content);
    checkBlocks(blocks, asString(role), `messages.${at}.content`, rules);
    checkPairs(blocks, objectsIn(messages[at + 1]?.content), at);
  }
  checkDocumentNames(messages);
}

function checkRoles(messages: readonly JsonObject[]): void {
  if (messages[0]?.role !== "user") {
    throw invalid(
      "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
    );
  }
  if (messages.some(({ role }, at) => role === messages[at + 1]?.role)) {
    throw invalid(
      "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.",
    );
  }
}

function checkBlocks(blocks: readonly JsonObject[], role: string, path: string, rules: ConverseRules): void {
  if (blocks.length === 0) {
    const at = path.replace(/\.content$/, "");
    throw invalid(
      `The content field in the Message object at ${at} is empty. Add a ContentBlock object to the content field and try again.`,
    );
  }
  for (const [index, block] of blocks.entries()) {
    const here = `${path}.${index}`;
    checkPlace(block, role, here);
    checkContent(block, here, rules);
    checkCall(block, here, rules);
  }
  if (has(blocks, "document") && !has(blocks, "text")) {
    throw invalid(
      "A message with a document must also have a text block. Add a text block to the message and try again.",
    );
  }
  const words = blocks.some((block) => "text" in block || "image" in block || "document" in block);
  if (has(blocks, "toolResult") && words && !rules.textBesideResults) {
    throw invalid(`${path}: Conversation blocks and tool result blocks cannot be provided in the same turn.`);
  }
}

function checkPlace(block: JsonObject, role: string, path: string): void {
  const strangers =
    role === "user" ? ["toolUse", "reasoningContent"] : ["toolResult", "image", "document", "video"];
  const stranger = strangers.find((kind) => kind in block);
  if (stranger === undefined) return;
  const speaker = role === "user" ? "User" : "Assistant";
  throw invalid(
    `${speaker} messages cannot contain ${stranger} blocks (${path}). Remove them and try again.`,
  );
}

function checkContent(block: JsonObject, path: string, rules: ConverseRules): void {
  if ("text" in block && asString(block.text).trim() === "") {
    throw invalid(
      `The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`,
    );
  }
  if ("image" in block) checkMedia(asObject(block.image), "image", rules.images);
  if ("document" in block) checkMedia(asObject(block.document), "document", rules.documents);
}

/** Both must be what they say they are. */
function checkMedia({ format, source }: JsonObject, kind: "image" | "document", allowed: boolean): void {
  if (!allowed) throw invalid(`This model doesn't support the ${kind} content block that you provided.`);
  const data = asString(asObject(source).bytes);
  if (data === "" || data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) {
    throw invalid(`The ${kind} bytes are not valid base64.`);
  }
  const start = Buffer.from(data, "base64").subarray(0, 12).toString("latin1");
  const starts = STARTS[asString(format)];
  if (starts && !starts.some((expected) => start.startsWith(expected))) {
    throw invalid(`The provided ${kind} does not match the specified ${kind} format.`);
  }
}

function checkCall({ toolUse, toolResult }: JsonObject, path: string, rules: ConverseRules): void {
  const id = asObject(toolUse ?? toolResult).toolUseId;
  if (id !== undefined && !TOOL_ID.test(asString(id))) {
    throw invalid(
      `1 validation error detected: Value '${asString(id)}' at '${path}.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+`,
    );
  }
  const { content, status } = asObject(toolResult);
  if (status !== undefined && !rules.resultStatus) {
    throw invalid("This model doesn't support the status field. Remove status and try again.");
  }
  for (const [index, inner] of objectsIn(content).entries()) {
    checkContent(inner, `${path}.toolResult.content.${index}`, rules);
  }
}

function checkPairs(blocks: readonly JsonObject[], next: readonly JsonObject[], at: number): void {
  const calls = idsOf(blocks, "toolUse");
  const results = idsOf(next, "toolResult");
  if (new Set(calls).size < calls.length) throw invalid(`messages.${at}: toolUse ids must be unique.`);
  const open = calls.filter((id) => !results.includes(id));
  if (open.length > 0) {
    throw invalid(
      `Expected toolResult blocks at messages.${at + 1}.content for the following Ids: ${open.join(", ")}`,
    );
  }
  if (results.length > calls.length) {
    throw invalid(
      `The number of toolResult blocks at messages.${at + 1}.content exceeds the number of toolUse blocks of previous turn.`,
    );
  }
}

function checkDocumentNames(messages: readonly JsonObject[]): void {
  const names = messages
    .flatMap(({ content }) => objectsIn(content))
    .flatMap((block) => [block, ...objectsIn(asObject(block.toolResult).content)])
    .flatMap(({ document }) => (document === undefined ? [] : [asString(asObject(document).name)]));
  if (names.some((name) => !DOCUMENT_NAME.test(name))) {
    throw invalid(
      "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.",
    );
  }
  if (new Set(names).size < names.length) {
    throw invalid(
      "Messages can't contain duplicate document names. Rename the document and retry your request.",
    );
  }
  if (names.length > MOST_DOCUMENTS) {
    throw invalid(`You can't include more than ${MOST_DOCUMENTS} documents in a request.`);
  }
}

/** Whether one of the blocks is of a kind. */
export function has(blocks: readonly JsonObject[], kind: string): boolean {
  return blocks.some((block) => kind in block);
}

function idsOf(blocks: readonly JsonObject[], kind: "toolUse" | "toolResult"): string[] {
  return blocks.flatMap((block) => (kind in block ? [asString(asObject(block[kind]).toolUseId)] : []));
}
