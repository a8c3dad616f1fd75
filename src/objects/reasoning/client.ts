/** The binding `REASONING`: one Durable Object for each client. */
import type { ReasoningMemory } from "../../contracts.ts";
import type { ReasoningBlock } from "../../chat/delta.ts";
import type { Env } from "../../env.ts";
import { asObject, asText, isObject } from "../../lib/json.ts";
import { isNamespace } from "../namespace.ts";
import { storedList } from "../stored-json.ts";

/** What is used of the Durable Object. */
interface Store {
  save(id: string, blocks: string): Promise<void>;
  load(ids: readonly string[]): Promise<(string | null)[]>;
}

/**
 * What the router keeps of a client's tool turns; undefined when wrangler.toml does not bind it.
 * @param client The key's name: what one client left is not seen by another.
 * @param waitUntil Keeps the request alive for what is written after the answer.
 */
export function reasoningMemory(
  env: Env,
  client: string,
  waitUntil: (work: Promise<unknown>) => void,
): ReasoningMemory | undefined {
  const namespace = env.REASONING;
  if (!isNamespace<Store>(namespace)) return undefined;
  const object = () => namespace.get(namespace.idFromName(client));
  const keyOf = (model: string, toolCallId: string) => `${model} ${toolCallId}`;
  return {
    async load(model, toolCallIds) {
      const texts = await object().load(toolCallIds.map((id) => keyOf(model, id)));
      const found = new Map<string, ReasoningBlock[]>();
      for (const [index, id] of toolCallIds.entries()) {
        const blocks = parseBlocks(texts[index]);
        if (blocks.length > 0) found.set(id, blocks);
      }
      return found;
    },
    save(model, toolCallId, blocks) {
      waitUntil(
        object()
          .save(keyOf(model, toolCallId), JSON.stringify(blocks))
          .catch(() => console.warn("the reasoning of a tool turn could not be kept")),
      );
    },
  };
}

function parseBlocks(text: string | null | undefined): ReasoningBlock[] {
  if (typeof text !== "string") return [];
  return (storedList("reasoning", text) ?? []).flatMap((block) => blockOf(block) ?? []);
}

/** A block as it was stored: in the neutral form, or in Claude's or Converse's own, as earlier versions kept them. */
function blockOf(value: unknown): ReasoningBlock | undefined {
  if (!isObject(value)) return undefined;
  const { kind, type, reasoningContent } = value;
  if (kind === "text") return { kind, text: asText(value.text) };
  if (kind === "signed") return { kind, text: asText(value.text), signature: asText(value.signature) };
  if (kind === "redacted" || type === "redacted_thinking") {
    return { kind: "redacted", data: asText(value.data) };
  }
  if (type === "thinking") {
    return { kind: "signed", text: asText(value.thinking), signature: asText(value.signature) };
  }
  const { reasoningText, redactedContent } = asObject(reasoningContent) ?? {};
  if (typeof redactedContent === "string") return { kind: "redacted", data: redactedContent };
  const { text, signature } = asObject(reasoningText) ?? {};
  if (typeof signature !== "string") return undefined;
  return { kind: "signed", text: asText(text), signature };
}
