/** Watches for silences. */
export interface SilenceWatch {
  /** Something was heard. Only notes the time: a stream re-arms no timer per read. */
  feed(): void;
  stop(): void;
}

/** Calls back whenever nothing was fed for a while, again after each further such while. */
export function onSilence(silenceMs: number, callback: () => void): SilenceWatch {
  let heardAt = Date.now();
  let timer: ReturnType<typeof setTimeout>;
  const arm = (delayMs: number) => {
    timer = setTimeout(() => {
      const left = heardAt + silenceMs - Date.now();
      if (left > 0) return arm(left);
      heardAt = Date.now();
      arm(silenceMs);
      callback();
    }, delayMs);
  };
  arm(silenceMs);
  return {
    feed() {
      heardAt = Date.now();
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
