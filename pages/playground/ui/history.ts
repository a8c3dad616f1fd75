/** The list of the tab's conversations. */
import type { Conversations, Kept } from "../chat/conversations.ts";
import { byId, h } from "./dom.ts";

export interface HistoryActions {
  readonly onOpen: (id: string) => void;
  readonly onRemove: (id: string) => void;
}

export class History {
  readonly #box = byId("history", HTMLElement);
  readonly #list = byId("conversations", HTMLElement);
  readonly #conversations: Conversations;
  readonly #actions: HistoryActions;

  constructor(conversations: Conversations, actions: HistoryActions) {
    this.#conversations = conversations;
    this.#actions = actions;
    this.draw();
  }

  /** Shows what is kept now. */
  draw(): void {
    const { list } = this.#conversations;
    this.#box.hidden = list.length === 0;
    this.#list.replaceChildren(...list.map((kept) => this.#row(kept)));
  }

  #row({ id, title }: Kept): HTMLElement {
    const { onOpen, onRemove } = this.#actions;
    const current = id === this.#conversations.current ? "true" : undefined;
    const open = { type: "button", class: "kept", "aria-current": current, onclick: () => onOpen(id) };
    const remove = {
      type: "button",
      class: "remove",
      "aria-label": `Delete “${title}”`,
      onclick: () => {
        onRemove(id);
        // The button that had the focus is gone.
        (this.#list.querySelector<HTMLElement>(".kept") ?? byId("system", HTMLElement)).focus();
      },
    };
    return h("li", {}, h("button", open, title), h("button", remove, "×"));
  }
}
