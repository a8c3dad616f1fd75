/** Where the client key is typed, once. */
import { byId } from "./dom.ts";

export interface KeyDialog {
  /** @param problem Why it is asked for again. */
  open(problem?: string): void;
}

/** @param use Tries a key; gives what is wrong with it, or nothing. */
export function keyDialog(use: (key: string) => Promise<string | undefined>): KeyDialog {
  const dialog = byId("key-dialog", HTMLDialogElement);
  const field = byId("key", HTMLInputElement);
  const problem = byId("key-problem", HTMLElement);

  byId("key-form", HTMLFormElement).addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    const wrong = await use(field.value.trim());
    if (wrong !== undefined) {
      problem.textContent = wrong;
      field.select();
      return;
    }
    dialog.close();
    byId("prompt", HTMLTextAreaElement).focus();
  });
  byId("key-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
  // A typed key does not stay in the page.
  dialog.addEventListener("close", () => {
    field.value = "";
  });

  return {
    open(text = "") {
      problem.textContent = text;
      if (!dialog.open) dialog.showModal();
      field.focus();
    },
  };
}
