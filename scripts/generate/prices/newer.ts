/**
 * List prices that @pydantic/genai-prices has not got, as models.dev has them (November 2026): input, output, cache reads, cache writes
 * in US dollars per million tokens. Where the package comes to know a model, it wins.
 */
import type { PriceEntry, PriceRow } from "../../../src/families/models/prices.ts";

type Four = readonly [input: number, output: number, cacheRead?: number, cacheWrite?: number];

interface Long {
  readonly above: number;
  readonly prices: Four;
}

/** In a region everything costs a tenth more than by the global profile. */
const REGIONAL = 1.1;
/** Writes that stay for an hour, in input prices. https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing */
const HOUR = 2;

function rowOf(prices: Four, long: Long | undefined, hours: boolean, times = 1): PriceRow {
  const scaled = (price: number | undefined): number | null =>
    price === undefined ? null : Number((price * times).toFixed(6));
  const five = ([input, output, read, write]: Four): (number | null)[] => {
    const four = [scaled(input), scaled(output), scaled(read), scaled(write)];
    return [...four, hours ? scaled(input * HOUR) : null];
  };
  const row = [...five(prices), ...(long ? [long.above, ...five(long.prices)] : [])];
  return row.slice(0, row.findLastIndex((price) => price !== null) + 1);
}

/** By region and by the global profile. */
function both(id: string, prices: Four, long?: Long): PriceEntry {
  const hours = id.startsWith("anthropic.");
  return [id, [rowOf(prices, long, hours, REGIONAL), rowOf(prices, long, hours)]];
}

/** The same everywhere. */
const one = (id: string, prices: Four): PriceEntry => [id, [rowOf(prices, undefined, false)]];

/** "At 272K input tokens and above, input and cache are 2x and output 1.5x." */
function gpt(id: string, [input, output, read = input, write = input]: Four): PriceEntry {
  const prices: Four = [input * 2, output * 1.5, read * 2, write * 2];
  return both(`openai.${id}`, [input, output, read, write], { above: 271_999, prices });
}

export const NEWER: readonly PriceEntry[] = [
  both("anthropic.claude-sonnet-5-5", [2, 10, 0.1, 2.5]),
  both("anthropic.claude-haiku-5-5", [0.1, 0.5, 0.01, 0.125], {
    above: 100_000,
    prices: [0.5, 2.5, 0.05, 0.625],
  }),
  both("anthropic.claude-fable-5-2", [8, 40, 0.2, 10]),
  gpt("gpt-6-astra", [10, 50, 1, 12.5]),
  gpt("gpt-6-sol", [2, 10, 0.2, 2.5]),
  gpt("gpt-6-luna", [0.1, 0.5, 0.01, 0.125]),
  gpt("gpt-6.1-sol", [2, 10, 0.1, 2.5]),
  gpt("gpt-6.1-terra", [1, 5, 0.05, 1.25]),
  gpt("gpt-6.2-astra", [8, 40, 0.4, 10]),
  gpt("gpt-6.2-sol", [2, 10, 0.1, 2.5]),
  both("xai.grok-4.6", [2, 6, 0.5]),
  both("xai.grok-4.7", [2, 6, 0.5]),
  one("xai.grok-4.3", [1.25, 2.5, 0.2]),
  both("moonshotai.kimi-k3", [3, 15, 0.3, 3.75]),
  both("moonshotai.kimi-k3.1", [4, 20, 0.2, 5]),
  one("moonshotai.kimi-k2.5", [0.6, 3]),
  one("moonshot.kimi-k2-thinking", [0.6, 2.5]),
  both("zai.glm-5.3", [1.68, 5.28, 0.312, 2.1]),
  one("zai.glm-5", [1, 3.2]),
  one("zai.glm-4.7", [0.6, 2.2]),
  one("zai.glm-4.7-flash", [0.07, 0.4]),
  one("deepseek.v3", [0.58, 1.68]),
  one("deepseek.v3.2", [0.62, 1.85]),
  one("google.gemma-4-31b", [0.14, 0.4]),
  one("google.gemma-4-26b-a4b", [0.13, 0.4]),
  one("google.gemma-4-e2b", [0.04, 0.08]),
  one("minimax.minimax-m2", [0.3, 1.2]),
  one("minimax.minimax-m2.1", [0.3, 1.2]),
  one("minimax.minimax-m2.5", [0.3, 1.2]),
  one("nvidia.nemotron-nano-12b-v2", [0.2, 0.6]),
  one("openai.gpt-oss-120b", [0.15, 0.6]),
  one("openai.gpt-oss-20b", [0.07, 0.3]),
  one("openai.gpt-oss-safeguard-120b", [0.15, 0.6]),
  one("openai.gpt-oss-safeguard-20b", [0.07, 0.2]),
  one("qwen.qwen3-235b-a22b-2507", [0.22, 0.88]),
  one("qwen.qwen3-coder-next", [0.5, 1.2]),
  one("qwen.qwen3-next-80b-a3b", [0.15, 1.2]),
];
