import { type Line, Plot } from "../../lib/plot.tsx";

interface ChartProps {
  readonly title: string;
  /** Seconds since the epoch, rising. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly show: (value: number) => string;
  /** What is to be known of it. */
  readonly note?: string;
}

/** A plot over time with its title and legend. */
export function Chart({ title, times, lines, show, note }: ChartProps) {
  const known = lines.map(({ label, values }) => {
    const highest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
    return `${label} at most ${show(highest)}`;
  });
  return (
    <figure class="card chart">
      <figcaption class="row">
        <h2>{title}</h2>
        <ul class="legend">
          {lines.map(({ label, colour }) => (
            <li key={label} class={colour}>
              <span class="dot" /> {label}
            </li>
          ))}
        </ul>
      </figcaption>
      {times.length === 0 ? (
        <p class="muted empty">Nothing yet.</p>
      ) : (
        <Plot name={`${title}: ${known.join(", ")}`} at={times} lines={lines} show={show} />
      )}
      {note !== undefined && <p class="muted small">{note}</p>}
    </figure>
  );
}
