import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

const HEIGHT = 190;

export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
  readonly bars?: boolean;
}

/**
 * Lines or bars over time. The numbers stand in the tables as well: for those who do not see it, a picture with a name.
 * @param times Seconds since the epoch, rising.
 */
export function Chart({
  title,
  times,
  lines,
  show,
}: {
  readonly title: string;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly show: (value: number) => string;
}) {
  const at = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = at.current;
    if (element === null || times.length === 0) return undefined;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      plot = new uPlot(
        optionsOf(element, lines, show),
        [[...times], ...lines.map(({ values }) => [...values])],
        element,
      );
    };
    draw();
    const size = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT }));
    size.observe(element);
    dark.addEventListener("change", draw);
    return () => {
      size.disconnect();
      dark.removeEventListener("change", draw);
      plot?.destroy();
    };
  }, [times, lines, show]);
  const known = lines.map(({ label, values }) => {
    const highest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
    return `${label} at most ${show(highest)}`;
  });
  return (
    <figure class="card chart">
      <figcaption class="row">
        <h2>{title}</h2>
        <ul class="legend">
          {lines.map(({ label }, index) => (
            <li key={label} class={`s${index}`}>
              <span class="dot" /> {label}
            </li>
          ))}
        </ul>
      </figcaption>
      {times.length === 0 ? (
        <p class="muted empty">Nothing yet.</p>
      ) : (
        <div ref={at} class="plot" role="img" aria-label={`${title}: ${known.join(", ")}`} />
      )}
    </figure>
  );
}

function optionsOf(element: HTMLElement, lines: readonly Line[], show: (value: number) => string) {
  const muted = colour(element, "muted");
  const grid = { stroke: colour(element, "faint"), width: 1 };
  const axis = { stroke: muted, grid, ticks: grid, font: "12px system-ui" };
  const bars = uPlot.paths.bars?.({ size: [0.6, 40] });
  return {
    ...{ width: element.clientWidth, height: HEIGHT, legend: { show: false }, cursor: { show: false } },
    // Days are UTC in what the router tells.
    tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: {
      x: { time: true, range: withEdges },
      y: { range: (_: uPlot, __: number, most: number) => range(most) },
    },
    axes: [
      axis,
      { ...axis, size: 64, values: (_: uPlot, ticks: number[]) => ticks.map((tick) => show(tick)) },
    ],
    series: [
      {},
      ...lines.map(({ label, bars: asBars }, index) => {
        const stroke = colour(element, `s${index} line`);
        const fill = asBars && bars ? { fill: stroke, paths: bars, width: 0 } : { width: 2 };
        return { label, stroke, spanGaps: true, points: { show: !asBars, size: 5 }, ...fill };
      }),
    ],
  };
}

/** Half a day more on both sides: the first and the last bar are whole. */
function withEdges(_: uPlot, first: number, last: number): [number, number] {
  const edge = Math.max(1800, Math.min(43_200, (last - first) / 8));
  return [first - edge, last + edge];
}

function range(most: number): [number, number] {
  return [0, most > 0 ? most * 1.08 : 1];
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
