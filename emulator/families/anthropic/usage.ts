/** Token counts and the prompt cache, by the emulator's measure of four characters a token. */
import { createHash } from "node:crypto";
import { type Answer, tokensIn } from "../../answer/conversation.ts";
import { asObject, isObject, type JsonObject, objectsIn } from "../../json.ts";
import { type CacheSite, PromptCache, type PromptPart } from "../../prompt-cache.ts";
import type { TokenUsage } from "../family.ts";
import { blocksOf, hasBreakpoint, turnsOf } from "./blocks.ts";
import type { ClaudeModel } from "./models.ts";

// What Claude charges for an image of the usual size; its bytes say little about it.
const TOKENS_PER_IMAGE = 1500;
// Recorded calls: message_delta counts the markup around a tool call, invocationMetrics do not.
const TOKENS_AROUND_A_CALL = 22;

/** Tokens of everything that was sent. */
export function promptTokens(body: JsonObject): number {
  return partsOf(body).reduce((sum, part) => sum + part.tokens, 0);
}

/** The usage of one call; without a site nothing was cached before. */
export function usageOf(body: JsonObject, model: ClaudeModel, answer: Answer, site?: CacheSite): TokenUsage {
  const calls = answer.blocks.filter((block) => block.type === "tool").length;
  const output = answer.outputTokens + calls * TOKENS_AROUND_A_CALL;
  const billedOutput = answer.outputTokens;
  const { cacheMinimum } = model;
  if (cacheMinimum === undefined) return { input: promptTokens(body), output, billedOutput };
  const at = site ?? { cache: new PromptCache(), region: "", now: 0 };
  const { total, read, write } = at.cache.use(partsOf(body), model.id, cacheMinimum, at);
  return { input: total - read - write, output, billedOutput, cache: { read, write } };
}

/** In the order in which a prompt is built: tools, system, messages. */
function partsOf(body: JsonObject): PromptPart[] {
  const messages = turnsOf(body).flatMap(({ role, blocks }) => blocks.map((block) => toPart(block, role)));
  return [
    ...objectsIn(body.tools).map((tool) => toPart(tool, "tools")),
    ...blocksOf(body.system).map((block) => toPart(block, "system")),
    ...messages,
  ];
}

function toPart(value: JsonObject, where: string): PromptPart {
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
  const point = hasBreakpoint(value) && asObject(value.cache_control).ttl === "1h" ? "1h" : "5m";
  return { tokens, key: `${where}${key}`, ...(hasBreakpoint(value) && { point }) };
}
