/** The client key: in this tab's session storage, nowhere else. */
import { signal } from "@preact/signals";
import { stored } from "./storage.ts";

const slot = stored(() => sessionStorage, "playground.key");

/** Empty when there is none. Changed by {@link setClientKey}. */
export const clientKey = signal(takeFromAddress() ?? slot.get());

/** Sets the key for this tab; empty forgets it. */
export function setClientKey(key: string): void {
  clientKey.value = key;
  if (key === "") slot.clear();
  else slot.set(key);
}

/**
 * A key handed over as `/playground#key=...`: a fragment never leaves the browser, and this one leaves the address bar and
 * the history at once.
 */
export function takeFromAddress(): string | undefined {
  const found = /^#key=(.+)$/.exec(location.hash)?.[1];
  if (found === undefined) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  let key = found;
  try {
    key = decodeURIComponent(found);
  } catch {
    // A bare % belongs to the key.
  }
  slot.set(key);
  return key;
}
