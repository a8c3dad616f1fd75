/** How often a growing answer is drawn. */

const MIN_PAUSE_MS = 60;
/** Drawing takes at most this part of the time, however long it takes. */
const MAX_SHARE = 1 / 5;

export interface Pace {
  /** Draws soon: at an animation frame, a pause after the last time. */
  request(): void;
  /** Draws no more of what was asked for. */
  cancel(): void;
}

/** Calls `draw` as often as the page can bear. */
export function paced(draw: () => void): Pace {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let frame: number | undefined;
  let notBefore = 0;

  const cancel = (): void => {
    clearTimeout(timer);
    if (frame !== undefined) cancelAnimationFrame(frame);
    timer = frame = undefined;
  };
  const run = (): void => {
    frame = undefined;
    const began = performance.now();
    draw();
    // What it has changed is on the page after the microtasks that it has begun.
    queueMicrotask(() => {
      const took = performance.now() - began;
      notBefore = began + Math.max(MIN_PAUSE_MS, took / MAX_SHARE);
    });
  };

  return {
    request() {
      if (timer !== undefined || frame !== undefined) return;
      timer = setTimeout(
        () => {
          timer = undefined;
          frame = requestAnimationFrame(run);
        },
        Math.max(0, notBefore - performance.now()),
      );
    },
    cancel,
  };
}
