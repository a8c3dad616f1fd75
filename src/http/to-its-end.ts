import type { AppContext } from "./context.ts";

/**
 * Lets work come to its end when the client leaves. A client that resets its connection ends its request, and with it all that
 * has not said that it goes on: how it ended would be told nobody, and what a limit holds for it would stay held. The work sees
 * the abort by the request's signal as before. Asked for only then: with it from the start, a client's leaving was noticed late.
 */
export function toItsEnd<T>({ req, executionCtx }: AppContext, work: Promise<T>): Promise<T> {
  const { signal } = req.raw;
  const goOn = () => executionCtx.waitUntil(work.catch(() => {}));
  if (signal.aborted) goOn();
  else signal.addEventListener("abort", goOn, { once: true });
  return work;
}
