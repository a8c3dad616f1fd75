/**
 * The file of vectors beside the Worker: rows of int8, each with a scale, so that a row times its scale has the length 1.
 *
 *     magic, length of the header (uint32) | header, JSON, filled up with spaces | scales, float32 | scores, float32, one a row
 *     and model, NaN where there is none | rows, int8 | texts, a JSON list, of labelled queries alone
 *
 * Numbers are little-endian, as every machine has them that runs Workers.
 */

export interface Header {
  readonly kind: "semantic" | "knn";
  /** The embedding model's own id. */
  readonly model: string;
  readonly dimensions: number;
  readonly rows: number;
  /** Of the model and what the rows were made of, see {@link sourceDigest}. */
  readonly digest: string;
  /** Of labelled queries: whose scores they have. */
  readonly models: readonly string[];
}

export interface Labelled extends Header {
  readonly scales: Float32Array;
  readonly vectors: Int8Array;
  readonly scores: Float32Array;
  /** The text of a labelled query. */
  text(row: number): string | undefined;
}

const MAGIC = "ERV1";
/** Of the magic and the header's length. */
const PREFIX = 8;
const ALIGNED = 8;
/** Of the largest int8. */
const FULL = 127;

/** What the file holds; undefined where it is empty or no such file. */
export function readLabelled(file: ArrayBuffer): Labelled | undefined {
  if (file.byteLength < PREFIX) return undefined;
  const magic = new TextDecoder().decode(new Uint8Array(file, 0, MAGIC.length));
  if (magic !== MAGIC) return undefined;
  const length = new DataView(file).getUint32(MAGIC.length, true);
  if (PREFIX + length > file.byteLength || (PREFIX + length) % ALIGNED !== 0) return undefined;
  const header = parsed(new Uint8Array(file, PREFIX, length));
  if (!isHeader(header)) return undefined;
  const { rows, dimensions, models } = header;
  const scales = PREFIX + length;
  const scores = scales + rows * 4;
  const vectors = scores + rows * models.length * 4;
  const texts = vectors + rows * dimensions;
  if (texts > file.byteLength) return undefined;
  let read: readonly unknown[] | undefined;
  return {
    ...header,
    scales: new Float32Array(file, scales, rows),
    scores: new Float32Array(file, scores, rows * models.length),
    vectors: new Int8Array(file, vectors, rows * dimensions),
    text(row) {
      read ??= textsIn(new Uint8Array(file, texts));
      const text = read[row];
      return typeof text === "string" ? text : undefined;
    },
  };
}

function textsIn(bytes: Uint8Array): readonly unknown[] {
  const texts = parsed(bytes);
  return Array.isArray(texts) ? texts : [];
}

/** JSON; undefined where it is none. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function isHeader(value: unknown): value is Header {
  if (typeof value !== "object" || value === null) return false;
  const { kind, model, dimensions, rows, digest, models }: Record<string, unknown> = { ...value };
  return (
    (kind === "semantic" || kind === "knn") &&
    [model, digest].every((text) => typeof text === "string") &&
    [dimensions, rows].every((number) => Number.isSafeInteger(number) && Number(number) >= 0) &&
    Array.isArray(models) &&
    models.every((name) => typeof name === "string")
  );
}

export interface Labels {
  readonly header: Omit<Header, "rows" | "dimensions">;
  /** One a row, all of one length. */
  readonly vectors: readonly ArrayLike<number>[];
  /** By row and model, undefined where there is none; empty where there are no models. */
  readonly scores: readonly (readonly (number | undefined)[])[];
  readonly texts: readonly string[];
}

/** The file. */
export function writeLabelled({ header, vectors, scores, texts }: Labels): Uint8Array {
  const encoder = new TextEncoder();
  const rows = vectors.length;
  const dimensions = vectors[0]?.length ?? 0;
  const whole: Header = { ...header, rows, dimensions };
  const written = encoder.encode(JSON.stringify(whole));
  const headed = Math.ceil((PREFIX + written.length) / ALIGNED) * ALIGNED;
  const { models } = header;
  const texted = encoder.encode(texts.length > 0 ? JSON.stringify(texts) : "");
  const at = headed + rows * 4 * (1 + models.length);
  const file = new Uint8Array(at + rows * dimensions + texted.length);
  const view = new DataView(file.buffer);
  file.set(encoder.encode(MAGIC));
  view.setUint32(MAGIC.length, headed - PREFIX, true);
  file.fill(0x20, PREFIX, headed);
  file.set(written, PREFIX);
  for (const [row, vector] of vectors.entries()) {
    const numbers = unit(vector);
    const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0) || 1;
    view.setFloat32(headed + row * 4, largest / FULL, true);
    for (const [index, number] of numbers.entries())
      view.setInt8(at + row * dimensions + index, Math.round((number / largest) * FULL));
    for (const column of models.keys()) {
      const score = scores[row]?.[column] ?? Number.NaN;
      view.setFloat32(headed + (rows + row * models.length + column) * 4, score, true);
    }
  }
  file.set(texted, at + rows * dimensions);
  return file;
}

/** A vector at the length 1; one of zeros stays. */
export function unit(vector: ArrayLike<number>): Float32Array {
  const numbers = Float32Array.from(vector);
  const length = Math.sqrt(numbers.reduce((sum, number) => sum + number * number, 0)) || 1;
  return numbers.map((number) => number / length);
}

/** Names what vectors are made of: the model, and the texts with all that belongs to them. */
export async function sourceDigest(model: string, source: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([model, source]));
  return Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
