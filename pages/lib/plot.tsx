import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** A class s0 to s5 of the style sheet. */
  readonly colour: string;
  readonly bars?: boolean;
}

interface PlotProps {
  /** The picture's name: the numbers stand in tables as well, for those who do not see it. */
  readonly name: string;
  /** Rising. Without `small` they are seconds since the epoch. */
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  readonly show: (value: number) => string;
  /** Low, and without an axis below: its places are in an order, no more. */
  readonly small?: boolean;
}

/** Lines or bars over time. */
export function Plot({ name, at, lines, show, small = false }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    let plot: uPlot | undefined;
    const sizeOf = () => ({ width: element.clientWidth, height: element.clientHeight });
    const draw = () => {
      plot?.destroy();
      const options = { ...sizeOf(), ...optionsOf(element, { lines, show, small }) };
      plot = new uPlot(options, [[...at], ...lines.map(({ values }) => [...values])], element);
    };
    draw();
    const size = new ResizeObserver(() => plot?.setSize(sizeOf()));
    size.observe(element);
    dark.addEventListener("change", draw);
    return () => {
      size.disconnect();
      dark.removeEventListener("change", draw);
      plot?.destroy();
    };
  }, [at, lines, show, small]);
  return <div ref={place} class={small ? "plot small" : "plot"} role="img" aria-label={name} />;
}

type Drawn = Required<Pick<PlotProps, "lines" | "show" | "small">>;

function optionsOf(
  element: HTMLElement,
  { lines, show, small }: Drawn,
): Omit<uPlot.Options, "width" | "height"> {
  const grid = { stroke: colour(element, "faint"), width: 1 };
  const axis = { stroke: colour(element, "muted"), grid, ticks: grid, font: "12px system-ui" };
  const values = (_: uPlot, ticks: number[]) => ticks.map((tick) => (tick === 0 ? "0" : show(tick)));
  const bars = uPlot.paths.bars?.({ size: [0.6, 40] });
  return {
    ...{ legend: { show: false }, cursor: { show: false } },
    // Days are UTC in what the router tells.
    tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: {
      x: { time: !small, range: small ? withRoom : withEdges },
      y: { range: (_: uPlot, __: number, most: number) => [0, most > 0 ? most * 1.08 : 1] },
    },
    axes: [
      { ...axis, show: !small },
      { ...axis, size: small ? 60 : 64, space: small ? 20 : 30, values },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: name, bars: asBars }) => {
        const stroke = colour(element, `${name} line`);
        const fill = asBars && bars ? { fill: stroke, paths: bars, width: 0 } : { width: small ? 1.4 : 2 };
        return { label, stroke, spanGaps: true, points: { show: !asBars, size: 5, fill: stroke }, ...fill };
      }),
    ],
  };
}

/** Half a day more on both sides: the first and the last bar are whole. */
function withEdges(_: uPlot, first: number, last: number): [number, number] {
  const edge = Math.max(1800, Math.min(43_200, (last - first) / 8));
  return [first - edge, last + edge];
}

/** The first and the last point are whole; one alone stands in the middle. */
function withRoom(_: uPlot, first: number, last: number): [number, number] {
  const edge = first === last ? 1 : (last - first) / 40;
  return [first - edge, last + edge];
}

/** As the style sheet has it now, light or dark. */
function colour(element: HTMLElement, classes: string): string {
  const probe = document.createElement("i");
  probe.className = classes;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
