/** A value in the browser's storage. A browser that refuses (private mode, full) only forgets earlier. */

export interface Slot {
  /** Empty when there is nothing. */
  get(): string;
  set(text: string): void;
  clear(): void;
}

/** @param storage Gives the storage; a browser that forbids it throws right there. */
export function stored(storage: () => Storage, name: string): Slot {
  return {
    get: () => attempt(() => storage().getItem(name)) ?? "",
    set: (text) => void attempt(() => storage().setItem(name, text)),
    clear: () => void attempt(() => storage().removeItem(name)),
  };
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
