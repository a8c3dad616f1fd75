/** Texts cut, and told apart. */

/** Where to cut a text so that at most `units` UTF-16 units stand before: never between the halves of a character. */
export function cutAt(text: string, units: number): number {
  if (units >= text.length) return text.length;
  const last = text.charCodeAt(units - 1);
  return last >= 0xd800 && last <= 0xdbff ? units - 1 : units;
}

/** Without the characters `end` that it ends in: a pattern for it would look again from each of them. */
export function withoutEnd(text: string, end: string): string {
  let length = text.length;
  while (length > 0 && text[length - 1] === end) length--;
  return text.slice(0, length);
}

/** FNV-1a, 32 bit: short, synchronous, and enough to tell the ids of one conversation apart, but not from what somebody makes up. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
