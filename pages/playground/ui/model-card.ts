/** What is known of a model, as a card. */
import type { Model } from "../api/client.ts";
import { compact } from "../metrics/figures.ts";
import { h } from "./dom.ts";
import { seriesClass } from "./series.ts";

/** A model's name with its colour; `auto` has none. */
export function modelName({ id }: Model): HTMLElement {
  const dot = id === "auto" ? undefined : h("span", { class: `dot ${seriesClass(id)}` });
  return h("span", { class: "model-name" }, dot, h("b", {}, id));
}

/** Short facts: abilities, window, limits, price. */
export function factsOf(model: Model): string[] {
  const { capabilities, contextWindow, maxOutput, inputPrice, outputPrice, emulated } = model;
  const price =
    inputPrice === undefined || outputPrice === undefined
      ? undefined
      : `$${inputPrice} / $${outputPrice} per M`;
  return [
    ...capabilities,
    contextWindow === undefined ? undefined : `${compact(contextWindow)} context`,
    maxOutput === undefined ? undefined : `${compact(maxOutput)} output`,
    // The list price of what the emulator stands for would be a lie about what a call costs here.
    emulated ? "nothing billed" : price,
  ].filter((fact) => fact !== undefined);
}

/** Who answers in truth: provider, the upstream's own id, regions. */
export function whereOf({ provider, upstream, regions, emulated }: Model): string {
  if (upstream === "") return "";
  const where = emulated ? "local emulator in place of " : "";
  const places = regions.length === 0 ? "" : ` in ${regions.join(", ")}`;
  return `${where}${provider}${places} · ${upstream}`;
}

/** All of it below each other, for a list of models. */
export function modelCard(model: Model): HTMLElement[] {
  const where = whereOf(model);
  return [
    modelName(model),
    ...(model.description === "" ? [] : [h("span", { class: "muted" }, model.description)]),
    h("span", { class: "tags" }, ...factsOf(model).map((fact) => h("span", { class: "tag" }, fact))),
    ...(where === "" ? [] : [h("span", { class: "muted small where" }, where)]),
  ];
}
