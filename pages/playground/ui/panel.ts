/** The panel of settings: reads them, writes them, tells of changes. */

import type { Model } from "../api/client.ts";
import { PARAMETERS, type ParameterName, type Settings, saveSettings } from "../chat/settings.ts";
import { TOOLS } from "../chat/tools.ts";
import { byId, h } from "./dom.ts";
import { factsOf, whereOf } from "./model-card.ts";
import { seriesClass } from "./series.ts";

export interface Panel {
  /** Fills the picker. */
  setModels(models: readonly Model[]): void;
  /** Chooses a model, as a person would. */
  choose(id: string): void;
}

/** @param changed Called after each change, which is in `settings` then. */
export function panel(settings: Settings, changed: () => void): Panel {
  const change = (): void => {
    saveSettings(settings);
    changed();
  };
  bindTransport(settings, change);
  bindTools(settings, change);
  bindParameters(settings, change);
  const system = byId("system", HTMLTextAreaElement);
  system.value = settings.system;
  system.addEventListener("input", () => {
    settings.system = system.value;
    change();
  });
  return bindModel(settings, change);
}

function bindModel(settings: Settings, change: () => void): Panel {
  const picker = byId("model", HTMLSelectElement);
  let known: readonly Model[] = [];
  const describe = (): void => showFacts(known.find(({ id }) => id === settings.model));
  picker.addEventListener("change", () => {
    settings.model = picker.value;
    describe();
    change();
  });
  return {
    choose(id) {
      picker.value = id;
      picker.dispatchEvent(new Event("change"));
    },
    setModels(models) {
      known = models;
      for (const { id } of models) if (id !== "auto") seriesClass(id);
      picker.replaceChildren(...models.map(({ id }) => h("option", { value: id }, id)));
      picker.disabled = models.length === 0;
      if (!models.some(({ id }) => id === settings.model)) settings.model = models[0]?.id ?? "auto";
      picker.value = settings.model;
      describe();
    },
  };
}

function showFacts(model: Model | undefined): void {
  const facts = model === undefined ? [] : factsOf(model);
  byId("model-about", HTMLElement).textContent = model?.description ?? "";
  byId("model-where", HTMLElement).textContent = model === undefined ? "" : whereOf(model);
  const list = byId("model-facts", HTMLElement);
  list.hidden = facts.length === 0;
  list.replaceChildren(...facts.map((fact) => h("li", { class: "tag" }, fact)));
}

function bindTransport(settings: Settings, change: () => void): void {
  for (const radio of document.querySelectorAll<HTMLInputElement>("input[name=transport]")) {
    radio.checked = radio.value === settings.transport;
    radio.addEventListener("change", () => {
      settings.transport = radio.value === "ws" ? "ws" : "sse";
      change();
    });
  }
}

function bindTools(settings: Settings, change: () => void): void {
  const boxes = TOOLS.map(({ name, label, description }) => {
    const box = h("input", { type: "checkbox", value: name });
    box.checked = settings.tools.includes(name);
    box.addEventListener("change", () => {
      settings.tools = box.checked
        ? [...settings.tools, name]
        : settings.tools.filter((other) => other !== name);
      change();
    });
    return h("label", { class: "check", title: description }, box, label);
  });
  byId("tools", HTMLElement).append(...boxes);
}

/** Ticks a tool, as a person would. */
export function offerTool(name: string): void {
  const box = document.querySelector<HTMLInputElement>(`#tools input[value="${CSS.escape(name)}"]`);
  if (box && !box.checked) box.click();
}

function bindParameters(settings: Settings, change: () => void): void {
  const count = byId("parameter-count", HTMLElement);
  const showCount = (): void => {
    const set = Object.values(settings.parameters).filter((value) => value !== "").length;
    count.hidden = set === 0;
    count.textContent = `${set} set`;
  };
  const fields = PARAMETERS.map((name) => ({ name, field: fieldOf(name) }));
  for (const { name, field } of fields) {
    field.value = settings.parameters[name] ?? "";
    field.addEventListener("input", () => {
      settings.parameters[name] = field.value;
      showCount();
      change();
    });
  }
  byId("reset-parameters", HTMLButtonElement).addEventListener("click", () => {
    for (const { name, field } of fields) {
      field.value = "";
      settings.parameters[name] = "";
    }
    showCount();
    change();
  });
  showCount();
}

function fieldOf(name: ParameterName): HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement {
  const field = document.getElementById(name);
  if (
    field instanceof HTMLInputElement ||
    field instanceof HTMLSelectElement ||
    field instanceof HTMLTextAreaElement
  )
    return field;
  throw new Error(`playground.html has no field #${name}`);
}
