/** Where the focus goes when what had it is gone, and where the eyes are in the conversation. */
import { createRef } from "preact";

export const prompt = createRef<HTMLTextAreaElement>();
export const thread = createRef<HTMLDivElement>();

/** Nearer to the end than this, the person is taken to follow the answer. */
const NEAR_PX = 60;

let following = true;

/** Focuses what `element` gives once the page shows what has changed just now. */
export function focusSoon(element: () => HTMLElement | null | undefined): void {
  queueMicrotask(() => element()?.focus());
}

/** To the field in which a question is written. */
export function focusPrompt(): void {
  focusSoon(() => prompt.current);
}

/** The person has scrolled. */
export function scrolled(): void {
  if (!thread.current) return;
  const { scrollHeight, scrollTop, clientHeight } = thread.current;
  following = scrollHeight - scrollTop - clientHeight < NEAR_PX;
}

/** Scrolls to the end of the conversation if the person was there. */
export function follow(): void {
  if (following && thread.current) thread.current.scrollTop = thread.current.scrollHeight;
}

/** Scrolls to the end, wherever the person was. */
export function toEnd(): void {
  following = true;
  follow();
}
