/** A question of the person: as it was typed, or being written anew. */
import type { Attachment } from "../chat/attachment.ts";
import { pdfView } from "./attachments.ts";
import { h } from "./dom.ts";

export interface Question {
  readonly text: string;
  readonly files: readonly Attachment[];
  readonly lost?: number;
}

/** @param onResend Called with another text for it; all that came after it is then to go. */
export function questionView(
  { text, files, lost = 0 }: Question,
  onResend: (text: string) => void,
): HTMLElement {
  const shown = files.map(({ kind, url, name }, index) =>
    kind === "image" ? h("img", { src: url, alt: `Attached image ${index + 1}` }) : pdfView(name),
  );
  const words = text === "" ? undefined : h("div", { class: "words" }, text);
  const edit = h("button", { type: "button", class: "link" }, "Edit");
  const foot = h("div", { class: "question-foot" }, edit);
  const view = h(
    "article",
    { class: "question", "aria-label": "You" },
    shown.length > 0 ? h("div", { class: "pictures" }, ...shown) : undefined,
    lost > 0 ? h("p", { class: "muted small" }, `Files that were not kept: ${lost}`) : undefined,
    words,
    foot,
  );
  edit.addEventListener("click", () => {
    const done = (): void => {
      editor.remove();
      if (words) words.hidden = false;
      foot.hidden = false;
    };
    const editor = editorOf(text, {
      onCancel() {
        done();
        edit.focus();
      },
      onSend(changed) {
        if (changed === "" && files.length === 0) return;
        done();
        onResend(changed);
      },
    });
    if (words) words.hidden = true;
    foot.hidden = true;
    view.append(editor);
    editor.querySelector("textarea")?.focus();
  });
  return view;
}

interface EditorActions {
  readonly onCancel: () => void;
  readonly onSend: (text: string) => void;
}

function editorOf(text: string, { onCancel, onSend }: EditorActions): HTMLElement {
  const field = h("textarea", { rows: 3, "aria-label": "The question, to be written anew" });
  field.value = text;
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      // Only the editor is left; an answer under way goes on.
      event.stopPropagation();
      onCancel();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      onSend(field.value.trim());
    }
  });
  const cancel = h("button", { type: "button", class: "plain", onclick: onCancel }, "Cancel");
  const send = h("button", { type: "submit", class: "send" }, "Send again");
  const editor = h("form", { class: "editor" }, field, h("div", { class: "actions" }, cancel, send));
  editor.addEventListener("submit", (event) => {
    event.preventDefault();
    onSend(field.value.trim());
  });
  return editor;
}
