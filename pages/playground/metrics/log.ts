/** The speed of this browser's requests: the last of each model, no content. Outlives the tab. */
import { signal } from "@preact/signals";
import { numberOf, objectsOf, parseJson, textOf } from "../../lib/json.ts";
import { stored } from "../storage.ts";

export interface Sample {
  readonly model: string;
  /** Time to first token, in milliseconds. */
  readonly firstMs: number;
  readonly tokensPerSecond: number | undefined;
}

const MAX_SAMPLES = 200;
const slot = stored(() => localStorage, "playground.speed");

/** Oldest first. */
export const samples = signal(readSamples());

function readSamples(): Sample[] {
  return objectsOf(parseJson(slot.get())).flatMap(({ model, first_ms, tokens_per_second }) => {
    const name = textOf(model);
    const firstMs = numberOf(first_ms);
    if (name === undefined || firstMs === undefined) return [];
    return [{ model: name, firstMs, tokensPerSecond: numberOf(tokens_per_second) }];
  });
}

/** Adds one to what all tabs of this browser know. */
export function addSample(sample: Sample): void {
  const kept = [...readSamples(), sample].slice(-MAX_SAMPLES);
  samples.value = kept;
  slot.set(
    JSON.stringify(
      kept.map(({ model, firstMs, tokensPerSecond }) => ({
        model,
        first_ms: Math.round(firstMs),
        ...(tokensPerSecond !== undefined && { tokens_per_second: Number(tokensPerSecond.toFixed(1)) }),
      })),
    ),
  );
}

export function clearSamples(): void {
  samples.value = [];
  slot.clear();
}
