/** Where a question is written: text, files, Send that becomes Stop. */
import type { Attachment } from "../chat/attachment.ts";
import { Attachments } from "./attachments.ts";
import { byId } from "./dom.ts";

export interface Draft {
  readonly text: string;
  readonly files: readonly Attachment[];
}

export interface ComposerActions {
  /** Gives whether the draft was taken. */
  readonly onSend: (draft: Draft) => boolean;
  readonly onStop: () => void;
  readonly onChange: () => void;
}

export class Composer {
  readonly #actions: ComposerActions;
  readonly #prompt = byId("prompt", HTMLTextAreaElement);
  readonly #attachments: Attachments;
  #busy = false;

  constructor(actions: ComposerActions) {
    this.#actions = actions;
    this.#attachments = new Attachments(actions.onChange);
    byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#busy) actions.onStop();
      else this.#send();
    });
    this.#prompt.addEventListener("input", actions.onChange);
    this.#prompt.addEventListener("keydown", (event) => {
      // While an input method composes, Enter belongs to it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#busy && !document.querySelector("dialog[open]")) actions.onStop();
    });
  }

  get draft(): Draft {
    return { text: this.#prompt.value.trim(), files: this.#attachments.files };
  }

  /** Sends a text as if it had been typed. */
  submit(text: string): void {
    this.#prompt.value = text;
    this.#send();
  }

  clear(): void {
    this.#prompt.value = "";
    this.#attachments.clear();
  }

  /** While an answer is under way, the button stops it. */
  setBusy(busy: boolean): void {
    this.#busy = busy;
    byId("send-label", HTMLElement).textContent = busy ? "Stop" : "Send";
    byId("send", HTMLButtonElement).classList.toggle("stop", busy);
  }

  focus(): void {
    this.#prompt.focus();
  }

  #send(): void {
    if (this.#busy) return;
    const { draft } = this;
    if (draft.text === "" && draft.files.length === 0) this.focus();
    else if (this.#actions.onSend(draft)) this.clear();
  }
}
