/** What stands between the answers: questions, tools at work, why a model was chosen. */
import type { Explanation } from "../api/client.ts";
import type { ToolCall } from "../chat/answer.ts";
import { type JsonObject, parseJson } from "../json.ts";
import { h, svg } from "./dom.ts";
import { seriesClass } from "./series.ts";

/** A question of the person, as it was typed. */
export function questionView(text: string, images: readonly string[]): HTMLElement {
  const pictures = images.map((src, index) => h("img", { src, alt: `Attached image ${index + 1}` }));
  return h(
    "article",
    { class: "question", "aria-label": "You" },
    pictures.length > 0 ? h("div", { class: "pictures" }, ...pictures) : undefined,
    text === "" ? undefined : h("div", { class: "words" }, text),
  );
}

/** A tool call and what the page answered. */
export function toolView({ name, arguments: input }: ToolCall, result: JsonObject): HTMLElement {
  return h(
    "article",
    { class: "tool", "aria-label": `Tool ${name}` },
    h("header", {}, h("span", { class: "tag" }, "tool"), h("code", {}, name), " ran in this page"),
    h("dl", {}, h("dt", {}, "Asked"), h("dd", {}, h("code", {}, tidy(input)))),
    h("dl", {}, h("dt", {}, "Answered"), h("dd", {}, h("code", {}, JSON.stringify(result)))),
  );
}

/** Folded: why the router chose, as it says when it is asked just before. */
export function whyView(): HTMLDetailsElement {
  return h("details", { class: "why" }, h("summary", {}, "Why this model"), h("p", {}, "Asking /v1/route …"));
}

/** What {@link whyView} shows once the router has said it. */
export function explanationOf({ reason, order, fallbacks, chances, model, strategy }: Explanation): Node[] {
  const names = order.length > 0 ? order : fallbacks;
  const byChance = Object.keys(chances).length > 0;
  const most = Math.max(...Object.values(chances), Number.MIN_VALUE);
  const items = names.map((name) => {
    const chance = chances[name];
    return h(
      "li",
      { class: name === model && !byChance ? "first" : undefined },
      h("span", { class: `dot ${seriesClass(name)}` }),
      h("span", { class: "name" }, name),
      chance === undefined ? undefined : bar(chance / most, name),
      chance === undefined ? undefined : h("span", { class: "share" }, `${Math.round(chance * 100)} %`),
    );
  });
  const source = byChance
    ? "From /v1/route."
    : "What /v1/route said just before: the models in the order of trying.";
  return [
    h("p", {}, h("b", {}, strategy), ` – ${reason}`),
    ...(items.length > 0 ? [h("ol", {}, ...items)] : []),
    h("p", { class: "muted small" }, source),
  ];
}

/** @param share 0 to 1. */
function bar(share: number, name: string): SVGSVGElement {
  const width = (110 * share).toFixed(1);
  return svg(
    "svg",
    { viewBox: "0 0 110 8", "aria-hidden": "true" },
    svg("rect", { class: "track", width: 110, height: 8, rx: 4 }),
    svg("rect", { class: `share-bar ${seriesClass(name)}`, width, height: 8, rx: 4 }),
  );
}

function tidy(input: string): string {
  const value = parseJson(input);
  return value === undefined ? input : JSON.stringify(value);
}
