/** What stands between the answers: tools at work, why a model was chosen. */
import type { Route } from "../api/transport.ts";
import type { ToolCall } from "../chat/answer.ts";
import { type JsonObject, parseJson } from "../../lib/json.ts";
import { h } from "./dom.ts";
import { seriesClass } from "./series.ts";

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

/** Folded: why this model, as the router told it with the answer, and what was tried on the way. */
export function whyView({ strategy = "", reason = "", trail = [] }: Route): HTMLDetailsElement {
  const items = trail.map(({ model, place, outcome, ms }, index) =>
    h(
      "li",
      { class: index === trail.length - 1 ? "first" : undefined },
      h("span", { class: `dot ${seriesClass(model)}` }),
      h("span", { class: "name" }, place === "" ? model : `${model} (${place})`),
      h(
        "span",
        { class: "outcome" },
        outcome === "ok" ? `answered in ${ms} ms` : `${outcome} after ${ms} ms`,
      ),
    ),
  );
  return h(
    "details",
    { class: "why" },
    h("summary", {}, "Why this model"),
    h("p", {}, h("b", {}, strategy), ` – ${reason}`),
    items.length > 0 ? h("ol", {}, ...items) : undefined,
  );
}

function tidy(input: string): string {
  const value = parseJson(input);
  return value === undefined ? input : JSON.stringify(value);
}
