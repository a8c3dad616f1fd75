/** Each model's colour: a class s0 to s5 of the style sheet, the same wherever and whenever this browser shows the model. */
import { numberOf, objectOf, parseJson } from "../lib/json.ts";
import { stored } from "./storage.ts";

const COLOURS = 6;
const MAX_MODELS = 300;
const slot = stored(() => localStorage, "playground.colours");
const known = new Map(
  Object.entries(objectOf(parseJson(slot.get())))
    .slice(0, MAX_MODELS)
    .flatMap(([model, colour]): [string, number][] => {
      const number = numberOf(colour);
      return number === undefined ? [] : [[model, Math.abs(Math.trunc(number)) % COLOURS]];
    }),
);

/** The class of a model's colour: by its name, or the next one as long as there are colours that no other has. */
export function seriesClass(model: string): string {
  let colour = known.get(model);
  if (colour === undefined) {
    colour = freeColour(hashOf(model));
    known.set(model, colour);
    if (known.size <= MAX_MODELS) slot.set(JSON.stringify(Object.fromEntries(known)));
  }
  return `s${colour}`;
}

function freeColour(wanted: number): number {
  const taken = new Set(known.values());
  for (let step = 0; step < COLOURS; step += 1) {
    const colour = (wanted + step) % COLOURS;
    if (!taken.has(colour)) return colour;
  }
  return wanted % COLOURS;
}

function hashOf(text: string): number {
  let hash = 0;
  for (const letter of text) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003;
  return hash;
}
