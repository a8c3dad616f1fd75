/** What those are told who do not see the page change. */
import { signal } from "@preact/signals";

const said = signal({ text: "", times: 0 });

/** Says it, also when the same was said last. */
export function announce(text: string): void {
  said.value = { text, times: said.peek().times + 1 };
}

/** Stands on a page once. */
export function Status() {
  const { text, times } = said.value;
  return (
    <div id="status" class="hidden" role="status" aria-live="polite">
      <span key={times}>{text}</span>
    </div>
  );
}
