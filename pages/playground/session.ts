/** What the router lets this page do: the key, and the models that it opens. */
import { isOpen, listModels, type Model } from "./api/client.ts";
import { ApiError, adviceFor } from "./api/error.ts";
import { clientKey, setClientKey } from "./key.ts";
import { byId, h } from "./ui/dom.ts";
import { type KeyDialog, keyDialog } from "./ui/key-dialog.ts";

/** So much of a key is shown, and only of one that is long enough. */
const SHOWN_CHARS = 4;
const LONG_KEY_CHARS = 16;

export class Session {
  models: readonly Model[] = [];
  needsKey = true;
  readonly #dialog: KeyDialog;
  readonly #opened: (models: readonly Model[]) => void;

  /** @param opened Called whenever the router has let the page in. */
  constructor(opened: (models: readonly Model[]) => void) {
    this.#opened = opened;
    this.#dialog = keyDialog((key) => this.#tryKey(key));
    byId("change-key", HTMLButtonElement).addEventListener("click", () => this.askForKey());
    byId("forget-key", HTMLButtonElement).addEventListener("click", () => this.#forget());
  }

  /** Whether requests can be sent. */
  get ready(): boolean {
    return this.models.length > 0;
  }

  /** Enters with the key of this tab, or without one where the router is open, or asks for one. */
  async start(): Promise<void> {
    try {
      if (clientKey() === "" && !(await isOpen())) return this.askForKey();
      await this.#enter(clientKey());
    } catch (thrown) {
      this.#refused(thrown);
    } finally {
      this.#showKey();
    }
  }

  askForKey(problem?: string): void {
    this.#dialog.open(problem);
  }

  async #enter(key: string): Promise<void> {
    this.models = await listModels(key);
    this.needsKey = key !== "";
    byId("trouble", HTMLElement).hidden = true;
    this.#opened(this.models);
  }

  /** What is wrong with a key; undefined when the router took it. */
  async #tryKey(key: string): Promise<string | undefined> {
    const before = clientKey();
    setClientKey(key);
    try {
      await this.#enter(key);
      return undefined;
    } catch (thrown) {
      setClientKey(before);
      return thrown instanceof ApiError ? thrown.message : "The page failed to ask the router.";
    } finally {
      this.#showKey();
    }
  }

  #forget(): void {
    setClientKey("");
    this.models = [];
    this.#opened([]);
    this.#showKey();
    void this.start();
  }

  #refused(thrown: unknown): void {
    const error = thrown instanceof ApiError ? thrown : undefined;
    if (error?.code === "invalid_api_key") {
      this.askForKey(error.message);
      return;
    }
    const trouble = byId("trouble", HTMLElement);
    trouble.replaceChildren(
      h("p", { class: "error-code" }, h("code", {}, error?.code ?? "playground_failed")),
      h("p", {}, error?.message ?? String(thrown)),
      h("p", { class: "advice" }, error ? adviceFor(error) : ""),
      h("button", { type: "button", class: "plain", onclick: () => void this.start() }, "Try again"),
    );
    trouble.hidden = false;
  }

  #showKey(): void {
    const key = clientKey();
    const end = key.length < LONG_KEY_CHARS ? "" : ` …${key.slice(-SHOWN_CHARS)}`;
    const open = this.ready && !this.needsKey;
    byId("key-state", HTMLElement).textContent =
      key !== "" ? `Key${end}, kept in this tab` : open ? "No key needed" : "No key";
    byId("change-key", HTMLButtonElement).textContent = key === "" ? "Enter key" : "Change";
    byId("forget-key", HTMLButtonElement).hidden = key === "";
  }
}
