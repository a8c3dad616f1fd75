/** Mistral's tool call ids: exactly nine letters and digits. */

const ID = /^[a-zA-Z0-9]{9}$/;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Gives the id under which Mistral knows a call, the same for the same id. The first characters of an id will not do:
 * those of `tooluse_…` and `call_…` hardly differ, so the whole id is hashed, and an id that is taken is hashed again.
 */
export function mistralCallIds(): (id: string) => string {
  const given = new Map<string, string>();
  const used = new Set<string>();
  return (id) => {
    const known = given.get(id);
    if (known !== undefined) return known;
    let free = ID.test(id) ? id : nineDigits(id, 0);
    for (let round = 1; used.has(free); round += 1) free = nineDigits(id, round);
    given.set(id, free);
    used.add(free);
    return free;
  };
}

/** Nine digits to the base 62: five of one 32-bit hash, four of another. */
function nineDigits(id: string, round: number): string {
  return digits(hash(id, 2 * round), 5) + digits(hash(id, 2 * round + 1), 4);
}

function digits(value: number, count: number): string {
  let text = "";
  for (let rest = value; text.length < count; rest = Math.floor(rest / DIGITS.length)) {
    text += DIGITS[rest % DIGITS.length];
  }
  return text;
}

/** FNV-1a, 32 bit, started anew for each seed; the last step spreads what the final characters change. */
function hash(text: string, seed: number): number {
  let value = 0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1);
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
