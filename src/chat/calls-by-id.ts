/** Which call a result means. */

export interface CallsById<C> {
  /** Notes a call of a turn. */
  add(id: string, turn: number, call: C): void;
  /**
   * The call that a result of this id answers; undefined where no call has it. Where several share an id (some models count from
   * `call_0` in every turn) it is the first open one of the newest turn that has any. Once all are answered there is none, and the newest
   * call gets this result too.
   */
  answered(id: string): C | undefined;
}

/** The calls of one turn that share an id, answered in order. */
interface Run<C> {
  readonly turn: number;
  readonly calls: C[];
  next: number;
}

export function callsById<C>(): CallsById<C> {
  const byId = new Map<string, { readonly runs: Run<C>[]; newest: C }>();
  return {
    add(id, turn, call) {
      const same = byId.get(id) ?? { runs: [], newest: call };
      const run = same.runs.at(-1);
      if (run?.turn === turn) run.calls.push(call);
      else same.runs.push({ turn, calls: [call], next: 0 });
      same.newest = call;
      byId.set(id, same);
    },
    answered(id) {
      const same = byId.get(id);
      return same && (nextOpen(same.runs) ?? same.newest);
    },
  };
}

function nextOpen<C>(runs: Run<C>[]): C | undefined {
  for (let run = runs.at(-1); run !== undefined; run = runs.at(-1)) {
    const call = run.calls[run.next];
    run.next += 1;
    if (call !== undefined) return call;
    runs.pop();
  }
  return undefined;
}
