/** The dialog that shows a request as code. */
import { type Context, LANGUAGES } from "../copy-as/index.ts";
import type { JsonObject } from "../../lib/json.ts";
import { byId, copyFrom, h } from "./dom.ts";

export class CodeDialog {
  readonly #dialog = byId("code-dialog", HTMLDialogElement);
  readonly #text = byId("code-text", HTMLElement);
  readonly #tabs = LANGUAGES.map(({ name }, index) => {
    const onclick = () => this.#choose(index);
    return h("button", { type: "button", role: "tab", id: `code-tab-${index}`, onclick }, name);
  });
  #shown: { readonly body: JsonObject; readonly context: Context } | undefined;
  #chosen = 0;

  constructor() {
    const list = byId("code-tabs", HTMLElement);
    list.append(...this.#tabs);
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.#choose(this.#chosen + step);
      this.#tabs[this.#chosen]?.focus();
    });
    const copy = byId("code-copy", HTMLButtonElement);
    copy.addEventListener("click", () => void copyFrom(copy, this.#text.textContent));
    byId("code-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    // A click beside it.
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close());
  }

  show(body: JsonObject, context: Context): void {
    this.#shown = { body, context };
    this.#choose(this.#chosen);
    this.#dialog.showModal();
    this.#tabs[this.#chosen]?.focus();
  }

  #choose(index: number): void {
    this.#chosen = (index + LANGUAGES.length) % LANGUAGES.length;
    for (const [at, tab] of this.#tabs.entries()) {
      tab.setAttribute("aria-selected", String(at === this.#chosen));
      tab.tabIndex = at === this.#chosen ? 0 : -1;
    }
    const language = LANGUAGES[this.#chosen];
    if (!language || !this.#shown) return;
    const { body, context } = this.#shown;
    this.#text.textContent = language.write(body, context);
    const key = context.needsKey ? " Put your key where it says YOUR_KEY." : "";
    byId("code-note", HTMLElement).textContent = language.note + key;
    const panel = byId("code-panel", HTMLElement);
    panel.setAttribute("aria-labelledby", `code-tab-${this.#chosen}`);
    panel.scrollTop = 0;
  }
}
