/** The speed of this browser's requests: two small plots, and the same in figures. */
import { duration, median, speed } from "../metrics/figures.ts";
import type { Sample } from "../metrics/log.ts";
import { h, svg } from "./dom.ts";
import { seriesClass } from "./series.ts";

const WIDTH = 320;
const HEIGHT = 84;
const TOP = 8;
const BOTTOM = 78;
const LEFT = 6;
const RIGHT = 268;
const SHOWN = 40;

interface Plot {
  readonly title: string;
  readonly value: (sample: Sample) => number | undefined;
  readonly write: (value: number) => string;
}

const FIRST: Plot = {
  title: "Time to first token",
  value: ({ firstMs }) => firstMs,
  write: (ms) => (ms === 0 ? "0" : duration(ms)),
};
const SPEED: Plot = {
  title: "Tokens per second",
  value: ({ tokensPerSecond }) => tokensPerSecond,
  write: (value) => (value === 0 ? "0" : speed(value)),
};

/** Draws the newest samples into `into`. */
export function drawSpeed(into: HTMLElement, all: readonly Sample[]): void {
  const shown = all.slice(-SHOWN);
  if (shown.length === 0) {
    into.replaceChildren(h("p", { class: "muted small" }, "Each answer adds a point here."));
    return;
  }
  into.replaceChildren(figure(FIRST, shown), figure(SPEED, shown), table(shown));
}

function figure(plot: Plot, shown: readonly Sample[]): HTMLElement {
  const values = shown.flatMap((sample) => plot.value(sample) ?? []);
  const top = niceTop(Math.max(0, ...values));
  const place = (index: number, value: number): [number, number] => [
    shown.length === 1 ? (LEFT + RIGHT) / 2 : LEFT + ((RIGHT - LEFT) * index) / (shown.length - 1),
    BOTTOM - ((BOTTOM - TOP) * value) / top,
  ];
  const models = [...new Set(shown.map(({ model }) => model))];
  const lines = models.map((model) => {
    const points = shown.flatMap((sample, index) => {
      const value = plot.value(sample);
      return sample.model === model && value !== undefined ? [place(index, value)] : [];
    });
    return svg(
      "g",
      { class: seriesClass(model) },
      svg("polyline", { points: points.map((point) => point.map(short).join()).join(" ") }),
      ...points.map(([x, y]) => svg("circle", { cx: short(x), cy: short(y), r: 3 })),
    );
  });
  const grid = [0, top / 2, top].map((value) => {
    const [, y] = place(0, value);
    return svg(
      "g",
      { class: "grid-line" },
      svg("path", { d: `M${LEFT} ${short(y)}H${RIGHT}` }),
      label(y, plot.write(value)),
    );
  });
  const says = `${plot.title} of the last ${shown.length} answers; the table has the medians.`;
  return h(
    "figure",
    { class: "plot" },
    h("figcaption", {}, plot.title),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": says }, ...grid, ...lines),
  );
}

function label(y: number, text: string): SVGTextElement {
  return svg("text", { x: RIGHT + 8, y: short(y + 3.5) }, text);
}

/** The end of the scale: 1, 2, 4, 5 or 10 times a power of ten, just above the highest value. */
function niceTop(highest: number): number {
  if (highest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return power * ([1, 2, 4, 5, 10].find((step) => step * power >= highest) ?? 10);
}

function table(shown: readonly Sample[]): HTMLElement {
  const models = Map.groupBy(shown, ({ model }) => model);
  const rows = Array.from(models, ([model, of]) => {
    const first = median(of.map(({ firstMs }) => firstMs));
    const perSecond = median(of.flatMap(({ tokensPerSecond }) => tokensPerSecond ?? []));
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, h("span", { class: `dot ${seriesClass(model)}` }), model),
      h("td", {}, String(of.length)),
      h("td", {}, first === undefined ? "–" : duration(first)),
      h("td", {}, perSecond === undefined ? "–" : speed(perSecond)),
    );
  });
  const heads = ["Model", "Answers", "First token", "Tokens/s"].map((text) =>
    h("th", { scope: "col" }, text),
  );
  return h(
    "table",
    { class: "speeds" },
    h("caption", { class: "hidden" }, "Medians per model"),
    h("thead", {}, h("tr", {}, ...heads)),
    h("tbody", {}, ...rows),
  );
}

function short(value: number): string {
  return value.toFixed(1);
}
