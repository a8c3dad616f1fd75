/** The files of a draft: chosen, pasted or dropped. */
import type { Attachment } from "../chat/attachment.ts";
import { byId, h } from "./dom.ts";
import { attachmentOf } from "./files.ts";

export class Attachments {
  readonly #list = byId("attachments", HTMLElement);
  readonly #note = byId("attach-note", HTMLElement);
  readonly #onChange: () => void;
  #files: readonly Attachment[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#bindFiles(byId("files", HTMLInputElement));
    this.#bindMain(byId("main", HTMLElement));
  }

  get files(): readonly Attachment[] {
    return this.#files;
  }

  clear(): void {
    this.#note.textContent = "";
    this.#set([]);
  }

  #bindFiles(files: HTMLInputElement): void {
    byId("attach", HTMLButtonElement).addEventListener("click", () => files.click());
    files.addEventListener("change", async () => {
      await this.#add(files.files ?? []);
      files.value = "";
    });
  }

  #bindMain(main: HTMLElement): void {
    main.addEventListener("paste", (event) => {
      const found = event.clipboardData?.files ?? [];
      if (found.length > 0) event.preventDefault();
      void this.#add(found);
    });
    main.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      main.classList.add("dropping");
    });
    main.addEventListener("dragleave", () => main.classList.remove("dropping"));
    main.addEventListener("drop", (event) => {
      main.classList.remove("dropping");
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      void this.#add(event.dataTransfer.files);
    });
  }

  async #add(files: Iterable<File>): Promise<void> {
    const refused: string[] = [];
    // A FileList is emptied when its field is.
    for (const file of [...files]) {
      try {
        const attachment = await attachmentOf(file);
        this.#set([...this.#files, attachment]);
      } catch (thrown) {
        refused.push(thrown instanceof Error ? thrown.message : `${file.name} could not be read.`);
      }
    }
    this.#note.textContent = refused.join(" ");
  }

  #set(files: readonly Attachment[]): void {
    this.#files = files;
    this.#list.hidden = files.length === 0;
    this.#list.replaceChildren(...files.map((file, index) => this.#thumbnail(file, index)));
    this.#onChange();
  }

  #thumbnail({ kind, url, name }: Attachment, index: number): HTMLElement {
    const label = kind === "image" ? `image ${index + 1}` : name;
    const onclick = (): void => {
      this.#set(this.#files.filter((_, at) => at !== index));
      byId("prompt", HTMLTextAreaElement).focus();
    };
    const shown = kind === "image" ? h("img", { src: url, alt: `Attached ${label}` }) : pdfView(name);
    return h("li", {}, shown, h("button", { type: "button", "aria-label": `Remove ${label}`, onclick }, "×"));
  }
}

/** A PDF by its name: nothing of it is opened in the page. */
export function pdfView(name: string): HTMLElement {
  return h("span", { class: "pdf" }, h("b", {}, "PDF"), ` ${name}`);
}
