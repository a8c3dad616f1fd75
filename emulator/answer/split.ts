/** How text falls apart into deltas: mostly between words, sometimes inside a grapheme, as tokens do. */

// A demo should end: longer texts get longer deltas instead of more of them.
const MOST_PIECES = 150;
// Words per delta, in turn; recorded Claude streams look like this.
const RHYTHM = [1, 3, 2];
const LONGEST_PIECE = 24;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Pieces of `text` that join to it exactly; none is empty, none splits a code point. */
export function splitText(text: string): string[] {
  const words = text.match(/\s*\S+|\s+$/gu) ?? [];
  const scale = Math.max(1, Math.ceil(words.length / MOST_PIECES));
  const longest = Math.max(LONGEST_PIECE * scale, Math.ceil(text.length / MOST_PIECES));
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < words.length; turn++) {
    const take = (RHYTHM[turn % RHYTHM.length] ?? 1) * scale;
    pieces.push(words.slice(at, at + take).join(""));
    at += take;
  }
  return pieces.flatMap((piece) => chop(piece, longest)).flatMap(breakGrapheme);
}

/** Pieces of the JSON of tool arguments, cut without regard to its syntax. */
export function splitArguments(json: string): string[] {
  return chop(json, Math.max(11, Math.ceil(json.length / MOST_PIECES)));
}

function chop(text: string, length: number): string[] {
  if (text.length <= length) return [text];
  const points = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < points.length; at += length) pieces.push(points.slice(at, at + length).join(""));
  return pieces;
}

/** Splits a piece inside its first grapheme of several code points (a flag, a family, a combining accent). */
function breakGrapheme(piece: string): string[] {
  // ASCII, by far the most common, has none.
  if (!/[^\t\n\r\x20-\x7e]/.test(piece)) return [piece];
  for (const { segment, index } of graphemes.segment(piece)) {
    const [first] = segment;
    if (first === undefined || first.length === segment.length) continue;
    const cut = index + first.length;
    return [piece.slice(0, cut), piece.slice(cut)];
  }
  return [piece];
}
