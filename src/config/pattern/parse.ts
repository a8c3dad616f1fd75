/** Regular expressions as trees, as far as the time needs them that matching takes. */

export type Node =
  /** One character of a set, as it is written: `a`, `[a-z]`, `\d`, `.` */
  | { readonly kind: "set"; readonly raw: string }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | { readonly kind: "repeat"; readonly body: Node; readonly min: number; readonly max: number }
  /** A look ahead or back. */
  | { readonly kind: "look"; readonly body: Node }
  /** A place: `^`, `$`, `\b`. */
  | { readonly kind: "place"; readonly raw: string }
  /** What a group has matched. */
  | { readonly kind: "same" };

/** Groups in groups; more has no pattern that people write. */
const MAX_DEPTH = 50;
const GROUP = /\((?:\?(?:<?[=!]|<[^>]*>|[a-z-]*:))?/y;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y;
const CLASS = /\[(?:[^\]\\]|\\[\s\S])*\]/y;
/** `\k<name>` and `\1` are what a group has matched. */
const SAME = /\\(?:k<[^>]*>|[1-9]\d*)/y;
const PLACE = /\^|\$|\\[bB]/y;
const PROPERTY = /\\(?:[pP]\{[^}]*\}|u\{[^}]*\})/y;
const CHARACTER = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[a-zA-Z]|[\s\S])|[\s\S]/y;

/** @param source A valid pattern, without slashes. @param unicode Whether it has the flag `u` or `v`. */
export function parsePattern(source: string, unicode = false): Node {
  let at = 0;
  const take = (form: RegExp): RegExpExecArray | undefined => {
    form.lastIndex = at;
    const found = form.exec(source);
    if (found === null) return undefined;
    at += found[0].length;
    return found;
  };

  const choice = (depth: number): Node => {
    if (depth > MAX_DEPTH) throw new RangeError("a pattern with so many groups in groups");
    const options: Node[] = [sequence(depth)];
    while (source[at] === "|") {
      at++;
      options.push(sequence(depth));
    }
    const [only] = options;
    return only !== undefined && options.length === 1 ? only : { kind: "choice", options };
  };

  const sequence = (depth: number): Node => {
    const parts: Node[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") parts.push(quantified(depth));
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : { kind: "sequence", parts };
  };

  const quantified = (depth: number): Node => {
    const body = atom(depth);
    const [, sign, least, comma, most] = take(QUANTIFIER) ?? [];
    if (sign !== undefined) {
      return {
        kind: "repeat",
        body,
        min: sign === "+" ? 1 : 0,
        max: sign === "?" ? 1 : Number.POSITIVE_INFINITY,
      };
    }
    if (least === undefined) return body;
    const min = Number(least);
    const open = most ? Number(most) : Number.POSITIVE_INFINITY;
    return { kind: "repeat", body, min, max: comma === undefined ? min : open };
  };

  const atom = (depth: number): Node => {
    const group = take(GROUP)?.[0];
    if (group !== undefined) {
      const body = choice(depth + 1);
      at++;
      return /[=!]$/.test(group) ? { kind: "look", body } : body;
    }
    const place = take(PLACE)?.[0];
    if (place !== undefined) return { kind: "place", raw: place };
    if (take(SAME)) return { kind: "same" };
    const raw = (take(CLASS) ?? (unicode ? take(PROPERTY) : undefined) ?? take(CHARACTER))?.[0];
    if (raw === undefined) throw new SyntaxError("no pattern");
    return { kind: "set", raw };
  };

  return choice(0);
}
