/**
 * Weighted rendezvous hashing: who is asked to order the same things by the same seed gives the same order, without asking
 * anybody. A thing is first in proportion to its weight, and one that comes or goes moves nobody else's seeds.
 * https://www.snia.org/sites/default/files/SDC15_presentations/dist_sys/Jason_Resch_New_Consistent_Hashings_Rev.pdf
 */
export function byRendezvous<T>(
  things: readonly T[],
  seed: number,
  { name, weight = () => 1 }: { readonly name: (thing: T) => string; readonly weight?: (thing: T) => number },
): T[] {
  return things
    .map((thing) => ({ thing, score: -Math.log(unit(seed, name(thing))) / weight(thing) }))
    .sort((a, b) => a.score - b.score)
    .map(({ thing }) => thing);
}

/** A number in (0, 1) that looks random: FNV-1a over the name, and MurmurHash3's finalizer, since FNV leaves the high bits poor. */
function unit(seed: number, name: string): number {
  let hash = seed ^ 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
