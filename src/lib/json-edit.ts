/**
 * Edits JSON as text: what an edit does not name keeps its bytes (digits beyond 2^53, the order of keys, escapes). A text has to
 * be valid JSON, as one is that was parsed before. Each function looks at one level and skips what is inside.
 */

/** A member of an object, as it is written. */
export interface TextMember {
  readonly key: string;
  /** Key, colon and value. */
  readonly text: string;
  readonly value: string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/** The members of an object; of a key that stands there twice the last one, which is the one that counts. */
export function textMembers(text: string): TextMember[] {
  const members = new Map<string, TextMember>();
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const keyEnd = skipString(text, at);
    const key: unknown = JSON.parse(text.slice(at, keyEnd));
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = skipValue(text, start);
    if (typeof key === "string") {
      members.delete(key);
      members.set(key, { key, text: text.slice(at, end), value: text.slice(start, end) });
    }
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  return [...members.values()];
}

/** The elements of a list. */
export function textElements(text: string): string[] {
  const elements: string[] = [];
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (at < text.length && text.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = skipValue(text, at);
    elements.push(text.slice(at, end));
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  return elements;
}

/**
 * An object with some of its members changed.
 * @param edits The new values as JSON text by their keys; undefined takes a member out. A key that is not there is added at the end.
 */
export function editedObject(text: string, edits: ReadonlyMap<string, string | undefined>): string {
  return objectText(textMembers(text), edits);
}

/** {@link editedObject} of members that were read before. */
export function objectText(
  members: readonly TextMember[],
  edits: ReadonlyMap<string, string | undefined>,
): string {
  const kept = members.flatMap((member) => {
    if (!edits.has(member.key)) return [member.text];
    const value = edits.get(member.key);
    return value === undefined ? [] : [`${JSON.stringify(member.key)}:${value}`];
  });
  const known = new Set(members.map(({ key }) => key));
  for (const [key, value] of edits) {
    if (!known.has(key) && value !== undefined) kept.push(`${JSON.stringify(key)}:${value}`);
  }
  return `{${kept.join(",")}}`;
}

/** A list of elements that are JSON texts. */
export function listText(elements: readonly string[]): string {
  return `[${elements.join(",")}]`;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= SPACE) at += 1;
  return at;
}

/** The index behind the string that begins at `from`. */
function skipString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slash = quote - 1;
    while (text.charCodeAt(slash) === BACKSLASH) slash -= 1;
    if ((quote - slash) % 2 === 1) return quote + 1;
  }
  return text.length;
}

/** The index behind the value that begins at `from`. */
function skipValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return skipString(text, from);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return skipPrimitive(text, from);
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    at += 1;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return at;
}

function skipPrimitive(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || code <= SPACE) return at;
    at += 1;
  }
  return at;
}
