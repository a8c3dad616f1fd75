/** The conversation on the page: puts its parts in order and keeps the end in view. */
import { byId, h } from "./dom.ts";

/** Nearer to the end than this, the person is taken to follow the answer. */
const NEAR_PX = 60;

export interface RetryOffer {
  readonly models: readonly string[];
  /** @param model Undefined: the one that is chosen for the conversation. */
  readonly onRetry: (model: string | undefined) => void;
}

export interface Stage {
  add(element: HTMLElement): void;
  /** Takes away all that came after the newest question. */
  backToQuestion(): void;
  /** Takes away an element and all that came after it. */
  removeFrom(element: HTMLElement): void;
  clear(): void;
  /** Scrolls to the end if the person was there. */
  follow(): void;
  /** Offers to ask again below the newest answer; without an offer it is taken away. */
  offerRetry(offer?: RetryOffer): void;
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
    removeFrom(element) {
      while (element.nextElementSibling) element.nextElementSibling.remove();
      element.remove();
    },
    clear() {
      thread.replaceChildren(welcome);
      welcome.hidden = false;
    },
    offerRetry(offer) {
      retry.remove();
      if (!offer) return;
      const { models, onRetry } = offer;
      const picker = h("select", { "aria-label": "Model of the retry" });
      picker.append(
        h("option", { value: "" }, "with the chosen model"),
        ...models.map((id) => h("option", { value: id }, `with ${id}`)),
      );
      const onclick = () => onRetry(picker.value === "" ? undefined : picker.value);
      retry.replaceChildren(picker, h("button", { type: "button", class: "plain", onclick }, "↻ Retry"));
      thread.append(retry);
      follow();
    },
  };
}
