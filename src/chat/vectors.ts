/** Vectors on their way from an upstream to a client: checked, and written in the form that the client asked for. */
import type { Encoding, Vector } from "./embedding.ts";

/** Bytes of a float32. */
const FLOAT_BYTES = 4;

/**
 * An upstream's vectors if they are as many as were asked for, all of one length.
 * @returns undefined where they are not.
 */
export function checkedVectors(values: readonly unknown[], wanted: number): readonly Vector[] | undefined {
  if (values.length !== wanted) return undefined;
  const vectors = values.filter(isVector);
  const length = vectors[0] === undefined ? 0 : lengthOf(vectors[0]);
  const alike = length > 0 && vectors.every((vector) => lengthOf(vector) === length);
  return alike && vectors.length === wanted ? vectors : undefined;
}

function isVector(value: unknown): value is Vector {
  if (typeof value === "string") return isBase64(value);
  return Array.isArray(value) && value.every((number) => Number.isFinite(number));
}

function isBase64(text: string): boolean {
  try {
    return floatsOf(text).every(Number.isFinite);
  } catch {
    return false;
  }
}

function lengthOf(vector: Vector): number {
  if (typeof vector !== "string") return vector.length;
  const padding = vector.endsWith("==") ? 2 : vector.endsWith("=") ? 1 : 0;
  return ((vector.length / 4) * 3 - padding) / FLOAT_BYTES;
}

/** A vector as it stands in a JSON text. What is in that form already is not touched. */
export function vectorJson(vector: Vector, encoding: Encoding): string {
  if (encoding === "base64") return `"${typeof vector === "string" ? vector : base64Of(vector)}"`;
  return JSON.stringify(typeof vector === "string" ? Array.from(floatsOf(vector)) : vector);
}

/** How long {@link vectorJson} is: of base64 to the byte, of numbers the least that they can be expected to take. */
export function leastVectorBytes(dimensions: number, encoding: Encoding): number {
  return encoding === "base64" ? Math.ceil((dimensions * FLOAT_BYTES) / 3) * 4 + 2 : dimensions * 8;
}

function base64Of(numbers: readonly number[]): string {
  const bytes = new Uint8Array(numbers.length * FLOAT_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, number] of numbers.entries()) view.setFloat32(index * FLOAT_BYTES, number, true);
  return bytes.toBase64();
}

/** The numbers of an upstream's base64. @throws where it is no base64, or ends in the middle of a number. */
export function floatsOf(text: string): Float32Array {
  const bytes = Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  if (bytes.length % FLOAT_BYTES !== 0) throw new RangeError("half a number");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / FLOAT_BYTES }, (_, index) =>
    view.getFloat32(index * FLOAT_BYTES, true),
  );
}
