/** Texts cut in two. */

/** Where to cut a text so that at most `units` UTF-16 units stand before: never between the halves of a character. */
export function cutAt(text: string, units: number): number {
  if (units >= text.length) return text.length;
  const last = text.charCodeAt(units - 1);
  return last >= 0xd800 && last <= 0xdbff ? units - 1 : units;
}
