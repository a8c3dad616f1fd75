/** What is noted of an answer while it is handed on: usage, failure and end. */
import type { RouterError } from "../errors.ts";
import type { Delta, Usage } from "./delta.ts";
import { isShown } from "./fold.ts";

export interface Seen {
  /** Something that a client shows has come. */
  begun: boolean;
  finished: boolean;
  usage: Usage | undefined;
  /** Characters of the answer's text. */
  chars: number;
  failure: RouterError | undefined;
}

export function nothingSeen(): Seen {
  return { begun: false, finished: false, usage: undefined, chars: 0, failure: undefined };
}

/** Adds what the deltas tell. */
export function note(seen: Seen, deltas: readonly Delta[]): void {
  for (const delta of deltas) {
    if ("text" in delta) seen.chars += delta.text.length;
    if (isShown(delta)) seen.begun = true;
    if (delta.type === "usage") seen.usage = delta.usage;
    else if (delta.type === "finish") seen.finished = true;
    else if (delta.type === "error") seen.failure = delta.error;
  }
}
