/**
 * Several API keys of one target take turns, a place each. Where the next turn begins is per isolate: plain numbers, shared
 * between requests.
 */
import type { AnthropicTarget, OpenAiTarget } from "../target.ts";
import type { Place } from "../contracts.ts";
import type { ReadBinding } from "../env.ts";
import { apiKeysFor } from "./api-keys.ts";

/** Far more than anyone configures; a guard against configurations that change all the time. */
const MAX_ENTRIES = 1_000;
const ID = "key ";

/** By target: the index of the key whose turn it is. */
const positions = new Map<string, number>();

/** A place for each key, beginning with the one whose turn it is; one place where there is one key or none. */
export function keyPlaces(target: AnthropicTarget | OpenAiTarget, binding: ReadBinding): readonly Place[] {
  const { length } = apiKeysFor(target, binding);
  if (length < 2) return [{ target, id: "", ownKey: false }];
  const start = positionOf(target.name, length) % length;
  return Array.from({ length }, (_, step) => ({
    ...{ target, id: `${ID}${((start + step) % length) + 1}`, ownKey: true },
  }));
}

/** The key of a place; the next turn begins behind it. Undefined when there is none. */
export function takeKey({ target, id, ownKey }: Place, keys: readonly string[]): string | undefined {
  if (!ownKey) return keys[0];
  const index = Number(id.slice(ID.length)) - 1;
  positions.set(target.name, index + 1);
  return keys[index];
}

/** Each isolate starts somewhere at random, so that not all burden the first key. */
function positionOf(name: string, length: number): number {
  const known = positions.get(name);
  if (known !== undefined) return known;
  if (positions.size >= MAX_ENTRIES) positions.clear();
  const start = Math.floor(Math.random() * length);
  positions.set(name, start);
  return start;
}
