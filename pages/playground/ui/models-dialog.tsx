import { signal } from "@preact/signals";
import { Dialog } from "../../lib/dialog.tsx";
import { change, settings } from "../chat/settings.ts";
import { models } from "../session.ts";
import { ModelCard } from "./model-card.tsx";

const open = signal(false);

/** Shows the models as cards, to compare them and to choose one. */
export function showModels(): void {
  open.value = true;
}

function close(): void {
  open.value = false;
}

export function ModelsDialog() {
  return (
    <Dialog id="models-dialog" title="Models" large open={open.value} closed={close}>
      <ul id="model-cards" class="model-cards">
        {open.value &&
          models.value.map((model) => (
            <li key={model.id}>
              <button
                type="button"
                class="model-card"
                aria-current={model.id === settings.value.model ? "true" : undefined}
                onClick={() => {
                  change({ model: model.id });
                  close();
                }}
              >
                <ModelCard model={model} />
              </button>
            </li>
          ))}
      </ul>
    </Dialog>
  );
}
