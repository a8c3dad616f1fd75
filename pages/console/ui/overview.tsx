import { askText } from "../api.ts";
import { DIMENSIONS, type Exchange, MOST_KEYS, type Used, usagePath } from "../data.ts";
import { dollars, duration } from "../../lib/format.ts";
import { percent, quantile, short } from "../format.ts";
import * as state from "../state.ts";
import { Chart } from "./chart.tsx";
import { Table } from "./table.tsx";

const HOUR_S = 3600;
const DAY_S = 86_400;

export function Overview() {
  const days = state.byDay.value;
  const sum = (of: (used: Used) => number) => days.reduce((all, used) => all + of(used), 0);
  const requests = sum((used) => used.requests);
  const errors = sum((used) => used.errors);
  const dates = days.map(({ name }) => Date.parse(name) / 1000);
  const times = timesOf(state.last.value, state.days.value);
  return (
    <>
      <dl class="tiles">
        <Tile name="Spent" value={dollars(sum((used) => used.cost))} />
        <Tile name="Requests" value={short(requests)} />
        <Tile name="Errors" value={`${short(errors)} (${percent(errors, requests)})`} />
        <Tile name="Tokens" value={short(sum((used) => used.tokens))} />
      </dl>
      <div class="charts">
        <Chart
          title="Spending a day"
          times={dates}
          lines={[{ label: "US dollars", colour: "s0", values: days.map(({ cost }) => cost), bars: true }]}
          show={dollars}
        />
        <Chart
          title="Requests and errors a day"
          times={dates}
          lines={[
            { label: "errors", colour: "s0", values: days.map((used) => used.errors) },
            { label: "requests", colour: "s1", values: days.map((used) => used.requests) },
          ]}
          show={short}
        />
        <Chart
          title="Time to the first token"
          times={times.map(({ at }) => at)}
          lines={[
            { label: "nine in ten", colour: "s0", values: times.map(({ most }) => most) },
            { label: "half", colour: "s1", values: times.map(({ half }) => half) },
          ]}
          show={duration}
          note={timesNote(state.keyName.value)}
        />
      </div>
      <Groups />
    </>
  );
}

function Tile({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div class="card tile">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** The ledger's histograms are for `/metrics`: they are of all days together. */
function timesNote(key: string): string {
  const whose = key === "" ? `each of the ${MOST_KEYS} most used keys` : key;
  return `Of the last ${state.SHOWN_TIMES} requests of ${whose} alone: the ledger does not keep times by the day.`;
}

/** Of the last exchanges, by the hour where a day is looked at, else by the day. */
function timesOf(last: readonly Exchange[], days: number) {
  const step = days === 1 ? HOUR_S : DAY_S;
  const first = Math.floor(Date.now() / 1000 / DAY_S - days + 1) * DAY_S;
  const found = new Map<number, number[]>();
  for (const { at, firstMs } of last) {
    const bucket = Math.floor(at.getTime() / 1000 / step) * step;
    if (firstMs !== undefined && bucket >= first) found.set(bucket, [...(found.get(bucket) ?? []), firstMs]);
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([at, values]) => ({
      ...{ at, half: quantile(values, 0.5) ?? null, most: quantile(values, 0.9) ?? null },
    }));
}

function Groups() {
  const key = state.keyName.value;
  // Sessions are asked of one key.
  const dimensions = DIMENSIONS.filter((name) => name !== "session" || key !== "");
  const shown = dimensions.includes(state.by.value) ? state.by.value : "key";
  const rows = state.groups.value.toSorted((a, b) =>
    shown === "day" ? b.name.localeCompare(a.name) : b.cost - a.cost || b.requests - a.requests,
  );
  return (
    <section class="card" aria-labelledby="groups-title">
      <div class="row spread">
        <h2 id="groups-title">
          Usage <span class="muted small">days are UTC</span>
        </h2>
        <div class="row">
          <label class="row" for="by">
            by
          </label>
          <select
            id="by"
            class="short"
            value={shown}
            onChange={({ currentTarget }) => {
              state.by.value = DIMENSIONS.find((name) => name === currentTarget.value) ?? "key";
              void state.refresh();
            }}
          >
            {dimensions.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <button class="plain" type="button" onClick={() => void download()}>
            CSV
          </button>
        </div>
      </div>
      <Table
        label="Usage"
        heads={[shown, "#requests", "#errors", "#tokens", "#cost"]}
        empty="Nothing in this period."
      >
        {rows.map(({ name, requests, errors, tokens, cost }) => (
          <tr key={name}>
            <th scope="row">{name === "" ? "none" : name}</th>
            <td class="number">{short(requests)}</td>
            <td class="number">{shown === "session" ? "–" : short(errors)}</td>
            <td class="number">{short(tokens)}</td>
            <td class="number">{dollars(cost)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

/** With the key in a header, where no link can put it. */
async function download(): Promise<void> {
  await state.attempt(async () => {
    const by = state.by.value === "session" && state.keyName.value === "" ? "key" : state.by.value;
    const text = await askText(`${usagePath(by, state.days.value, state.keyName.value)}&format=csv`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = `usage-by-${by}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
