/** What stands on the stage: questions, answers and tools at work, in order. */
import { type Signal, signal } from "@preact/signals";
import type { JsonObject } from "../../lib/json.ts";
import { paced } from "../markdown/pace.ts";
import type { Answer } from "./answer.ts";
import type { Item } from "./thread.ts";
import type { AnswerView } from "./turn.ts";

export type Question = Item & { readonly kind: "user" };
export type ToolRun = Item & { readonly kind: "tool" };

export type Shown = ShownAnswer | { readonly key: number; readonly item: Question | ToolRun };

let keys = 0;

/** Of what is shown next: no two are the same. */
export function nextKey(): number {
  keys += 1;
  return keys;
}

/** What of an answer is seen, beside what the answer itself holds by then. */
export interface Seen {
  readonly notes: readonly string[];
  /** Nothing more will come. */
  readonly over: boolean;
  /** It was begun on this page, not kept from before: its end is announced. */
  readonly live: boolean;
}

export interface ShownAnswerOptions {
  /** The request that it answers. */
  readonly request: () => JsonObject;
  /** It was over before it was shown. */
  readonly over?: boolean;
}

/** One answer on the page, from the moment it is asked for; drawn anew with each `seen`. */
export class ShownAnswer implements AnswerView {
  readonly key = nextKey();
  readonly answer: Answer;
  readonly request: () => JsonObject;
  readonly seen: Signal<Seen>;
  readonly #pace = paced(() => {
    this.seen.value = { ...this.seen.value };
  });

  /** @param answer Read at each drawing. */
  constructor(answer: Answer, { request, over = false }: ShownAnswerOptions) {
    this.answer = answer;
    this.request = request;
    this.seen = signal<Seen>({ notes: [], over, live: !over });
  }

  grown(): void {
    this.#pace.request();
  }

  note(text: string): void {
    this.seen.value = { ...this.seen.value, notes: [...this.seen.value.notes, text] };
  }

  ended(): void {
    this.#pace.cancel();
    this.seen.value = { ...this.seen.value, over: true };
  }
}
