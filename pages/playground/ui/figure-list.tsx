import { count, dollars, duration } from "../../lib/format.ts";
import type { Answer } from "../chat/answer.ts";
import { type Figures, speed } from "../metrics/figures.ts";

const NONE: Figures = { firstMs: undefined, totalMs: undefined, tokensPerSecond: undefined, cost: undefined };

interface Entry {
  readonly name: string;
  readonly value: string | undefined;
  readonly warn?: boolean;
  readonly title?: string | undefined;
}

/** The figures under an answer. What is not known is not there. */
export function FigureList({ answer }: { readonly answer: Answer }) {
  return (
    <dl class="figures" aria-label="Figures of this answer">
      {entriesOf(answer).map(
        ({ name, value, warn, title }) =>
          value !== undefined &&
          value !== "" && (
            <div key={name} title={title} class={warn ? "warn" : undefined}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function entriesOf({ usage, route: { strategy, attempts }, figures = NONE }: Answer): Entry[] {
  const { firstMs, totalMs, tokensPerSecond, cost } = figures;
  const cached = usage && usage.cached > 0 ? `, ${count(usage.cached)} of the input from a cache` : "";
  return [
    { name: "Strategy", value: strategy },
    { name: "Attempts", value: attempts?.toString(), warn: attempts !== undefined && attempts > 1 },
    { name: "First token", value: written(firstMs, duration) },
    { name: "Total", value: written(totalMs, duration) },
    { name: "Tokens/s", value: written(tokensPerSecond, speed) },
    {
      name: "Tokens",
      value: usage && `${count(usage.prompt)} → ${count(usage.completion)}`,
      title: usage && `${count(usage.prompt)} in, ${count(usage.completion)} out${cached}`,
    },
    {
      name: "Cost",
      value: written(cost, dollars),
      title: "By the prices in the router’s configuration, else by the list",
    },
  ];
}

function written(value: number | undefined, write: (value: number) => string): string | undefined {
  return value === undefined ? undefined : write(value);
}
