/** The figures under an answer. What is not known is not there. */
import type { Answer } from "../chat/answer.ts";
import { count, dollars, duration, type Figures, speed } from "../metrics/figures.ts";
import { h } from "./dom.ts";

const NONE: Figures = { firstMs: undefined, totalMs: undefined, tokensPerSecond: undefined, cost: undefined };

export function figureList(answer: Answer, figures: Figures | undefined): HTMLElement {
  const { usage, route } = answer;
  const { firstMs, totalMs, tokensPerSecond, cost } = figures ?? NONE;
  const cached = usage && usage.cached > 0 ? `, ${count(usage.cached)} of the input from a cache` : "";
  const entries = [
    entry("Strategy", route.strategy),
    entry("Attempts", route.attempts?.toString(), route.attempts !== undefined && route.attempts > 1),
    entry("First token", firstMs === undefined ? undefined : duration(firstMs)),
    entry("Total", totalMs === undefined ? undefined : duration(totalMs)),
    entry("Tokens/s", tokensPerSecond === undefined ? undefined : speed(tokensPerSecond)),
    entry(
      "Tokens",
      usage && `${count(usage.prompt)} → ${count(usage.completion)}`,
      false,
      usage && `${count(usage.prompt)} in, ${count(usage.completion)} out${cached}`,
    ),
    entry(
      "Cost",
      cost === undefined ? undefined : dollars(cost),
      false,
      "By the prices in the router’s configuration, else by the list",
    ),
  ];
  return h("dl", { class: "figures", "aria-label": "Figures of this answer" }, ...entries);
}

function entry(
  name: string,
  value: string | undefined,
  warn = false,
  title?: string,
): HTMLElement | undefined {
  if (value === undefined || value === "") return undefined;
  return h("div", { title, class: warn ? "warn" : undefined }, h("dt", {}, name), h("dd", {}, value));
}
