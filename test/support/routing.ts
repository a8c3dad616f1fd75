/** Short ways to the inputs of the strategies' tests. */
import { loadConfig } from "../../src/config/text.ts";
import type { RouterConfig } from "../../src/config/types.ts";
import type { OpenAiTarget, Target } from "../../src/target.ts";
import { judges } from "../../src/routing/strategies/judges/index.ts";
import type { FurtherModules, RoutingContext } from "../../src/routing/strategies/strategy.ts";
import type { JsonObject } from "../../src/chat/request.ts";
import { userText } from "../../src/chat/user-text.ts";
import { shortened } from "../../src/routing/query.ts";
import { EMBEDDER } from "./meaning.ts";
import { bedrockTarget, chat } from "./bedrock.ts";

const CLAUDE = "anthropic.claude-sonnet-4-5-20250929-v1:0";

/** The strategies of the module beside the Worker, and no vectors. */
export const FURTHER: FurtherModules = {
  judges: async () => judges,
  vectors: async () => new ArrayBuffer(0),
};

/** A target at NVIDIA's API. */
export function nvidiaTarget(name: string, more: Partial<OpenAiTarget> = {}): OpenAiTarget {
  return {
    kind: "openai",
    name,
    provider: "nvidia",
    model: `meta/${name}`,
    description: "",
    baseUrl: "https://integrate.api.nvidia.com/v1",
    chatPath: "/chat/completions",
    auth: "bearer",
    apiKeys: ["nvapi-test"],
    ...more,
  };
}

/** Targets of these names, by turns on Bedrock and at NVIDIA. */
export function mixedTargets(names: readonly string[]): Target[] {
  return names.map((name, index) => (index % 2 === 0 ? bedrockTarget(CLAUDE, { name }) : nvidiaTarget(name)));
}

/** The section `router` with these keys, for models of these names. */
export function routerConfig(router: JsonObject, names: readonly string[]): RouterConfig {
  const chat = Object.fromEntries(names.map((name) => [name, { provider: "nvidia" }]));
  const llms = { ...chat, ...(router.embedding_model === "embedder" && { embedder: EMBEDDER }) };
  return loadConfig(JSON.stringify({ router, llms }), () => undefined).router;
}

/** What a strategy is given for the request `body`; without `messages` the user says "Hi". Tickets count from 0. */
export function routingContext(
  router: RouterConfig,
  body: JsonObject = {},
  more: Partial<RoutingContext> = {},
): RoutingContext {
  const request = chat(body);
  const text = userText(request.messages);
  let ticket = 0;
  return {
    request,
    query: shortened(text),
    queryChars: text?.length ?? 0,
    router,
    random: () => 0,
    ticket: async () => ({ number: ticket++, degraded: false }),
    complete: async () => "",
    further: FURTHER,
    embed: async () => undefined,
    priceOf: () => undefined,
    readsTexts: false,
    ...more,
  };
}

/** Numbers in [0, 1) that look random and are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
