/**
 * A model's reasoning as an opaque text that the client keeps and brings back: `encrypted_content` of Responses, `signature` of
 * Messages for models that sign nothing. It needs no encryption: what needs protection the model has signed itself, and the text
 * was shown anyway. It says whose it is, since only the same model can use it.
 */
import type { ChatRequest, ReasoningBlock } from "./request.ts";

/** Tells the router's own texts from those of other services. */
const PREFIX = "ocr1_";
/** Far more than a model thinks in one turn. */
const MOST_BLOCKS = 1_000;

export interface CarriedReasoning {
  /** The configured name of the model whose blocks they are. */
  readonly model: string;
  readonly blocks: readonly ReasoningBlock[];
}

/** The text for a client to keep: printable ASCII. */
export function carry({ model, blocks }: CarriedReasoning): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ model, blocks }));
  return PREFIX + bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** What a client brought back; undefined for what is not ours or is damaged: never an error. */
export function carried(text: string): CarriedReasoning | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(text.slice(PREFIX.length), { alphabet: "base64url" });
    const value: unknown = JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes),
    );
    return isCarried(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isCarried(value: unknown): value is CarriedReasoning {
  if (typeof value !== "object" || value === null || !("model" in value) || !("blocks" in value))
    return false;
  const { model, blocks } = value;
  if (typeof model !== "string" || !Array.isArray(blocks) || blocks.length > MOST_BLOCKS) return false;
  return blocks.every(isBlock);
}

function isBlock(value: unknown): value is ReasoningBlock {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const has = (name: string) => typeof Reflect.get(value, name) === "string";
  if (value.kind === "signed") return has("text") && has("signature");
  if (value.kind === "redacted") return has("data");
  return value.kind === "text" && has("text");
}

/**
 * The request without the reasoning of other models, which this one could not use: a conversation may have been with
 * several. Blocks of which nobody knows whose they are stay.
 * @param model The configured name of the model that is asked.
 */
export function withOwnReasoning(request: ChatRequest, model: string): ChatRequest {
  const foreign = ({ of }: ReasoningBlock): boolean => of !== undefined && of !== model;
  const messages = request.messages.map((message) => {
    if (message.role !== "assistant" || !message.reasoning?.some(foreign)) return message;
    return { ...message, reasoning: message.reasoning.filter((block) => !foreign(block)) };
  });
  return { ...request, messages };
}
