import type { KeyChange, KeyDigest, MadeKey } from "./made-key.ts";

/**
 * A key after a change; one that was revoked stays as it is.
 * @param now Milliseconds since the epoch.
 */
export function changedKey(key: MadeKey, change: KeyChange, now: number): MadeKey {
  if (key.revoked) return key;
  if ("limits" in change) return { ...key, limits: change.limits };
  if ("revoked" in change) return { ...key, digests: [], revoked: true };
  const { hex, keepMs } = change.rotated;
  return { ...key, digests: [{ hex }, ...(keepMs > 0 ? stillTaken(key, now, now + keepMs) : [])] };
}

/** The newest of them, until a moment: however often a key is rotated, two are taken at most. */
function stillTaken({ digests }: MadeKey, now: number, until: number): KeyDigest[] {
  const newest = digests.find((digest) => (digest.until ?? until) > now);
  return newest ? [{ hex: newest.hex, until: Math.min(until, newest.until ?? until) }] : [];
}
