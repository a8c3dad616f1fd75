import { useSignal } from "@preact/signals";
import type { Exchange } from "../data.ts";
import { count, dollars, duration } from "../../lib/format.ts";
import { orDash, time } from "../format.ts";
import * as state from "../state.ts";
import { Table } from "./table.tsx";

const HEADS = ["time", "key", "model", "outcome", "#tokens", "#cost", "#first token", "#all", "more"];

/** The last requests, asked for anew every few seconds. */
export function Requests() {
  const open = useSignal("");
  return (
    <section class="card" aria-labelledby="requests-title">
      <h2 id="requests-title">
        Last requests <span class="muted small">live, every 5 s; never their contents</span>
      </h2>
      <Table label="Last requests" heads={HEADS} empty="None yet.">
        {state.last.value.flatMap((exchange) => {
          const name = `${exchange.key} ${exchange.id}`;
          const shown = open.value === name;
          const toggle = () => {
            open.value = shown ? "" : name;
          };
          return [
            <Row key={name} exchange={exchange} shown={shown} toggle={toggle} />,
            ...(shown ? [<Details key={`${name} details`} exchange={exchange} />] : []),
          ];
        })}
      </Table>
    </section>
  );
}

interface RowProps {
  readonly exchange: Exchange;
  readonly shown: boolean;
  readonly toggle: () => void;
}

function Row({ exchange, shown, toggle }: RowProps) {
  const { at, key, model, place, status, code, input, output, cost, firstMs, ms } = exchange;
  return (
    <tr>
      <td>{time(at)}</td>
      <td>{key}</td>
      <td>
        {model === "" ? "–" : model} {place !== "" && <span class="muted">{place}</span>}
      </td>
      <td>
        <span class={code === "" ? "tag" : "tag bad"}>{code === "" ? status : code}</span>
      </td>
      <td class="number">
        {count(input)} → {count(output)}
      </td>
      <td class="number">{orDash(cost, dollars)}</td>
      <td class="number">{orDash(firstMs, duration)}</td>
      <td class="number">{duration(ms)}</td>
      <td>
        <button class="link" type="button" aria-expanded={shown} onClick={toggle}>
          Why
        </button>
      </td>
    </tr>
  );
}

function Details({ exchange }: Pick<RowProps, "exchange">) {
  const { strategy, reason, trail, requestId, session } = exchange;
  const facts = { strategy, reason, attempts: trail, request: requestId, session };
  return (
    <tr class="details">
      <td colSpan={HEADS.length}>
        <dl>
          {Object.entries(facts).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value === "" ? "–" : value}</dd>
            </div>
          ))}
        </dl>
      </td>
    </tr>
  );
}
