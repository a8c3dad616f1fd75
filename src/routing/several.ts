/** Several answers to one request, of as many calls: all of them, or none. */
import type { Upstream } from "../contracts.ts";
import type { Usage } from "../chat/delta.ts";
import type { ChatRequest } from "../chat/request.ts";
import { nothingSeen, note, type Seen } from "../chat/seen.ts";
import { countedUsage } from "../chat/tokens.ts";
import { mayCost } from "../errors.ts";

/**
 * @param ask Opens a call for one answer, hands it to what watches it, and reads it to its end.
 * @param lost Told, before this throws, what each other call has used than the one that failed first: where that was refused, only
 *   of those from which something has come, since who refuses one refuses all.
 * @throws What the first call that failed threw. The others are aborted.
 */
export async function several<T>(
  request: ChatRequest,
  ask: (watch: (upstream: Upstream) => Upstream) => Promise<T>,
  { abort, lost }: { readonly abort: AbortController; readonly lost: (used: Usage) => void },
): Promise<[T, ...T[]]> {
  const calls = new Set<Seen>();
  let ended = false;
  const one = async (): Promise<T> => {
    const seen = nothingSeen();
    calls.add(seen);
    try {
      return await ask((upstream) => watched(upstream, seen));
    } catch (thrown) {
      if (!ended) calls.delete(seen);
      ended = true;
      throw thrown;
    }
  };
  try {
    return await Promise.all([one(), ...Array.from({ length: request.n - 1 }, one)]);
  } catch (thrown) {
    const cut = abort.signal.aborted || mayCost(thrown);
    if (!abort.signal.aborted) abort.abort(thrown);
    for (const seen of calls) {
      const { usage, chars, finished } = seen;
      if (!cut && !usage && chars === 0 && !finished) continue;
      lost(countedUsage(request, { usage, chars, complete: finished }).usage);
    }
    throw thrown;
  }
}

/** The upstream, its answer noted as it is read. */
function watched({ deltas, ...upstream }: Upstream, seen: Seen): Upstream {
  return {
    ...upstream,
    deltas: {
      async next() {
        const read = await deltas.next();
        if (read) note(seen, read);
        return read;
      },
      cancel: (reason) => deltas.cancel(reason),
    },
  };
}
