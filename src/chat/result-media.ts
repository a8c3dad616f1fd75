/** Pictures and documents for models that take none. */
import type { ChatMessage, ChatRequest, ContentPart } from "./request.ts";

const UNSEEN = "(A picture, which this model cannot see.)";
const UNREAD = "(A document, which this model cannot read.)";

type FilePart = Extract<ContentPart, { type: "file" }>;

/**
 * Tells the model of them in words, since an agent that has looked at a picture must be able to go on. What the user shows stays, and
 * is refused later: the question is about it.
 * @returns the very request where no tool gave an image.
 */
export function withoutResultImages(request: ChatRequest): ChatRequest {
  const { messages } = request;
  if (!messages.some(({ role, content }) => role === "tool" && content.some(isImage))) return request;
  return { ...request, messages: messages.map(withoutImages) };
}

/**
 * Tells the model of documents that are text in that text, and of others in words where a tool gave them. What the user shows beside stays,
 * and is refused later.
 * @returns the request, and whether anything was lost; the very request where there is no such document.
 */
export function withoutDocuments(request: ChatRequest): {
  readonly request: ChatRequest;
  readonly lost: boolean;
} {
  const { messages } = request;
  if (!messages.some(({ content }) => content.some(({ type }) => type === "file")))
    return { request, lost: false };
  let lost = false;
  const written = (role: ChatMessage["role"], part: ContentPart): ContentPart => {
    if (part.type !== "file") return part;
    const words = fileWords(withText(part));
    if (words === undefined && role !== "tool") return part;
    lost ||= words === undefined;
    return inWords(part, words ?? UNREAD);
  };
  const told = messages.map((message) => ({
    ...message,
    content: message.content.map((part) => written(message.role, part)),
  }));
  return { request: { ...request, messages: told }, lost };
}

/** Whether a document says that it is text. */
export function isTextFile({ text, data = "" }: FilePart): boolean {
  return text !== undefined || /^data:text\/[^,]{0,100};base64,/i.test(data.slice(0, 120));
}

/** With the text of a file that says that it is one, where it is UTF-8. */
function withText(part: FilePart): FilePart {
  const { text, data = "", title = part.filename } = part;
  if (text !== undefined || !isTextFile(part)) return part;
  try {
    const bytes = Uint8Array.fromBase64(data.slice(data.indexOf(",") + 1));
    const read = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return { ...part, text: read, ...(title !== undefined && { title }) };
  } catch {
    return part;
  }
}

/** A document that is plain text as that, with what is told about it; any other part as it is. */
export function asText(part: ContentPart): ContentPart {
  const text = part.type === "file" ? fileWords(part) : undefined;
  return part.type === "file" && text !== undefined ? inWords(part, text) : part;
}

function inWords({ cacheControl, param }: FilePart, text: string): ContentPart {
  return { type: "text", text, ...(cacheControl && { cacheControl }), param };
}

/** A document that is plain text, with what is told about it; undefined for any other. */
export function fileWords({ title, context, text }: FilePart): string | undefined {
  return text === undefined ? undefined : [title, context, text].filter(Boolean).join("\n\n");
}

function withoutImages(message: ChatMessage): ChatMessage {
  if (message.role !== "tool") return message;
  const content = message.content.map((part): ContentPart => {
    return isImage(part) ? { type: "text", text: UNSEEN, param: part.param } : part;
  });
  return { ...message, content };
}

function isImage({ type }: ContentPart): boolean {
  return type === "image_url";
}
