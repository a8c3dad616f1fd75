/** Mistral's tool call ids: exactly nine letters and digits. */
import { fnv1a } from "../../lib/text.ts";

const ID = /^[a-zA-Z0-9]{9}$/;

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
    let free = ID.test(id) ? id : digits(`0${id}`, 5) + digits(`1${id}`, 4);
    for (let round = 2; used.has(free); round += 2) {
      free = digits(`${round}${id}`, 5) + digits(`${round + 1}${id}`, 4);
    }
    given.set(id, free);
    used.add(free);
    return free;
  };
}

/** The last digits, to the base 36, of a text's hash. */
function digits(text: string, count: number): string {
  return fnv1a(text).toString(36).slice(-count).padStart(count, "0");
}
