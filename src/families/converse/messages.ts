/** What Converse wants of messages beside their form: what some models do not take side by side, and where system text goes. */
import type { JsonObject } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import type { BlockMessage, Conversation } from "../request/turns.ts";

/** Stands for the assistant between tool results and the user's text, for models that take no two of these together. */
const RECEIVED = "(Tool results received.)";
/** A message with a document needs text too. */
const ATTACHED = "(See the attached file.)";

/**
 * The messages as the model takes them. System text and the router's own instructions go where it takes them: in
 * `system`, else before what the user says first.
 */
export function arrangeMessages(
  { system, messages }: Conversation,
  instructions: readonly string[],
  model: ConverseModel,
): { readonly system: JsonObject[]; readonly messages: BlockMessage[] } {
  const blocks = [...system, ...instructions.map((text) => ({ text }))];
  const ordered = messages.map(resultsFirst);
  const apart = model.textBesideResults ? ordered : ordered.flatMap(withoutNeighbours);
  const [first, ...rest] = apart.map(({ role, content }) => ({ role, content: withText(content) }));
  if (first === undefined) return { system: blocks, messages: [] };
  if (model.system) return { system: blocks, messages: [first, ...rest] };
  return { system: [], messages: [{ role: first.role, content: [...blocks, ...first.content] }, ...rest] };
}

/** Tool results, with their cache points, before what stands beside them. */
function resultsFirst({ role, content }: BlockMessage): BlockMessage {
  const isResult = (block: JsonObject, at: number): boolean =>
    "toolResult" in block || ("cachePoint" in block && "toolResult" in (content[at - 1] ?? {}));
  const others = content.filter((block, at) => !isResult(block, at));
  return { role, content: [...content.filter(isResult), ...others] };
}

/** Tool results, which stand first, in a message of their own. */
function withoutNeighbours(message: BlockMessage): BlockMessage[] {
  const { role, content } = message;
  const end = content.findIndex((block) => !("toolResult" in block || "cachePoint" in block));
  if (end <= 0) return [message];
  return [
    { role, content: content.slice(0, end) },
    { role: "assistant", content: [{ text: RECEIVED }] },
    { role, content: content.slice(end) },
  ];
}

function withText(content: JsonObject[]): JsonObject[] {
  const lacking = content.some((block) => "document" in block) && !content.some((block) => "text" in block);
  return lacking ? [...content, { text: ATTACHED }] : content;
}
