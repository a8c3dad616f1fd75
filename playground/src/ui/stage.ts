/** The conversation on the page: puts its parts in order and keeps the end in view. */
import { byId, h } from "./dom.ts";

/** Nearer to the end than this, the person is taken to follow the answer. */
const NEAR_PX = 60;

export interface Stage {
  add(element: HTMLElement): void;
  /** Takes away all that came after the newest question. */
  backToQuestion(): void;
  clear(): void;
  /** Scrolls to the end if the person was there. */
  follow(): void;
  /** Offers to ask again below the newest answer; without an action it is taken away. */
  offerRetry(onclick?: () => void): void;
}

export function stage(): Stage {
  const thread = byId("thread", HTMLElement);
  const welcome = byId("welcome", HTMLElement);
  const retry = h("div", { class: "retry" });
  let following = true;
  thread.addEventListener("scroll", () => {
    following = thread.scrollHeight - thread.scrollTop - thread.clientHeight < NEAR_PX;
  });
  const follow = (): void => {
    if (following) thread.scrollTop = thread.scrollHeight;
  };
  return {
    follow,
    add(element) {
      welcome.hidden = true;
      thread.append(element);
      // A new question or answer is wanted in view, wherever the person has scrolled to.
      following = true;
      follow();
    },
    backToQuestion() {
      for (let last = thread.lastElementChild; last && !last.classList.contains("question"); ) {
        last.remove();
        last = thread.lastElementChild;
      }
    },
    clear() {
      thread.replaceChildren(welcome);
      welcome.hidden = false;
    },
    offerRetry(onclick) {
      retry.remove();
      if (!onclick) return;
      retry.replaceChildren(h("button", { type: "button", class: "plain", onclick }, "↻ Retry"));
      thread.append(retry);
      follow();
    },
  };
}
