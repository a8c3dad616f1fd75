/** The images of a draft: chosen, pasted or dropped. */
import { announce, byId, h } from "./dom.ts";
import { dataUrl, imagesIn } from "./images.ts";

export class Attachments {
  readonly #list = byId("attachments", HTMLElement);
  readonly #onChange: () => void;
  #urls: readonly string[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#bindFiles(byId("files", HTMLInputElement));
    this.#bindMain(byId("main", HTMLElement));
  }

  /** data: URLs. */
  get urls(): readonly string[] {
    return this.#urls;
  }

  clear(): void {
    this.#set([]);
  }

  #bindFiles(files: HTMLInputElement): void {
    byId("attach", HTMLButtonElement).addEventListener("click", () => files.click());
    files.addEventListener("change", async () => {
      await this.#add(imagesIn(files.files ?? undefined));
      files.value = "";
    });
  }

  #bindMain(main: HTMLElement): void {
    main.addEventListener("paste", (event) => {
      const found = imagesIn(event.clipboardData?.files);
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
      void this.#add(imagesIn(event.dataTransfer.files));
    });
  }

  async #add(files: readonly File[]): Promise<void> {
    for (const file of files) {
      try {
        const url = await dataUrl(file);
        this.#set([...this.#urls, url]);
      } catch {
        announce(`${file.name} could not be read as an image.`);
      }
    }
  }

  #set(urls: readonly string[]): void {
    this.#urls = urls;
    this.#list.hidden = urls.length === 0;
    this.#list.replaceChildren(...urls.map((url, index) => this.#thumbnail(url, index)));
    this.#onChange();
  }

  #thumbnail(src: string, index: number): HTMLElement {
    const name = `image ${index + 1}`;
    const onclick = (): void => {
      this.#set(this.#urls.filter((_, at) => at !== index));
      byId("prompt", HTMLTextAreaElement).focus();
    };
    const remove = h("button", { type: "button", "aria-label": `Remove ${name}`, onclick }, "×");
    return h("li", {}, h("img", { src, alt: `Attached ${name}` }), remove);
  }
}
