/** The dialog that shows the models as cards, to compare them and to choose one. */
import type { Model } from "../api/client.ts";
import { byId, h } from "./dom.ts";
import { modelCard } from "./model-card.ts";

export interface ModelsDialog {
  show(models: readonly Model[], chosen: string): void;
}

/** @param choose Called with the id of the model that was chosen. */
export function modelsDialog(choose: (id: string) => void): ModelsDialog {
  const dialog = byId("models-dialog", HTMLDialogElement);
  const list = byId("model-cards", HTMLElement);
  byId("models-close", HTMLButtonElement).addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());

  const card = (model: Model, chosen: boolean): HTMLElement => {
    const onclick = (): void => {
      choose(model.id);
      dialog.close();
    };
    const button = h(
      "button",
      { type: "button", class: "model-card", onclick, "aria-current": chosen ? "true" : undefined },
      ...modelCard(model),
    );
    return h("li", {}, button);
  };
  return {
    show(models, chosen) {
      list.replaceChildren(...models.map((model) => card(model, model.id === chosen)));
      dialog.showModal();
      list.querySelector<HTMLElement>('[aria-current="true"]')?.focus();
    },
  };
}
