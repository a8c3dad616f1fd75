/** Each model's colour: a class s0 to s5 of the style sheet, the same wherever the model is shown. */

const COLOURS = 6;
const known = new Map<string, number>();

/** The class of a model's colour. */
export function seriesClass(model: string): string {
  const number = known.get(model) ?? known.size;
  known.set(model, number);
  return `s${number % COLOURS}`;
}
