import { useMemo } from "preact/hooks";
import { duration } from "../../lib/format.ts";
import { type Line, Plot } from "../../lib/plot.tsx";
import { median, speed } from "../metrics/figures.ts";
import { clearSamples, type Sample, samples } from "../metrics/log.ts";
import { seriesClass } from "../series.ts";
import { Dot } from "./model-card.tsx";

/** So many of the newest are drawn. */
const SHOWN = 40;

/** The speed of this browser's requests: two small plots, and the same in figures. */
export function Speed() {
  const shown = samples.value.slice(-SHOWN);
  return (
    <section class="speed" aria-labelledby="speed-title">
      <div class="row">
        <h2 id="speed-title" class="title">
          Speed of this browser’s requests
        </h2>
        {shown.length > 0 && (
          <button id="clear-speed" class="link" type="button" onClick={clearSamples}>
            Clear
          </button>
        )}
      </div>
      <div id="speed">
        {shown.length === 0 ? (
          <p class="muted small">Each answer adds a point here.</p>
        ) : (
          <>
            <Figure title="Time to first token" shown={shown} value={firstMs} write={duration} />
            <Figure title="Tokens per second" shown={shown} value={tokensPerSecond} write={speed} />
            <Medians shown={shown} />
          </>
        )}
      </div>
    </section>
  );
}

const firstMs = (sample: Sample) => sample.firstMs;
const tokensPerSecond = (sample: Sample) => sample.tokensPerSecond;

interface FigureProps {
  readonly title: string;
  readonly shown: readonly Sample[];
  readonly value: (sample: Sample) => number | undefined;
  readonly write: (value: number) => string;
}

function Figure({ title, shown, value, write }: FigureProps) {
  const [at, lines] = useMemo(() => [shown.map((_, index) => index), linesOf(shown, value)], [shown, value]);
  return (
    <figure class="plot-figure">
      <figcaption>{title}</figcaption>
      <Plot
        name={`${title} of the last ${shown.length} answers; the table has the medians.`}
        at={at}
        lines={lines}
        show={write}
        small
      />
    </figure>
  );
}

/** One of each model, which leaves out the answers of others. */
function linesOf(shown: readonly Sample[], value: FigureProps["value"]): Line[] {
  const models = [...new Set(shown.map(({ model }) => model))];
  return models.map((model) => ({
    label: model,
    colour: seriesClass(model),
    values: shown.map((sample) => (sample.model === model ? (value(sample) ?? null) : null)),
  }));
}

function Medians({ shown }: { readonly shown: readonly Sample[] }) {
  return (
    <table class="speeds">
      <caption class="hidden">Medians per model</caption>
      <thead>
        <tr>
          {["Model", "Answers", "First token", "Tokens/s"].map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from(
          Map.groupBy(shown, ({ model }) => model),
          ([model, of]) => {
            const first = median(of.map(firstMs));
            const perSecond = median(of.flatMap((sample) => sample.tokensPerSecond ?? []));
            return (
              <tr key={model}>
                <th scope="row">
                  <Dot model={model} />
                  {model}
                </th>
                <td>{of.length}</td>
                <td>{first === undefined ? "–" : duration(first)}</td>
                <td>{perSecond === undefined ? "–" : speed(perSecond)}</td>
              </tr>
            );
          },
        )}
      </tbody>
    </table>
  );
}
