/**
 * The deltas of an answer for dialects whose parts stand one behind the other: arguments of several calls that arrive mixed are
 * brought in order. What belongs to a later part waits until the call before it is complete: until its arguments are a whole JSON
 * object, or the answer has ended.
 */
import type { Delta } from "./delta.ts";

export interface CallOrder {
  /** Takes a delta; what may leave now is given to the sink. */
  push(delta: Delta): void;
  /** Lets out what still waits. Call once, at the end. */
  end(): void;
}

/** A part of the answer that waits: a call, or what stands between calls. */
interface Waiting {
  /** The call's index; undefined for text and reasoning. */
  readonly call: number | undefined;
  readonly deltas: Delta[];
}

/** @param sink Gets every delta, those of a call together. */
export function callsInOrder(sink: (delta: Delta) => void): CallOrder {
  let open: { readonly call: number; readonly scan: JsonScan } | undefined;
  let waiting: Waiting[] = [];

  const wait = (call: number | undefined, delta: Delta): void => {
    const known = call === undefined ? waiting.at(-1) : waiting.find((part) => part.call === call);
    if (known !== undefined && known.call === call) known.deltas.push(delta);
    else waiting.push({ call, deltas: [delta] });
  };
  const put = (delta: Delta): void => {
    if (delta.type === "tool_start") open = { call: delta.index, scan: jsonScan() };
    else if (delta.type === "tool_arguments") open?.scan.push(delta.text);
    sink(delta);
  };
  const release = (): void => {
    while (waiting.length > 0 && (open === undefined || open.scan.complete)) {
      const [next, ...rest] = waiting;
      waiting = rest;
      for (const delta of next?.deltas ?? []) put(delta);
    }
  };
  const end = (): void => {
    for (const { deltas } of waiting) for (const delta of deltas) sink(delta);
    waiting = [];
    open = undefined;
  };

  return {
    end,
    push(delta) {
      switch (delta.type) {
        case "usage":
        case "extra":
          return sink(delta);
        case "finish":
        case "error":
          end();
          return sink(delta);
        case "tool_arguments":
          if (open?.call !== delta.index) return wait(delta.index, delta);
          put(delta);
          return release();
        default: {
          const blocked = open !== undefined && (!open.scan.complete || waiting.length > 0);
          if (blocked) return wait(delta.type === "tool_start" ? delta.index : undefined, delta);
          return put(delta);
        }
      }
    },
  };
}

interface JsonScan {
  push(text: string): void;
  /** Whether an object or list has begun and ended. */
  readonly complete: boolean;
}

/** Looks for the end of a JSON object that comes in pieces, without reading what it says. */
function jsonScan(): JsonScan {
  let depth = 0;
  let begun = false;
  let inString = false;
  let escaped = false;
  return {
    get complete() {
      return begun && depth === 0;
    },
    push(text) {
      for (const character of text) {
        if (escaped) escaped = false;
        else if (inString) {
          if (character === "\\") escaped = true;
          else if (character === '"') inString = false;
        } else if (character === '"') inString = true;
        else if (character === "{" || character === "[") {
          depth += 1;
          begun = true;
        } else if (character === "}" || character === "]") depth -= 1;
      }
    },
  };
}
