/** Token counts and the prompt cache, by the emulator's measure of four characters a token. */
import { createHash } from "node:crypto";
import { type Answer, tokensIn } from "../../answer/conversation.ts";
import { isObject, type JsonObject, objectsIn } from "../../json.ts";
import type { TokenUsage } from "../family.ts";
import { blocksOf, hasBreakpoint, turnsOf } from "./blocks.ts";
import type { ClaudeModel } from "./models.ts";

// What Claude charges for an image of the usual size; its bytes say little about it.
const TOKENS_PER_IMAGE = 1500;
// Recorded calls: message_delta counts the markup around a tool call, invocationMetrics do not.
const TOKENS_AROUND_A_CALL = 22;

interface Part {
  readonly tokens: number;
  readonly breakpoint: boolean;
  /** What makes two parts the same. */
  readonly key: string;
}

/** Tokens of everything that was sent. */
export function promptTokens(body: JsonObject): number {
  return partsOf(body).reduce((sum, part) => sum + part.tokens, 0);
}

/** Remembers which prompts were cached, by model, for the life of the process. */
export class PromptCache {
  readonly #prefixes = new Set<string>();

  /** The usage of one call; what it marks as cacheable counts as cached from now on. */
  use(body: JsonObject, model: ClaudeModel, answer: Answer): TokenUsage {
    const calls = answer.blocks.filter((block) => block.type === "tool").length;
    const output = answer.outputTokens + calls * TOKENS_AROUND_A_CALL;
    const { total, read, write } = this.#count(partsOf(body), model);
    const counts = { input: total - read - write, output, billedOutput: answer.outputTokens };
    return model.cacheMinimum === undefined ? counts : { ...counts, cache: { read, write } };
  }

  /** Tokens up to the longest known prefix are read; from there to the last breakpoint they are written. */
  #count(parts: readonly Part[], model: ClaudeModel): { total: number; read: number; write: number } {
    const hash = createHash("sha256").update(model.id);
    const last = parts.findLastIndex((part) => part.breakpoint);
    const minimum = model.cacheMinimum ?? Number.POSITIVE_INFINITY;
    const fresh: string[] = [];
    let total = 0;
    let read = 0;
    let cached = 0;
    for (const [index, part] of parts.entries()) {
      hash.update(part.key);
      total += part.tokens;
      if (index > last || total < minimum) continue;
      const prefix = hash.copy().digest("base64");
      if (this.#prefixes.has(prefix)) read = total;
      if (part.breakpoint) {
        cached = total;
        fresh.push(prefix);
      }
    }
    for (const prefix of fresh) this.#prefixes.add(prefix);
    return { total, read, write: Math.max(0, cached - read) };
  }
}

/** In the order in which a prompt is built: tools, system, messages. */
function partsOf(body: JsonObject): Part[] {
  const messages = turnsOf(body).flatMap(({ role, blocks }) => blocks.map((block) => toPart(block, role)));
  return [
    ...objectsIn(body.tools).map((tool) => toPart(tool, "tools")),
    ...blocksOf(body.system).map((block) => toPart(block, "system")),
    ...messages,
  ];
}

function toPart(value: JsonObject, where: string): Part {
  const { cache_control: _, ...content } = value;
  let images = 0;
  // Base64 data is not text; a hash is enough to tell two images apart.
  const key = JSON.stringify(content, (name, member: unknown) => {
    if (name !== "source" || !isObject(member)) return member;
    images += 1;
    return createHash("sha256").update(JSON.stringify(member)).digest("base64");
  });
  const text = typeof content.text === "string" ? content.text : key;
  const tokens = tokensIn(text.length) + images * TOKENS_PER_IMAGE;
  return { tokens, breakpoint: hasBreakpoint(value), key: `${where}${key}` };
}
